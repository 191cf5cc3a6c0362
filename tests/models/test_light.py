"""Coloured light: what a head, a sheet, a display and a tinted picture do with it; `python -m` prints the gains."""

import dataclasses
import functools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent import policy
from consent.liveness.finding import Finding
from consent.liveness.finding import of_light as find
from consent.types import Colour
from models import topology
from models.faces import Finder
from models.presentation import light
from models.presentation.light import NOTHING, irradiance, look, measure
from models.presentation.skin import SPOTS, WINDOWS, Skin
from tests.people import Scene, person
from tests.people.flat import flat
from tests.people.light import LIGHTS

COLOURS = [colour.rgb for colour in Colour]
SIDE = topology.CANONICAL[SPOTS, 0] / 7
STRAIGHT = (0.0, 0.0, 0.0)


def sequence(seed):
    """Eight colours, never two alike in a row."""
    rng, out = np.random.default_rng(seed), []
    while len(out) < 8:
        colour = COLOURS[int(rng.integers(6))]
        if not out or out[-1] is not colour:
            out.append(colour)
    return out


def shown(colours, time, slot=0.55, start=0.6):
    """What is on the screen at a time."""
    k = int((time - start) // slot)
    return colours[k] if 0 <= k < len(colours) else None


def series(
    gain,
    *,
    seed=0,
    lag=0.12,
    fps=12.0,
    noise=0.004,
    told=None,
    room=None,
    veil=0.0,
    drift=0.0,
    bright=None,
    exposure=0.0,
):
    """Frames of spots whose light rises by `gain` (N,) times itself where a channel shines.

    Args:
        told: the colours the frames are tagged with; those that shine by default.
        room: gain of the background; a little of the skin's by default.
        veil: light of the screen that is added to every spot alike.
        drift: log units by which the camera's white balance moves in the time.
        bright: linear light (N,) of the spots.
        exposure: log units by which an automatic exposure answers a brighter picture.
    """
    rng = np.random.default_rng(seed + 999)
    colours = sequence(seed)
    room = 0.15 * float(gain.mean()) if room is None else room
    bright = np.full(len(SPOTS), 0.25) if bright is None else bright
    wall = rng.uniform(0.05, 0.4, (WINDOWS, 3))
    hidden = rng.random(WINDOWS) < 0.5
    out = []
    for i in range(round(5.6 * fps)):
        time = 0.03 + i / fps
        now = shown(colours, time - lag)
        rgb = np.array(now or (0.3, 0.3, 0.3))
        camera = np.exp(drift * np.array([1, -0.4, -0.6]) * time / 5 - exposure * rgb.mean())
        skin = (bright[:, None] * (1 + gain[:, None] * rgb) + veil * rgb) * camera
        back = wall * (1 + room * rgb) * camera
        skin = skin * np.exp(rng.normal(0, noise, skin.shape))
        back = back * np.exp(rng.normal(0, noise, back.shape))
        back[hidden] = np.nan
        tag = shown(told or colours, time)
        out.append((time, tag, Skin(skin.astype(np.float32), back.astype(np.float32), STRAIGHT)))
    return out


def head(strength=0.3):
    """The gains of the canonical head in even light."""
    return strength * irradiance(STRAIGHT)


def even(strength=0.3):
    """The gains of a sheet."""
    return np.full(len(SPOTS), strength)


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.floats(0.07, 1.2), st.floats(0, 0.40), st.floats(8, 30), st.floats(-0.15, 0.15))
def test_a_head_is_found_at_any_lag_rate_and_drift(seed, strength, lag, fps, drift):
    seen = measure(series(head(strength), seed=seed, lag=lag, fps=fps, drift=drift))
    assert find(seen) is Finding.HEAD
    assert seen.gain == pytest.approx(np.log1p(strength), rel=0.2)
    assert abs(seen.lag - lag) < 0.09
    assert 0.6 < seen.relief < 1.5


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.floats(0, 0.6))
def test_automatic_exposure_takes_nothing_away(seed, exposure):
    assert find(measure(series(head(), seed=seed, exposure=exposure))) is Finding.HEAD


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.floats(0.07, 1.2), st.floats(-0.3, 0.3), st.floats(-0.5, 0.2))
def test_no_sheet_is_a_head_however_it_is_bent(seed, strength, tilt, bend):
    seen = measure(series(strength * (1 + tilt * SIDE + bend * SIDE**2), seed=seed))
    assert seen.correlation > 0.95  # paper reflects: the sequence alone does not stop it
    assert abs(seen.relief) < policy.LIGHT_RELIEF / 2
    assert find(seen) is Finding.WRONG


