"""A process that is killed at any moment leaves whole stamped pictures or none, and a registry that can be read."""

import itertools
import os
import random
import signal
import time

import pytest

from app.verify import Verdict, verify
from tests.app.stamp_helpers import facts, signer, write
from tests.app.test_stamp_watermark import scenery

pytestmark = pytest.mark.long

BOX = (120.0, 90.0, 60.0, 70.0)
KILLS = 50


def stamped(seed=0):
    return write(scenery(seed, (330, 260)), facts(face_box=BOX), signer(), "jpeg")


def saving(folder, one):
    """Save new files, and replace one, for ever."""
    for number in itertools.count():
        one.save(folder / f"{number}.jpg")
        one.save(folder / "again.jpg", overwrite=True)


def making(folder, _):
    """Stamp and save for ever."""
    for number in itertools.count():
        stamped(number).save(folder / f"{number}.jpg")


def killed(work, folder, one, seconds):
    """Whether a process that does this work was still at it when it was killed."""
    child = os.fork()
    if not child:
        try:
            work(folder, one)
        finally:
            os._exit(1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.parametrize(
    ("work", "kills", "longest"), [(saving, KILLS, 0.6), (making, 10, 1.5)], ids=["saving", "making"]
)
def test_whole_or_none(tmp_path, work, kills, longest):
    one = stamped()  # and with it what is made once
    rng, left = random.Random(7), 0
    for number in range(kills):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert killed(work, folder, one, rng.uniform(0.05, longest))
        for path in folder.iterdir():
            left += 1
            assert path.suffix == ".jpg" or path.name.startswith(".selfsame-")
            data = path.read_bytes()
            whole = data == one.data or verify(data, [signer().anchor_pem]).verdict is Verdict.OURS
            assert whole, path.name
    assert left > kills / 5
    after = stamped(3)
    assert signer().registry.recall(int(after.report.watermark, 16)).manifest
