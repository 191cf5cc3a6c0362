"""Coloured light: the screen shines a secret sequence of colours, and a head before it must reflect it as a head does.

Three findings that only work together (research: each alone passes one kind of attack):

* **Sequence**: the skin follows the commanded colours. Earlier recordings do not; paper and global tints do.
* **Relief**: the reflection is strong where a head faces the screen and weak where it turns away. Paper, displays and
  tinted frames reflect evenly, or as evenly as they are bent.
* **Background**: the wall behind is far from the screen. A picture that is tinted as a whole has no such depth.

Only colour is looked at, never brightness: an automatic exposure multiplies all three channels alike, so taking the
mean of the channels' logarithms out of every frame removes it, with flicker and most shadows. What a channel gains when
the screen lights it is `log(1 + screen / room)`, so it is independent of the tone of the skin: albedo multiplies both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models import topology
from models.presentation.skin import NORMALS, SPOTS, WINDOWS, Skin, look

__all__ = ["Light", "Skin", "look", "measure"]

Grid = NDArray[np.float64]
Colour = tuple[float, float, float]
"""Linear RGB, each 0 or 1."""
Series = Sequence[tuple[float, Colour | None, Skin]]

LAGS: Final = np.arange(0.0, 0.4501, 0.025)
"""Seconds between the page's paint and the frame that shows it: display, exposure, camera and browser."""
FEWEST: Final = 20
"""Frames with a colour; eight slots of half a second give 32 at 8 frames a second."""
LEAST_SPOTS: Final = 50
"""Spots of skin that must be seen all the time, not clipped, for the relief."""
LEAST_SKIN: Final = 20
"""The same, nine frames of ten, for the sequence."""
LEAST_ROOM: Final = 6
"""Windows of the room beside the person."""
REST: Final = 0.8
"""Seconds of rest before and after the colours that are used."""

_SHADE: Final = 0.5
"""Log brightness below the face's median from which a spot is left out of the relief, where enough are left: beards
and deep shade reflect as no skin does. Of 94 sessions of living people of docs/liveness-table.md 90 then have a head's
relief (89 without this), and of 98 prints, warped photographs and tints none more than 0.13 (0.30 without)."""

_FLOOR: Final = 1e-3
"""Linear light below which a pixel says nothing: three grey levels of 255."""
_BRIGHT: Final = 0.93
"""Linear light that counts as near clipping."""


def _fading() -> Grid:
    """(len(SPOTS),) 1 at the outline of the canonical face, less towards its middle, by 1/e every 1.5 cm."""
    outline = topology.CANONICAL[list(topology.OVAL), :2]
    gaps = np.linalg.norm(topology.CANONICAL[SPOTS][:, None, :2] - outline, axis=2)
    return np.asarray(np.exp(-gaps.min(1) / 1.5), np.float64)


FADING: Final = _fading()
"""How a mask with a soft edge fades. Masks of the outline, or up to 1.5 cm within it, with edges of 0.3 to 4 cm reach a
relief of 0.03 (0.55 without this), heads lose a tenth; Gaussians of any one width leave 0.03 to 0.4 of a mask and take
more of a head (measured, development people)."""


@dataclass(frozen=True, slots=True)
class Light:
    """What the coloured light shows. Everything is NaN where nothing can be said, which means: not passed.

    Attributes:
        correlation: of the skin's colour with the commanded one over the slots, -1..1, at the best lag.
        gain: log units by which a channel rises when the screen lights it, mean of skin and channels.
        noise: standard error of `gain`.
        lag: seconds from paint to picture.
        relief: slope of the relative gain on the relative light a head would get there; 1 is a head, 0 a sheet.
        relief_noise: standard error of `relief`.
            For the record: light from one side brings a person to -1.3 too, and the relief allows for veils by itself.
        background: gain of the room over the gain of the skin.
    """

    correlation: float
    gain: float
    noise: float
    lag: float
    relief: float
    relief_noise: float
    background: float


_NAN: Final = float("nan")
NOTHING: Final = Light(_NAN, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN)


def _rotation(pose: tuple[float, float, float]) -> Grid:
    """(3, 3) from the canonical head to the camera; angles as in `models.faces.Pose`, degrees."""
    yaw, pitch, roll = np.radians(pose)
    nose = np.array([np.sin(yaw) * np.cos(pitch), -np.sin(pitch), -np.cos(yaw) * np.cos(pitch)])
    across = np.array([np.cos(roll), np.sin(roll), 0.0])
    across -= nose * (across @ nose)
    across /= np.linalg.norm(across)
    return np.column_stack([across, np.cross(-nose, across), -nose])


