"""A long film, part by part: what is finished outlives a kill, and nothing else is ever taken up."""

import dataclasses
import itertools
import os
import shutil
import signal
import time

import cv2
import numpy as np
import pytest

from app import film as films
from app import film_out, serial
from app.engines.age import AgeOptions
from app.engines.express import ExpressOptions
from app.film_out import encode
from app.original import compare
from app.reel import Job, change_film
from app.serial import Shelf, change_long
from app.stamp import label, parts, watermark
from app.stamp.parts import Parts
from app.stamp.proof import Role
from app.stamp.statement import parse_parts, parts_as_json
from app.told import lines as told_of
from app.verify import Verdict, verify
from consent.errors import Fault, Forgery, Refusal
from consent.types import Purpose
from tests.app.film_helpers import sound_packets
from tests.app.reel_helpers import NOBODY, TIMES, cut, shown
from tests.app.stamp_helpers import signer as signer_of
from tests.conftest import EVERYTHING
from tests.promises.stage import gate_of

pytestmark = pytest.mark.long

OLDER = AgeOptions(years=30)
EVERY = 4


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Parts of four frames."""
    monkeypatch.setattr(serial, "length", lambda _: EVERY)


def made(gate, signer, folder, film=None, options=OLDER, **rest):
    job = Job(gate, gate.live()[0], film or cut(), options)
    return change_long(job, signer, Shelf(folder / "out.mp4"), **rest)


def killed(gate, signer, folder, after, **rest):
    """A shelf as it is when the program dies in the next part."""

    def die(now):
        if now.done > after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(gate, signer, folder, tell=die, **rest)
    return Shelf(folder / "out.mp4")


@pytest.fixture(scope="module")
def begun(gate, signer, tmp_path_factory):
    """Two parts of the film, of a session that is over."""
    folder = tmp_path_factory.mktemp("begun")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serial, "length", lambda _: EVERY)
        shelf = killed(gate, signer, folder, 2 * EVERY)
    assert [path.name for path in shelf.paths()] == ["000000.mp4", "000004.mp4"]
    return shelf.folder


@pytest.fixture
def kept(begun, tmp_path):
    shutil.copytree(begun, tmp_path / "out.mp4.parts")
    return tmp_path


def test_in_one_go_it_is_the_same_film(gate, signer, tmp_path):
    told = []
    stamped = made(gate, signer, tmp_path, tell=told.append)
    report, film = stamped.report, cut()
    assert report == verify(stamped.data, [signer.anchor_pem], registry=signer.registry)
    assert (report.verdict, report.label.purpose) == (Verdict.OURS, "age")
    finished = films.read(stamped.data)
    assert (finished.timing.times, finished.timing.seconds) == (film.timing.times, film.timing.seconds)
    assert sound_packets(stamped.data) == sound_packets(film.data) != []
    whole = change_film(gate, gate.live()[0], film, OLDER, signer).report.statement
    counts = dict(report.statement.parameters)
    assert counts.pop("joined_from") == 3, "four, four, and five"
    assert counts == dict(whole.parameters), "the same frames were changed, and the others for the same reasons"
    assert [part.parameters["first_frame"] for part in report.parts] == [0, 4, 8]
    assert any("Put together from 3 parts" in action for action in report.actions)
    assert [told[-1].done, told[-1].looked_at, told[-1].share, told[-1].left] == [13, 13, 1.0, 0.0]
    assert (told[-1].changed, told[-1].left_alone["no-face"]) == (counts["frames_changed"], len(NOBODY))
    shares = [one.share for one in told]
    assert shares == sorted(shares)


def test_every_frame_is_labelled_and_marked_by_its_part(gate, signer, tmp_path):
    stamped = made(gate, signer, tmp_path)
    marks = [int(part.watermark, 16) for part in stamped.report.parts]
    assert len(set(marks)) == 3
    read = 0
    for number, pixels in enumerate(films.read(stamped.data).frames()):
        assert label.find(pixels).purpose == "age"
        seen = watermark.find(pixels)
        assert seen is None or seen.ident == marks[min(number // EVERY, 2)]
        read += seen is not None
    assert read >= 10


def test_it_goes_on_after_a_kill(gate, signer, kept, notary, ledger, monkeypatch):
    """Another session of the same person: what is finished is not made again, and named under its own consent."""
    again, looked = gate_of("ada", notary, ledger), []
    before = [path.read_bytes() for path in Shelf(kept / "out.mp4").paths()]
    making = Parts.make
    monkeypatch.setattr(Parts, "make", lambda self, *rest: looked.append(self.done) or making(self, *rest))
    stamped = made(again, signer, kept)
    assert looked == [8], "the last part alone"
    first, second, last = stamped.report.parts
    assert first.consent == second.consent == gate.consent != last.consent == again.consent
    assert stamped.report.statement.consent == again.consent
    packets = [bytes(packet) for data in before for packet in film_out.packets(data)]
    assert [bytes(packet) for packet in film_out.packets(stamped.data)][:8] == packets
    shelf = Shelf(kept / "out.mp4")
    assert len(shelf.paths()) == 3, "until the film itself is on the disk"
    shelf.clear()
    assert not shelf.folder.exists()


def test_it_goes_on_after_a_real_kill(gate, signer, tmp_path):
    """SIGKILL at any moment: each part is there whole or not at all, and the film comes out whole in the end."""
    signer.registry.fresh()
    for seconds in (0.8, 2.5, 4.5):
        child = os.fork()
        if not child:
            try:
                made(gate, signer, tmp_path)
            finally:
                os._exit(1)
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        for path in Shelf(tmp_path / "out.mp4").paths():
            assert verify(path.read_bytes(), [signer.anchor_pem]).verdict is Verdict.OURS
        assert {path.suffix for path in tmp_path.rglob("*.*")} <= {".mp4", ".parts"}, "and nothing else"
    assert made(gate, signer, tmp_path).report.verdict is Verdict.OURS


def test_nothing_is_seen_of_the_seam(gate, signer, kept):
    """A take fades in; where it is gone on with it does not do so again."""
    film = still()
    whole = list(films.read(change_film(gate, gate.live()[0], film, OLDER, signer).data).frames())
    shutil.rmtree(kept / "out.mp4.parts")
    killed(gate, signer, kept, 2 * EVERY, film=film)
    resumed = list(films.read(made(gate, signer, kept, film=film).data).frames())
    aged = apart(whole[8], shown("ada", 3))
    assert apart(whole[0], shown("ada", 3)) < aged / 2, "it fades in"
    assert max(apart(whole[n], resumed[n]) for n in (7, 8, 9)) < aged / 4


def apart(one, other):
    """How far two frames are from each other in the face, grey levels, without the fine grain of the watermark."""
    blurred = (cv2.blur(frame[120:260, 170:310].astype(np.float32), (9, 9)) for frame in (one, other))
    return float(np.abs(next(blurred) - next(blurred)).mean())


def still():
    """Ada alone, twelve frames, four a second."""
    frames = [shown("ada", 3)] * 12
    return films.read(encode(frames, films.Timing.even(12, 4)))


def test_the_proof_of_the_whole_is_that_of_the_film(gate, signer, kept):
    stamped = made(gate, signer, kept)
    assert compare(stamped.report, cut(), signer.registry).roles == (Role.TARGET,)
    assert compare(stamped.report, [gate.live()[0].pixels], signer.registry).roles == (Role.SOURCE,)


def test_a_last_part_of_another_session_is_made_again(gate, signer, kept):
    """Between the last part and the whole the program was killed: nobody of this session had a hand in it."""
    shelf = Shelf(kept / "out.mp4")
    made(gate, signer, kept)
    assert len(shelf.paths()) == 3
    stamped = made(gate, signer, kept)
    assert stamped.report.verdict is Verdict.OURS
    assert len(stamped.report.parts) == 3


def test_a_part_in_which_nothing_is_changed_becomes_longer(gate, signer, tmp_path, monkeypatch):
    """Nobody in the first frames and in the last: they belong to the part beside them."""
    empty = np.full_like(shown("ada", 0), 90)
    empty[:, ::7] = 120
    film = films.read(encode([empty] * 5 + [shown("ada", n) for n in range(6)] + [empty] * 4, films.Timing.even(15)))
    stamped = made(gate, signer, tmp_path, film=film)
    assert all(part.parameters["frames_changed"] > 0 for part in stamped.report.parts)
    assert stamped.report.statement.parameters["frames"] == 15
    nobody = films.read(encode([empty] * 9, films.Timing.even(9)))
    shutil.rmtree(tmp_path / "out.mp4.parts")
    with pytest.raises(Refusal, match="nothing-changed"):
        made(gate, signer, tmp_path, film=nobody)
    assert not Shelf(tmp_path / "out.mp4").paths()


# --- what is never taken up -------------------------------------------------------------------------------------------


def refused(make, code="not-a-part"):
    with pytest.raises((Refusal, Fault)) as caught:
        make()
    assert caught.value.code == code
    return caught.value


def test_of_another_film_or_otherwise_made(gate, signer, kept):
    other = films.read(encode([shown("ada", 40 + n) for n in range(13)], TIMES))
    no = refused(lambda: made(gate, signer, kept, film=other))
    assert "from other frames" in no.reason, "at the same times"
    assert str(kept / "out.mp4.parts") in no.remedy
    shorter = films.read(encode(list(cut().frames())[:6], films.Timing(TIMES.ticks[:6], TIMES.ticks[6], TIMES.base)))
    refused(lambda: made(gate, signer, kept, film=shorter))
    times = films.read(encode(list(cut().frames()), films.Timing.even(13)))
    assert "other times" in refused(lambda: made(gate, signer, kept, film=times)).reason
    for options in (AgeOptions(years=29), ExpressOptions(smile=0.5)):
        no = refused(lambda options=options: made(gate, signer, kept, options=options))
        assert "something else was done" in no.reason
    assert "something else" in refused(lambda: made(gate, signer, kept, language="zh")).reason


def test_altered_foreign_out_of_order_or_no_part_at_all(gate, signer, kept):
    shelf = Shelf(kept / "out.mp4")
    first, second = (path.read_bytes() for path in shelf.paths())
    whole = change_film(gate, gate.live()[0], cut(), OLDER, signer).data
    joined = made(gate, signer, kept).data
    shelf.clear()
    bit = bytearray(first)
    bit[-2000] ^= 1
    for bad in (bytes(bit), second, whole, joined, b"", b"no film", first[:-300], still().data):
        shelf.folder.mkdir(exist_ok=True)
        (shelf.folder / "000000.mp4").write_bytes(bad)
        refused(lambda: made(gate, signer, kept))
        assert (shelf.folder / "000000.mp4").read_bytes() == bad, "nobody's file is deleted"
    (shelf.folder / "000000.mp4").write_bytes(first)
    (shelf.folder / "000004.mp4").write_bytes(first)
    assert "does not follow" in refused(lambda: made(gate, signer, kept)).reason
    assert "not made here" in refused(lambda: made(gate, signer_of("theirs"), kept)).reason
    (shelf.folder / "000000.mp4").unlink()
    (shelf.folder / "000000.mp4").mkdir()
    refused(lambda: made(gate, signer, kept), "cannot-read")


def test_of_a_withdrawn_consent(signer, tmp_path, notary, ledger):
    """Withdrawn between two sessions; and between taking up and the end."""
    earlier, now = gate_of("ada", notary, ledger), gate_of("ada", notary, ledger)
    killed(earlier, signer, tmp_path, 2 * EVERY)

    def withdraw(progress):
        if progress.done == 13:
            signer.registry.forget(earlier.consent)

    refused(lambda: made(now, signer, tmp_path, tell=withdraw), "consent-withdrawn")
    no = refused(lambda: made(now, signer, tmp_path))
    assert "consent to it was withdrawn" in no.reason
    assert "Move the folder" in no.remedy


def test_a_film_that_becomes_too_large_is_refused_at_that_part(gate, signer, tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "MAX_BYTES", 1000)
    refused(lambda: made(gate, signer, tmp_path), "film-too-large")
    assert not Shelf(tmp_path / "out.mp4").paths()


def test_whoever_withdraws_later_is_named(gate, signer, kept, notary, ledger):
    again = gate_of("ada", notary, ledger)
    stamped = made(again, signer, kept)
    told = verify(stamped.data, [signer.anchor_pem], {gate.consent: "2026-11-23T10:00:00+00:00"})
    assert told.withdrawn is not None
    assert "Consent withdrawn on 2026-11-23" in told.sentence
    assert any(f"3, some of them with receipt {gate.consent}" in line for line in told_of(told))


def test_neither_another_gate_nor_another_film_nor_anything_hand_made(gate, signer, notary, ledger):
    film, doing = cut(), Job(gate, gate.live()[0], cut(), OLDER).doing
    for wrong in (object(), None):
        with pytest.raises(Forgery):
            Parts(wrong, film, doing, signer)
        with pytest.raises(Forgery):
            Parts(gate, wrong, doing, signer)
        with pytest.raises(Forgery):
            Parts(gate, film, wrong, signer)
        with pytest.raises(Forgery):
            Parts(gate, film, doing, signer).take_up(wrong)
    less = dataclasses.replace(EVERYTHING, purposes=frozenset(Purpose) - {Purpose.VIDEO})
    with pytest.raises(Refusal, match="purpose-not-agreed"):
        Parts(gate_of("ada", notary, ledger, consent=less), film, doing, signer)


def test_nothing_is_joined_before_it_is_finished_here(gate, signer, kept):
    job = Job(gate, gate.live()[0], cut(), OLDER)
    taken = Parts(gate, job.film, job.doing, signer)
    for _, data in Shelf(kept / "out.mp4").read():
        taken.take_up(data)
    assert refused(taken.joined, "film-not-finished").code
    other = Job(gate, gate.live()[0], cut(), AgeOptions(years=10)).at(8)
    worker = other.worker(cut().part(8, 13).timing)
    assert refused(lambda: taken.make(worker, 13), "bad-facts"), "other work than was said"
    assert taken.done == 8
    made(gate, signer, kept)
    *_, (_, last) = Shelf(kept / "out.mp4").read()
    taken.take_up(last)
    assert taken.done == taken.total
    refused(taken.joined, "film-not-finished")
    mixed, job = Parts(gate, job.film, job.doing, signer), Job(gate, gate.live()[0], cut(), OLDER)
    mixed.make(job.worker(cut().part(0, EVERY).timing), EVERY)
    for _, data in [*Shelf(kept / "out.mp4").read()][1:]:
        mixed.take_up(data)
    assert mixed.done == mixed.total
    refused(mixed.joined, "film-not-finished")


def test_what_comes_out_is_looked_at(gate, signer, kept, monkeypatch):
    """Were a frame lost, swapped or another's on the way into the whole, there would be no bytes."""
    right = film_out.join
    other = Shelf(kept / "out.mp4").paths()[0].read_bytes()
    monkeypatch.setattr(parts.film_out, "join", lambda data, *rest: right([other, other, *data[2:]], *rest))
    refused(lambda: made(gate, signer, kept), "stamp-not-sound")


