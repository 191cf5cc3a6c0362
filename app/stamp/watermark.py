"""The invisible watermark: 32 bits and their checksum in the brightness of the whole picture.

A tile of smooth pseudo-random waves is repeated over the picture, a little stronger where texture hides it. Its size is
a share of the picture's shorter side, so that resizing leaves it where it is looked for; that it repeats tells by how
much a picture was cropped, turned or stretched (the autocorrelation of the picture's fine structure has the tile's
lattice; Kutter 1998). A known part of the tile tells where it begins; the rest carries the bits, each in a wave pattern
of its own over the whole tile, so that every part of the picture says all of them (spread spectrum; Cox et al. 1997).

The pattern is public: whoever knows it can take it out or copy it. The mark is an identifier that leads back to a
manifest, never a proof; `app.stamp.registry` confirms what it says.
"""

from __future__ import annotations

import functools
import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Image = NDArray[np.uint8]

ID_BITS: Final = 32
_CHECK_BITS: Final = 16
_BITS: Final = ID_BITS + _CHECK_BITS
_TILE: Final = 64
"""Side of the tile when the picture's shorter side is `_SHORT`."""
_SHORT: Final = 512
_BAND: Final = (0.06, 0.18)
"""Cycles per canonical pixel: below there is the picture itself, above what resizing and compression take."""
_SEED: Final = 20260
_SYNC: Final = 2.4
"""Strength of the known part, in bits."""
LEAST_SIDE: Final = 240
"""Shorter side of a picture, pixels, under which nothing is marked: the waves would be finer than its pixels."""
LONGEST: Final = 8
"""Longer sides, in shorter ones, beyond which nothing is marked or looked for: such a strip, brought to the canonical
size, would take gigabytes."""
PSNR: Final = 43.0
"""Decibels against the unmarked picture. At 45 the smallest pictures lose the mark to strong compression."""
_SURE: Final = 6.5
"""Least height of the sync's peak, in standard deviations."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where the tiles lie in a picture.

    Attributes:
        basis: (2, 2) its columns lead from a tile to the next one to the right and below, in canonical pixels (the
            shorter side is 512).
        start: (x, y) of a tile's corner, in tile pixels (64 a tile) from the corner of what `laid` gives.
        mirrored: whether the picture was.
    """

    basis: NDArray[np.float64]
    start: tuple[int, int]
    mirrored: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A watermark that was read.

    Attributes:
        ident: 0..2**32 - 1.
        score: height of the sync's peak over the rest, in standard deviations; at least `_SURE`.
        place: where its tiles lie.
    """

    ident: int
    score: float
    place: Place = field(repr=False)


@functools.cache
def _waves() -> Plane:
    """(1 + bits, T, T): the sync's pattern and one for each bit; orthogonal, of unit variance, within the band."""
    rng = np.random.default_rng(_SEED)
    rate = np.hypot(np.abs(np.fft.fftfreq(_TILE))[:, None], np.fft.rfftfreq(_TILE)[None])
    band = (rate > _BAND[0]) & (rate < _BAND[1])
    grain = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((1 + _BITS, _TILE, _TILE))) * band, s=(_TILE, _TILE))
    apart = np.linalg.qr(grain.reshape(1 + _BITS, -1).T)[0].T
    return np.asarray(apart.reshape(1 + _BITS, _TILE, _TILE) * _TILE, np.float32)


def _coded(ident: int) -> NDArray[np.int64]:
    """The bits (48,) of an id and its checksum, most significant first."""
    check = zlib.crc32(ident.to_bytes(4, "big")) & 0xFFFF
    return np.array([int(b) for b in f"{ident:032b}{check:016b}"], np.int64)


def _tile(ident: int) -> Plane:
    """The tile (T, T) of an id, of unit variance."""
    waves = _waves()
    whole = _SYNC * waves[0] + np.tensordot(2 * _coded(ident) - 1, waves[1:], 1) / np.sqrt(_BITS) * 2
    return np.asarray(whole / whole.std(), np.float32)


def _luma(pixels: Image) -> Plane:
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), np.float32)


def fits(pixels: Image) -> bool:
    """Whether a picture (H, W, 3) is large enough, and no strip, so that it can be marked."""
    return min(pixels.shape[:2]) >= LEAST_SIDE and not _is_strip(pixels)


