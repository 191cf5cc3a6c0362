"""A mirror, a picture taken in it, a recording and its film: on no disk a byte that is not stamped, not for a moment.

The system itself tells of every file that is made, by any library (`tests/promises/watched.py`).
"""

import numpy as np

from app.home import Home
from app.studio.server import Running, bind, build, private_scratch
from app.verify import Verdict, verify
from tests.app.mirror_helpers import Browser, camera, known_again, small_page
from tests.conftest import away
from tests.promises.test_one_writer_watched import told
from tests.promises.watched import watching


def test_a_mirror_a_picture_and_a_film_leave_only_what_is_saved(gate, notary, ledger, tmp_path, monkeypatch):
    elsewhere, out = tmp_path / "elsewhere", tmp_path / "out"
    elsewhere.mkdir()
    out.mkdir()
    away(monkeypatch, elsewhere)
    mine, room = camera("ada", 2), np.full((360, 480, 3), 120, np.uint8)
    home = Home.open(tmp_path / "home")
    door = bind("127.0.0.1", 0)
    with private_scratch() as scratch, watching(tmp_path, scratch) as watch:
        guard, desk = build(door.getsockname()[1], home, page=small_page)
        desk.__dict__["ledger"] = ledger
        with Running(guard, door) as running:
            running.wait()
            browser = Browser(guard, desk)
            browser.sit_down(*known_again(gate, notary, ledger))
            with browser.page() as page:
                assert isinstance(page.look(mine[0]), bytes)
                page.say(snap=True)
                page.send(mine[1])
                taken, _ = page.until("picture")
                page.say(record=True)
                page.until("recording")
                for pixels in (*mine, room):
                    page.look(pixels)
                page.say(record=False)
                made, _ = page.until("film")
            results = {one["name"]: browser.visitor.results[one["key"]].stamped for one in (taken, made)}
            assert told(watch, home.root) == set(), "before anything is saved"
            for name, stamped in results.items():
                stamped.save(out / name)
            browser.visitor.withdraw()
    outputs = {out / name for name in results}
    assert {path.suffix for path in outputs} == {".jpg", ".mp4"}
    assert outputs <= watch.seen, "the watch was on"
    assert told(watch, home.root, outputs) == set()
    for path in outputs:
        assert verify(path.read_bytes(), desk.anchors).verdict is Verdict.OURS
