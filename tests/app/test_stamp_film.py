"""Films through the real gate into the stamp: every frame labelled and marked, nothing in it that was not granted."""

import dataclasses
import itertools

import numpy as np
import pytest

from app import film as films
from app.film_out import encode
from app.original import compare
from app.stamp import film as stamping
from app.stamp import frames, label, watermark
from app.stamp.film import stamp_film
from app.stamp.proof import Role
from app.stamp.registry import Likeness
from app.verify import Verdict, verify
from consent.errors import Fault, Forgery, Refusal
from consent.types import Photo, Purpose
from tests.app.film_helpers import film as drawn_film
from tests.app.film_helpers import remuxed, sound_packets
from tests.conftest import EVERYTHING, away
from tests.promises.stage import draw, gate_of
from tests.promises.watched import watching

pytestmark = pytest.mark.long

FRAMES = 6
TIMES = films.Timing((0, 3600, 5000, 12_345, 16_000, 30_001), 33_000, films.Fraction(1, 90_000))


@pytest.fixture(scope="module")
def gate(notary, ledger):
    yield gate_of("ada", notary, ledger)
    _matches.clear()


@pytest.fixture(scope="module")
def filmed():
    """A film of Ada, who moves a little: the last two frames show nobody."""
    shown = [draw("ada", seed=200 + n, yaw=2.0 * n) for n in range(FRAMES - 2)]
    empty = np.ascontiguousarray(shown[0][:, ::-1] // 2)
    empty[:, 60:-60] = 90
    with_sound = films.read(drawn_film(sound=("aac",)))
    return films.read(encode([*shown, empty, empty], TIMES, with_sound))


_matches = {}


def given(made):
    """A worker that does not look at the frames: what it gives was made before."""
    return lambda _: made


def drafts(gate, film, purpose=Purpose.AGE, engine="none 1", parameters=None):
    """What a pipeline of matching and engine would give: a face a little darker in some frames, None in the others."""
    if (gate, film) not in _matches:  # a match may be used again, a grant and a draft may not
        shown = list(film.frames())[: FRAMES - 2]
        _matches[gate, film] = [gate.match(Photo(pixels)) for pixels in shown]
    mine = gate.live()[0]
    for target in _matches[gate, film]:
        work = gate.redeem(gate.grant(mine, target, purpose), purpose)
        yield work.draft((target.pixels * 0.8).astype(np.uint8), engine, {"amount": 1.0} | (parameters or {}))
    yield from [None, None]


@pytest.fixture(scope="module")
def stamped(gate, filmed, signer):
    return stamp_film(gate, filmed, given(drafts(gate, filmed)), signer)


def test_a_film_comes_out_whole(stamped, filmed, signer, gate, tmp_path):
    finished = films.read(stamped.data)
    assert finished.timing.times == filmed.timing.times
    assert sound_packets(stamped.data) == sound_packets(filmed.data) != []
    report = verify(stamped.data, [signer.anchor_pem], registry=signer.registry)
    assert report == stamped.report
    assert report.verdict is Verdict.OURS
    assert report.sentence == "This film was made and signed here, and not a bit of it has changed since."
    assert (report.label.purpose, report.label.demo) == ("age", False)
    told = report.statement
    assert (told.purpose, told.consent, told.engine) == ("age", gate.consent, "none 1")
    assert dict(told.parameters) == {"amount": 1.0, "frames": 6.0, "frames_changed": 4.0}
    assert (stamped.mime, stamped.suffix) == ("video/mp4", ".mp4")
    assert stamped.save(tmp_path / "film.mp4").read_bytes() == stamped.data


def test_every_frame_is_labelled_and_marked(stamped, filmed):
    ident = int(stamped.report.statement.watermark, 16)
    spots = set()
    for pixels in films.read(stamped.data).frames():
        seen = label.find(pixels)
        assert (seen.purpose, seen.demo) == ("age", False)
        spots.add(seen.box)
        assert watermark.find(pixels).ident == ident
    assert len(spots) == 1, "the label does not jump"


def test_changed_where_granted_and_untouched_elsewhere(stamped, filmed):
    for number, (was, now) in enumerate(zip(filmed.frames(), films.read(stamped.data).frames(), strict=True)):
        x, y, w, h = (round(v) for v in gate_box(number))
        dark = now[y : y + h, x : x + w].mean() / was[y : y + h, x : x + w].mean()
        assert (dark < 0.9) == (number < FRAMES - 2)


def gate_box(_number):
    return (210, 130, 60, 60)


def test_what_it_was_made_from_can_be_proved(stamped, filmed, signer, gate):
    """By the film itself, decoded as it is gone through; another film is none."""
    found = compare(stamped.report, filmed, signer.registry)
    assert found.roles == (Role.TARGET,)
    assert compare(stamped.report, [gate.live()[0].pixels], signer.registry).roles == (Role.SOURCE,)
    assert compare(stamped.report, films.read(stamped.data), signer.registry).roles == ()


def refused(kind, make):
    with pytest.raises(kind) as caught:
        make()
    return caught.value.code


def test_no_pixels_can_be_handed_in(gate, filmed, signer):
    """A plain frame is not taken, nor a draft of another frame, of another film, nor one used before."""
    made = list(drafts(gate, filmed))
    pixels = next(filmed.frames())
    for wrong in ([pixels, *made[1:]], [None, pixels, *[None] * 4]):
        assert refused(
            (Forgery, AttributeError, TypeError), lambda wrong=wrong: stamp_film(gate, filmed, given(wrong), signer)
        )
    swapped = list(drafts(gate, filmed))
    swapped[0], swapped[1] = swapped[1], swapped[0]
    assert refused(Forgery, lambda: stamp_film(gate, filmed, given(swapped), signer)) == "forged"
    twice = next(drafts(gate, filmed))
    gate.release(twice)
    assert refused(Forgery, lambda: stamp_film(gate, filmed, given([twice, *[None] * 5]), signer)) == "spent"
    other = films.read(encode([p[:, ::-1].copy() for p in filmed.frames()], TIMES))
    assert refused(Forgery, lambda: stamp_film(gate, other, given(drafts(gate, filmed)), signer)) == "forged"


def test_the_draft_of_another_gate(gate, filmed, signer, notary, ledger):
    theirs = gate_of("bram", notary, ledger)
    assert refused(Forgery, lambda: stamp_film(theirs, filmed, given(drafts(gate, filmed)), signer)) == "forged"
    assert refused(Forgery, lambda: stamp_film(object(), filmed, given([]), signer)) == "forged"


def test_a_film_that_is_none(gate, filmed, signer):
    """Its frames could be anything."""

    class Other(list):
        size, timing, frames = filmed.size, filmed.timing, filmed.frames

    assert refused(Forgery, lambda: stamp_film(gate, Other(), given(drafts(gate, filmed)), signer)) == "forged"


def test_a_film_that_becomes_another_one(gate, filmed, signer):
    """Whose bytes are exchanged under way: the proof would be of a film that was never changed."""
    for name in ("data that changes", "another object"):
        other = films.Film(bytearray(filmed.data), filmed.shape, filmed.timing, ())
        work = drafts(gate, filmed)
        if name == "another object":
            work = _exchanged(work, other := films.read(filmed.data))
        try:
            done = stamp_film(gate, other, given(work), signer)
        except Forgery:
            assert isinstance(other.data, bytearray)
        else:
            assert compare(done.report, filmed, signer.registry).roles == (Role.TARGET,)


def _exchanged(work, film):
    for number, draft in enumerate(work):
        if number == FRAMES - 1:
            theirs = encode([p[:, ::-1].copy() for p in film.frames()], TIMES)
            object.__setattr__(film, "data", theirs)
        yield draft


def test_a_film_that_was_not_read(gate, filmed, signer):
    """Made by hand, with times that are not in its file."""
    slow = dataclasses.replace(filmed.timing, base=filmed.timing.base * 50, end=10**9)
    made = dataclasses.replace(filmed, timing=slow)
    done = stamp_film(gate, made, given(drafts(gate, filmed)), signer)
    assert films.read(done.data).timing.times == filmed.timing.times


def test_drafts_without_end(gate, filmed, signer):
    endless = itertools.chain([None] * 100_000, [object()])
    assert refused(Fault, lambda: stamp_film(gate, filmed, given(endless), signer)) == "bad-drafts"


@pytest.mark.parametrize(
    "second", [{"purpose": Purpose.EXPRESS}, {"engine": "other 1"}, {"parameters": {"amount": 2.0}}]
)
def test_all_drafts_of_a_film_are_of_one_kind(gate, filmed, signer, second):
    one, other = drafts(gate, filmed), drafts(gate, filmed, **second)
    mixed = [pair[n % 2] for n, pair in enumerate(zip(one, other, strict=True))]
    assert refused(Forgery, lambda: stamp_film(gate, filmed, given(mixed), signer)) == "forged"


def test_as_many_drafts_as_frames(gate, filmed, signer):
    for wrong in ([*drafts(gate, filmed), None], list(drafts(gate, filmed))[:-1]):
        assert refused(Fault, lambda wrong=wrong: stamp_film(gate, filmed, given(wrong), signer)) == "bad-drafts"


@pytest.mark.parametrize("nothing", [[], [None] * FRAMES])
def test_a_film_in_which_nothing_was_changed(gate, filmed, signer, nothing):
    assert refused(Refusal, lambda: stamp_film(gate, filmed, given(nothing), signer)) == "nothing-changed"


def test_films_must_be_agreed_to(notary, ledger, filmed, signer):
    less = dataclasses.replace(EVERYTHING, purposes=frozenset(Purpose) - {Purpose.VIDEO})
    pictures_only = gate_of("ada", notary, ledger, consent=less)
    assert refused(Refusal, lambda: stamp_film(pictures_only, filmed, given([]), signer)) == "purpose-not-agreed"


def test_withdrawn_on_the_way(notary, ledger, filmed, signer):
    gate = gate_of("ada", notary, ledger)

    def work():
        for number, draft in enumerate(drafts(gate, filmed)):
            if number == 3:
                gate.withdraw()
            yield draft

    assert refused(Refusal, lambda: stamp_film(gate, filmed, given(work()), signer)) == "session-withdrawn"


def test_no_file_is_made_on_the_way(gate, filmed, signer, tmp_path, monkeypatch):
    """The encoder writes its header in a second pass: that, too, stays in memory. Saved is what was stamped."""
    elsewhere, out = tmp_path / "elsewhere", tmp_path / "out"
    for folder in (elsewhere, out):
        folder.mkdir()
    away(monkeypatch, elsewhere)
    with watching(elsewhere, out) as watch:
        stamp_film(gate, filmed, given(drafts(gate, filmed)), signer).save(out / "film.mp4")
    assert {path.name for path in watch.seen if path.suffix} == {"film.mp4"}
    assert list(elsewhere.iterdir()) == []


def test_the_label_in_the_person_s_language(gate, filmed, signer):
    done = stamp_film(gate, filmed, given(drafts(gate, filmed)), signer, "zh")
    assert (done.report.label.language, done.report.label.purpose) == ("zh", "age")


def test_the_label_leaves_a_corner_that_the_face_comes_into(gate, signer):
    """Ada's head moves into the corner where the label was: it goes to another one, once."""
    still = draw("ada", seed=200)
    shown = [np.roll(still, (90 * n, 60 * n), (0, 1)) for n in (0, 0, 1, 1)]
    film = films.read(encode(shown, films.Timing.even(4)))
    mine = gate.live()[0]

    def work():
        for pixels in film.frames():
            target = gate.match(Photo(pixels))
            faces.append(target.face.box)
            one = gate.redeem(gate.grant(mine, target, Purpose.AGE), Purpose.AGE)
            yield one.draft(target.pixels, "none 1", {})

    faces = []
    done = stamp_film(gate, film, given(work()), signer)
    spots = [label.find(pixels).box for pixels in films.read(done.data).frames()]
    assert all(not label.overlap(spot, face) for spot, face in zip(spots, faces, strict=True))
    assert len(set(spots)) == 2


@pytest.mark.parametrize("flaw", ["label", "watermark", "times"])
def test_nothing_unsound_leaves(gate, filmed, signer, monkeypatch, flaw):
    """One frame without label, frames without mark, a film with other times: no bytes."""
    if flaw == "label":
        plain, count = label.draw, []
        monkeypatch.setattr(
            stamping.label, "draw", lambda p, *rest: p if count.append(1) or len(count) == 3 else plain(p, *rest)
        )
    elif flaw == "watermark":
        monkeypatch.setattr(frames.Marker, "mark", lambda _, pixels: pixels)
    else:
        late = dataclasses.replace(TIMES, ticks=(*TIMES.ticks[:-1], TIMES.ticks[-1] + 1))
        monkeypatch.setattr(stamping.film_out, "encode", lambda frames, _, film: encode(frames, late, film))
    code = refused((Fault, Refusal), lambda: stamp_film(gate, filmed, given(drafts(gate, filmed)), signer))
    assert code in {"stamp-not-sound", "not-marked"}


def cut(data, first, last):
    """A piece of a film, compressed again by somebody: H.264 crf 23, no manifest."""
    frames = list(films.read(data).frames())[first:last]
    return encode(frames, films.Timing.even(len(frames)), crf=23)


def still(data, number):
    from app import codec

    return codec.encode(list(films.read(data).frames())[number], "jpeg", 80)


def test_a_piece_and_a_still_lead_back(stamped, signer):
    """Without their manifest; and to nothing where the registry is another's."""
    told = stamped.report.statement
    for copy in (cut(stamped.data, 0, 4), still(stamped.data, 1), remuxed(stamped.data)):
        report = verify(copy, [signer.anchor_pem], registry=signer.registry)
        assert report.verdict is Verdict.RECOVERED
        assert report.statement == told
        assert verify(copy, [signer.anchor_pem]).verdict is Verdict.NO_MANIFEST


def test_the_mark_on_another_film(stamped, signer):
    ident = int(stamped.report.statement.watermark, 16)
    other = [draw("bram", seed=300 + n, yaw=20.0, background=3) for n in range(3)]
    copied = encode([watermark.embed(pixels, ident, frames.PSNR) for pixels in other], films.Timing.even(3))
    report = verify(copied, [signer.anchor_pem], registry=signer.registry)
    assert report.verdict is Verdict.MARK_COPIED


def test_fingerprints_of_a_film_tell_it_from_others(stamped, signer):
    ident = int(stamped.report.statement.watermark, 16)
    entry = signer.registry.recall(ident)
    pixels = next(films.read(stamped.data).frames())
    assert entry.likeness(pixels, watermark.find(pixels)) is Likeness.SAME
    assert 1 <= len(entry.steps) <= FRAMES