def _is_strip(pixels: Image) -> bool:
    short, long = sorted(pixels.shape[:2])
    return bool(long > LONGEST * short)


def embed(pixels: Image, ident: int, psnr: float = PSNR) -> Image:
    """Hide an id in a picture.

    Args:
        pixels: `uint8 RGB (H, W, 3)` that `fits`.
        ident: 0..2**32 - 1.
        psnr: decibels of the result against `pixels`.

    Returns:
        The marked picture, same shape; every channel of a pixel is changed by the same amount.
    """
    height, width = pixels.shape[:2]
    small = shrunk(pixels)
    large = cv2.resize(_tiled(ident, small.shape) * room(small), (width, height), interpolation=cv2.INTER_CUBIC)
    pattern = np.asarray(large, np.float32)
    gain = 255 / 10 ** (psnr / 20) * np.sqrt(pattern.size) / cv2.norm(pattern)
    marked = np.empty_like(pixels)
    for top in range(0, height, _BAND_ROWS):  # few enough to stay in the processor's own memory
        band = slice(top, top + _BAND_ROWS)
        change = cv2.multiply(pattern[band], gain, dtype=cv2.CV_16S)
        cv2.add(pixels[band], cv2.merge([change] * 3), marked[band], dtype=cv2.CV_8U)
    return marked


_BAND_ROWS: Final = 64


