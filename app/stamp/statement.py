"""What the stamp states about an output, in plain words and numbers.

A plain value without any type of the gate, so that `app.verify` can read it from a stranger's file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from types import MappingProxyType
from typing import Any, Final

ASSERTION: Final = "org.selfsame.consent"
"""Label of the assertion in the manifest."""
PARTS: Final = "org.selfsame.parts"
"""Label of the assertion in the manifest of a film that was put together: what was stated of each of its parts."""
JOINED: Final = "joined_from"
"""The parameter that says of how many."""
MOST_PARTS: Final = 1000
"""Of a film; twice as many as the longest one has."""
VERSION: Final = 3
"""2 had neither scores nor HMACs, and is still read. Of other versions nothing is believed; `version_of` names them."""
READ: Final = (2, 3)

DONE: Final = ("swap", "age", "express")
"""What can be done to a face; several in one go are named in this order, with `+` between them."""
PURPOSES: Final = (*DONE, "swap+age", "swap+express", "age+express", "swap+age+express")
DOMAINS: Final = ("live", "demo")
ORIGINS: Final = ("live", "photo")

_WORD: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:+-]{0,127}")
_MARK: Final = re.compile(r"[0-9a-f]{8}|none")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_STEPS: Final = 20
"""Scores are stated in steps of 1 / 20, rounded down: never more than was measured, and little about a face."""
_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
_MAX_PARAMETERS: Final = 32


@dataclass(frozen=True, slots=True)
class Statement:
    """The facts that are signed together with the picture. No biometrics, and no hash that anybody could look up.

    Attributes:
        purpose: `swap`, `age` or `express`, or several in that order with `+` between them; one of `PURPOSES`.
        domain: `live`, or `demo` for the demonstration's synthetic person.
        assurance: Kind of the live check that was passed, e.g. `motion`.
        session: Random identifier of the session.
        consent: Identifier of the signed consent receipt.
        source_origin: Where the face came from: `live` (the check itself) or `photo` (matched with the person).
        target_origin: Where the picture came from: `live` or `photo`.
        engine: Name and version of what changed the pixels.
        parameters: The engine's settings: names to finite numbers or short words. Read-only.
        watermark: Id of the invisible watermark, eight hexadecimal digits; `none` in a picture too small or too
            long for one.
        source_score: How alike the gate found the source's face and the live person: cosine, at least, in steps of
            0.05. None like the next three in a statement of version 2.
        target_score: The same of the target's face.
        source_hmac: HMAC of the source's pixels under a salt that is kept apart; see `app.stamp.proof`.
        target_hmac: HMAC of the target's pixels.
    """

    purpose: str
    domain: str
    assurance: str
    session: str
    consent: str
    source_origin: str
    target_origin: str
    engine: str
    parameters: Mapping[str, float | str]
    watermark: str = "none"
    source_score: float | None = None
    target_score: float | None = None
    source_hmac: str | None = None
    target_hmac: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    def as_json(self) -> dict[str, object]:
        """Return the assertion's data: JSON types only."""
        proved = {name: getattr(self, name) for name in _PROVED}
        old = None in proved.values()
        return {
            "version": 2 if old else VERSION,
            "subject": "self",
            "source_matches_subject": True,
            "target_matches_subject": True,
            "purpose": self.purpose,
            "domain": self.domain,
            "person": "synthetic" if self.domain == "demo" else "real",
            "assurance": self.assurance,
            "session": self.session,
            "consent": self.consent,
            "source_origin": self.source_origin,
            "target_origin": self.target_origin,
            "engine": self.engine,
            "parameters": dict(self.parameters),
            "watermark": self.watermark,
            **({} if old else proved),
        }


def purpose_of(done: Collection[str]) -> str:
    """One of `PURPOSES`, for what was done to one face in one go; for anything else a name that is none of them."""
    return "+".join([name for name in DONE if name in done] + [name for name in done if name not in DONE])


def rounded(score: float) -> float:
    """A cosine as it is stated: rounded down to 0.05, never under 0."""
    return max(0, math.floor(score * _STEPS + 1e-9)) / _STEPS


def version_of(data: object) -> int | None:
    """Which version of the statement an assertion says it is, 1 to 999; None if it does not say so."""
    version = data.get("version") if isinstance(data, Mapping) else None
    return version if type(version) is int and 0 < version < 1000 else None


