"""What this installation has stamped, so that a picture whose manifest was stripped still leads back to it.

A row holds the watermark's id, the manifest, a coarse fingerprint of the picture and the time; no pixels and no faces.
Beside them lie the salts that prove what an output was made from, until the consent to it is withdrawn.
The fingerprint only confirms what the watermark says, for the mark's pattern is public and can be copied; alone it says
nothing, since a photograph and its own face edit have nearly the same one.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from pathlib import Path
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from app.stamp import watermark
from app.stamp.proof import Proof
from consent.errors import Fault, Refusal

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS stamped (
    ident INTEGER PRIMARY KEY, time TEXT NOT NULL, manifest BLOB NOT NULL,
    rows INTEGER NOT NULL, columns INTEGER NOT NULL, fingerprint BLOB NOT NULL
) STRICT
"""
_SALTS: Final = (
    "CREATE TABLE IF NOT EXISTS proofs (target TEXT PRIMARY KEY, salt BLOB NOT NULL, consent TEXT NOT NULL) STRICT"
)
_FORGOTTEN: Final = "CREATE TABLE IF NOT EXISTS forgotten (consent TEXT PRIMARY KEY) STRICT"
_PLAIN: Final = 2.0
"""Grey levels by which two neighbouring cells must differ to say anything."""
_FEWEST: Final = 40
"""Pairs of cells that must say something."""
_ALIKE: Final = 0.88
"""Share of them that must say the same: 0.97 and more after crops, turns and compression, 0.8 at most in other scenes.
Two pictures of one person in the same place reach 0.95 and are not told apart. (Eleven pictures, once, by hand.)"""
_NEARLY: Final = 0.97
"""From which two frames of a film need only one fingerprint."""
_LEFT: Final = 0.6
"""Share of rows and of columns that must be left: the watermark is not read from less."""

Steps = NDArray[np.int8]


class Likeness(StrEnum):
    """What a fingerprint says of a picture."""

    SAME = "same"
    OTHER = "other"
    UNCLEAR = "unclear"
    """Too little of the picture is left, or it is too plain."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One stamped picture.

    Attributes:
        ident: of its watermark.
        time: when it was stamped, ISO 8601, UTC.
        manifest: the C2PA manifest store.
        steps: (n, rows, columns, 2) -1, 0 or 1: how the brightness goes on to the right and below of each cell; of one
            picture, or of `n` frames of a film.
    """

    ident: int
    time: str
    manifest: bytes = field(repr=False)
    steps: Steps = field(repr=False)

    def likeness(self, pixels: watermark.Image, mark: watermark.Mark) -> Likeness:
        """Whether a picture with this entry's watermark is the one that was stamped, or a part of it."""
        seen, whole = _steps(watermark.cells(watermark.shrunk(pixels), mark.place)), self.steps.shape[1:]
        shifts = [range(0, n + 1, watermark.CELLS) for n in whole[:2]]
        found = [
            _agreement(kept[down:, right:], seen, whole) for kept in self.steps for down, right in product(*shifts)
        ]
        share, said = max(found, default=(0.0, 0))
        if said < _FEWEST:
            return Likeness.UNCLEAR
        return Likeness.SAME if share >= _ALIKE else Likeness.OTHER


def fingerprint(pixels: watermark.Image) -> Steps:
    """That of a picture that was marked just now: (rows, columns, 2)."""
    return print_of(watermark.shrunk(pixels))


def print_of(small: watermark.Plane) -> Steps:
    """The same of one that was `watermark.shrunk` already."""
    return _steps(watermark.cells(small))


def _steps(cells: watermark.Plane) -> Steps:
    """How the brightness of each cell goes on to the right and below: (rows, columns, 2)."""
    steps = np.zeros((*cells.shape, 2), np.int8)
    with np.errstate(invalid="ignore"):
        for axis, change in ((0, cells[:, 1:] - cells[:, :-1]), (1, cells[1:] - cells[:-1])):
            clear = np.where(np.abs(change) >= _PLAIN, np.sign(change), 0)  # 0 for NaN
            steps[: clear.shape[0], : clear.shape[1], axis] = clear
    return steps


def _different(prints: Sequence[Steps]) -> Steps:
    """Fingerprints of frames in their order, without those that are like the one before: (n, rows, columns, 2)."""
    kept = [prints[0]]
    for one in prints[1:]:
        if _agreement(kept[-1], one, one.shape)[0] < _NEARLY:
            kept.append(one)
    return np.stack(kept)


