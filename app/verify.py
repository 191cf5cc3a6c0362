"""Whose picture is this, and is it unchanged? For any file from anyone, without a session, without the network.

Imports neither the gate nor an engine. Everything that comes out of a manifest is a stranger's text: it is cut to a
plain alphabet (`app.stamp.reading`), so that it can be put into a terminal, a page or a log as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from app import bmff, codec
from app.stamp import label, watermark
from app.stamp.reading import Manifest, detached, read
from app.stamp.registry import Likeness, Registry
from app.stamp.statement import READ, Statement
from consent.errors import Refusal

_EXPIRED: Final = "signingCredential.expired"
_NOBODY: Final[Mapping[str, str]] = MappingProxyType({})
_OF_EXPIRY: Final = frozenset({_EXPIRED, "signingCredential.untrusted", "claimSignature.outsideValidity"})
"""What fails in a file of which nothing is wrong but its age: an expired certificate is trusted no more."""


class Verdict(StrEnum):
    """What a file turned out to be."""

    OURS = "ours"
    SELFSAME_ELSEWHERE = "selfsame-elsewhere"
    SOMEONE_ELSE = "someone-else"
    ALTERED = "altered"
    EXPIRED = "expired"
    OTHER_VERSION = "other-version"
    RECOVERED = "recovered"
    MARK_COPIED = "mark-copied"
    NO_MANIFEST = "no-manifest"
    NOT_A_PICTURE = "not-a-picture"


_SENTENCES: Final[Mapping[Verdict, str]] = {
    Verdict.OURS: "This picture was made and signed here, and not a bit of it has changed since.",
    Verdict.SELFSAME_ELSEWHERE: "The signature is intact and says another Selfsame installation made this; "
    "anyone can write that, so believe it only if you know the signer.",
    Verdict.SOMEONE_ELSE: "The signature is intact, but it is someone else's: this picture was not signed here.",
    Verdict.ALTERED: "This file was changed or damaged after it was signed: nothing in its manifest can be relied on.",
    Verdict.EXPIRED: "The certificate of this file's signature has run out, so its manifest proves nothing any more.",
    Verdict.OTHER_VERSION: "This file was signed here and is intact, but what it states is of another version of this "
    "program, which this one cannot read.",
    Verdict.RECOVERED: "By its invisible watermark and its looks this is a changed copy of a picture made here, whose "
    "manifest is gone or fits no more; a watermark can be copied, so this is a trace and no proof.",
    Verdict.MARK_COPIED: "This picture carries the invisible watermark of a picture made here, but does not look like "
    "it: somebody put the mark there, or changed very much.",
    Verdict.NO_MANIFEST: "This picture carries no signed manifest: there never was one, or it was removed.",
    Verdict.NOT_A_PICTURE: "This is no picture that can be checked.",
}


_MANIFESTS: Final[Mapping[Verdict, str]] = MappingProxyType(
    {
        Verdict.ALTERED: "broken",
        Verdict.EXPIRED: "expired",
        Verdict.RECOVERED: "recovered",
        Verdict.NO_MANIFEST: "none",
        Verdict.NOT_A_PICTURE: "none",
    }
)


@dataclass(frozen=True, slots=True)
class Report:
    """The answer about one file.

    Attributes:
        verdict: What the file is.
        sentence: The same in one sentence for people.
        statement: What its signer states was done; None without a readable one. It is a fact only when the verdict is
            `ours`, and about the picture as it was made when the verdict is `recovered`; under `selfsame-elsewhere` it
            is a claim, and under any other verdict it is None.
        when: The time the signer states, `YYYY-MM-DDTHH:MM:SSZ`; like the next two None for an altered file.
        title: The title in the manifest, cut to a plain alphabet.
        signer: The name in the certificate, cut to a plain alphabet.
        actions: What was done by the manifest, in order, e.g. `c2pa.opened`; empty for an altered file.
        label: The visible label found in the pixels; None if there is none.
        failures: Codes of what failed, e.g. `assertion.dataHash.mismatch`.
        changed: What was changed, as far as that can be told: `pixels`, `claim`, `certificate`, `assertions`,
            `unsigned bytes`, `manifest`, `manifest removed`, `signed again by another`, `watermark copied`; empty if
            nothing was.
        watermark: The id of the invisible watermark in the pixels, eight hexadecimal digits; None if none was read.
        withdrawn: When the consent to a picture of ours was withdrawn, as the caller's log has it; else None.
        parts: What is stated of each part of a film that was put together, as `statement` for the whole.
    """

    verdict: Verdict
    sentence: str
    statement: Statement | None = None
    when: str | None = None
    title: str | None = None
    signer: str | None = None
    actions: tuple[str, ...] = ()
    label: label.Label | None = None
    failures: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    watermark: str | None = None
    withdrawn: str | None = None
    parts: tuple[Statement, ...] = ()

    @property
    def whose(self) -> str:
        """Whose signature it is: `ours`, `someone else's`, or `unknown` where none can be relied on."""
        if self.verdict in {Verdict.OURS, Verdict.RECOVERED, Verdict.OTHER_VERSION}:
            return "ours"
        return "someone else's" if self.verdict in {Verdict.SELFSAME_ELSEWHERE, Verdict.SOMEONE_ELSE} else "unknown"

    @property
    def manifest(self) -> str:
        """How the manifest is: `intact` (whoever signed it), `broken`, `expired`, `recovered` from here, or `none`."""
        if self.verdict is Verdict.MARK_COPIED:
            return "intact" if self.signer else "broken" if self.failures else "none"
        return _MANIFESTS.get(self.verdict, "intact")

    def as_json(self) -> dict[str, object]:
        """Return the report in JSON types only."""
        return {
            "verdict": self.verdict.value,
            "sentence": self.sentence,
            "manifest": self.manifest,
            "statement": self.statement.as_json() if self.statement else None,
            "when": self.when,
            "title": self.title,
            "signer": self.signer,
            "whose": self.whose,
            "actions": list(self.actions),
            "label": asdict(self.label) | {"box": list(self.label.box)} if self.label else None,
            "failures": list(self.failures),
            "changed": list(self.changed),
            "watermark": self.watermark,
            "withdrawn": self.withdrawn,
            "parts": [part.as_json() for part in self.parts],
        }


def verify(
    data: bytes, anchors: Sequence[str], withdrawn: Mapping[str, str] = _NOBODY, registry: Registry | None = None
) -> Report:
    """Check one file.

    Args:
        data: The whole file, from anyone; its name does not matter.
        anchors: What is trusted here, PEM (`Signer.anchor_pem`). The own root: since its key is thrown away after one
            certificate, trusted under it means signed by this installation's key. Or an organisation's chain, of which
            the first certificate alone counts. May be empty, and then nothing is `ours`.
        withdrawn: The consents that were withdrawn here, each with its date and time, ISO 8601 (the log has them).
        registry: What was stamped here, to find a picture by its watermark whose manifest is gone or does not fit;
            without one only the watermarks of our own intact pictures are read.

    Returns:
        The report. Every file gets one: nothing is raised, whatever the bytes.

    Raises:
        Fault: `registry-unusable`; about the registry, never about the file.
    """
    return _verified(data, anchors, withdrawn, registry)[0]


def read_back(data: bytes, anchors: Sequence[str]) -> tuple[Report, Sequence[codec.Pixels]]:
    """What `verify` says of a file that was signed just now, and the pixels it was said of, so that one look is enough.

    Args:
        data: The finished file, nothing else: what is said is what anybody would be told.
        anchors: As for `verify`.

    Returns:
        The report, and the decoded picture or some frames of the film; none when they cannot be read.
    """
    return _verified(data, anchors, _NOBODY, None)


def _verified(
    data: bytes, anchors: Sequence[str], withdrawn: Mapping[str, str], registry: Registry | None
) -> tuple[Report, Sequence[codec.Pixels]]:
    fmt = codec.sniff(data)
    found: label.Label | None = None
    pictures: list[codec.Pixels] = []
    unreadable: Refusal | None = None
    try:
        pictures, found = _looked_at(data, fmt)
    except Refusal as refusal:
        unreadable = refusal
    if fmt is None or len(data) > most(data[:12]) or _is_in_pieces(data, unreadable):
        return _no_picture(unreadable), ()
    report = _by_manifest(data, fmt, anchors, found, unreadable)
    if pictures and (report.verdict is Verdict.OURS or registry is not None):
        report = _by_watermark(report, pictures, fmt, anchors, registry)
    if fmt is codec.Format.MP4:
        report = replace(report, sentence=report.sentence.replace("picture", "film"))
    # anybody else may name any receipt
    told = report.statement if report.verdict in {Verdict.OURS, Verdict.RECOVERED} else None
    consents = [told.consent, *(part.consent for part in report.parts)] if told is not None else []
    since = min((withdrawn[one] for one in consents if one in withdrawn), default=None)
    if since is not None:
        report = replace(report, sentence=f"{report.sentence} Consent withdrawn on {since[:10]}.", withdrawn=since)
    return report, pictures


def _is_in_pieces(data: bytes, unreadable: Refusal | None) -> bool:
    """Whether even the library that looks for a manifest would take minutes for a file."""
    if unreadable is None:
        return False
    return unreadable.code == "film-in-pieces" or codec.pieces(data) > codec.MAX_PIECES


def most(head: bytes) -> int:
    """Bytes of the largest file that is looked at, by its first 12."""
    return bmff.MAX_BYTES if codec.sniff(head) is codec.Format.MP4 else codec.MAX_BYTES


def _looked_at(data: bytes, fmt: codec.Format | None) -> tuple[list[codec.Pixels], label.Label | None]:
    """The picture, or some frames of the film, and the label that all of these have."""
    if fmt is not codec.Format.MP4:
        pixels = codec.decode(data)
        return [pixels], label.find(pixels)
    from app import verify_film  # brings FFmpeg, which pictures do not need

    frames = verify_film.frames(data)
    return frames, verify_film.same_label(frames)


def _by_manifest(
    data: bytes, fmt: codec.Format, anchors: Sequence[str], found: label.Label | None, unreadable: Refusal | None
) -> Report:
    """What the manifest inside the file says."""
    manifest = read(data, fmt, anchors)
    if manifest is None:
        return _no_picture(unreadable) if unreadable else _report(Verdict.NO_MANIFEST, found)
    if unreadable and (manifest.state == "Trusted" or (manifest.state == "Valid" and fmt is not codec.Format.MP4)):
        # Signed but not decodable: nobody here signs such a file.
        return _report(Verdict.ALTERED, None, failures=(*manifest.failures, unreadable.code), changed=("pixels",))
    verdict = _judge(manifest)
    if verdict is Verdict.ALTERED:  # nothing in its manifest is worth repeating
        return _report(verdict, found, failures=manifest.failures, changed=_changed(manifest.failures))
    return _report(
        verdict,
        found,
        statement=manifest.statement if verdict in {Verdict.OURS, Verdict.SELFSAME_ELSEWHERE} else None,
        parts=manifest.parts if verdict is Verdict.OURS else (),
        when=manifest.when,
        title=manifest.title,
        signer=manifest.signer,
        actions=manifest.actions,
        failures=manifest.failures,
    )


def _by_watermark(
    report: Report,
    pictures: Sequence[codec.Pixels],
    fmt: codec.Format,
    anchors: Sequence[str],
    registry: Registry | None,
) -> Report:
    """The report with the watermark that the pixels carry, and what it leads to."""
    found = [(pixels, mark) for pixels in pictures for mark in [watermark.find(pixels)] if mark is not None]
    if not found:
        return report
    ident = found[0][1].ident
    report = replace(report, watermark=f"{ident:08x}")
    entry = registry.recall(ident) if registry is not None and report.verdict is not Verdict.OURS else None
    alike = [entry.likeness(pixels, mark) for pixels, mark in found if mark.ident == ident] if entry is not None else []
    likeness = next((one for one in (Likeness.SAME, Likeness.OTHER) if one in alike), Likeness.UNCLEAR)
    if entry is None or likeness is Likeness.UNCLEAR:
        return report
    if likeness is Likeness.OTHER:  # or it is ours and damaged beyond recognition
        if report.verdict is Verdict.ALTERED:
            return report
        return replace(
            report,
            verdict=Verdict.MARK_COPIED,
            sentence=_SENTENCES[Verdict.MARK_COPIED],
            statement=None,
            changed=("watermark copied",),
        )
    manifest = detached(entry, fmt, anchors)
    if manifest is None:
        return report
    return replace(
        report,
        verdict=Verdict.RECOVERED,
        sentence=_SENTENCES[Verdict.RECOVERED],
        statement=manifest.statement,
        parts=manifest.parts,
        when=manifest.when,
        title=manifest.title,
        signer=manifest.signer,
        actions=manifest.actions,
        changed=_since(report),
    )


def _since(report: Report) -> tuple[str, ...]:
    """What happened to a picture of ours that is found by its watermark, by what its manifest alone says."""
    if report.verdict is Verdict.NO_MANIFEST:
        return ("manifest removed",)
    return report.changed if report.verdict is Verdict.ALTERED else ("signed again by another",)


def _changed(failures: Sequence[str]) -> tuple[str, ...]:
    """What was changed, by the codes of what failed."""
    found = [next((what for start, what in _PARTS.items() if code.startswith(start)), "manifest") for code in failures]
    return tuple(dict.fromkeys(found)) or ("manifest",)


_PARTS: Final = MappingProxyType(
    {
        "assertion.dataHash": "pixels",
        "assertion.bmffHash": "pixels",
        "claimSignature": "claim",
        "signingCredential": "certificate",
        "assertion.": "assertions",
        "selfsame.unsignedBytes": "unsigned bytes",
    }
)
"""By the first letters of a code."""


def _judge(manifest: Manifest) -> Verdict:
    if manifest.state == "Trusted":
        if manifest.is_as_written and manifest.version not in {None, *READ}:
            return Verdict.OTHER_VERSION
        return Verdict.OURS if manifest.statement and manifest.is_as_written else Verdict.ALTERED
    if manifest.state == "Valid":
        return Verdict.SELFSAME_ELSEWHERE if manifest.statement else Verdict.SOMEONE_ELSE
    if _EXPIRED in manifest.failures and _OF_EXPIRY.issuperset(manifest.failures):
        return Verdict.EXPIRED
    return Verdict.ALTERED


def _no_picture(refusal: Refusal | None) -> Report:
    reason = refusal.reason if refusal else _SENTENCES[Verdict.NOT_A_PICTURE]
    return Report(Verdict.NOT_A_PICTURE, reason, failures=(refusal.code,) if refusal else ())


def _report(verdict: Verdict, found: label.Label | None, **rest: Any) -> Report:
    return Report(verdict, _SENTENCES[verdict], label=found, **rest)
