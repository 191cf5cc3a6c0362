"""From kept sessions to figures and tables, in the words of ISO/IEC 30107-3.

* APCER: share of attack presentations that the check accepted, for each instrument alone, never averaged over them.
* BPCER: share of bona fide presentations that it refused. One that never got going (a *non-response*: the face was
  never seen as asked for) counts as refused, and is shown besides.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from app.bench import Figure, clopper_pearson, share
from consent.liveness.recording import Outcome
from consent.types import Assurance
from tests.pad.bench_measures import passed, shown
from tests.pad.bench_numbers import leaves
from tests.pad.instruments import LIMITS
from tests.pad.store import BONA_FIDE, Record

NORMAL, HARD = f"{BONA_FIDE}_normal", f"{BONA_FIDE}_hard"
GOALS: Final[Mapping[str, float | None]] = {
    NORMAL: 0.05,
    HARD: 0.10,
    "print_still": 0.0,
    "print_waved": 0.0,
    "print_rotated": 0.0,
    "print_bent": 0.0,
    "print_cutout": 0.0,
    "replay_video": 0.0,
    "replay_session": 0.0,
    "replay_lucky": 0.0,
    "replay_puppet": 0.05,
    "inject_photo": 0.0,
    "inject_video": 0.0,
    "inject_session": 0.0,
    "inject_puppet": 0.05,
    "inject_tinted": 0.0,
    "inject_adaptive": None,
    "mask_3d": 0.05,
    "identity_switch": 0.0,
    "second_person": 0.0,
    "frozen": 0.0,
    "looped": 0.0,
    "avatar_3d": None,
}
"""The largest share of wrong verdicts that is aimed at. None: the honest number is stated and nothing is promised (an
attacker who knows the code and sees the prompts; a textured 3-D head driven in step, which passes by construction)."""
ENOUGH: Final = 150
ENOUGH_SOME: Final = 75
ENOUGH_LIVING: Final = 50
ENOUGH_LIMIT: Final = 30
_SPECIES: Final = ("print_", "replay_", "inject_")
"""Presentations needed before an aim counts as met: of each print, replay and injection that may never pass as many as
iBeta level 1 makes; of all others so many that none of them bounds the rate at 5 % (0 of 72); of what no colour camera
tells from a person, enough to see that it passes."""
ACCEPTED: Final = "accepted"
_ATTACKS: Final = "share of attack presentations accepted"
_REFUSED: Final = "share of bona fide presentations refused"


def usual(name: str) -> int:
    """How many sessions of a name are run where nothing else is asked: enough for its aim."""
    if name in LIMITS:
        return ENOUGH_LIMIT
    never = GOALS.get(name) == 0 and name.startswith(_SPECIES)
    return ENOUGH if never or name.startswith(BONA_FIDE) else ENOUGH_SOME


@dataclass(slots=True)
class Tally:
    """What became of one instrument, or of one group of bona fide presentations."""

    codes: Counter[str] = field(default_factory=Counter)
    by_kind: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    never_began: int = 0

    @property
    def n(self) -> int:
        """Presentations."""
        return self.codes.total()

    def add(self, record: Record) -> None:
        """Count a session."""
        code = record.code or ACCEPTED
        self.codes[code] += 1
        self.by_kind[record.job.assurance][code] += 1
        self.never_began += len(record.prompts) <= 1


@dataclass(slots=True)
class Summary:
    """A run counted up. `numbers[measure][name]` are the values of one measure of the evidence, NaN too; of
    several in a session (each turn, say) all. `groups[what, value][name]` tallies bona fide presentations by skin
    tone, hardship and room.
    """

    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    groups: dict[tuple[str, str], dict[str, Tally]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Tally))
    )
    numbers: dict[str, dict[str, list[list[float]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    gains: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    seconds: list[float] = field(default_factory=list)
    verdicts: list[tuple[float, float]] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    broke: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, records: Iterable[Record]) -> Summary:
        """Count records up."""
        whole = cls()
        for record in records:
            whole.add(record)
        return whole

    def add(self, record: Record) -> None:
        """Count one more."""
        name = record.job.name
        self.tallies[name].add(record)
        measured: dict[str, list[float]] = defaultdict(list)
        for path, number in leaves(record.kept.get("evidence")):
            if record.outcome == Outcome.COMPLETE or not math.isnan(number):  # what ended early was not measured
                measured[path].append(number)
        for path, values in measured.items():
            self.numbers[path][name].append(values)
        self.looks.append(record.frame_ms)
        if name.startswith(BONA_FIDE):
            tone, room = record.tags.get("tone", ""), record.tags.get("room", "")
            hardships = record.tags.get("hardships", "").split()
            for what, value in (("skin tone", tone), ("room", room), *(("hardship", one) for one in hardships)):
                if value:
                    self.groups[what, value][name].add(record)
            if tone and room:
                self.gains[tone, room] += measured.get("light.gain", [])
            if not record.code:
                self.seconds.append(record.seconds)
        if record.outcome == Outcome.COMPLETE:
            self.verdicts.append((record.verdict_ms, record.verdict_cpu_ms))

    def names(self) -> list[str]:
        """Bona fide first, then the instruments of the issue's order, then others."""
        others = sorted(set(self.tallies) - set(GOALS))
        return [*(name for name in GOALS if name in self.tallies), *others]


