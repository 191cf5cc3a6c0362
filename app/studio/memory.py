"""What was let go is given back to the system, so that it is no longer to be found in this process."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys


def give_back() -> None:
    """Collect what nobody holds any more, and give all whole free pages back to the system, which empties them.

    What shares a page with something that is still in use stays until it is overwritten; so does what a library keeps
    for itself. Only glibc can do this; elsewhere the pages go back when the system's allocator pleases.
    """
    gc.collect()
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
