"""The only way out for a changed picture: label, watermark, encode, sign, read back; in memory, then bytes or nothing.

`Stamped` is the only type in the program with bytes to save or show, and only `stamp` makes one; of a film,
`app.stamp.film.stamp_film`.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, final

import c2pa

from app import codec
from app.files import write_atomic
from app.stamp import label, manifest, watermark
from app.stamp.context import open_context
from app.stamp.plate import Language
from app.stamp.proof import Proof
from app.stamp.registry import fingerprint
from app.stamp.signer import Signer
from app.stamp.statement import Statement, parse, purpose_of, rounded
from app.verify import Report, Verdict, read_back
from consent.errors import Fault, Forgery, Refusal
from consent.gate import Gate
from consent.types import Draft, Facts, Pixels, Released, Seal, Sealed

QUALITY: Final = 92
STRENGTHS: Final = (watermark.PSNR, 40.0, 37.0, 34.0, 31.0)
"""Decibels at which the watermark is tried, until it is read in the finished file."""

_SEAL: Final = Seal()


@final
@dataclass(frozen=True, slots=True, eq=False)
class Stamped(Sealed):
    """A labelled, signed and checked picture or film. Made by `stamp` and `stamp_film` only.

    Attributes:
        data: The bytes of the file.
        fmt: Its format.
        report: What `app.verify` said about these bytes before they were let out.
    """

    data: bytes = field(repr=False)
    fmt: codec.Format
    report: Report = field(repr=False)
    seal: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _SEAL.check(self.seal, self.data, self.fmt.value)

    @property
    def mime(self) -> str:
        """The media type, e.g. `image/jpeg`."""
        return self.fmt.mime

    @property
    def suffix(self) -> str:
        """The ending for a file's name, e.g. `.jpg`."""
        return self.fmt.suffix

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the file, whole or not at all.

        Args:
            path: Where to; the folder must exist.
            overwrite: Replace a file that is there.

        Returns:
            The path written.

        Raises:
            Refusal: `file-exists`.
            Fault: `cannot-write`.
        """
        return write_atomic(path, self.data, mode=0o644, overwrite=overwrite)


def stamp(
    gate: Gate, draft: Draft, signer: Signer, fmt: str = "jpeg", language: Language = "en", *, kept: bool = True
) -> Stamped:
    """Open a draft, which can be done once, and turn it into a labelled and signed file in memory.

    Args:
        gate: The gate whose work the draft is.
        draft: The engine's result.
        signer: This installation's signer.
        fmt: `jpeg`, `png` or `webp`.
        language: Of the label: `en` or `zh`.
        kept: It becomes a file of its own, which is logged in any case; else as `Gate.release` says.

    Returns:
        The stamped picture, after `app.verify` has found it to be ours, with its label and its facts.

    Raises:
        Refusal: `not-marked`: the picture is so plain that no watermark can be read in it; or from the gate, when the
            draft is forged, foreign, used before, or the session is over (`Forgery` for anything that is no gate).
        Fault: anything that went wrong in between; there are no bytes then.
    """
    if type(gate) is not Gate:  # a look-alike could release anything
        raise Forgery("forged", "This is not a gate.", "Start again from the live check.")
    released = gate.release(draft, kept=kept)
    stamped = _write(released, signer, fmt, gate.live, language=language)
    gate.live()  # refuses when the person has withdrawn meanwhile: nothing may come out after that
    return stamped


def _write(
    released: Released,
    signer: Signer,
    fmt: str,
    still: Callable[[], object] = tuple,
    *,
    language: Language = "en",
) -> Stamped:
    """Label, encode, sign and read back; `still` raises when the person has withdrawn meanwhile."""
    kind, pixels, facts = _format(fmt), released.pixels, released.facts
    proof = Proof.over(released.source, [released.original])
    ident = signer.registry.fresh() if watermark.fits(pixels) else None
    statement = _statement(facts, proof, ident)
    text = label.lines(statement.purpose, demo=statement.domain == "demo", language=language)
    labelled = label.draw(pixels, text, facts.face_box)
    for picture in _marked(labelled, ident, kind):
        signed, store = _sign(picture, manifest.build(statement, kind, dt.datetime.now(dt.UTC)), signer, kind)
        report, seen = read_back(signed, [signer.anchor_pem])
        if report.verdict is not Verdict.OURS or (report.watermark or "none") == statement.watermark:
            break
    _accept(report, statement, language)
    still()  # nothing is remembered after that
    # before anybody has the picture, so that every copy of it can be found again
    prints = [fingerprint(seen[0])] if ident is not None else []
    signer.registry.keep(proof, statement.consent, ident, store, prints)
    return Stamped(signed, kind, report, _SEAL.over(signed, kind.value))


def _marked(pixels: Pixels, ident: int | None, kind: codec.Format) -> Iterator[bytes]:
    """The file of the picture with its watermark: as faint as can be, and then stronger, for noise hides more."""
    if ident is None:
        yield codec.encode(pixels, kind, QUALITY)
        return
    for psnr in STRENGTHS:
        yield codec.encode(watermark.embed(pixels, ident, psnr), kind, QUALITY)


def _sign(
    picture: bytes,
    definition: dict[str, object],
    signer: Signer,
    kind: codec.Format,
    *,
    within: c2pa.Context | None = None,
) -> tuple[bytes, bytes]:
    """The signed file and, alone, its manifest; in a context of its own where none is given."""
    out = io.BytesIO()
    try:
        with (
            open_context([signer.anchor_pem]) if within is None else contextlib.nullcontext(within) as context,
            signer.c2pa() as pen,
            c2pa.Builder(definition, context=context) as builder,
        ):
            store = builder.sign(pen, kind.mime, io.BytesIO(picture), out)
    except Exception as error:  # the library's errors, or the key's
        raise Fault("not-signed", f"The picture could not be signed: {error}.", "Nothing was written.") from error
    return out.getvalue(), store


def _accept(report: Report, statement: Statement, language: Language = "en") -> None:
    """Let a picture out only if any stranger's check will say of it what we say of it."""
    seen, words = report.label, (statement.purpose, statement.domain == "demo", language)
    told = seen is not None and (seen.purpose, seen.demo, seen.language) == words
    sound = report.verdict is Verdict.OURS and report.statement == statement and told
    if sound and report.watermark is None and statement.watermark != "none":
        reason = "This picture is so plain that the invisible watermark cannot be read in it, so nothing was written."
        raise Refusal("not-marked", reason, "Use a picture with more in it, or a larger one.")
    if not sound or (report.watermark or "none") != statement.watermark:
        found = ", ".join(report.failures) or ("no label" if not told else report.verdict.value)
        raise Fault("stamp-not-sound", f"The finished picture did not pass its check: {found}.", "Nothing was written.")


def _format(fmt: str) -> codec.Format:
    try:
        return codec.Format(fmt)
    except ValueError as error:
        raise Fault("bad-format", f"{fmt!r} is not a format that is written.", "Use jpeg, png or webp.") from error


def _statement(facts: Facts, proof: Proof, ident: int | None = None) -> Statement:
    """Take over the facts, and refuse any that the manifest could not carry unchanged."""
    statement = Statement(
        purpose=purpose_of(facts.purposes),
        domain=facts.domain.value,
        assurance=facts.assurance.value,
        session=facts.session,
        consent=facts.consent,
        source_origin=facts.source_origin.value,
        target_origin=facts.target_origin.value,
        engine=facts.engine,
        parameters=facts.parameters,
        watermark="none" if ident is None else f"{ident:08x}",
        source_score=rounded(facts.source_score),
        target_score=rounded(facts.target_score),
        source_hmac=proof.source,
        target_hmac=proof.target,
    )
    if parse(statement.as_json()) != statement:
        raise Fault("bad-facts", "The facts about this picture are not in order.", "Report it.")
    return statement
