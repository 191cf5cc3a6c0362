"""Fifty requests at once, of several people: every picture that comes out is stamped, granted, and its own person's."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from app import media
from app.verify import Verdict, verify
from tests.promises.stage import draw, jpeg

pytestmark = pytest.mark.long

SIZES = {"ada": (480, 360), "bram": (360, 480), "edda": (420, 420)}
"""Of their pictures: whose an output is shows in its shape."""
STRANGER = jpeg(draw("gita", seed=1))


def picture(name, **changes):
    return jpeg(draw(name, seed=1, size=SIZES[name], **changes))


@pytest.fixture(scope="module")
def crowd(studio):
    """Three people, each before a browser of their own, and one browser before which nobody was seen live."""
    people = {name: studio.browser() for name in SIZES}
    visitors = {name: studio.sit_down(browser, name) for name, browser in people.items()}
    for name, browser in people.items():
        browser.look("target", picture(name))
        assert browser.config["dependencies"]
    nobody = studio.browser()
    assert nobody.config["dependencies"]
    return people, visitors, nobody


def requests(people, nobody):
    """Fifty: uploads, other people's pictures, choices, withdrawals, results, all mixed, always in the same order."""
    jobs = []
    for name, browser in people.items():
        pages = [f"{browser.hash}{number}" for number in range(20)]
        jobs += [lambda b=browser, p=p: b.event(("make", "click"), data=_make(b, "age"), session=p) for p in pages[:4]]
        jobs += [
            lambda b=browser, p=p: b.event(("make", "click"), data=_make(b, "express"), session=p) for p in pages[4:5]
        ]
        jobs += [lambda b=browser, n=name: b.put("target", picture(n)) for _ in range(2)]
        jobs += [lambda b=browser: b.put("source", STRANGER)]
        looks = [("uploaded", side, page) for side, page in zip(("target", "source") * 2, pages[5:9], strict=True)]
        for do, side, page in [*looks, ("choose", "target", pages[9]), ("choose", "target", pages[10])]:
            detail = {"do": do, "side": side, "face": "0"}
            jobs += [lambda b=browser, d=detail, p=page: b.event(("stage", "studio"), d, session=p)]
    edda = people["edda"]
    jobs += [lambda: edda.event(("withdraw", "click"), session=f"{edda.hash}w")]
    jobs += [
        lambda p=p: nobody.event(("make", "click"), data=_make(nobody, "age"), session=p)
        for p in ("n1", "n2", "n3", "n4", "n5")
    ]
    jobs += [lambda: nobody.put("target", STRANGER), lambda: nobody.get("/studio/result/0")]
    order = np.random.default_rng(4).permutation(len(jobs))
    return [jobs[number] for number in order]


def _make(browser, purpose):
    inputs = browser._inputs(browser._numbered("make", "click"))
    return [purpose, *inputs[1:3], 25, *inputs[4:]]


def test_fifty_at_once(crowd, studio):
    people, visitors, nobody = crowd
    jobs = requests(people, nobody)
    assert len(jobs) == 50
    with ThreadPoolExecutor(16) as pool:
        done = [pool.submit(job) for job in jobs]
        answers = [one.result(timeout=240) for one in done]
    assert sum("process_completed" in a for a in answers if isinstance(a, str)) > 15

    keys = {}
    for name, visitor in visitors.items():
        for key, result in visitor.results.items():
            keys[key] = name
            data = people[name].get(f"/studio/result/{key}").content
            assert data == result.stamped.data
            report = verify(data, studio.desk.anchors)
            assert report.verdict is Verdict.OURS
            assert report.label is not None
            assert report.statement.session == visitor.gate.session
            shape = media.read(data).pixels.shape
            assert shape[:2] == SIZES[name][::-1], "somebody else's picture"
            original = media.read(picture(name)).pixels
            assert np.abs(media.read(data).pixels.astype(int) - original).mean() < 25
    assert {keys[key] for key in keys} == {"ada", "bram"}
    assert (visitors["edda"].gate, visitors["edda"].results, visitors["edda"].pictures) == (None, {}, {})
    left = studio.visitor(nobody)
    assert (left.gate, left.results, left.pictures) == (None, {}, {})
    for key, name in keys.items():  # nobody sees another's
        for other, browser in [*people.items(), ("nobody", nobody)]:
            assert (browser.get(f"/studio/result/{key}").status_code == 200) == (other == name)


def test_every_output_was_granted_first(crowd, studio):
    """In the log, in every session: never more releases than redeemed grants, nor more of those than grants."""
    entries = studio.desk.ledger.entries()
    sessions = {e["session"] for e in entries if e["session"]}
    for session in sessions:
        count = {"grant": 0, "redeem": 0, "release": 0}
        for event in (e["event"] for e in entries if e["session"] == session):
            if event in count:
                count[event] += 1
            assert count["release"] <= count["redeem"] <= count["grant"]
    assert sum(e["event"] == "release" for e in entries) >= 2


def test_nothing_is_stuck_afterwards(crowd):
    people, visitors, _ = crowd
    for name in ("ada", "bram"):
        before = len(visitors[name].results)
        people[name].look("target", picture(name))
        people[name].make("age")
        assert len(visitors[name].results) == min(before + 1, 12)