def test_statements_that_do_not_fit_are_none(gate, signer, tmp_path):
    report = made(gate, signer, tmp_path).report
    whole, told = report.statement, list(report.parts)
    assert parse_parts(parts_as_json(told), whole) == report.parts
    for wrong in (
        None,
        {},
        {"version": 1, "parts": "x"},
        {"version": 2, "parts": parts_as_json(told)["parts"]},
        parts_as_json(told[:-1]),
        parts_as_json([*told[1:], told[0]]),
        parts_as_json([*told[:-1], dataclasses.replace(told[-1], engine="other 1")]),
        parts_as_json([*told[:-1], dataclasses.replace(told[-1], purpose="swap")]),
        {"version": 1, "parts": [*parts_as_json(told)["parts"][:-1], {}]},
    ):
        assert parse_parts(wrong, whole) is None
    many = dataclasses.replace(whole, parameters=dict(whole.parameters) | {"joined_from": 3000.0})
    assert parse_parts({"version": 1, "parts": 1000 * parts_as_json(told)["parts"]}, many) is None
    plain = {name: value for name, value in whole.parameters.items() if name != "joined_from"}
    assert parse_parts(None, dataclasses.replace(whole, parameters=plain)) == ()
    assert parse_parts(parts_as_json([]), dataclasses.replace(whole, parameters=plain)) is None


# --- parts of films ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [0, 1, 5, 12])
def test_a_part_of_a_film_is_those_very_frames(first):
    film = cut()
    whole = list(film.frames())
    for last in {first + 1, 13}:
        part = film.part(first, last)
        assert all(itertools.starmap(np.array_equal, zip(part.frames(), whole[first:last], strict=True)))
        assert part.timing.from_zero().ticks[0] == 0
        assert part.timing.end == (*TIMES.ticks, part.timing.end)[last] if last < 13 else True


def test_how_long_a_part_is(monkeypatch):
    monkeypatch.undo()

    def film(width, height, frames):
        return films.Film(
            b"", films.Shape((width, height), (width, height), (1, 0, 0, 1)), films.Timing.even(frames), ()
        )

    assert serial.length(film(640, 480, 1)) == serial.length(film(1280, 720, 1)) == 1000
    assert serial.length(film(1920, 1080, 1)) == 444
    assert serial.length(film(3840, 2160, 1)) == 240
    assert not serial.is_long(film(640, 480, 1999))
    assert serial.is_long(film(640, 480, 2000))
