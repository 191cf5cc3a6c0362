"""What was let go is given back to the system, so that it is no longer to be found in this process."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import sys
from typing import Final

import numpy as np

VECTOR: Final = 128
"""Numbers of a template, and of whatever it was made from."""
MANY: Final = 4096
"""Pieces of that size that are overwritten: all that could lie free."""


def give_back() -> None:
    """Collect what nobody holds any more, and give all whole free pages back to the system, which empties them.

    What shares a page with something that is still in use stays until it is overwritten; so does what a library keeps
    for itself. Only glibc can do this; elsewhere the pages go back when the system's allocator pleases.
    """
    gc.collect()
    small = [np.full(VECTOR, 0, np.float32) for _ in range(MANY)]  # numpy keeps small pieces for itself
    del small
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)
