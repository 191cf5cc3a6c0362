"""Without coverage: the seeds with random changes of the kinds that break readers; the same number, the same input."""

from __future__ import annotations

import random
import struct

NUMBERS = (0, 1, 7, 8, 127, 128, 255, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1)
MOST = 200_000
"""Bytes of one input."""


def changed(seeds, number):
    """The input of this number: one seed, changed once to eight times."""
    rng = random.Random(number)
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, 8)):
        rng.choice(WAYS)(data, rng, seeds)
    return bytes(data[:MOST])


def _flip(data, rng, _):
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _put(data, rng, _):
    at = rng.randint(0, len(data))
    data[at : at + rng.choice((0, 1, 4))] = rng.randbytes(rng.randint(1, 6))


def _number(data, rng, _):
    if len(data) >= 4:
        at = rng.randrange(len(data) - 3)
        data[at : at + 4] = struct.pack(rng.choice("<>") + "I", rng.choice(NUMBERS))


def _cut(data, rng, _):
    at = rng.randint(0, len(data))
    del data[at : at + rng.choice((1, 2, 16, 500, len(data)))]


def _twice(data, rng, _):
    at, size = rng.randint(0, len(data)), rng.choice((1, 4, 40, 2000))
    data[at:at] = data[at : at + size] * rng.choice((1, 2, 50))


def _join(data, rng, seeds):
    other = rng.choice(seeds)
    data[rng.randint(0, len(data)) :] = other[rng.randint(0, len(other)) :]


def _swap(data, rng, _):
    if len(data) > 8:
        one, two = sorted(rng.sample(range(len(data)), 2))
        data[one], data[two] = data[two], data[one]


WAYS = (_flip, _flip, _put, _number, _number, _cut, _twice, _join, _swap)
