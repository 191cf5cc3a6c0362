"""A consent receipt as people read it: plain text, or a page to keep. Both say what the signed record says.

The page carries the signed record in it, so that one file is readable and can be checked; `record` takes it out again,
and everything that is said here is said of that record, never of the words around it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape, unescape
from typing import Any, Final

from app.receipt import WITHDRAWN, verify
from app.studio.strings import DEFAULT, EN, TABLES, say
from consent.errors import Refusal

_RECORD: Final = re.compile(r'<pre id="record">(.*?)</pre>', re.DOTALL)
_MINUTES: Final = re.compile(r"PT(\d{1,5})M")
_PAGE: Final = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><title>{title}</title><style>{style}</style></head>
<body><main><h1>{title}</h1><p class="state {state}">{said}</p><p>{keep}</p>
<dl>{rows}</dl>
<h2>{words}</h2><blockquote>{text}</blockquote><p class="small">{text_id}</p>
<p class="small">{signed}<br>{form}</p>
<details><summary>{record_title}</summary><pre id="record">{record}</pre></details></main></body></html>
"""
_STYLE: Final = (
    "body{margin:0;background:#f6f7f9;color:#0f172a;font:400 17px/1.6 system-ui,'Noto Sans','Noto Sans CJK SC',"
    "sans-serif}main{max-width:42rem;margin:2rem auto;padding:2rem;background:#fff;border:1px solid #e2e8f0;"
    "border-radius:20px}h1{font-size:1.6rem;margin:0 0 1rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{margin:.5rem 0}"
    ".state{padding:.7rem 1rem;border-radius:12px;font-weight:600;background:#ecfaf7;color:#0f766e}"
    ".state.withdrawn{background:#fdf1ec;color:#b4401f}dl{display:grid;grid-template-columns:minmax(8rem,auto) 1fr;"
    "gap:.5rem 1.5rem;margin:1.5rem 0 0}dt{color:#526071}dd{margin:0;overflow-wrap:anywhere}"
    "blockquote{margin:0;padding:1rem 1.25rem;border-left:4px solid #0f766e;background:#f6f7f9;white-space:pre-line;"
    "font-size:.95rem}.small{color:#526071;font-size:.85rem;overflow-wrap:anywhere}summary{cursor:pointer}"
    "details{margin-top:1.5rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;font-size:.75rem}"
    "@media(max-width:480px){main{margin:0;border:0;border-radius:0;padding:1.25rem}dl{grid-template-columns:1fr;"
    "gap:.1rem}dd{margin-bottom:.6rem}}@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e8edf3}"
    "main{background:#161c26;border-color:#2b3442}dt,.small{color:#9fadbd}blockquote{background:#0d1117}"
    ".state{background:#12302e;color:#5eead4}.state.withdrawn{background:#37201a;color:#ffb199}}"
    "@media print{body{background:#fff}main{border:0;margin:0;padding:0}}"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """A genuine receipt, in words.

    Attributes:
        id: of the record; the same in every picture that was made under it.
        key: the public key it is signed with, hexadecimal; whose it is, the reader must know.
        language: in which it is said: that of the text that was read, if we have it.
        said: that it was given, or withdrawn, and when.
        withdrawn: whether the last event is a withdrawal.
        rows: what it says, each a name and values.
        text: the words that were read.
        text_id: their version, language and digest.
        document: the signed record itself.
    """

    id: str
    key: str
    language: str
    said: str
    withdrawn: bool
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    text: str
    text_id: str
    document: str


def record(file: str) -> str:
    """The signed record in a file that somebody kept: the page, or the record itself."""
    found = _RECORD.search(file)
    return unescape(found[1]) if found else file


def read(file: str) -> Reading:
    """Check a receipt and say it in words.

    Args:
        file: the content of a page or of a record, from anyone.

    Raises:
        Forgery: `receipt-forged`.
        Refusal: `receipt-unknown`: the signature holds, but it has another structure.
    """
    text = record(file)
    document = verify(text)
    try:
        return _reading(document, text)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError):
        raise Refusal(
            "receipt-unknown",
            "This is signed, but it is no receipt that this version can read.",
            "Use the version of the program that gave it.",
        ) from None