def irradiance(pose: tuple[float, float, float]) -> Grid:
    """Light a near screen throws on the spots of the canonical head (len(SPOTS),), mean 1.

    Lambert's law with the square of the distance, over 4 x 3 patches of a screen of 30 x 18 cm that hangs under the
    camera (research, section 8), the head half a metre away.
    """
    turn = _rotation(pose)
    place = topology.CANONICAL[SPOTS] @ turn.T + (0.0, 0.0, 50.0)
    normal = NORMALS[SPOTS] @ turn.T
    x, y = np.meshgrid(np.linspace(-13, 13, 4), np.linspace(2, 18, 3))
    screen = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], 1)
    toward = screen[None] - place[:, None]
    far = np.linalg.norm(toward, axis=2)
    toward /= far[..., None]
    facing = np.clip((toward * normal[:, None]).sum(2), 0, None) * np.clip(-toward[..., 2], 0, None)
    light = (facing / far**2).sum(1)
    return np.asarray(light / light.mean(), np.float64)


def _chroma(values: Grid) -> Grid:
    """Without what the three channels have in common (last axis)."""
    return np.asarray(values - values.mean(-1, keepdims=True), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """A series as arrays.

    Attributes:
        time: (T,) seconds.
        slot: (T, S) one-hot: the colour slot, or the rest, whose paint the frame is tagged with.
        rgb: (S, 3) of each slot, grey at rest; `lit` (S,): not at rest.
        spots: (T, N, 3) log linear light of the spots for the sequence.
        clear: (T, M, C) the same of those for the relief, never clipped in any of the channels `use` (C,); `index` (M,)
            of which of `SPOTS`. Red clips first on light skin: without it more of the face is left.
        room: (T, B, 3) log linear light.
        pose: degrees, median.
    """

    time: Grid
    slot: Grid
    rgb: Grid
    lit: NDArray[np.bool_]
    spots: Grid
    clear: Grid
    use: list[int]
    index: NDArray[np.int64]
    room: Grid
    pose: tuple[float, float, float]


def _filled(values: Grid) -> tuple[Grid, NDArray[np.bool_]]:
    """Logarithms of the columns (T, N, 3) seen in nine frames of ten, their gaps closed by their mean; which (N,)."""
    seen = np.asarray(np.isfinite(values).all(2), np.bool_)
    good = np.asarray(seen.mean(0) > 0.9, np.bool_)
    kept, there = np.log(np.maximum(np.nan_to_num(values[:, good]), _FLOOR)), seen[:, good, None]
    mean = (kept * there).sum(0) / there.sum(0)
    return np.where(there, kept, mean), good


def _clear(values: Grid) -> tuple[list[int], NDArray[np.int64]]:
    """The channels (C,) to take the relief from, and the spots (M,) that are never near clipping in them."""
    good = np.asarray((values < _BRIGHT).all(0), np.bool_)  # false for NaN
    three = good.all(1)
    two = [k for k in range(3) if k != int(good.sum(0).argmin())]
    if three.sum() < 2 * LEAST_SPOTS and good[:, two].all(1).sum() > 1.2 * three.sum():
        return two, np.flatnonzero(good[:, two].all(1))
    return [0, 1, 2], np.flatnonzero(three)


def _trimmed(series: Series) -> Series:
    """The colours with at most `REST` seconds before and after: earlier, the head may still come back from a turn."""
    lit = [t for t, colour, _ in series if colour is not None]
    return [s for s in series if lit and min(lit) - REST <= s[0] <= max(lit) + REST]


def _table(series: Series) -> _Table | None:
    """None when the series is too short, out of order, of the wrong shape, or shows too little skin."""
    time = np.array([t for t, _, _ in series], np.float64)
    if not np.isfinite(time).all() or (np.diff(time) <= 0).any():
        return None
    series = _trimmed(series)
    time = np.array([t for t, _, _ in series], np.float64)
    if sum(colour is not None for _, colour, _ in series) < FEWEST:
        return None
    if any(s.spots.shape != (len(SPOTS), 3) or s.room.shape != (WINDOWS, 3) for _, _, s in series):
        return None
    poses = np.array([s.pose for _, _, s in series], np.float64)
    if not np.isfinite(poses).all():
        return None
    colours = [colour for _, colour, _ in series]
    change = np.array([True, *(a != b for a, b in pairwise(colours))])
    which = np.cumsum(change) - 1
    shown = [colour for colour, new in zip(colours, change, strict=True) if new]
    raw = np.array([s.spots for _, _, s in series], np.float64)
    spots, good = _filled(raw)
    if good.sum() < LEAST_SKIN:
        return None
    use, index = _clear(raw)
    room, _ = _filled(np.array([s.room for _, _, s in series], np.float64))
    yaw, pitch, roll = (float(v) for v in np.median(poses, 0))
    return _Table(
        time,
        np.eye(len(shown))[which],
        np.array([c or (0.5, 0.5, 0.5) for c in shown]),
        np.array([c is not None for c in shown]),
        spots,
        np.log(np.maximum(raw[:, index][..., use], _FLOOR)),
        use,
        index,
        room,
        (yaw, pitch, roll),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Fit:
    """What was shown, as the frames saw it `lag` seconds later.

    Attributes:
        share: (T, S) of each slot in each frame, for frames between two colours.
        weight: (T,) square root of how surely a frame shows one colour alone.
        basis: (T, m) orthonormal: slow drift and the level at rest, weighted.
    """

    lag: float
    share: Grid
    weight: Grid
    basis: Grid

    def clean(self, values: Grid) -> Grid:
        """Weighted `values` (T, ...) without the drift."""
        flat = values.reshape(len(values), -1) * self.weight[:, None]
        return np.asarray((flat - self.basis @ (self.basis.T @ flat)).reshape(values.shape), np.float64)


def _fit(table: _Table, lag: float) -> _Fit:
    """The frames' regressors at one lag."""
    share = np.stack([np.interp(table.time - lag, table.time, slot) for slot in table.slot.T], 1)
    weight = np.sqrt((2 * share.max(1) - 1) ** 2 + 1e-3)
    when = (table.time - table.time.mean()) / np.ptp(table.time) * 2
    columns = [when**k for k in range(3)]
    rest = share[:, ~table.lit].sum(1)  # what the page shows at rest is not known: a level of its own
    if rest.std() > 1e-6:
        columns.append(rest)
    basis = np.linalg.qr(np.stack(columns, 1) * weight[:, None])[0]
    return _Fit(float(lag), share, weight, np.asarray(basis, np.float64))


def _cosine(a: Grid, b: Grid) -> float:
    """Of two arrays of one shape, all values in one row."""
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum() + 1e-18))


