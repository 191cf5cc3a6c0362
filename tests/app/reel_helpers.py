"""Small films of people who do not exist, cut together."""

import functools

import numpy as np

from app import film as films
from app import reel
from app.film_out import encode
from tests.app.film_helpers import film as drawn_film
from tests.promises.stage import draw

TICKS = (0, 3600, 5000, 9345, 13_000, 16_001, 20_000, 23_000, 27_600, 30_200, 33_900, 37_000, 40_111)
TIMES = films.Timing(TICKS, 43_000, films.Fraction(1, 90_000))
MINE, THEIRS, NOBODY = range(6), range(6, 9), range(11, 13)
"""Which frames of `cut` show Ada (and 9 and 10), Bram, and an empty room."""


def shown(name, number):
    """Somebody in motion."""
    return draw(name, seed=400 + number, yaw=1.5 * number - 5)


@functools.cache
def cut():
    """Ada; a cut to Bram in the same place; Ada again; then nobody. At uneven times, with sound."""
    mine, theirs = [shown("ada", n) for n in (*MINE, 9, 10)], [shown("bram", n) for n in THEIRS]
    empty = np.full_like(mine[0], 90)
    empty[:, ::7] = 120
    frames = [*mine[:6], *theirs, *mine[6:], empty, empty]
    return films.read(encode(frames, TIMES, films.read(drawn_film(sound=("aac",)))))


@functools.cache
def together(count=4):
    """Ada and Bram side by side."""
    frames = [np.hstack([shown("ada", n), shown("bram", n)]) for n in range(count)]
    return films.read(encode(frames, films.Timing.even(count)))


def opened(gate, film, options, monkeypatch, **rest):
    """What `change_film` hands to the stamp: for each frame its pixels, and the released draft or the refusal."""

    def stamp(gate, film, worker, *_, **__):
        frames, made = [], []

        def kept():
            for pixels in film.frames():
                frames.append(pixels)
                yield pixels

        made.extend(one if isinstance(one, reel.Refusal) else gate.release(one) for one in worker(kept()))
        return list(zip(frames, made, strict=True))

    monkeypatch.setattr(reel, "stamp_film", stamp)
    return reel.change_film(gate, gate.live()[0], film, options, None, **rest)
