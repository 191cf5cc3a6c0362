"""Writing files, whole or not at all; reading those of the home without waiting."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path
from typing import Final

from consent.errors import Fault, Refusal

_NO_SUCH_FILES: Final = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS})


def write_atomic(path: str | os.PathLike[str], data: bytes, mode: int = 0o600, *, overwrite: bool = False) -> Path:
    """Write a file so that nobody ever sees a part of it, not even after a power cut.

    The bytes go to a file without a name (where the system has no such, to a hidden one beside the target), are flushed
    to the disk, and are then put in place by one call. A process that is killed leaves the whole file or none.

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
        first = part if overwrite else target
        if not _written_nameless(first, data, mode):
            _write_synced(part, data, mode)
            first = part
        if overwrite:
            part.replace(target)
        elif first is part:
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


def read_file(path: Path) -> bytes:
    """Read a file of the home: one that lies there, for a pipe under its name would keep us waiting for ever.

    Raises:
        OSError: it cannot be read, or is no file.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a file", str(path))
        return file.read()


def _written_nameless(path: Path, data: bytes, mode: int) -> bool:
    """Write a file that has no name until it is whole; False where the system or the file system has no such files.

    Raises:
        FileExistsError: the name is taken.
        OSError: the disk is full, say; nothing is left.
    """
    kind = getattr(os, "O_TMPFILE", None)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        if kind is None:
            return False
        try:
            descriptor = os.open(path.parent, kind | os.O_WRONLY, mode)
        except OSError as error:
            if error.errno in _NO_SUCH_FILES:
                return False
            raise
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            try:  # naming a folder makes Python call linkat, which follows the link to the nameless file
                os.link(f"/proc/self/fd/{file.fileno()}", path, src_dir_fd=folder, follow_symlinks=True)
            except FileExistsError:
                raise
            except OSError:  # no /proc, or no hard links
                return False
    finally:
        os.close(folder)
    return True


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
