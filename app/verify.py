"""Whose picture is this, and is it unchanged? For any file from anyone, without a session, without the network.

Imports neither the gate nor an engine. Everything that comes out of a manifest is a stranger's text: it is cut to a
plain alphabet before it leaves this module, so that it can be put into a terminal, a page or a log as it is.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Literal

import c2pa
import numpy as np

from app import codec
from app.stamp import label, watermark
from app.stamp.context import open_context
from app.stamp.framing import is_as_written
from app.stamp.registry import Entry, Likeness, Registry
from app.stamp.statement import ASSERTION, Statement, parse
from consent.errors import Refusal

_TEXT_LIMIT: Final = 120
_MAX_FAILURES: Final = 20
_WHEN: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
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
    Verdict.RECOVERED: "By its invisible watermark and its looks this is a changed copy of a picture made here, whose "
    "manifest is gone or fits no more; a watermark can be copied, so this is a trace and no proof.",
    Verdict.MARK_COPIED: "This picture carries the invisible watermark of a picture made here, but does not look like "
    "it: somebody put the mark there, or changed very much.",
    Verdict.NO_MANIFEST: "This picture carries no signed manifest: there never was one, or it was removed.",
    Verdict.NOT_A_PICTURE: "This is no picture that can be checked.",
}


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
        label: The visible label found in the pixels; None if there is none.
        failures: Codes of what failed, e.g. `assertion.dataHash.mismatch`.
        watermark: The id of the invisible watermark in the pixels, eight hexadecimal digits; None if none was read.
        withdrawn: When the consent to a picture of ours was withdrawn, as the caller's log has it; else None.
    """

    verdict: Verdict
    sentence: str
    statement: Statement | None = None
    when: str | None = None
    title: str | None = None
    signer: str | None = None
    label: label.Label | None = None
    failures: tuple[str, ...] = ()
    watermark: str | None = None
    withdrawn: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return the report in JSON types only."""
        return {
            "verdict": self.verdict.value,
            "sentence": self.sentence,
            "statement": self.statement.as_json() if self.statement else None,
            "when": self.when,
            "title": self.title,
            "signer": self.signer,
            "label": asdict(self.label) | {"box": list(self.label.box)} if self.label else None,
            "failures": list(self.failures),
            "watermark": self.watermark,
            "withdrawn": self.withdrawn,
        }


@dataclass(frozen=True, slots=True)
class _Manifest:
    """What the library says about the active manifest."""

    failures: tuple[str, ...]
    state: Literal["Trusted", "Valid", "Invalid"] = "Invalid"
    statement: Statement | None = None
    is_as_written: bool = False
    when: str | None = None
    title: str | None = None
    signer: str | None = None


def verify(
    data: bytes, anchors: Sequence[str], withdrawn: Mapping[str, str] = _NOBODY, registry: Registry | None = None
) -> Report:
    """Check one file.

    Args:
        data: The whole file, from anyone; its name does not matter.
        anchors: PEM root certificates of this installation (`Signer.anchor_pem`): since the key of such a root is
            thrown away after one certificate, trusted under it means signed by this installation's key. May be empty,
            and then nothing is `ours`.
        withdrawn: The consents that were withdrawn here, each with its date and time, ISO 8601 (the log has them).
        registry: What was stamped here, to find a picture by its watermark whose manifest is gone or does not fit;
            without one only the watermarks of our own intact pictures are read.

    Returns:
        The report. Every file gets one: nothing is raised, whatever the bytes.

    Raises:
        Fault: `registry-unusable`; about the registry, never about the file.
    """
    fmt = codec.sniff(data)
    found: label.Label | None = None
    pixels: codec.Pixels | None = None
    unreadable: Refusal | None = None
    try:
        pixels = codec.decode(data)
        found = label.find(pixels)
    except Refusal as refusal:
        unreadable = refusal
    if fmt is None or len(data) > codec.MAX_BYTES:
        return _no_picture(unreadable)
    report = _by_manifest(data, fmt, anchors, found, unreadable)
    if pixels is not None and (report.verdict is Verdict.OURS or registry is not None):
        report = _by_watermark(report, pixels, fmt, anchors, registry)
    # anybody else may name any receipt
    told = report.statement if report.verdict in {Verdict.OURS, Verdict.RECOVERED} else None
    since = withdrawn.get(told.consent) if told is not None else None
    if since is None:
        return report
    return replace(report, sentence=f"{report.sentence} Consent withdrawn on {since[:10]}.", withdrawn=since)


def _by_manifest(
    data: bytes, fmt: codec.Format, anchors: Sequence[str], found: label.Label | None, unreadable: Refusal | None
) -> Report:
    """What the manifest inside the file says."""
    manifest = _read(data, fmt, anchors)
    if manifest is None:
        return _no_picture(unreadable) if unreadable else _report(Verdict.NO_MANIFEST, found)
    if unreadable and manifest.state != "Invalid":
        # Signed but not decodable: nobody here signs such a file.
        return _report(Verdict.ALTERED, None, failures=(*manifest.failures, unreadable.code))
    verdict = _judge(manifest)
    if verdict is Verdict.ALTERED:  # nothing in its manifest is worth repeating
        return _report(verdict, found, failures=manifest.failures)
    return _report(
        verdict,
        found,
        statement=manifest.statement if verdict in {Verdict.OURS, Verdict.SELFSAME_ELSEWHERE} else None,
        when=manifest.when,
        title=manifest.title,
        signer=manifest.signer,
        failures=manifest.failures,
    )


def _by_watermark(
    report: Report, pixels: codec.Pixels, fmt: codec.Format, anchors: Sequence[str], registry: Registry | None
) -> Report:
    """The report with the watermark that the pixels carry, and what it leads to."""
    mark = watermark.find(pixels)
    if mark is None:
        return report
    report = replace(report, watermark=f"{mark.ident:08x}")
    entry = registry.recall(mark.ident) if registry is not None and report.verdict is not Verdict.OURS else None
    likeness = entry.likeness(pixels, mark) if entry is not None else Likeness.UNCLEAR
    if entry is None or likeness is Likeness.UNCLEAR:
        return report
    if likeness is Likeness.OTHER:  # or it is ours and damaged beyond recognition
        if report.verdict is Verdict.ALTERED:
            return report
        return replace(report, verdict=Verdict.MARK_COPIED, sentence=_SENTENCES[Verdict.MARK_COPIED], statement=None)
    manifest = _detached(entry, fmt, anchors)
    if manifest is None:
        return report
    return replace(
        report,
        verdict=Verdict.RECOVERED,
        sentence=_SENTENCES[Verdict.RECOVERED],
        statement=manifest.statement,
        when=manifest.when,
        title=manifest.title,
        signer=manifest.signer,
    )


def _detached(entry: Entry, fmt: codec.Format, anchors: Sequence[str]) -> _Manifest | None:
    """A manifest of the registry, read against no picture; None unless ours and whole but for that."""
    try:
        with (
            open_context(anchors) as context,
            c2pa.Reader(fmt.mime, io.BytesIO(_BLANK[fmt]), manifest_data=entry.manifest, context=context) as reader,
        ):
            store = json.loads(reader.json())
            manifest = _extract(store, json.loads(reader.detailed_json()), b"", fmt)
    except Exception:  # noqa: BLE001  (whatever the parser raises means "broken")
        return None
    told = manifest.statement
    fits = told is not None and told.watermark == f"{entry.ident:08x}"
    # `Valid` is whole but for the trust: a manifest that somebody made for the blank picture
    ours = manifest.state != "Valid" and set(manifest.failures) <= {"assertion.dataHash.mismatch"}
    return manifest if ours and fits else None


_BLANK: Final = {fmt: codec.encode(np.zeros((8, 8, 3), np.uint8), fmt) for fmt in codec.STILLS.values()}
"""A picture of each format, for manifests that have lost theirs."""


def _judge(manifest: _Manifest) -> Verdict:
    if manifest.state == "Trusted":
        return Verdict.OURS if manifest.statement and manifest.is_as_written else Verdict.ALTERED
    if manifest.state == "Valid":
        return Verdict.SELFSAME_ELSEWHERE if manifest.statement else Verdict.SOMEONE_ELSE
    if _EXPIRED in manifest.failures and _OF_EXPIRY.issuperset(manifest.failures):
        return Verdict.EXPIRED
    return Verdict.ALTERED


def _read(data: bytes, fmt: codec.Format, anchors: Sequence[str]) -> _Manifest | None:
    """Ask the library; None if the file has no manifest inside it."""
    try:
        with open_context(anchors) as context:
            reader = c2pa.Reader.try_create(fmt.mime, io.BytesIO(data), context=context)
            if reader is None:
                return None
            with reader:
                return _extract(json.loads(reader.json()), json.loads(reader.detailed_json()), data, fmt)
    except Exception as error:  # noqa: BLE001  (the parser of a stranger's file: whatever it raises means "broken")
        # A manifest that lies somewhere on the network is not in this file, and is not fetched.
        if str(error).startswith("Remote") or _has_no_manifest(data):
            return None
        return _Manifest(failures=(_clean(type(error).__name__) or "unreadable",))


def _extract(store: Any, detailed: Any, data: bytes, fmt: codec.Format) -> _Manifest:
    """Take the few values that we use out of the library's JSON; a shape we do not know is an exception."""
    state = store.get("validation_state")
    name = store["active_manifest"]
    manifest = store["manifests"].get(name, {})  # it is left out when its own assertions cannot be read
    results = store.get("validation_results", {})
    codes = [entry["code"] for entry in results.get("activeManifest", {}).get("failure", [])]
    codes += [entry["code"] for delta in results.get("ingredientDeltas") or [] for entry in _delta_failures(delta)]
    codes = codes or [entry["code"] for entry in store.get("validation_status") or []]
    failures = tuple(dict.fromkeys(_clean(code) or "unknown" for code in codes))[:_MAX_FAILURES]
    assertions = manifest.get("assertions", [])
    ours = [entry.get("data") for entry in assertions if entry.get("label") == ASSERTION]
    statement = parse(ours[0]) if len(ours) == 1 else None
    intact = state == "Trusted" and _is_as_written(detailed["manifests"][name]["assertion_store"], data, fmt)
    if state == "Trusted":
        failures += () if intact else ("selfsame.unsignedBytes",)
        failures += () if statement else ("selfsame.statement",)
    if state == "Valid":
        failures = tuple(code for code in failures if code != "signingCredential.untrusted")
    times = [
        action.get("when")
        for entry in assertions
        if entry.get("label") == "c2pa.actions.v2"
        for action in entry["data"]["actions"]
    ]
    signature = manifest.get("signature_info") or {}
    return _Manifest(
        state=state if state in {"Trusted", "Valid"} else "Invalid",
        statement=statement,
        is_as_written=intact,
        when=next((time for time in reversed(times) if isinstance(time, str) and _WHEN.fullmatch(time)), None),
        title=_clean(manifest.get("title")),
        signer=_clean(signature.get("common_name")) or _clean(signature.get("issuer")),
        failures=failures,
    )