def parse(data: object) -> Statement | None:
    """Read a statement from an assertion that anyone may have written.

    Args:
        data: The assertion's data as it came out of the manifest.

    Returns:
        The statement, or None unless every field is there, is of its type, within its limits and in a plain alphabet.
    """
    if not isinstance(data, Mapping):
        return None
    parameters = _parameters(data.get("parameters"))
    proved: dict[str, Any] = {name: data[name] for name in _PROVED if name in data}
    words = {
        name: data.get(name)
        for name in (
            "purpose",
            "domain",
            "assurance",
            "session",
            "consent",
            "source_origin",
            "target_origin",
            "engine",
            "watermark",
        )
    }
    if parameters is None or not all(isinstance(word, str) and _WORD.fullmatch(word) for word in words.values()):
        return None
    if proved and not (set(proved) == set(_PROVED) and all(_PROVED[name](value) for name, value in proved.items())):
        return None
    told: dict[str, Any] = {**words, **proved}
    statement = Statement(parameters=parameters, **told)
    in_range = (
        statement.purpose in PURPOSES
        and statement.domain in DOMAINS
        and statement.source_origin in ORIGINS
        and statement.target_origin in ORIGINS
        and _MARK.fullmatch(statement.watermark) is not None
    )
    # Comparing with what we would write ourselves also catches fields that are missing, foreign or contradictory.
    return statement if in_range and statement.as_json() == dict(data) else None


def parts_as_json(parts: Sequence[Statement]) -> dict[str, object]:
    """The data of the assertion about the parts of a film: JSON types only."""
    return {"version": 1, "parts": [part.as_json() for part in parts]}


def parse_parts(data: object, whole: Statement) -> tuple[Statement, ...] | None:
    """Read what is stated of the parts of a film, from an assertion that anyone may have written.

    Args:
        data: The assertion's data; None where there is no such assertion.
        whole: What is stated of the film.

    Returns:
        The parts in their order, none for a film in one; None unless they make up this very film, frame by frame, and
        say of it what the whole says.
    """
    told = data.get("parts") if isinstance(data, Mapping) else []
    if not isinstance(told, list) or len(told) > MOST_PARTS or len(told) != whole.parameters.get(JOINED, 0):
        return None
    parts = tuple(part for part in map(parse, told) if part is not None)
    if not told:
        return () if data is None else None
    fit = len(parts) == len(told) and data == parts_as_json(parts) and all(is_of(part, whole) for part in parts)
    ends = list(accumulate(float(part.parameters["frames"]) for part in parts)) if fit else []
    begins = [part.parameters["first_frame"] for part in parts] if fit else []
    return parts if fit and (begins, ends[-1]) == ([0.0, *ends[:-1]], whole.parameters["frames"]) else None


def is_of(part: Statement, whole: Statement) -> bool:
    """Whether one states of a part what the other states of a film: what was done and how; not when, by which leave."""
    told = (part.purpose, part.domain, part.target_origin, part.engine)
    counted = all(isinstance(part.parameters.get(name), float | int) for name in ("first_frame", "frames"))
    same = told == (whole.purpose, whole.domain, whole.target_origin, whole.engine)
    return counted and same and settings(part) == settings(whole)


def settings(statement: Statement) -> dict[str, float | str]:
    """The engine's settings alone, without what was counted of a film."""
    counts = ("frames", "frames_changed", "first_frame", JOINED)
    return {
        name: value
        for name, value in statement.parameters.items()
        if name not in counts and not name.startswith("left_")
    }


def _parameters(data: object) -> dict[str, float | str] | None:
    if not isinstance(data, Mapping) or len(data) > _MAX_PARAMETERS:
        return None
    out: dict[str, float | str] = {}
    for key, value in data.items():
        number = isinstance(value, int | float) and not isinstance(value, bool) and _is_small(value)
        word = isinstance(value, str) and _WORD.fullmatch(value) is not None
        if not (isinstance(key, str) and _KEY.fullmatch(key) and (number or word)):
            return None
        out[key] = value
    return out


def _is_score(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= 1 and value * _STEPS == round(value * _STEPS)


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


_PROVED: Final[Mapping[str, Callable[[object], bool]]] = MappingProxyType(
    {
        "source_score": _is_score,
        "target_score": _is_score,
        "source_hmac": _is_digest,
        "target_hmac": _is_digest,
    }
)
"""The fields of version 3, and what each may hold."""


def _is_small(value: float) -> bool:
    return abs(value) < 1e9 and math.isfinite(value)
