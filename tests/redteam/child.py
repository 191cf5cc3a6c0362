"""What is done in a process of its own, to be starved and killed: `python -m tests.redteam.child WHAT FOLDER`.

make FOLDER    stamp, log and save, for ever
full FOLDER    log a decision, save a file, make a key; tell what came of each
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path

from app.home import Home
from app.stamp.signer import Signer
from tests.app.stamp_helpers import facts, write
from tests.app.test_stamp_watermark import scenery
from tests.redteam.attack import answer

BOX = (120.0, 90.0, 60.0, 70.0)


def make(folder):
    """Stamp, log and save, for ever."""
    home = Home.open(folder / "home")
    ledger, signer = home.open_ledger(), Signer.open(home.keys)
    print("ready", flush=True)
    for number in itertools.count():
        stamped = write(scenery(number % 3, (330, 260)), facts(face_box=BOX), signer, "jpeg")
        ledger.record("release", f"{number % 16**6:06x}")
        stamped.save(folder / f"{number}.jpg")
        stamped.save(folder / "again.jpg", overwrite=True)


def full(folder):
    """On a disk that is full."""
    import resource

    home = Home.open(folder / "home")
    ledger = home.open_ledger()
    ledger.record("match", "ab")
    signer = Signer.open(home.keys)
    stamped = write(scenery(1, (330, 260)), facts(face_box=BOX), signer, "jpeg")
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
    said = {
        "saved": answer(stamped.save, folder / "out.jpg"),
        "logged": answer(ledger.record, "match", "ab"),
        "stamped": answer(write, scenery(2, (330, 260)), facts(face_box=BOX), signer, "jpeg"),
        "left": sorted(path.name for path in folder.iterdir()),
        "keys": answer(Signer.open, Home.open(folder / "other").keys),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    {"make": make, "full": full}[sys.argv[1]](Path(sys.argv[2]))
