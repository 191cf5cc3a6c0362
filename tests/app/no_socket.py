"""Run by `test_no_socket`: stamp and verify in a process that the kernel ends at its first socket, whoever opens it.

Arguments: a folder, and what to do. Native code is not asked politely: a filter of system calls (seccomp) kills the
process at `socket` and `connect`, in all its threads.
"""

import ctypes
import io
import platform
import socket
import struct
import sys
from pathlib import Path

import c2pa

from app import codec
from app.stamp import context
from app.stamp.signer import Signer
from app.verify import verify
from tests.app.stamp_helpers import FORMATS, facts, picture, write

CALLS = {"x86_64": (317, 41, 42), "aarch64": (277, 198, 203)}
"""By machine: the numbers of seccomp, socket and connect."""
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000


def forbid_sockets():
    """From here on, in every thread, until the process ends."""

    def no(*_, **__):
        raise AssertionError("a socket was opened")

    socket.socket.connect = no
    socket.create_connection = no
    if platform.machine() not in CALLS or sys.platform != "linux":
        return "in Python only"
    seccomp, *watched = CALLS[platform.machine()]
    program = struct.pack("HBBI", _LOAD, 0, 0, 0)
    for left, number in enumerate(watched):
        program += struct.pack("HBBI", _EQUAL, len(watched) - left, 0, number)
    program += struct.pack("HBBI", _RETURN, 0, 0, _ALLOW) + struct.pack("HBBI", _RETURN, 0, 0, _KILL)
    buffer = ctypes.create_string_buffer(program)
    whole = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or libc.syscall(seccomp, 1, 1, whole):  # no new privileges; filter, all threads
        return "in Python only"
    return "by the kernel"


def main(folder, what):
    folder = Path(folder)
    signer = Signer.open(folder)
    write(picture(), facts(), signer, "png")  # whatever is opened once is opened before
    how = forbid_sockets()
    if what == "stamp":
        for fmt in FORMATS:
            data = write(picture(), facts(), signer, fmt).data
            assert verify(data, [signer.anchor_pem], registry=signer.registry).whose == "ours"
    elif what == "verify":
        for path in sorted(folder.glob("*.bin")):
            print(path.stem, verify(path.read_bytes(), [signer.anchor_pem], registry=signer.registry).verdict)
    elif what == "carelessly":  # with the library's own settings: the test itself must be able to fail
        under = dict(context.settings([signer.anchor_pem])) | {"core": {}, "verify": {"remote_manifest_fetch": True}}
        try:
            with c2pa.Context.from_dict(under) as ctx:
                c2pa.Reader(codec.Format.JPEG.mime, io.BytesIO((folder / "remote.bin").read_bytes()), context=ctx)
        except c2pa.C2paError:
            pass
    elif what == "python":
        try:
            socket.create_connection(("127.0.0.1", 9))
        except AssertionError:
            print("refused")
            return
    print(how)


if __name__ == "__main__":
    main(*sys.argv[1:])