def _agreement(kept: Steps, seen: Steps, whole: tuple[int, ...]) -> tuple[float, int]:
    """(share that is the same, of how many) where both say something; nothing where too little of the whole is left."""
    rows, columns = (min(a, b) for a, b in zip(kept.shape[:2], seen.shape[:2], strict=True))
    if rows < _LEFT * whole[0] or columns < _LEFT * whole[1]:
        return 0.0, 0
    a, b = kept[:rows, :columns], seen[:rows, :columns]
    both = (a != 0) & (b != 0)
    said = int(both.sum())
    return (float((a[both] == b[both]).mean()), said) if said >= _FEWEST else (0.0, 0)


@final
class Registry:
    """The stamped pictures of one installation, in one SQLite file that its owner alone may read.

    Args:
        path: the file; made when there is none.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def fresh(self) -> int:
        """An id that no picture has yet."""
        with self._open() as data:
            while True:
                ident = secrets.randbits(watermark.ID_BITS)
                if data.execute("SELECT 1 FROM stamped WHERE ident = ?", (ident,)).fetchone() is None:
                    return ident

    def recall(self, ident: int) -> Entry | None:
        """What is known of an id."""
        with self._open() as data:
            row = data.execute("SELECT * FROM stamped WHERE ident = ?", (ident,)).fetchone()
        if row is None:
            return None
        _, time, manifest, rows, columns, steps = row
        try:
            if not isinstance(manifest, bytes):  # `bytes` of a number would be as many zeros
                raise TypeError
            return Entry(ident, str(time), manifest, np.frombuffer(steps, np.int8).reshape(-1, rows, columns, 2))
        except (TypeError, ValueError, OverflowError):
            raise _unusable("a row is damaged") from None

    def keep(
        self, proof: Proof, consent: str, ident: int | None = None, manifest: bytes = b"", prints: Sequence[Steps] = ()
    ) -> None:
        """Keep what an output leads back to, all of it or nothing.

        Its salt stands under the HMAC of its target: by it the owner proves what it was made from. An id is never given
        twice.

        Args:
            proof: of the output.
            consent: under which it was made.
            ident: of its watermark; None where it has none, and then the salt alone is kept.
            manifest: its C2PA manifest store.
            prints: `fingerprint` of it, or of some frames of a film: of like ones that follow each other, the first.

        Raises:
            Refusal: `consent-withdrawn`, in whichever process that was; nothing was kept then.
            Fault: `registry-unusable`; nothing was kept then.
        """
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        with self._open() as data:
            data.execute("BEGIN IMMEDIATE")  # or somebody could withdraw between the look and the row
            if data.execute("SELECT 1 FROM forgotten WHERE consent = ?", (consent,)).fetchone() is not None:
                raise Refusal.of("consent-withdrawn")
            data.execute("INSERT INTO proofs VALUES (?, ?, ?)", (proof.target, proof.salt, consent))
            if ident is not None:
                steps = _different(prints)
                row = (ident, now, manifest, *steps.shape[1:3], steps.tobytes())
                data.execute("INSERT INTO stamped VALUES (?, ?, ?, ?, ?, ?)", row)

    def forget(self, consent: str) -> None:
        """Delete the salts of all outputs of a withdrawn consent, and keep none for it ever after.

        Raises:
            Fault: `registry-unusable`; nothing was deleted then.
        """
        with self._open() as data:
            data.execute("INSERT OR IGNORE INTO forgotten VALUES (?)", (consent,))
            data.execute("DELETE FROM proofs WHERE consent = ?", (consent,))

    def salt(self, target: str) -> bytes | None:
        """The salt of the output whose statement has this HMAC of the target."""
        with self._open() as data:
            row = data.execute("SELECT salt FROM proofs WHERE target = ?", (target,)).fetchone()
        if row is not None and not isinstance(row[0], bytes):
            raise _unusable("a row is damaged")
        return None if row is None else row[0]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        try:
            os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
            data = sqlite3.connect(self._path, timeout=10)
            try:
                with data:
                    data.execute("PRAGMA synchronous = FULL")
                    data.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten, too
                    for table in (_TABLE, _SALTS, _FORGOTTEN):
                        data.execute(table)
                    yield data
            finally:
                data.close()
        except (OSError, sqlite3.Error, UnicodeDecodeError) as error:  # the last from a message that quotes damage
            raise _unusable(str(error)) from None


def _unusable(what: str) -> Fault:
    reason = f"The registry of stamped pictures cannot be used ({what})."
    return Fault("registry-unusable", reason, "Free some space, mend the folder's permissions, or move the file away.")
