"""Writing files: whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from consent.errors import Fault, Refusal


def write_atomic(path: str | os.PathLike[str], data: bytes, mode: int = 0o600, *, overwrite: bool = False) -> Path:
    """Write a file so that nobody ever sees a part of it, not even after a power cut.

    The bytes go to a hidden file beside the target, are flushed to the disk, and are then put in place by one call.

    Args:
        path: The file to write; its folder must exist.
        data: Everything the file will hold.
        mode: Permission bits, from which the process's umask is taken away.
        overwrite: Replace a file that is there. Without it the check and the placing are one step: two writers
            cannot both win.

    Returns:
        The path written.

    Raises:
        Refusal: `file-exists`: there is a file already and `overwrite` was not asked for.
        Fault: `cannot-write`: the operating system said no; nothing is left behind.
    """
    target = Path(path)
    part = target.parent / f".selfsame-{secrets.token_hex(8)}.part"
    try:
        _write_synced(part, data, mode)
        if overwrite:
            part.replace(target)
        else:
            _place_new(part, target)
        _sync_folder(target.parent)
    except FileExistsError as error:
        raise Refusal(
            "file-exists", f"There is already a file {target.name}.", "Choose another name, or allow it to be replaced."
        ) from error
    except OSError as error:
        raise Fault(
            "cannot-write",
            f"{target} could not be written: {error.strerror or error}.",
            "Check that the folder exists, may be written to and has room, then try again.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    return target


def _write_synced(part: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _place_new(part: Path, target: Path) -> None:
    """Give the finished file its name, unless that name is taken."""
    try:
        os.link(part, target)  # unlike rename, link fails if the name is taken
    except FileExistsError:
        raise
    except OSError:  # no hard links here (FAT, some network folders): take the name first, then fill it
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        part.replace(target)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut; not every system can, and then the file is still whole."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
