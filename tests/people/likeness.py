"""How alike the people of the gallery are to the recogniser. Embeddings stay in memory.

Called by `python -m tests.people.gallery`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tests.people import gallery, measure, spread, variety
from tests.people.cast import random_recipe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

ENROLLED = 5
"""Pictures of a template; the others are compared with it."""
LEVELS = (0.30, 0.363, 0.50)
"""0.363 is OpenCV's own limit for one picture against one."""


@dataclass(frozen=True, slots=True, eq=False)
class Album:
    """One person's pictures: embeddings (n, 128) and apparent ages (n,) of those with one face, and how many were lost.

    `template` (128,) is the mean of the first `ENROLLED`, unit length; `probes` are the rest.
    """

    name: str
    codes: NDArray[np.float32]
    years: NDArray[np.float64]
    lost: int

    @property
    def template(self) -> NDArray[np.float32]:
        mean = self.codes[:ENROLLED].mean(0)
        result: NDArray[np.float32] = mean / np.linalg.norm(mean)
        return result

    @property
    def probes(self) -> NDArray[np.float32]:
        return self.codes[ENROLLED:]


def album(name: str, count: int = 8) -> Album:
    """Draw and embed the pictures of one person."""
    codes, years, lost = [], [], 0
    for photo in gallery.pictures(name, count):
        found = measure.finder().detect(photo.pixels)
        if len(found) != 1:
            lost += 1
            continue
        codes.append(measure.recogniser().embed(photo.pixels, found[0]))  # type: ignore[arg-type]
        years.append(measure.years(photo.pixels, found[0]))  # type: ignore[arg-type]
    return Album(name, np.array(codes, np.float32).reshape(-1, 128), np.array(years), lost)


def lines(names: Sequence[str], count: int, say: Callable[[str], None]) -> Iterator[str]:
    """The report, line by line: everybody's album is drawn first."""
    albums = []
    for k, name in enumerate(names):
        albums.append(album(name, count))
        if k % 20 == 19:
            say(f"{k + 1} of {len(names)} people drawn")
    total, lost = count * len(albums), sum(a.lost for a in albums)
    years = np.array([float(np.median(a.years)) for a in albums])
    grown = np.mean(np.concatenate([a.years for a in albums]) >= 27)
    yield f"{len(albums)} people, {total} pictures, {lost} without exactly one face found"
    yield (
        f"apparent age, median of a person's pictures: {np.percentile(years, 5):.0f} to {np.percentile(years, 95):.0f} "
        f"(5 % to 95 %), lowest {years.min():.0f}; {grown:.0%} of the pictures 27 or more"
    )
    everything = np.concatenate([a.codes for a in albums])
    owner = np.concatenate([np.full(len(a.codes), k) for k, a in enumerate(albums)])
    likeness = everything @ everything.T
    upper = np.triu(np.ones(likeness.shape, bool), 1)
    same = owner[:, None] == owner[None]
    yield _row("single pictures, mated", likeness[upper & same])
    yield _row("single pictures, non-mated", likeness[upper & ~same])
    templates = np.array([a.template for a in albums])
    probes = np.concatenate([a.probes for a in albums])
    owner = np.concatenate([np.full(len(a.probes), k) for k, a in enumerate(albums)])
    likeness = probes @ templates.T
    same = owner[:, None] == np.arange(len(albums))[None]
    yield _row(f"template of {ENROLLED} and a picture, mated", likeness[same])
    yield _row(f"template of {ENROLLED} and a picture, non-mated", likeness[~same])
    pairs = (templates @ templates.T)[np.triu_indices(len(albums), 1)]
    yield _row("two templates, non-mated", pairs)
    known = {a.name: a for a in albums}
    resembled = [name for name in gallery.RESEMBLED if name in known]
    kin: list[list[float]] = [[] for _ in range(gallery.LOOKALIKES)]
    for k, name in enumerate(resembled):
        for place, other in enumerate(gallery.lookalikes(name)):
            kin[place] += (album(other, 3).codes @ known[name].template).tolist()
        if k % 10 == 9:
            say(f"look-alikes of {k + 1} people drawn")
    for share, some in zip(gallery.SHARES, kin, strict=True):
        yield _row(f"template and look-alike ({share:.0%} of the way)", np.array(some))


def _row(name: str, likeness: NDArray[np.floating]) -> str:
    if not likeness.size:
        return f"{name}: none"
    over = ", ".join(f"{(likeness > level).mean():.3%} above {level}" for level in LEVELS)
    low, middle, high, top = np.percentile(likeness, [1, 50, 99, 99.9])
    return (
        f"{name}: n {likeness.size}, mean {likeness.mean():.3f}, sd {likeness.std():.3f}, 1 % {low:.2f}, "
        f"50 % {middle:.2f}, 99 % {high:.2f}, 99.9 % {top:.2f}, largest {likeness.max():.2f}; {over}"
    )


def kinds(count: int) -> Iterator[str]:
    """The same front view of three kinds of people: random ones as before, random ones of `variety`, the gallery's."""
    every = max(1, len(gallery.IDENTITIES) // count)
    for kind, recipes in (
        ("random people of cast.random_recipe", [random_recipe(seed) for seed in range(count)]),
        ("random people of variety.adult", [variety.adult(seed) for seed in range(count)]),
        ("people of the gallery", [gallery.recipe(name) for name in gallery.IDENTITIES[::every][:count]]),
    ):
        codes = np.array([one.code for one in (spread.see(recipe)[0] for recipe in recipes) if one])
        yield _row(kind, (codes @ codes.T)[np.triu_indices(len(codes), 1)])
