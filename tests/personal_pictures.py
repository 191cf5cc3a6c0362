"""The personal model pictured with people who do not exist: what is learnt in seconds, and the networks of before.

python -m tests.personal_pictures FILE.jpg [--minutes 10]
python -m tests.personal_pictures FILE.jpg --film

Every changed picture here went the whole way: through the gate, the engine and the stamp, whose label it carries. With
minutes, three networks are trained for that long each: that of 2017, the GAN after it, and the light one. With
`--film`, frames of a film as it was and as it came out.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from app import film as films
from app import film_out, personal
from app.reel import change_film
from consent.types import Photo, Pixels
from tests import bench, bench_personal, picture_sheet
from tests.bench_truth import other_day
from tests.people import Actor, Scene, person

SITTER = "bram"
"""He wears a beard today, and wore none that day."""
NETWORKS = (("original64", "the network of 2017"), ("gan", "the GAN after it"), ("light", "the light network"))
_RATE, _FRAMES = 12, 42
_SHOWN = (0, 2, 16, 36)
_MOODS = ({"yaw": 4.0}, {"yaw": -12.0, "expression": {"smile": 0.8}, "light": "window"})


def pictures(session: bench.Session, minutes: float) -> Iterator[tuple[str, Pixels]]:
    """Two rows of the models without training; then one of the networks."""
    gate = session.gate(SITTER)
    known = personal.know(gate)
    scenes = [Scene(distance=43.0, size=(960, 720), background=5, seed=71 + k, **mood) for k, mood in enumerate(_MOODS)]
    for scene in scenes:
        then, truth = (np.asarray(who.render(scene), np.uint8) for who in (other_day(SITTER), person(SITTER)))
        target = gate.match(Photo(then))
        now = np.asarray(person(SITTER).render(replace(scene, yaw=0.0, expression={}, light="soft")), np.uint8)
        yield "today", now
        yield "another day", then
        yield "the personal model, learnt in seconds", _made(session, known, target)
        yield "the truth, drawn anew", truth
    if not minutes:
        return
    film = personal.extract(gate, bench_personal.film(SITTER))
    scene = scenes[0]
    target = gate.match(Photo(np.asarray(other_day(SITTER).render(scene), np.uint8)))
    for kind, words in NETWORKS:
        training = personal.begin(gate, personal.NOTHING, film, kind=kind)
        bench_personal.train_for(training, 60 * minutes)
        yield f"{words}, {minutes:g} minutes, {training.told().steps} steps", _made(session, training, target)
        training.forget()
    yield "the truth, drawn anew", np.asarray(person(SITTER).render(scene), np.uint8)


def filmed(session: bench.Session) -> Iterator[tuple[str, Pixels]]:
    """A row of a film of the other day, and below it what came out."""
    gate = session.gate(SITTER)
    actor = Actor(other_day(SITTER), Scene(distance=43.0, size=(640, 480), background=5), seed=6)
    actor.perform("turn-left", 0.9, at=1.0)
    actor.perform("open-mouth", 0.7, at=2.6)
    frames = [actor.frame(number / _RATE) for number in range(_FRAMES)]
    film = films.read(film_out.encode(frames, films.Timing.even(_FRAMES, _RATE)))
    job = personal.job(gate, personal.know(gate), film)
    stamped = change_film(gate, job.source, film, job.options, session.signer)
    for words, shown in (("as filmed", film), ("as it came out", films.read(stamped.data))):
        pixels = list(shown.frames())
        yield from ((f"{number / _RATE:.1f} s, {words}", pixels[number]) for number in _SHOWN)


def _made(session: bench.Session, model, target) -> Pixels:
    return picture_sheet.decoded(personal.create(session.gate(SITTER), model, target, session.signer))


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("file", type=Path)
    asked.add_argument("--minutes", type=float, default=0.0)
    asked.add_argument("--film", action="store_true")
    given = asked.parse_args()
    if given.film:
        picture_sheet.write(given.file, filmed, 4, (330, 248))
    else:
        picture_sheet.write(given.file, lambda session: pictures(session, given.minutes), 4, (330, 248))