def wrong(name: str, codes: Counter[str]) -> int:
    """Verdicts that were wrong: bona fide refused, attack accepted."""
    return codes.total() - codes[ACCEPTED] if name.startswith(BONA_FIDE) else codes[ACCEPTED]


def figures(whole: Summary, frames_a_second: float = 15.0) -> list[Figure]:
    """Every figure, those that nothing was measured for as well."""
    found = []
    for name, short, goal in ((NORMAL, "bpcer_normal", 0.05), (HARD, "bpcer_hard", 0.10)):
        tally = whole.tallies.get(name, Tally())
        found.append(share(short, wrong(name, tally.codes), tally.n, _REFUSED, goal))
    for name in [*GOALS, *sorted(set(whole.tallies) - set(GOALS))]:
        if not name.startswith(BONA_FIDE):
            tally = whole.tallies.get(name, Tally())
            found.append(share(f"apcer.{name}", wrong(name, tally.codes), tally.n, _ATTACKS, GOALS.get(name)))
    for kind in Assurance:
        short = str(kind).replace("+", "_")
        for name in whole.names():
            codes = whole.tallies[name].by_kind.get(str(kind), Counter())
            label = f"bpcer_{short}.{name.removeprefix(BONA_FIDE + '_')}"
            if not name.startswith(BONA_FIDE):
                label = f"apcer_{short}.{name}"
            unit = _REFUSED if name.startswith(BONA_FIDE) else _ATTACKS
            found.append(share(label, wrong(name, codes), codes.total(), unit))
    for (what, tone), by_name in sorted(whole.groups.items()):
        if what == "skin tone":
            missed = {name: (wrong(name, tally.codes), tally.n) for name, tally in by_name.items()}
            hits, n = (sum(pair[k] for pair in missed.values()) for k in (0, 1))
            found.append(share(f"bpcer.{tone}", hits, n, _REFUSED, GOALS[HARD]))
            for name, (hits, n) in sorted(missed.items()):
                short = name.replace(BONA_FIDE, "bpcer")
                found.append(share(f"{short}.{tone}", hits, n, _REFUSED, GOALS.get(name)))
    never = [whole.tallies[name] for name in whole.names() if name.startswith(BONA_FIDE)]
    never_began, n = sum(t.never_began for t in never), sum(t.n for t in never)
    found.append(share("bpnrr", never_began, n, "share of bona fide presentations that never got going"))
    found.append(middle("check_seconds", whole.seconds, "s by the session's own clock, accepted bona fide", 20.0))
    wall, cpu = ([pair[k] for pair in whole.verdicts] for k in (0, 1))
    found.append(middle("verdict_ms", wall, "ms from the last frame to the verdict", 1000.0))
    found.append(middle("verdict_cpu_ms", cpu, "ms of CPU for it; the wall's depends on what else runs", 1000.0))
    busy = [frames_a_second * ms / 1000 for ms in whole.looks]
    found.append(middle("check_cpu_share", busy, "of one core at 15 frames a second", 0.60))
    return found


