"""`selfsame verify`: files against this installation's anchors, log and registry, each with an answer and a code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from app import codec, original, told
from app.home import Home
from app.stamp.registry import Registry
from app.stamp.signer import Signer
from app.studio.withdrawal import known
from app.verify import Report, Verdict, verify
from consent.errors import Fault, Refusal

CODES: Final[Mapping[Verdict, int]] = MappingProxyType(
    {
        Verdict.OURS: 0,
        Verdict.RECOVERED: 1,
        Verdict.ALTERED: 1,
        Verdict.EXPIRED: 1,
        Verdict.MARK_COPIED: 2,
        Verdict.NO_MANIFEST: 2,
        Verdict.SOMEONE_ELSE: 2,
        Verdict.SELFSAME_ELSEWHERE: 2,
        Verdict.NOT_A_PICTURE: 3,
        Verdict.OTHER_VERSION: 3,
    }
)
"""Exit code of `selfsame verify` by verdict: genuine and intact, changed or recovered, not ours, unreadable."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture that the files may have been made from.

    Attributes:
        original: The bytes of its file.
        salt: Given by the owner of the output; None to use what is kept here.
        reveal: Whether the salt is told.
    """

    original: bytes = field(repr=False)
    salt: str | None = field(repr=False)
    reveal: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """About one file.

    Attributes:
        file: Its name.
        told: The report in JSON types, or the code and sentence of why there is none.
        lines: The facts for a terminal.
    """

    file: Path
    told: Mapping[str, object]
    lines: tuple[str, ...] = ()


def check(files: Mapping[Path, Callable[[], bytes]], asked: Asked | None = None) -> tuple[list[Answer], int, str]:
    """Check files; what goes wrong with one keeps no word about the others back.

    Args:
        files: What reads each.
        asked: What to compare them with.

    Returns:
        An answer for each; the highest exit code; why it is not known which consents were withdrawn, empty if it is.

    Raises:
        Refusal: from reading the original.
    """
    home = Home.open()
    anchors, registry = Signer.anchors(home.keys), Signer.registered(home.keys)
    withdrawn, unknown = known(home)
    pictures = _decoded(asked.original) if asked is not None else []
    answers, code = list[Answer](), 1 if unknown else 0
    for file, data in files.items():
        try:
            report = verify(data(), anchors, withdrawn, registry)
            extra = _compared(report, pictures, registry, asked) if asked is not None else {}
        except (Refusal, Fault) as no:
            sentence = f"{no.reason} {no.remedy}"
            answers.append(Answer(file, {"file": str(file), "verdict": no.code, "sentence": sentence}))
            code = 3
            continue
        lines = (*told.lines(report), *(f"  {name:<9} {text}" for name, text in extra.items() if name != "roles"))
        answers.append(Answer(file, {"file": str(file), **report.as_json(), **extra}, lines))
        unlike = 0 if extra.get("roles", True) else 3 if extra["roles"] is None else 1
        code = max(code, 1 if report.withdrawn else 0, unlike, CODES[report.verdict])
    return answers, code, unknown


def _decoded(data: bytes) -> Iterable[codec.Pixels]:
    """The picture in a list, or the film, whose frames are decoded as they are asked for."""
    if codec.sniff(data) is not codec.Format.MP4:
        return [codec.decode(data)]
    from app import film

    return film.read(data)


def _compared(
    report: Report, pictures: Iterable[codec.Pixels], registry: Registry | None, asked: Asked
) -> dict[str, object]:
    try:
        found = original.compare(report, pictures, registry, asked.salt)
    except Refusal as no:
        return {"original": f"{no.reason} {no.remedy}", "roles": None}
    salt = {"salt": found.salt} if asked.reveal and found.roles else {}
    return {"original": found.sentence, "roles": [role.value for role in found.roles], **salt}
