"""The user's own weight files: added by themselves, pinned at that moment, opened only while they are the same.

Nothing here is shipped or downloaded. `selfsame models add` puts a copy and a row of `registry.json` into the folder
`models` of the user's home; without them everything works as if this module were not there.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from models.errors import Fault

ARCFACE: Final = "arcface"
"""The second recogniser: 512 numbers of a face."""
INSWAPPER: Final = "inswapper"
"""The neural swap."""
NAMES: Final = frozenset({ARCFACE, INSWAPPER})
SWAPPING: Final = {
    ARCFACE: "4c06341c33c2ca1f86781dab0e829f88ad5b64be9fba56e56bc9ebdefc619e43",
    INSWAPPER: "e4a3f08c753cb72d04e10aa0f7dbe3deebbf39567d4ead6dce08e98aa49e16af",
}
"""The only two files, w600k_r50 and inswapper_128, that a neural swap is made by, by SHA-256. Other weights of the same
shape could hold somebody else's face, and draw it whatever the source is. As public projects pin them."""
PUBLISHED: Final = 0.28
"""Cosine from which InsightFace's own verification demo says "They ARE the same person". No error rate is published
with it, and none was measured here: the files may not be had without accepting their licence."""
MOST_LIMIT: Final = 0.75
"""No calibration asks for more: beyond, a person's own pictures fail, whatever the others' scores are."""
_MOST: Final = 1 << 20
_MEND: Final = "Say `selfsame models add FILE --accept-license` again, or `selfsame models remove {}`."


@dataclass(frozen=True, slots=True)
class Added:
    """One row of the user's registry.

    Attributes:
        name: `arcface` or `inswapper`.
        file: its name in the folder.
        sha256: of the whole file, pinned when it was added.
        known: what it is, where the hash is one that is widely known; else empty.
        came: name of the file it came in.
        added: when, ISO 8601, UTC.
        licence: identifier of the terms that were shown.
        accepted: the very words that were shown and accepted.
        probe: what the network said of two fixed pictures then; another answer is a fault.
        raw: whether it takes 0..255 rather than -1..1 (older packs).
        limit: cosine from which two faces are one person's; of `arcface`.
        calibrated: what the limit rests on; empty for the published one.
    """

    name: str
    file: str
    sha256: str
    known: str
    came: str
    added: str
    licence: str
    accepted: str
    probe: float
    raw: bool = False
    limit: float = PUBLISHED
    calibrated: str = ""

    def __post_init__(self) -> None:
        """Pass a row that can be true.

        Raises:
            ValueError: it cannot.
        """
        kinds = {"str": str, "float": float, "bool": bool}
        for one in fields(self):
            if type(getattr(self, one.name)) is not kinds[str(one.type)]:
                raise ValueError(f"{one.name} is of the wrong kind")
        if self.name not in NAMES or self.file != f"{self.name}.onnx" or not math.isfinite(self.probe):
            raise ValueError("no such model")
        if not PUBLISHED <= self.limit <= MOST_LIMIT:
            raise ValueError("a limit below the published one, or beyond all use")


def data_folder() -> Path:
    """The user's home of this program: `selfsame` in `XDG_DATA_HOME`, else in `~/.local/share`."""
    data = Path(os.environ.get("XDG_DATA_HOME", ""))
    # The XDG specification: a relative path there is invalid and to be ignored.
    return (data if data.is_absolute() else Path.home() / ".local" / "share") / "selfsame"


def folder() -> Path:
    """Where the user's weight files and their registry lie; it may not be there."""
    return data_folder() / "models"


def added() -> dict[str, Added]:
    """The user's own models by name; empty where none were added.

    Raises:
        Fault: `own-models-broken`: there is a registry, and it cannot be read or makes no sense.
    """
    path = folder() / "registry.json"
    try:
        with path.open("rb") as file:
            table = json.loads(file.read(_MOST))
        rows = [Added(name=name, **row) for name, row in table.items()]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        raise Fault(
            "own-models-broken",
            f"The list of your own models, {path}, cannot be read.",
            "Delete it and add them again: `selfsame models add FILE --accept-license`.",
        ) from None
    return {row.name: row for row in rows}


def own_weights(row: Added) -> bytes:
    """The bytes of one added file, checked against the hash that was pinned when it was added.

    Raises:
        Fault: `weights-missing` or `weights-altered`.
    """
    path, mend = folder() / row.file, _MEND.format(row.name)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Fault("weights-missing", f"Your model file {path} cannot be read ({error.strerror}).", mend) from None
    if hashlib.sha256(data).hexdigest() != row.sha256:
        raise Fault("weights-altered", f"Your model file {path} is not the one that was added.", mend)
    return data