def pattern(ident: int, size: tuple[int, ...]) -> Plane:
    """The tiles of an id all over a picture of this size: (height, width), of unit variance."""
    by = _SHORT / min(size)
    tiled = _tiled(ident, tuple(round(side * by) for side in size))
    return np.asarray(cv2.resize(tiled, size[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def _tiled(ident: int, size: tuple[int, ...]) -> Plane:
    rows, columns = size
    return np.tile(_tile(ident), (rows // _TILE + 1, columns // _TILE + 1))[:rows, :columns]


def room(small: Plane, sigma: float = 2.0, edge: int = 7) -> Plane:
    """How much stronger the pattern may be at each pixel of a small picture: 0.6 on plain ground, 2.5 in texture.

    Args:
        small: brightness (h, w), 0..255.
        sigma: pixels over which it looks, 2 in canonical size.
        edge: pixels of an edge that is alone, which hides nothing.
    """
    mean = cv2.GaussianBlur(small, (0, 0), sigma)
    spread = np.sqrt(np.maximum(cv2.GaussianBlur(small * small, (0, 0), sigma) - mean * mean, 0))
    texture = cv2.GaussianBlur(cv2.erode(spread, np.ones((edge, edge), np.uint8)), (0, 0), sigma)
    out = np.clip(0.6 + texture / 6, 0.6, 2.5)
    out *= np.clip(np.minimum(mean, 255 - mean) / 24, 0.3, 1)  # next to black and white half of it would be cut off
    return np.asarray(out, np.float32)


def shrunk(pixels: Image) -> Plane:
    """Brightness (h, w), 0..255, of a picture (H, W, 3) at canonical size: its shorter side is 512."""
    height, width = pixels.shape[:2]
    k = _SHORT / min(height, width)
    size = (round(width * k), round(height * k))
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    while min(grey.shape) >= 2 * _SHORT:  # by just a half is much faster, and leaves little for the slow way
        rows, columns = (n // 2 for n in grey.shape)
        grey = cv2.resize(grey[: 2 * rows, : 2 * columns], (columns, rows), interpolation=cv2.INTER_AREA)
    how = cv2.INTER_AREA if k < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(grey, size, interpolation=how), np.float32)


# --- reading ----------------------------------------------------------------------------------------------------------


def _canonical(small: Plane) -> Plane:
    """Fine structure of the picture at canonical size, its contrast made even."""
    fine = small - cv2.GaussianBlur(small, (0, 0), 2.2)
    spread = np.sqrt(cv2.GaussianBlur(fine * fine, (0, 0), 5.0)) + 1.0
    return np.asarray(np.clip(fine / spread, -2.5, 2.5), np.float32)


def laid(fine: Plane, basis: NDArray[np.float64]) -> Plane:
    """The picture resampled so that the lattice with columns `basis` (2, 2) becomes the tile's own."""
    to = np.linalg.inv(basis) * _TILE
    height, width = fine.shape[:2]
    corners = to @ np.array([[0, width, 0, width], [0, 0, height, height]])
    low, high = corners.min(1), corners.max(1)
    size = np.maximum(np.rint(high - low).astype(int), _TILE)
    matrix = np.column_stack([to, -low])
    return np.asarray(cv2.warpAffine(fine, matrix, (int(size[0]), int(size[1])), flags=cv2.INTER_LINEAR), np.float32)


def _fold(laid: Plane) -> Plane:
    """All tiles of a picture, one on the other: (T, T)."""
    rows, columns = (-(-n // _TILE) for n in laid.shape)
    padded = np.zeros((rows * _TILE, columns * _TILE), np.float32)
    padded[: laid.shape[0], : laid.shape[1]] = laid
    return np.asarray(padded.reshape(rows, _TILE, columns, _TILE).sum((0, 2)), np.float32)


@functools.cache
def _sync() -> NDArray[np.complex128]:
    return np.asarray(np.conj(np.fft.fft2(_waves()[0])), np.complex128)


def _peak(folded: Plane) -> tuple[float, tuple[int, int]]:
    """(height in standard deviations, place) of the sync in folded tiles."""
    seen = np.fft.ifft2(np.fft.fft2(folded) * _sync()).real
    row, column = np.unravel_index(int(seen.argmax()), seen.shape)
    return float(seen.max() / (seen.std() + 1e-9)), (int(row), int(column))


def find(pixels: Image) -> Mark | None:
    """Read the mark of a picture; None when there is none that can be read.

    Tries, until one is read: the picture as it was marked, cropped by up to three tenths, turned and stretched a
    little, and all of that mirrored.

    Args:
        pixels: `uint8 RGB (H, W, 3)`.
    """
    return find_in(shrunk(pixels)) if min(pixels.shape[:2]) >= _TILE and not _is_strip(pixels) else None


def find_in(small: Plane) -> Mark | None:
    """The same for a picture that was `shrunk` already: neither a strip nor smaller than a tile."""
    fine = _canonical(small)
    for mirrored, view in enumerate((fine, np.ascontiguousarray(fine[:, ::-1]))):
        for basis in _guesses(view):
            mark = _read(view, basis, mirrored=bool(mirrored))
            if mark is not None:
                return mark
    return None


CELLS: Final = 2
"""Cells along each side of a tile, for `cells`."""


def cells(small: Plane, place: Place | None = None) -> Plane:
    """Mean brightness of the cells of a picture's whole tiles, 0..255: (rows, columns), each a multiple of `CELLS`.

    Args:
        small: the picture, `shrunk`.
        place: where they lie; None for a picture that was marked just now.
    """
    if place is None:
        rows, columns = (n // _TILE * _TILE for n in small.shape)
        size = (CELLS * columns // _TILE, CELLS * rows // _TILE)
        return np.asarray(cv2.resize(small[:rows, :columns], size, interpolation=cv2.INTER_AREA), np.float32)
    small = np.ascontiguousarray(small[:, ::-1]) if place.mirrored else small
    seen = laid(np.stack([small, np.ones_like(small)], -1), place.basis)[place.start[1] :, place.start[0] :]
    rows, columns, side = CELLS * (seen.shape[0] // _TILE), CELLS * (seen.shape[1] // _TILE), _TILE // CELLS
    seen = seen[: rows * side, : columns * side].reshape(rows, side, columns, side, 2).mean((1, 3))
    return np.asarray(np.where(seen[..., 1] > 0.98, seen[..., 0], np.nan), np.float32)


_SCALES: Final = np.exp(np.arange(np.log(0.97), np.log(1.42), 0.012))
"""Of the lattice in the canonical picture: 1 as marked, more when it was cropped."""
_TRIED: Final = 4
"""Best guesses of each kind that are looked at closely."""
_HOPEFUL: Final = 4.5
"""And only those whose sync stands out so far: 5.2 at most without a mark, 7 and more where one can be read."""


def _guesses(fine: Plane) -> Iterator[NDArray[np.float64]]:
    """Lattices (2, 2), the likeliest first: as it was; as the autocorrelation says; upright at any scale."""
    straight = _TILE * np.eye(2)
    yield straight
    yield from (_refined(fine, basis) for basis in _lattices(fine) if _score(fine, basis) >= _HOPEFUL)
    upright = sorted(((_score(fine, s * straight), float(s)) for s in _SCALES), reverse=True)
    yield from (_refined(fine, scale * straight) for score, scale in upright[:_TRIED] if score >= _HOPEFUL)


def _score(fine: Plane, basis: NDArray[np.float64]) -> float:
    return _peak(_fold(laid(fine, basis)))[0]


def _refined(fine: Plane, basis: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lattice moved to where the sync stands out most: by hill climbing, four numbers in turn."""
    best = _score(fine, basis)
    for step in (0.3, 0.1):
        for _ in range(3):
            before = best
            for change in _CHANGES:
                for way in (step, -step):
                    trial = basis + way * change
                    score = _score(fine, trial)
                    if score > best:
                        best, basis = score, trial
                        break
            if best <= before:
                break
    return basis


_CHANGES: Final = (
    np.array([[1.0, 0.0], [0.0, 1.0]]),  # larger
    np.array([[0.0, -1.0], [1.0, 0.0]]),  # turned
    np.array([[1.0, 0.0], [0.0, -1.0]]),  # wider
    np.array([[0.0, 1.0], [1.0, 0.0]]),  # skewed
)
"""Of a lattice's columns, in pixels."""


def _lattices(fine: Plane) -> list[NDArray[np.float64]]:
    """Lattices near the tile's that the autocorrelation of the picture shows, the clearest first."""
    height, width = fine.shape
    size = (cv2.getOptimalDFTSize(2 * height), cv2.getOptimalDFTSize(2 * width))
    power = np.abs(np.fft.rfft2(fine, size)) ** 2
    alike = np.fft.irfft2(power, size)
    alike = np.fft.fftshift(alike) / max(float(alike[0, 0]), 1e-9)
    alike = np.asarray(alike - cv2.blur(alike, (15, 15)), np.float32)
    middle = np.array([size[1] // 2, size[0] // 2])

    def at(steps: NDArray[np.float64]) -> NDArray[np.float64]:
        places = (steps + middle).astype(np.float32)
        return np.asarray(cv2.remap(alike, places[..., 0], places[..., 1], cv2.INTER_LINEAR), np.float64)

    long, aside = np.meshgrid(np.arange(0.96 * _TILE, 1.44 * _TILE, 0.5), np.arange(-5.0, 5.01, 0.5))
    sides = []
    for way in (np.stack([long, aside], -1), np.stack([-aside, long], -1)):
        clear = sum(at(way * n) for n in (1, 2, 3) if n * 1.5 * _TILE < min(height, width))
        order = np.argsort(-np.asarray(clear).ravel())
        kept: list[NDArray[np.float64]] = []
        for place in order[:400]:
            step = way.reshape(-1, 2)[place]
            if all(np.linalg.norm(step - other) > 1.5 for other in kept):
                kept.append(step)
            if len(kept) == 8:
                break
        sides.append(kept)
    found = []
    for u in sides[0]:
        for v in sides[1]:
            tilt = np.arctan2(u[1], u[0]) - np.arctan2(-v[0], v[1])
            if abs(tilt) > 0.03 or not 0.9 < np.linalg.norm(u) / np.linalg.norm(v) < 1.11:
                continue
            steps = np.array([i * u + j * v for i in range(3) for j in range(-2, 3) if (i, j) > (0, 0)])
            found.append((float(at(steps[None]).sum()), np.column_stack([u, v])))
    found.sort(key=lambda pair: -pair[0])
    return [basis for _, basis in found[:_TRIED]]


def _read(fine: Plane, basis: NDArray[np.float64], *, mirrored: bool) -> Mark | None:
    """The id on a lattice; None when the sync does not stand out or the checksum is wrong."""
    folded = _fold(laid(fine, basis))
    score, (row, column) = _peak(folded)
    if not score >= _SURE:
        return None
    turned = np.roll(folded, (-row, -column), (0, 1))
    said = np.tensordot(_waves()[1:], turned, ([1, 2], [0, 1]))
    weakest = np.argsort(np.abs(said))[:_DOUBTED]
    for flips in itertools.chain([()], *(itertools.combinations(weakest, n) for n in (1, 2))):
        bits = (said > 0).astype(np.int64)
        bits[list(flips)] ^= 1
        ident = int("".join(map(str, bits[:ID_BITS])), 2)
        if (bits == _coded(ident)).all():
            return Mark(ident, score, Place(basis, (column, row), mirrored))
    return None


_DOUBTED: Final = 6
"""Weakest bits of which up to two are tried the other way round (Chase 1972): 22 tries against 16 bits of checksum."""