EDGE = np.linalg.norm(topology.CANONICAL[SPOTS][:, None, :2] - topology.CANONICAL[list(topology.OVAL), :2], axis=2).min(
    1
)
"""Centimetres from each spot to the outline of the face."""


@pytest.mark.parametrize("inset", [0.0, 0.7, 1.5])
@pytest.mark.parametrize("soft", [0.3, 0.6, 1.0, 1.5, 2.0, 3.0])
def test_a_tint_of_the_face_alone_has_no_relief_however_soft_its_edge(soft, inset):
    mask = np.array([0.5 + 0.5 * math.erf((gap - inset) / soft) for gap in EDGE])
    seen = measure(series(0.3 * mask, room=0.0))
    assert seen.correlation > 0.95
    assert seen.background < 0.1  # the room behind does not stop it
    assert abs(seen.relief) < policy.LIGHT_RELIEF / 2
    assert find(seen) is Finding.WRONG


def test_a_veil_over_a_dark_picture_is_hardly_ever_a_head():
    """A display adds the same light everywhere, so the gain is large where the picture is dark."""
    rng, shaded, taken = np.random.default_rng(4), 0.08 * irradiance(STRAIGHT) ** 1.5, 0
    for veil in rng.uniform(0.004, 0.03, 60):
        seen = measure(series(even(0.0), seed=int(rng.integers(10**6)), veil=veil, bright=shaded))
        assert seen.correlation > 0.9
        taken += find(seen) is Finding.HEAD
    assert taken <= 1  # measured: 5 of 1200


@pytest.mark.parametrize("seed", range(40))
def test_other_colours_are_refused(seed):
    found = measure(series(head(), seed=seed, told=sequence(seed + 5000)))
    assert find(found) is not Finding.HEAD
    assert found.correlation < policy.LIGHT_CORRELATION


def test_a_tint_of_everything_is_no_light():
    seen = measure(series(head(), room=0.3))
    assert seen.relief > policy.LIGHT_RELIEF
    assert seen.background == pytest.approx(1, abs=0.15)
    assert find(seen) is Finding.WRONG


def test_part_of_the_room_may_move():
    frames = series(head())
    for i, (_, _, skin) in enumerate(frames):
        skin.room[:15] *= 1.5 + np.sin(i)  # somebody walks by
    assert find(measure(frames)) is Finding.HEAD


@pytest.mark.parametrize("strength", [0.0, 0.01, 0.03])
def test_too_little_light_is_unclear_not_wrong(strength):
    assert find(measure(series(head(strength), noise=0.02))) is Finding.UNCLEAR


def test_noise_makes_it_unclear():
    seen = measure(series(head(0.1), noise=0.6))
    assert find(seen) is not Finding.HEAD


def test_constant_frames_say_nothing():
    frames = series(head(), noise=0.0)
    still = [(time, tag, frames[0][2]) for time, tag, _ in frames]
    assert find(measure(still)) is Finding.UNCLEAR


def broken(change):
    """A good series with every frame passed through `change(number, time, colour, skin)`."""
    return [change(i, *frame) for i, frame in enumerate(series(head()))]


