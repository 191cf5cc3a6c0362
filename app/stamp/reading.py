"""What the library says about a manifest, cut down to what we use; in plain text only.

Everything in a manifest may be a stranger's: text is cut to a plain alphabet here, and whatever shape, type or
exception comes out of the parser means *broken*.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import c2pa
import numpy as np
from cryptography import x509

from app import codec
from app.stamp.context import BEGIN, open_context
from app.stamp.framing import is_as_written
from app.stamp.framing_film import film_is_as_written
from app.stamp.registry import Entry
from app.stamp.statement import ASSERTION, PARTS, Statement, parse, parse_parts, version_of

_TEXT_LIMIT: Final = 120
_MOST: Final = 20
"""Codes and actions that are told."""
_WHEN: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)")
BLANK: Final = {fmt: codec.encode(np.zeros((8, 8, 3), np.uint8), fmt) for fmt in codec.STILLS.values()}
"""A picture of each format, for manifests that have lost theirs."""


_NO_PICTURE: Final = frozenset({"assertion.dataHash.mismatch", "assertion.bmffHash.mismatch"})
"""What fails when a manifest is read against none of its pixels."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the library says about the active manifest.

    Attributes:
        failures: Codes of what failed.
        state: `Trusted` by an anchor of ours, `Valid` but for the trust, or `Invalid`.
        statement: Our assertion, if there is exactly one and it is in order.
        parts: What is stated of the parts of a film that was put together; none of any other file.
        version: Of the statement, as it says itself.
        is_as_written: Whether the bytes that nothing signs are as we write them.
        when: The time of the last action that has one.
        title: Of the file.
        signer: The name in the certificate.
        serial: The number of the certificate, decimal.
        actions: What was done, in order.
    """

    failures: tuple[str, ...]
    state: Literal["Trusted", "Valid", "Invalid"] = "Invalid"
    statement: Statement | None = None
    parts: tuple[Statement, ...] = ()
    version: int | None = None
    is_as_written: bool = False
    when: str | None = None
    title: str | None = None
    signer: str | None = None
    serial: str | None = None
    actions: tuple[str, ...] = ()


def read(data: bytes, fmt: codec.Format, anchors: Sequence[str]) -> Manifest | None:
    """Ask the library; None if the file has no manifest inside it.

    Args:
        data: The whole file.
        fmt: Its format.
        anchors: PEM. A single root, under which every certificate is trusted; or a chain, of which only the first
            certificate is.
    """
    found = _read(data, fmt, anchors)
    if found is None or _is_theirs(found, anchors):
        return found
    return _read(data, fmt, _roots(anchors))


def _is_theirs(found: Manifest, anchors: Sequence[str]) -> bool:
    """Whether a manifest is of a certificate that the anchors name, where they name any. Numbers are an authority's."""
    chains = [chain for chain in anchors if chain.count(BEGIN) > 1]
    return not chains or found.serial in {
        str(x509.load_pem_x509_certificates(one.encode())[0].serial_number) for one in chains
    }


def _roots(anchors: Sequence[str]) -> list[str]:
    return [one for one in anchors if one.count(BEGIN) == 1]


def _read(data: bytes, fmt: codec.Format, anchors: Sequence[str]) -> Manifest | None:
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
        return Manifest(failures=(clean(type(error).__name__.strip("_")) or "unreadable",))


