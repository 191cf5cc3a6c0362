"""How the studio starts and ends, and what it leaves behind."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.studio import server
from app.studio.server import PREFIX, bind, private_scratch, sweep_scratch
from models.errors import Fault


def test_the_temporary_folder_is_private_and_goes(monkeypatch):
    mask = os.umask(0o022)
    try:
        monkeypatch.setenv("TMPDIR", os.environ.get("TMPDIR", "/tmp"))
        monkeypatch.setenv("GRADIO_TEMP_DIR", "")
        with private_scratch() as folder:
            assert folder.stat().st_mode & 0o777 == 0o700
            (folder / "left.txt").write_text("x")
            assert (folder / "left.txt").stat().st_mode & 0o077 == 0
            assert os.environ["GRADIO_TEMP_DIR"] == str(folder)
        assert not folder.exists()
    finally:
        os.umask(mask)


def test_only_what_dead_runs_left_is_swept(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    names = [f"{PREFIX}{child.pid}-a", f"{PREFIX}{os.getpid()}-b", f"{PREFIX}notes-c", "other"]
    for name in names:
        (tmp_path / name).mkdir()
    (tmp_path / f"{PREFIX}{child.pid}-link").symlink_to(tmp_path / "other")
    sweep_scratch(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*names[1:], f"{PREFIX}{child.pid}-link"])


def test_a_taken_port_is_said():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Fault, match="port-taken"):
            bind("127.0.0.1", taken.getsockname()[1])


def test_small_answers_are_sent_at_once():
    """Held back until the one before has been answered, each would wait for some 40 milliseconds."""

    async def said():
        told = asyncio.get_running_loop().create_future()
        door = bind("127.0.0.1", 0)
        server = await asyncio.start_server(lambda _, writer: told.set_result(writer), sock=door)
        async with server:
            _, mine = await asyncio.open_connection(*door.getsockname())
            writer = await told
            try:
                line = writer.get_extra_info("socket")
                return line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            finally:
                for one in (mine, writer):
                    one.close()
                    await one.wait_closed()

    assert asyncio.run(said())


def test_a_terminated_studio_leaves_nothing(tmp_path):
    run = subprocess.Popen(
        [sys.executable, "-m", "app", "studio", "--port", "0", "--no-browser"],
        env={**os.environ, "XDG_DATA_HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert run.stdout.readline() == "Starting ...\n"
        link = re.search(r"http://127\.0\.0\.1:(\d+)/\?t=\S+", run.stdout.readline())
        folders = list(server_folders(run.pid))
        assert len(folders) == 1
        assert folders[0].stat().st_mode & 0o777 == 0o700
        wait_for(int(link[1]))
        run.send_signal(signal.SIGTERM)
        assert run.wait(30) == 143
        assert not folders[0].exists()
    finally:
        run.kill()
        run.stdout.close()
        run.wait()
    assert sorted(p.name for p in (tmp_path / "selfsame").rglob("*") if p.is_file()) == []


def server_folders(pid):
    base = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(server.tempfile.gettempdir())
    return base.glob(f"{PREFIX}{pid}-*")


def wait_for(port):
    for _ in range(600):
        with socket.socket() as asked:
            asked.settimeout(0.1)
            if asked.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the studio does not answer")
