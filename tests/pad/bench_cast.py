"""Who sits down before the bench: living people in the conditions, and every instrument of the registry."""

from __future__ import annotations

import functools
from collections.abc import Mapping

from tests.booth import Booth, Puppet
from tests.pad.bench_session import Factory, sat_down
from tests.pad.store import Job, Record


def present(job: Job) -> Record:
    """Run one session of the bench."""
    return sat_down(job, factories())


@functools.cache
def factories() -> Mapping[str, Factory]:
    """Name -> who sits down for a seed and a split."""
    people = {"development": ("ada", "bram", "chima", "dilan", "edda"), "test": ("feng", "gita", "hana", "ivo", "joy")}
    return {
        "bona_fide_normal": lambda seed, split: Booth(people[split][seed % 5], seed=seed),
        "print_waved": lambda seed, split: Puppet(people[split][seed % 5], seed=seed),
    }
