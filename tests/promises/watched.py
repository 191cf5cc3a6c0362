"""A watch over folders: every file that appears in them, if only for a moment, by whatever library (Linux inotify)."""

import contextlib
import ctypes
import os
import pathlib
import select
import struct
import threading

CREATE, MOVED_TO, CLOSE_WRITE = 0x100, 0x80, 0x8
IS_FOLDER = 0x40000000
_HEAD = struct.Struct("iIII")


class Watch:
    """Files that appeared, as paths; `seen` grows while the watch is on."""

    def __init__(self, libc, descriptor):
        self._libc, self._descriptor = libc, descriptor
        self._folders = {}
        self.seen = set()

    def add(self, folder):
        """Watch a folder and all below it; what is in a new folder already has appeared, too."""
        number = self._libc.inotify_add_watch(
            self._descriptor, os.fsencode(folder), ctypes.c_uint32(CREATE | MOVED_TO | CLOSE_WRITE)
        )
        if number < 0:  # gone again
            return
        self._folders[number] = pathlib.Path(folder)
        with contextlib.suppress(FileNotFoundError):
            for path in pathlib.Path(folder).iterdir():
                if path.is_dir():
                    self.add(path)

    def read(self):
        """Take what has happened."""
        data = os.read(self._descriptor, 1 << 16)
        at = 0
        while at < len(data):
            number, what, _, length = _HEAD.unpack_from(data, at)
            name = data[at + _HEAD.size : at + _HEAD.size + length].rstrip(b"\0").decode()
            at += _HEAD.size + length
            if number not in self._folders or not name:
                continue
            path = self._folders[number] / name
            if what & IS_FOLDER:
                self.add(path)
                with contextlib.suppress(FileNotFoundError):
                    self.seen.update(p for p in path.rglob("*") if not p.is_dir())
            else:
                self.seen.add(path)


@contextlib.contextmanager
def watching(*folders):
    """Watch folders while the block runs."""
    libc = ctypes.CDLL(None, use_errno=True)
    descriptor = libc.inotify_init1(os.O_CLOEXEC)
    assert descriptor >= 0, "this system watches no more folders"
    watch, (stop, told) = Watch(libc, descriptor), os.pipe()
    for folder in folders:
        watch.add(folder)

    def run():
        while True:
            ready, _, _ = select.select([descriptor, stop], [], [])
            if descriptor in ready:
                watch.read()
            elif stop in ready:
                return

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield watch
    finally:
        os.write(told, b"x")
        thread.join()
        for number in (descriptor, stop, told):
            os.close(number)