@pytest.mark.parametrize(
    "frames",
    [
        [],
        series(head())[:12],
        [f for f in series(head()) if f[1] is None],
        series(head())[::-1],
        broken(lambda i, t, c, s: (0.0, c, s)),
        broken(lambda i, t, c, s: (float("nan") if i == 20 else t, c, s)),
        broken(lambda i, t, c, s: (t, c, Skin(s.spots * np.float32("nan"), s.room, s.pose))),
        broken(lambda i, t, c, s: (t, c, Skin(s.spots[:50], s.room, s.pose))),
        broken(lambda i, t, c, s: (t, c, Skin(s.spots, s.room[:5], s.pose))),
        broken(lambda i, t, c, s: (t, c, Skin(s.spots, s.room, (float("nan"), 0.0, 0.0)))),
        broken(lambda i, t, c, s: (t, Colour.RED.rgb if c else None, s)),
    ],
)
def test_what_cannot_be_read_is_nothing(frames):
    assert find(measure(frames)) is Finding.UNCLEAR


def test_nothing_is_unclear():
    assert find(NOTHING) is Finding.UNCLEAR
    good = measure(series(head()))
    assert find(good) is Finding.HEAD
    for name in ("gain", "noise", "correlation", "relief", "relief_noise", "background"):
        assert find(dataclasses.replace(good, **{name: float("nan")})) is Finding.UNCLEAR


def test_a_wall_must_be_in_sight():
    blind = broken(lambda i, t, c, s: (t, c, Skin(s.spots, s.room * np.float32("nan"), s.pose)))
    assert find(measure(blind)) is Finding.UNCLEAR


def test_gaps_of_single_spots_are_bridged():
    rng = np.random.default_rng(0)
    frames = broken(lambda i, t, c, s: (t, c, s))
    for _, _, skin in frames:
        skin.spots[rng.random(len(SPOTS)) < 0.002] = np.nan
    assert find(measure(frames)) is Finding.HEAD


def test_over_exposed_skin_is_unclear():
    assert find(measure(series(head(), bright=np.full(len(SPOTS), 0.9)))) is Finding.UNCLEAR


def test_no_rest_is_needed():
    assert find(measure([f for f in series(head()) if f[1] is not None])) is Finding.HEAD


def test_where_red_clips_the_other_colours_show_the_relief():
    frames = series(head(), seed=3)
    light_skin = np.arange(len(SPOTS)) % 3 > 0
    for _, colour, skin in frames:
        if colour and colour[0]:
            skin.spots[light_skin, 0] = np.nan
    seen = measure(frames)
    assert find(seen) is Finding.HEAD
    assert seen.relief == pytest.approx(1, abs=0.2)


def test_the_near_screen_favours_what_faces_it():
    lit, place = irradiance(STRAIGHT), topology.CANONICAL[SPOTS]
    assert lit.mean() == pytest.approx(1)
    assert lit[np.abs(place[:, 0]) < 2].mean() > 1.1 * lit[np.abs(place[:, 0]) > 5].mean()
    turned = irradiance((25.0, 0.0, 0.0))  # nose to the image's right: the image's left cheek faces the screen
    left, right = place[:, 0] < -4, place[:, 0] > 4
    assert turned[left].mean() > 1.2 * turned[right].mean()
    mirrored = irradiance((-25.0, 0.0, 0.0))
    assert mirrored[right].mean() == pytest.approx(turned[left].mean(), rel=0.05)


# --- rendered people --------------------------------------------------------------------------------------------------
SEAT = Scene(distance=50.0, size=(480, 360), background=3)
SCREEN = (0.0, -9.0, 51.0)


@functools.cache
def finder():
    return Finder()


def films(draw, strength, colours, fps=9.0, lag=0.15, room="soft"):
    """A series of pictures by `draw(light, time)`, their faces measured as in a check."""
    out, face = [], None
    for i in range(round(5.4 * fps)):
        time = 0.03 + i / fps
        now = shown(colours, time - lag)
        lamps = LIGHTS[room].with_screen(now or (0.15, 0.15, 0.15), strength, SCREEN, 0.06)
        pixels = draw(lamps, time)
        face = finder().follow(pixels, face) if face else finder().find(pixels)[0]
        out.append((time, shown(colours, time), look(pixels, face)))
    return out


