"""What stays on this computer, as *My data* shows it: receipts, the log, models and versions. Nothing of a face."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from html import escape
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Final

from app.files import read_file
from app.receipt import verify
from app.studio import receipts
from app.studio.cards import facts, refusal
from app.studio.strings import EN, STUDIO_NOTICE, say
from app.studio.tools import button
from consent.errors import Fault, Refusal
from models.added import Added, added
from models.load import registry

if TYPE_CHECKING:
    from app.studio.desk import Desk
    from app.studio.sessions import Visitor

MOST_RECEIPTS: Final = 5
"""The newest are shown; a command lists all."""
MOST_DECISIONS: Final = 12
PROGRAMS: Final = ("selfsame", "gradio", "opencv-python", "numpy", "c2pa-python", "cryptography", "pillow", "av")
"""Whose versions are told."""


def kept_here(desk: Desk, visitor: Visitor) -> str:
    """What this installation keeps, and what it is made of, as HTML.

    Args:
        desk: its home.
        visitor: whose receipt and decisions are pointed out.
    """
    language = visitor.language
    return (
        f"<section><h3>{escape(say('data_kept', language))}</h3><p>{escape(say('data_kept_text', language))}</p>"
        f"{_receipts(desk, visitor)}{_log(desk, visitor)}</section>{_models(language)}{_versions(language)}"
    )


def _receipts(desk: Desk, visitor: Visitor) -> str:
    language = visitor.language
    found = sorted(_readable(desk, language), key=lambda one: one[0], reverse=True)
    mine = visitor.receipt.id if visitor.receipt is not None else ""
    lines = []
    for time, one, purposes in found[:MOST_RECEIPTS]:
        state = say("data_receipt_now", language) if one.id == mine else ""
        take = button("take-back", say("data_take_back", language), receipt=one.id)
        if one.withdrawn:
            state, take = say("data_receipt_gone", language), ""
        tag = f' <b class="tagged">{escape(state)}</b>' if state else ""
        said = say("film_comma", language).join(purposes)
        when = escape(receipts.moment(time))
        lines.append(f"<li><div><span>{when}</span>{tag}<p>{escape(said)}</p></div>{take}</li>")
    more = len(found) - MOST_RECEIPTS
    rest = f"<p>{escape(say('data_more', language, count=more))}</p>" if more > 0 else ""
    listed = (
        f'<ul class="kept">{"".join(lines)}</ul>' if lines else f"<p>{escape(say('data_receipts_none', language))}</p>"
    )
    return f"<h4>{escape(say('data_receipts', language))}</h4>{listed}{rest}"


def _readable(desk: Desk, language: str) -> Iterator[tuple[str, receipts.Reading, list[str]]]:
    """When each receipt in the home was given, the receipt, and what for in words; what is no receipt is left out."""
    for path in desk.home.receipts.glob("*.json"):
        try:
            text = read_file(path).decode()
            seen, document = receipts.read(text), verify(text)
        except (OSError, ValueError, Refusal):
            continue
        given = [f"purpose_{one['purpose']}" for one in document["pii_processing"]["purposes"]]
        purposes = [say(key, language) for key in given if key in EN]
        yield str(document["events"][0]["event_time"]), seen, purposes


def _log(desk: Desk, visitor: Visitor) -> str:
    """That the log is whole, and what was decided in this session; or that it is broken."""
    language = visitor.language
    title = f"<h4>{escape(say('data_log', language))}</h4>"
    try:
        entries = desk.ledger.entries()
    except Fault as fault:
        return title + refusal(fault, language, kind="fault")
    whole = f"<p>{escape(say('data_log_whole', language, count=len(entries)))}</p>"
    session = visitor.gate.session if visitor.gate is not None else None
    own = [entry for entry in entries if entry["session"] == session][: -MOST_DECISIONS - 1 : -1]
    if not own:
        return title + whole
    rows = []
    for entry in own:
        key = f"data_log_{entry['event']}"
        said = say(key, language) if key in EN else entry["event"]
        about = f"purpose_{entry['purpose']}"
        about = say(about, language) if about in EN else entry["code"]
        code = f" <code>{escape(entry['code'])}</code>" if entry["code"] else ""
        words = f": {escape(about)}" if entry["purpose"] else ""
        rows.append(f"<tr><td>{escape(entry['time'][11:19])}</td><td>{escape(said)}{words}{code}</td></tr>")
    return title + whole + _table(say("data_log_yours", language), ("data_log_time", "data_log_what"), rows, language)


def _models(language: str) -> str:
    rows = []
    for name, model in registry()[0].items():
        key = f"data_model_{name}"
        cells = (say(key, language) if key in EN else model.does, model.origin, model.licence)
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    for own in _added():
        cells = (say(f"data_model_{own.name}", language), f"{own.came}, {own.added[:10]}", own.licence)
        rows.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>")
    title = say("data_models", language)
    table = _table(title, ("data_model", "data_origin", "data_licence"), rows, language)
    return f"<section><h3>{escape(title)}</h3><p>{escape(say('data_models_text', language))}</p>{table}</section>"


def _added() -> tuple[Added, ...]:
    """The user's own models; none where their list is broken, which keeps every check from beginning and says so."""
    try:
        return tuple(added().values())
    except Fault:
        return ()


def _versions(language: str) -> str:
    told = [("Python", platform.python_version()), *((name, _version(name)) for name in PROGRAMS)]
    told.append((say("data_version_agreement", language), STUDIO_NOTICE))
    return f"<section><h3>{escape(say('data_versions', language))}</h3>{facts(told)}</section>"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "?"


def _table(caption: str, heads: tuple[str, ...], rows: list[str], language: str) -> str:
    """A table that scrolls by itself on a narrow screen, also by keyboard."""
    cells = "".join(f'<th scope="col">{escape(say(head, language))}</th>' for head in heads)
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{cells}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
