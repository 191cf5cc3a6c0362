"""A report of `app.verify` in lines for a terminal. What a stranger wrote was cut to a plain alphabet before."""

from __future__ import annotations

from collections.abc import Iterator

from app.verify import Report, Verdict


def lines(report: Report) -> list[str]:
    """The facts of a report, one a line, without its sentence."""
    return [f"  {name:<9} {text}" for name, text in _facts(report) if text]


def _facts(report: Report) -> Iterator[tuple[str, str | None]]:
    stated = report.statement
    if stated is not None:
        yield "what", f"{stated.purpose}, {stated.domain}, made {report.when}, with {stated.engine}"
    else:
        yield "title", report.title
        yield "time", report.when
    yield "manifest", report.manifest
    yield "signer", f"{report.signer or 'no name'} ({report.whose})" if report.whose != "unknown" else None
    yield "actions", "; ".join(report.actions)
    if stated is not None:
        yield "receipt", f"{stated.consent}, live check {stated.assurance}" + _scores(report)
        others = {part.consent for part in report.parts} - {stated.consent}
        if others:
            yield "parts", f"{len(report.parts)}, some of them with receipt {', '.join(sorted(others))}"
    yield "withdrawn", report.withdrawn
    if report.verdict is not Verdict.NOT_A_PICTURE:
        seen = report.label
        yield "label", "not found" if seen is None else f"found, says {seen.purpose}{' (demo)' if seen.demo else ''}"
        yield "watermark", report.watermark or "not found"
    yield "changed", ", ".join(report.changed)
    yield "failures", ", ".join(report.failures)


def _scores(report: Report) -> str:
    stated = report.statement
    if stated is None or stated.source_score is None:
        return ""
    return f", likeness at least {stated.source_score:.2f} (source) and {stated.target_score:.2f} (target)"