def seven(draw, strength, room, seed=0):
    """The same from seven pictures only, one a colour and one at rest; the noise of the rest is made up."""
    rng, face, skins = np.random.default_rng(seed), None, {}
    for colour in (None, *COLOURS):
        lamps = LIGHTS[room].with_screen(colour or (0.15, 0.15, 0.15), strength, SCREEN, 0.06)
        pixels = draw(lamps, 0.0)
        face = face or finder().find(pixels)[0]
        skins[colour] = look(pixels, face)

    def grainy(skin):
        grain = np.exp(rng.normal(0, 0.004, skin.spots.shape))
        return Skin((skin.spots * grain).astype(np.float32), skin.room, skin.pose)

    colours = sequence(seed)
    return [(t, shown(colours, t), grainy(skins[shown(colours, t)])) for t in np.arange(0.05, 5.6, 0.1)]


def sitter(name):
    """Draws one person, who sways a little."""

    def draw(lamps, time):
        sway = 0.8 * np.sin(2.1 * time), 0.6 * np.sin(1.3 * time)
        return person(name).render(SEAT, light=lamps, yaw=sway[0], pitch=sway[1], seed=round(time * 100), jpeg=85)

    return draw


def sheet(name, bend):
    """Draws a print of a person, held still."""
    photo = person(name).render(SEAT)

    def draw(lamps, time):
        return flat(
            photo,
            3 * np.sin(time),
            0,
            0,
            bend,
            size=SEAT.size,
            height=34,
            distance=50,
            light=lamps,
            seed=round(99 * time),
        )

    return draw


@pytest.fixture(scope="module")
def dark():
    """The darkest skin of the development people in a lit room."""
    return films(sitter("chima"), 0.25, sequence(4))


def test_dark_skin_shows_the_light(dark):
    seen = measure(dark)
    assert find(seen) is Finding.HEAD
    assert seen.gain > 2 * policy.LIGHT_GAIN
    assert seen.lag == pytest.approx(0.15, abs=0.08)


def test_a_recording_of_it_does_not_answer_other_colours(dark):
    other = sequence(77)
    assert find(measure([(t, shown(other, t), skin) for t, _, skin in dark])) is not Finding.HEAD


@pytest.mark.parametrize("bend", [0.0, 75.0])
def test_prints_reflect_the_colours_without_relief(bend):
    seen = measure(seven(sheet("edda", bend), 0.3, "soft"))
    assert seen.correlation > 0.95
    assert abs(seen.relief) < policy.LIGHT_RELIEF / 2
    assert find(seen) is Finding.WRONG


def test_looking_is_blind_outside_the_picture():
    pixels = person("edda").render(SEAT)
    face = finder().find(pixels)[0]
    assert np.isfinite(look(pixels, face).spots).all()
    assert np.isfinite(look(pixels, face).room).all(1).sum() >= light.LEAST_ROOM
    aside = dataclasses.replace(face, mesh=face.mesh - np.array([200.0, 0.0, 0.0]))
    assert np.isnan(look(pixels, aside).spots).any()
    white = look(np.full_like(pixels, 255), face)
    assert np.isnan(white.spots).all()


TONES = ("ada", "dilan", "chima")
"""Very light, brown and very dark: melanin 0.04, 0.53, 0.92."""


@pytest.mark.parametrize("room", ["soft", "dim"])
def test_every_skin_gains_alike(room):
    """What a channel gains is screen over room, whatever the skin: dark skin shows the light as light skin does."""
    gains = [measure(seven(sitter(name), 0.15, room)).gain for name in TONES]
    assert min(gains) > policy.LIGHT_GAIN
    assert max(gains) < 1.9 * min(gains)


def table():
    """Lines of gain and relief: a person, a room, strengths of the screen."""
    yield f"{'skin':7} {'room':7} " + " ".join(f"{'screen ' + str(s):>22}" for s in (0.05, 0.1, 0.2, 0.4))
    for name in ("ada", "edda", "bram", "dilan", "chima"):
        for room in ("soft", "window", "warm", "flat", "dim"):
            seen = [measure(seven(sitter(name), strength, room)) for strength in (0.05, 0.1, 0.2, 0.4)]
            cells = (f"gain {s.gain:.3f} relief {s.relief:5.2f}" for s in seen)
            yield f"{name:7} {room:7} " + " ".join(f"{c:>22}" for c in cells)


if __name__ == "__main__":
    for line in table():
        print(line, flush=True)