def middle(name: str, values: Sequence[float], unit: str, goal: float | None = None) -> Figure:
    """The median as a figure."""
    return Figure(name, median(values) if values else None, unit, len(values), goal)


def rates(whole: Summary) -> list[list[str]]:
    """Table of error rates: a row for each name, the head first."""
    kinds = [str(kind) for kind in Assurance]
    head = ["presentation", "n", "wrong", "rate", "95 %", *kinds, "non-response", "aim", "met"]
    rows = [head]
    for name in whole.names():
        tally = whole.tallies[name]
        missed = wrong(name, tally.codes)
        low, high = clopper_pearson(missed, tally.n)
        each = [_of(wrong(name, tally.by_kind[k]), tally.by_kind[k].total()) for k in kinds]
        goal = GOALS.get(name)
        enough = tally.n >= (ENOUGH_LIVING if name.startswith(BONA_FIDE) else usual(name))
        met = "" if goal is None else ("yes" if enough else "too few") if missed / tally.n <= goal else "no"
        aim = "" if goal is None else "0" if goal == 0 else f"<= {_percent(goal)}"
        span = f"{_percent(low)} to {_percent(high)}"
        rows.append([name, str(tally.n), str(missed), _percent(missed / tally.n), span, *each])
        rows[-1] += [_of(tally.never_began, tally.n), aim, met]
    return rows


def reasons(whole: Summary) -> list[list[str]]:
    """Table of verdicts: a row for each name, a column for each code, the commonest first."""
    total: Counter[str] = Counter()
    for tally in whole.tallies.values():
        total += tally.codes
    codes = [ACCEPTED, *(code for code, _ in sorted(total.items(), key=lambda c: (-c[1], c[0])) if code != ACCEPTED)]
    rows = [["presentation", "n", *codes]]
    for name in whole.names():
        tally = whole.tallies[name]
        rows.append([name, str(tally.n), *(str(tally.codes[code] or "") for code in codes)])
    return rows


def checks(whole: Summary) -> list[list[str]]:
    """Table of what each measure alone would let pass, of the sessions it was taken in: it shows what stops what."""
    measures = [measure for measure in shown(whole.numbers) if any(limit is not None for limit in measure.limits())]
    rows = [["presentation", *(measure.path for measure in measures)]]
    for name in whole.names():
        taken = [passed(measure, whole.numbers[measure.path].get(name, ())) for measure in measures]
        rows.append([name, *(_of(*one) for one in taken)])
    return rows if measures else []


def groups(whole: Summary) -> list[list[str]]:
    """Table of bona fide presentations by skin tone, hardship and room: refused of all, for each name."""
    names = [name for name in whole.names() if name.startswith(BONA_FIDE)]
    rows = [["group", "", *(cell for name in names for cell in (name.replace("_", " "), "BPCER, 95 %"))]]
    for (what, value), by_name in sorted(whole.groups.items()):
        row = [what, value]
        for name in names:
            tally = by_name.get(name, Tally())
            missed = wrong(name, tally.codes)
            low, high = clopper_pearson(missed, tally.n) if tally.n else (0.0, 0.0)
            span = f"{_percent(missed / tally.n)} ({_percent(low)} to {_percent(high)})" if tally.n else ""
            row += [_of(missed, tally.n), span]
        rows.append(row)
    return rows


def gains(whole: Summary) -> list[list[str]]:
    """Table of the light's measured gain (log units, median) by skin tone and room."""
    rooms = sorted({room for _, room in whole.gains})
    rows = [["skin tone", *rooms]]
    for tone in sorted({tone for tone, _ in whole.gains}):
        cells = []
        for room in rooms:
            values = [v for v in whole.gains.get((tone, room), []) if not math.isnan(v)]
            cells.append(f"{median(values):.3f} (n={len(values)})" if values else "")
        if any(cells):
            rows.append([tone, *cells])
    return rows if len(rows) > 1 and rooms else []