def _slots(fit: _Fit, table: _Table, values: Grid) -> Grid:
    """(S, 3) weighted means of cleaned `values` (T, 3) over each colour slot."""
    weight = (fit.share * fit.weight[:, None])[:, table.lit]
    return np.asarray((weight / weight.sum(0)).T @ values, np.float64)


def _robust(design: Grid, value: Grid, error: Grid) -> tuple[Grid, Grid]:
    """Reweighted least squares (Cauchy): coefficients and their standard errors; `error` (N,) of each value."""
    known = 1 / np.sqrt(error**2 + 0.05**2)  # the head is not the canonical one: no spot is surer than that
    weight = known
    for _ in range(8):
        fit = np.linalg.lstsq(design * weight[:, None], value * weight, rcond=None)[0]
        left = value - design @ fit
        size = 1.48 * float(np.median(np.abs(left * known))) + 1e-9
        weight = known * np.sqrt(1 / (1 + (left * known / (2 * size)) ** 2))
    scaled = design * weight[:, None]
    spread = ((left * weight) ** 2).sum() / max(len(value) - design.shape[1], 1)
    return np.asarray(fit, np.float64), np.sqrt(np.diag(np.linalg.pinv(scaled.T @ scaled)) * spread)


def _gains(fit: _Fit, table: _Table, told: Grid) -> tuple[Grid, Grid, Grid]:
    """(gain, its standard error, log brightness without the screen) of each clear spot (M,).

    Gains are linear (screen over room) and relative to the face's; `told` (T, 3) is what the face's gain makes of the
    colours.
    """
    shown, spots = told[:, table.use], fit.clean(_chroma(table.clear))
    model = fit.clean(_chroma(shown))
    power = max(float((model**2).sum()), 1e-12)
    share = np.einsum("tc,tnc->n", model, spots) / power
    left = spots - share[:, None] * model[:, None]
    free = (len(table.use) - 1) * max(float((fit.weight**2).sum()) - fit.basis.shape[1], 1.0)
    error = np.sqrt((left**2).sum((0, 2)) / free / power)
    level = float(np.clip(told.max(0).mean(), 1e-6, 3.0))
    linear = np.expm1(np.clip(share * level, -3, 3)) / np.expm1(level)
    unlit = table.clear.mean((0, 2)) - share * float(shown.mean())
    return np.asarray(linear, np.float64), np.asarray(error, np.float64), np.asarray(unlit, np.float64)