def _extract(store: Any, detailed: Any, data: bytes, fmt: codec.Format) -> Manifest:
    """Take the few values that we use out of the library's JSON; a shape we do not know is an exception."""
    state = store.get("validation_state")
    name = store["active_manifest"]
    manifest = store["manifests"].get(name, {})  # it is left out when its own assertions cannot be read
    results = store.get("validation_results", {})
    codes = [entry["code"] for entry in results.get("activeManifest", {}).get("failure", [])]
    codes += [entry["code"] for delta in results.get("ingredientDeltas") or [] for entry in _delta_failures(delta)]
    codes = codes or [entry["code"] for entry in store.get("validation_status") or []]
    failures = tuple(dict.fromkeys(clean(code) or "unknown" for code in codes))[:_MOST]
    assertions = manifest.get("assertions", [])
    ours = [entry.get("data") for entry in assertions if entry.get("label") == ASSERTION]
    statement = parse(ours[0]) if len(ours) == 1 else None
    pieces = [entry.get("data") for entry in assertions if entry.get("label") == PARTS]
    parts = parse_parts(pieces[0] if pieces else None, statement) if statement and len(pieces) <= 1 else None
    statement = None if parts is None else statement
    intact = state == "Trusted" and _is_as_written(detailed["manifests"][name]["assertion_store"], data, fmt)
    if state == "Trusted":
        failures += () if intact else ("selfsame.unsignedBytes",)
        failures += () if statement else ("selfsame.statement",)
    if state == "Valid":
        failures = tuple(code for code in failures if code != "signingCredential.untrusted")
    actions = [
        action for one in assertions if one.get("label") == "c2pa.actions.v2" for action in one["data"]["actions"]
    ]
    times = [action.get("when") for action in actions]
    signature = manifest.get("signature_info") or {}
    return Manifest(
        state=state if state in {"Trusted", "Valid"} else "Invalid",
        statement=statement,
        parts=parts or (),
        version=version_of(ours[0]) if len(ours) == 1 else None,
        is_as_written=intact,
        when=next((time for time in reversed(times) if isinstance(time, str) and _WHEN.fullmatch(time)), None),
        title=clean(manifest.get("title")),
        signer=clean(signature.get("common_name")) or clean(signature.get("issuer")),
        serial=clean(signature.get("cert_serial_number")),
        failures=failures,
        actions=tuple(_told(action) for action in actions[:_MOST]),
    )


def _told(action: Any) -> str:
    """One action: its name, and what it says of itself."""
    return ": ".join(filter(None, (clean(action.get("action")), clean(action.get("description"))))) or "unknown"


def _delta_failures(delta: Any) -> Any:
    return delta.get("validationDeltas", {}).get("failure", [])


def _is_as_written(assertions: Any, data: bytes, fmt: codec.Format) -> bool:
    """Check the bytes that neither hash nor signature covers; see `app.stamp.framing`."""
    if fmt is codec.Format.MP4:
        return film_is_as_written(data)
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


def detached(entry: Entry, fmt: codec.Format, anchors: Sequence[str]) -> Manifest | None:
    """A manifest of the registry, read against no picture; None unless ours and whole but for that."""
    found = _detached(entry, fmt, anchors)
    if found is None or _is_theirs(found, anchors):
        return found
    return _detached(entry, fmt, _roots(anchors))


def _detached(entry: Entry, fmt: codec.Format, anchors: Sequence[str]) -> Manifest | None:
    fmt = fmt if fmt in BLANK else codec.Format.PNG  # a film's manifest fits any picture as little as any film
    try:
        with (
            open_context(anchors) as context,
            c2pa.Reader(fmt.mime, io.BytesIO(BLANK[fmt]), manifest_data=entry.manifest, context=context) as reader,
        ):
            store = json.loads(reader.json())
            manifest = _extract(store, json.loads(reader.detailed_json()), b"", fmt)
    except Exception:  # noqa: BLE001  (whatever the parser raises means "broken")
        return None
    told = manifest.statement
    fits = told is not None and told.watermark == f"{entry.ident:08x}"
    # `Valid` is whole but for the trust: a manifest that somebody made for the blank picture
    ours = manifest.state != "Valid" and _NO_PICTURE.issuperset(manifest.failures)
    return manifest if ours and fits else None


def clean(text: object) -> str | None:
    """Cut a stranger's text to letters, digits and a few signs that mean nothing to a terminal, HTML or Markdown.

    Of blanks in a row one is left: with enough of them it could go on in the terminal's next line, as words of ours.
    """
    if not isinstance(text, str):
        return None
    plain = "".join(c if (c.isalnum() or c in " .,:;()'+-") and c not in _UNSEEN else "·" for c in text[:_TEXT_LIMIT])
    return " ".join(plain.split()) or None


_UNSEEN: Final = "\u115f\u1160\u3164\uffa0"
"""Letters that are drawn as nothing."""
