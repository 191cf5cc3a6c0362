"""Who sits down before the bench: living people, normal and hard conditions, and every instrument of the red team."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace

from tests.booth import Booth
from tests.pad import conditions
from tests.pad.attacks import good
from tests.pad.bench_session import Factory, sat_down
from tests.pad.conditions import Conditions, Hardship, Kind
from tests.pad.instruments import INSTRUMENTS, LIMITS
from tests.pad.store import BONA_FIDE, Job, Record


@functools.cache
def factories() -> Mapping[str, Factory]:
    """Name -> who sits down for a seed and a split."""
    living = {f"{BONA_FIDE}_{kind}": functools.partial(_living, kind) for kind in Kind}
    return {**living, **INSTRUMENTS, **LIMITS}


def present(job: Job) -> Record:
    """Run one session of the bench."""
    return replace(sat_down(job, factories()), tags=tags(job))


def tags(job: Job) -> dict[str, str]:
    """Who, and under which conditions, in plain words; of an attack, those of the victim and the attacker."""
    living = job.name.startswith(BONA_FIDE)
    given = conditions.draw(job.seed, job.name.removeprefix(f"{BONA_FIDE}_"), job.split) if living else good(job.seed)
    return {
        "tone": str(conditions.tone_of(given.person)),
        "room": _room(given),
        "person": given.person,
        "hardships": " ".join(given.hardships) or "none",
        "fps": f"{given.webcam.fps:g}",
    }


def _living(kind: Kind, seed: int, split: str) -> Booth:
    return conditions.draw(seed, kind, split).booth()


def _room(given: Conditions) -> str:
    return f"{given.light}, faint screen" if Hardship.FAINT in given.hardships else given.light