def _relief(table: _Table, gain: Grid, error: Grid, unlit: Grid) -> tuple[float, float]:
    """(relief, its standard error) of relative gains (N,) with standard errors (N,).

    `unlit` (N,) is the log brightness of the spots without the screen.

    The gain of a head is `E / A`: light of the screen over light of the room, at each spot. A sheet, however it is held
    or bent, has a gain that is smooth: a quadric takes it. A display's veil adds a constant, so its gain goes with one
    over the brightness; a camera's shoulder lowers it with the brightness: both are taken by columns of their own,
    which in turn take some of a head's `1 / A`. A tint painted on the face alone fades towards the face's outline, as
    the light does that a head gets: `FADING` takes that, whatever its width.
    """
    bare = unlit > np.median(unlit) - _SHADE if len(unlit) else np.zeros(0, np.bool_)
    bare = bare if bare.sum() >= LEAST_SPOTS else np.ones_like(bare)
    gain, error, unlit, index = gain[bare], error[bare], unlit[bare], table.index[bare]
    middle = float(np.median(gain)) if len(gain) >= LEAST_SPOTS else _NAN
    if not middle > 0:
        return _NAN, _NAN
    value, error = gain / middle, error / middle
    spots = SPOTS[index]
    x, y = topology.CANONICAL[spots, :2].T / 7
    log = np.clip(unlit - np.median(unlit), -1.5, 1.5)
    light, one = irradiance(table.pose)[index] - 1, np.ones_like(x)
    sheet = [x, y, x * x, x * y, y * y, FADING[index]]
    fit, wide = _robust(np.stack([one, light, *sheet, np.exp(-log), np.exp(log)], 1), value, error)
    return float(fit[1]), float(wide[1])


def measure(series: Series) -> Light:
    """Judge the coloured light of one check; `NOTHING` where the series cannot be read.

    Args:
        series: (page time in seconds, the colour painted when the frame was taken, or None at rest before and after,
            colours of the frame), in order.
    """
    table = _table(series)
    if table is None:
        return NOTHING
    face = np.asarray(np.median(_chroma(table.spots), 1), np.float64)
    tries = []
    for lag in LAGS:
        fit = _fit(table, lag)
        told, seen = fit.clean(_chroma(fit.share @ table.rgb)), fit.clean(face)
        tries.append((_cosine(told, seen), fit, told, seen))
    _, fit, told, seen = max(tries, key=lambda a: a[0])
    power = float((told**2).sum())
    if power < 1e-6:
        return NOTHING
    gain = float((told * seen).sum()) / power
    free = max(2 * float((fit.weight**2).sum()) - 2 * fit.basis.shape[1], 1.0)
    noise = float(np.sqrt(((seen - gain * told) ** 2).sum() / free / power))
    correlation = _cosine(_slots(fit, table, told), _slots(fit, table, seen))

    # each channel's own gain (a warm lamp leaves more room for blue), drawn to their mean where a colour is missing
    shown = fit.share @ table.rgb
    parts = np.stack([fit.clean(_chroma(np.eye(3)[k] * shown[:, k : k + 1])).ravel() for k in range(3)], 1)
    pull = 0.05 * power * np.eye(3)
    channels = np.linalg.solve(parts.T @ parts + pull, parts.T @ seen.ravel() + pull @ np.full(3, gain))
    whole = fit.clean(_chroma(shown * channels))
    room = np.einsum("tc,tnc->n", whole, fit.clean(_chroma(table.room))) / max(float((whole**2).sum()), 1e-12)
    relief, wide = _relief(table, *_gains(fit, table, shown * channels))
    background = float(np.median(room)) if len(room) >= LEAST_ROOM else _NAN
    return Light(correlation, gain, noise, fit.lag, relief, wide, background)
