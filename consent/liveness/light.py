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
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from consent.types import Colour
from models import topology
from models.faces import Face

Grid = NDArray[np.float64]
Series = Sequence[tuple[float, Colour | None, "Skin"]]

LAGS: Final = np.arange(0.0, 0.4501, 0.025)
"""Seconds between the page's paint and the frame that shows it: display, exposure, camera and browser."""
FEWEST: Final = 20
"""Frames with a colour; eight slots of half a second give 32 at 8 frames a second."""
LEAST_SPOTS: Final = 50
"""Spots of skin that must be seen all the time, not clipped."""
LEAST_ROOM: Final = 6
"""Windows of the room beside the person."""

_FLOOR: Final = 1e-3
"""Linear light below which a pixel says nothing: three grey levels of 255."""
_FULL: Final = 250
"""sRGB value from which a channel counts as clipped."""
_BRIGHT: Final = 0.8
"""Linear light beyond which the camera's shoulder bends the gain: such spots are left out of the relief."""
_LINEAR: Final = np.where(
    np.arange(256) <= 10, np.arange(256) / 255 / 12.92, ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4
).astype(np.float32)
"""Linear light of an sRGB value (IEC 61966-2-1)."""


def _normals() -> Grid:
    """(468, 3) unit normals of the canonical head, towards the camera; x to the right, y down, z away."""
    head = topology.CANONICAL
    a, b, c = (head[topology.TRIANGLES[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    out = np.zeros_like(head)
    for k in range(3):
        np.add.at(out, topology.TRIANGLES[:, k], face)
    out *= -np.sign(out[topology.NOSE_TIP, 2])
    return np.asarray(out / np.linalg.norm(out, axis=1, keepdims=True), np.float64)


_NORMALS: Final = _normals()


def _spots() -> NDArray[np.int64]:
    """Mesh points on bare skin: no lids, brows, lips or nostrils, and not beyond the cheeks' turn."""
    head = topology.CANONICAL
    away = head[:, None, :2]
    lids, mouth = (
        head[[*topology.RIGHT_EYE, *topology.LEFT_EYE], :2],
        head[[*topology.LIPS_OUTER, *topology.LIPS_INNER], :2],
    )
    brows = head[[*topology.RIGHT_BROW, *topology.LEFT_BROW], :2]
    nostrils = head[[2, 97, 326, 99, 328, 60, 290, 94], :2]
    good = _NORMALS[:, 2] < -0.30
    for ring, gap in ((lids, 0.75), (brows, 0.45), (mouth, 0.7), (nostrils, 0.5)):
        good &= np.linalg.norm(away - ring[None], axis=2).min(1) > gap
    good &= ~np.isin(np.arange(len(head)), topology.OVAL)
    chosen: list[int] = []
    for k in np.flatnonzero(good):  # the mesh is dense round the mouth and nose
        if all(np.linalg.norm(head[k] - head[j]) > 0.75 for j in chosen):
            chosen.append(int(k))
    return np.array(chosen, np.int64)


SPOTS: Final = _spots()
"""Mesh points whose colour is kept."""
_ACROSS, _DOWN = 12, 9
_STEPS: Final = np.stack(np.meshgrid(np.arange(-3, 4), np.arange(-3, 4)), -1).reshape(-1, 2).astype(np.float32)
"""(49, 2): a window of seven by seven samples."""


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """Colours of one frame, linear light 0..1.

    Attributes:
        spots: (len(SPOTS), 3) float32 RGB of the skin; NaN where clipped or outside the picture.
        room: (108, 3) float32 RGB of windows of the picture, row by row; NaN over or under the person.
        pose: (yaw, pitch, roll) of the head, degrees.
    """

    spots: NDArray[np.float32] = field(repr=False)
    room: NDArray[np.float32] = field(repr=False)
    pose: tuple[float, float, float]


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
        albedo: slope of the log gain on the log brightness of the spot: skin multiplies (about 0), a veil adds (-1).
        background: gain of the room over the gain of the skin.
    """

    correlation: float
    gain: float
    noise: float
    lag: float
    relief: float
    relief_noise: float
    albedo: float
    background: float


_NAN: Final = float("nan")
NOTHING: Final = Light(_NAN, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN, _NAN)


def _means(pixels: NDArray[np.uint8], centres: Grid, step: float) -> NDArray[np.float32]:
    """(n, 3) mean linear light of 7 x 7 samples, `step` pixels apart, round `centres` (n, 2); NaN where unusable."""
    height, width = pixels.shape[:2]
    at = np.rint(centres[:, None].astype(np.float32) + _STEPS * np.float32(step)).astype(np.int32)
    inside = ((at >= 0) & (at < (width, height))).all((1, 2))
    at[~inside] = 0
    values = pixels[at[..., 1], at[..., 0]]
    out = _LINEAR[values].mean(1)
    out[~inside | ((values >= _FULL).mean(1) > 0.1).any(1)] = np.nan
    return np.asarray(out, np.float32)


def look(pixels: NDArray[np.uint8], face: Face) -> Skin:
    """The colours of one frame; about a millisecond.

    Args:
        pixels: `uint8 RGB (H, W, 3)`.
        face: measured in it.
    """
    height, width = pixels.shape[:2]
    mesh = face.mesh[:, :2]
    spots = _means(pixels, mesh[SPOTS], max(0.017 * face.eye_distance, 1.0))
    low, high = mesh.min(0), mesh.max(0)
    middle, size = (low + high) / 2, high - low
    cell = np.array([width / _ACROSS, height / _DOWN])
    grid = (np.stack(np.meshgrid(np.arange(_ACROSS), np.arange(_DOWN)), -1).reshape(-1, 2) + 0.5) * cell
    # hair stands off the mesh by up to a face's width; the body begins under the chin
    off = np.abs(grid - middle - (0, -0.15 * size[1])) / size
    person = (np.hypot(off[:, 0] / 0.95, off[:, 1] / 1.0) < 1) | (grid[:, 1] > middle[1] + 0.45 * size[1])
    room = np.full((len(grid), 3), np.nan, np.float32)
    room[~person] = _means(pixels, grid[~person], float(cell.min() / 8))
    return Skin(spots, room, (face.pose.yaw, face.pose.pitch, face.pose.roll))


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
    normal = _NORMALS[SPOTS] @ turn.T
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
        spots: (T, N, 3) log linear light; `index` (N,) of which of `SPOTS`; `clear` (N,) never near clipping.
        room: (T, B, 3) log linear light.
        pose: degrees, median.
    """

    time: Grid
    slot: Grid
    rgb: Grid
    lit: NDArray[np.bool_]
    spots: Grid
    index: NDArray[np.int64]
    clear: NDArray[np.bool_]
    room: Grid
    pose: tuple[float, float, float]


def _filled(values: Grid) -> tuple[Grid, NDArray[np.bool_]]:
    """Logarithms of the columns (T, N, 3) seen in nine frames of ten, their gaps closed by their mean; which (N,)."""
    seen = np.isfinite(values).all(2)
    good = seen.mean(0) > 0.9
    kept, there = np.log(np.maximum(np.nan_to_num(values[:, good]), _FLOOR)), seen[:, good, None]
    mean = (kept * there).sum(0) / there.sum(0)
    return np.where(there, kept, mean), good


def _table(series: Series) -> _Table | None:
    """None when the series is too short, out of order, of the wrong shape, or shows too little skin."""
    if sum(colour is not None for _, colour, _ in series) < FEWEST:
        return None
    if any(s.spots.shape != (len(SPOTS), 3) or s.room.shape != (_ACROSS * _DOWN, 3) for _, _, s in series):
        return None
    time = np.array([t for t, _, _ in series], np.float64)
    poses = np.array([s.pose for _, _, s in series], np.float64)
    if not np.isfinite(time).all() or (np.diff(time) <= 0).any() or not np.isfinite(poses).all():
        return None
    colours = [colour for _, colour, _ in series]
    change = np.array([True, *(a is not b for a, b in pairwise(colours))])
    which = np.cumsum(change) - 1
    shown = [colour for colour, new in zip(colours, change, strict=True) if new]
    raw = np.array([s.spots for _, _, s in series], np.float64)
    spots, good = _filled(raw)
    if good.sum() < LEAST_SPOTS:
        return None
    room, _ = _filled(np.array([s.room for _, _, s in series], np.float64))
    yaw, pitch, roll = (float(v) for v in np.median(poses, 0))
    return _Table(
        time,
        np.eye(len(shown))[which],
        np.array([c.rgb if c else (0.5, 0.5, 0.5) for c in shown]),
        np.array([c is not None for c in shown]),
        spots,
        np.flatnonzero(good),
        np.isfinite(raw[:, good]).all((0, 2)) & (raw[:, good].max((0, 2), initial=0.0) < _BRIGHT),
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


def _relief(table: _Table, gain: Grid, error: Grid) -> tuple[float, float, float]:
    """(relief, its standard error, albedo) of relative gains (N,) with standard errors (N,).

    The gain of a head is `E / A`: light of the screen over light of the room, at each spot. A sheet, however it is held
    or bent, has a gain that is smooth: a quadric takes it. A display's veil adds a constant, so its gain goes with one
    over the brightness; a camera's shoulder lowers it with the brightness: both are taken by columns of their own,
    which in turn take some of a head's `1 / A`.
    """
    use = table.clear
    if use.sum() < LEAST_SPOTS:
        return _NAN, _NAN, _NAN
    middle = float(np.median(gain[use]))
    if not middle > 0:
        return _NAN, _NAN, _NAN
    value, error = gain[use] / middle, error[use] / middle
    spots = SPOTS[table.index[use]]
    x, y = topology.CANONICAL[spots, :2].T / 7
    log = table.spots[:, use].mean((0, 2))
    log = np.clip(log - np.median(log), -1.5, 1.5)
    light, one = irradiance(table.pose)[table.index[use]] - 1, np.ones_like(x)
    sheet = [x, y, x * x, x * y, y * y]
    fit, wide = _robust(np.stack([one, light, *sheet, np.exp(-log), np.exp(log)], 1), value, error)
    slope, _ = _robust(np.stack([one, light, x, y, log], 1), value, error)
    return float(fit[1]), float(wide[1]), float(slope[4])


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
    model = fit.clean(_chroma(shown * channels))
    strength = float((model**2).sum())
    if strength < 1e-12:
        return Light(correlation, gain, noise, fit.lag, _NAN, _NAN, _NAN, _NAN)
    spots = fit.clean(_chroma(table.spots))
    share = np.einsum("tc,tnc->n", model, spots) / strength
    left = spots - share[:, None] * model[:, None]
    error = np.sqrt((left**2).sum((0, 2)) / free / strength)
    level = float(np.clip(channels.mean(), 1e-6, 3.0))
    linear = np.expm1(np.clip(share * level, -3, 3)) / np.expm1(level)
    relief, wide, albedo = _relief(table, np.asarray(linear, np.float64), np.asarray(error, np.float64))
    room = np.einsum("tc,tnc->n", model, fit.clean(_chroma(table.room))) / strength
    background = float(np.median(room)) if len(room) >= LEAST_ROOM else _NAN
    return Light(correlation, gain, noise, fit.lag, relief, wide, albedo, background)