@dataclass(frozen=True, slots=True)
class About:
    """Where a page of figures comes from: what was run, by which release and code, on which split and seeds."""

    command: str
    release: str
    code: str
    split: str
    seeds: tuple[int, int]


def page(whole: Summary, about: About, image: str, sessions: str) -> str:
    """The tables as one page of Markdown.

    Args:
        whole: the run.
        about: where it comes from.
        image: name of the picture beside the page.
        sessions: name of the file of sessions beside it.
    """
    low, high = about.seeds
    total = sum(tally.n for tally in whole.tallies.values())
    lines = [
        "# Liveness: measured error rates",
        "",
        f"Written by `{about.command}`; do not edit.",
        f"Selfsame {about.release}, code `{about.code}`, {about.split} split, seeds {low} to {high}, {total} sessions.",
        "Everybody in them is synthetic: no rate here is one among people (see [what rendered data cannot",
        "show](liveness.md)). Terms are those of ISO/IEC 30107-3, intervals Clopper-Pearson's of 95 %.",
        f"Every session's numbers lie in [{sessions}]({sessions}): `selfsame bench liveness --rescore --split",
        f"{about.split} --published {sessions}` judges them again in seconds.",
        "",
        "## Error rates",
        "",
        "*Wrong* is, for bona fide presentations, refused (BPCER; a non-response counts too), and for attacks accepted",
        "(APCER). The middle columns give it for each kind of challenge. *Non-response*: the check never got going.",
        f"An *aim* is met only from {ENOUGH} attempts of a print, replay or injection on that may never pass,",
        f"{ENOUGH_SOME} of any other instrument, or {ENOUGH_LIVING} bona fide presentations.",
        "",
        markdown(rates(whole)),
        "",
    ]
    if whole.broke:
        said = ", ".join(f"{name} {n}" for name, n in sorted(whole.broke.items()))
        lines += [f"Sessions that broke and are not counted: {said}.", ""]
    lines += ["## Verdicts", "", markdown(reasons(whole)), ""]
    if checks(whole):
        said = "Sessions that each measure alone would let pass, of those that went far enough for it to be taken:"
        lines += ["## Each measure alone", "", said, "", markdown(checks(whole)), ""]
    if whole.groups:
        lines += ["## Bona fide presentations refused, by group", "", markdown(groups(whole)), ""]
    if gains(whole):
        said = "Gain of the coloured light on the skin (log units, median), by skin tone and room:"
        lines += [said, "", markdown(gains(whole)), ""]
    lines += ["## Cost", "", markdown(_cost(whole)), ""]
    lines += ["## Distributions", "", f"![What each check measures, for each presentation]({image})", ""]
    return "\n".join(lines)


def _cost(whole: Summary) -> list[list[str]]:
    rows = [["figure", "median", "aim", "n", "unit"]]
    for figure in figures(whole):
        if figure.name in {"check_seconds", "verdict_ms", "verdict_cpu_ms", "check_cpu_share"}:
            value = "" if figure.value is None else f"{figure.value:.3g}"
            rows.append([figure.name, value, f"<= {figure.goal:g}", str(figure.n), figure.unit])
    return rows


def columns(rows: Sequence[Sequence[str]]) -> str:
    """A table in plain text."""
    wide = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return "\n".join("  ".join(c.ljust(w) for c, w in zip(row, wide, strict=True)).rstrip() for row in rows)


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown; numbers to the right."""
    head, *body = rows
    number = [bool(body) and all(not row[k] or row[k][0].isdigit() for row in body) for k in range(len(head))]
    rule = ["---:" if right else "---" for right in number]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *body))


def _of(hits: int, n: int) -> str:
    return f"{hits} of {n}" if n else ""


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %" if value else "0 %"