def _delta_failures(delta: Any) -> Any:
    return delta.get("validationDeltas", {}).get("failure", [])


def _is_as_written(assertions: Any, data: bytes, fmt: codec.Format) -> bool:
    """Check the bytes that neither hash nor signature covers; see `app.stamp.framing`."""
    gaps = [
        gap
        for key, assertion in assertions.items()
        if key.startswith("c2pa.hash.data")
        for gap in assertion["exclusions"]  # what the hash of the file leaves out: the manifest
    ]
    if len(gaps) != 1:
        return False
    start = gaps[0]["start"]
    return is_as_written(data[start : start + gaps[0]["length"]], fmt)


def _has_no_manifest(data: bytes) -> bool:
    """Tell whether nothing in a file that cannot be parsed hints at a manifest."""
    return not any(mark in data for mark in (b"jumb", b"caBX", b"C2PA", b"c2pa"))


def _no_picture(refusal: Refusal | None) -> Report:
    reason = refusal.reason if refusal else _SENTENCES[Verdict.NOT_A_PICTURE]
    return Report(Verdict.NOT_A_PICTURE, reason, failures=(refusal.code,) if refusal else ())


def _report(verdict: Verdict, found: label.Label | None, **rest: Any) -> Report:
    return Report(verdict, _SENTENCES[verdict], label=found, **rest)


def _clean(text: object) -> str | None:
    """Cut a stranger's text to letters, digits and a few signs that mean nothing to a terminal, HTML or Markdown."""
    if not isinstance(text, str):
        return None
    plain = "".join(c if c.isalnum() or c in " .,:;()'+-" else "·" for c in text[:_TEXT_LIMIT])
    return plain.strip() or None