def _reading(document: dict[str, Any], text: str) -> Reading:
    header, processing, events = document["record_header"], document["pii_processing"], document["events"]
    notice, language = processing["privacy_notice"], processing["language"]
    spoken = language if language in TABLES else DEFAULT
    ended = events[-1]["event_state"] == WITHDRAWN
    times = {"time": moment(events[0]["event_time"]), "end": moment(events[-1]["event_time"])}
    return Reading(
        id=_plain(header["record_id"]),
        key=_plain(document["public_key"]),
        language=spoken,
        said=say("receipt_withdrawn", spoken, **times) if ended else say("receipt_given", spoken, time=times["time"]),
        withdrawn=ended,
        rows=tuple((say(f"receipt_{name}", spoken), tuple(values)) for name, values in _rows(document, spoken)),
        text=_plain(notice["text"], keep="\n"),
        text_id=say(
            "receipt_words_id",
            spoken,
            version=_plain(notice["version"]),
            tag=_plain(language),
            sha256=_plain(notice["sha256"]),
        ),
        document=text,
    )


def _rows(document: dict[str, Any], language: str) -> Iterator[tuple[str, Sequence[str]]]:
    processing, number = document["pii_processing"], _plain(document["record_header"]["record_id"])
    purposes = processing["purposes"]

    def coded(name: str, codes: Sequence[str]) -> list[str]:
        """A code we have no words for is shown as it is."""
        keys = [f"{name}_{_plain(code)}" for code in codes]
        return [say(key, language, id=number) if key in EN else key.removeprefix(f"{name}_") for key in keys]

    yield "purposes", coded("purpose", [one["purpose"] for one in purposes])
    yield "said", coded("receipt_said", sorted(document["party_identification"][0]["declared"], reverse=True))
    yield "data", coded("receipt_data", [one["pii_type"] for one in processing["pii_information"]])
    yield "from", coded("receipt_from", [processing["collection_method"]])
    yield "place", coded("receipt_place", processing["geographic_restrictions"])
    yield "stored", coded("receipt_stored", processing["storage_locations"])
    yield "time", [_duration(processing["retention_period"], language)]
    yield "others", list(map(_plain, processing["recipient_third_parties"])) or [say("receipt_nobody", language)]
    yield "charge", coded("receipt_charge", processing["pii_controllers"])
    yield "basis", coded("receipt_basis", sorted({one["lawful_basis"] for one in purposes}))
    yield "law", coded("receipt_law", [processing["jurisdiction"]])
    yield "stop", coded("receipt_stop", processing["withdrawal_method"])
    yield "number", [number]


def _duration(text: str, language: str) -> str:
    found = _MINUTES.fullmatch(text)
    return say("receipt_minutes", language, minutes=found[1]) if found else _plain(text)


def moment(text: str) -> str:
    """`2026-11-22T08:15:00+00:00` as `2026-11-22 08:15 UTC`."""
    return _plain(text)[:16].replace("T", " ") + " UTC"


def _plain(text: str, keep: str = "") -> str:
    """A stranger may have signed anything: control characters could move a cursor, a new line look like one of ours."""
    if not isinstance(text, str):
        raise TypeError
    return "".join(c for c in text if c.isprintable() or c in keep)


def plain(file: str) -> str:
    """A receipt as plain text, for a terminal.

    Raises:
        Forgery: `receipt-forged`.
        Refusal: `receipt-unknown`.
    """
    seen = read(file)
    language = seen.language
    lines = [say("receipt_title", language), "", seen.said, ""]
    lines += [f"{name}: {'; '.join(values)}" for name, values in seen.rows]
    lines += ["", f"{say('receipt_words', language)}:", *(f"    {line}".rstrip() for line in seen.text.split("\n"))]
    lines += ["", seen.text_id, say("receipt_signed", language, public=seen.key), say("receipt_form", language)]
    return "\n".join(lines)


def line(file: str) -> str:
    """A receipt in one line: its number, and what was said when; or that it is none."""
    try:
        seen = read(file)
    except Refusal as no:
        return f"? {no.reason}"
    return f"{seen.id}  {seen.said}  {'; '.join(seen.rows[0][1])}"


def page(file: str) -> str:
    """A receipt as a page to keep: one file without scripts, with the signed record in it.

    Raises:
        Forgery: `receipt-forged`.
        Refusal: `receipt-unknown`.
    """
    seen = read(file)
    rows = (
        f"<dt>{escape(name)}</dt><dd>{'<br>'.join(escape(value) for value in values)}</dd>"
        for name, values in seen.rows
    )
    words = {name: say(f"receipt_{name}", seen.language) for name in ("title", "keep", "words", "form")}
    words |= {"record_title": say("receipt_record", seen.language), "said": seen.said, "text": seen.text}
    words |= {"signed": say("receipt_signed", seen.language, public=seen.key), "text_id": seen.text_id}
    words |= {"language": seen.language, "record": json.dumps(json.loads(seen.document), indent=1)}
    safe = {name: escape(text) for name, text in words.items()}
    state = WITHDRAWN if seen.withdrawn else "given"
    return _PAGE.format(style=_STYLE, state=state, rows="".join(rows), **safe)
