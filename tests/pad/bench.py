"""`selfsame bench liveness`: the red team that anyone can run (ISO/IEC 30107-3).

Living people and presentation attack instruments, all synthetic, answer real challenges before the real recorder and
the real check. A full run takes hours, so each session is kept when it ends (`store`), a run that was killed goes on
where it stopped, and instruments take turns, so that any part of a run is balanced.
"""

from __future__ import annotations

import itertools
import os
import random
import shlex
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from app.bench import Figure, RedTeam
from consent.errors import Fault, Refusal
from consent.types import Assurance
from tests.pad import bench_cast, report
from tests.pad.bench_picture import picture
from tests.pad.bench_pool import Say, run
from tests.pad.bench_session import judged_again
from tests.pad.conditions import FIRST_TEST_SEED
from tests.pad.instruments import COLOURED
from tests.pad.published import SUFFIX, publish, take
from tests.pad.store import BONA_FIDE, Job, Record, Store, code_version

KINDS: Final = tuple(str(kind) for kind in Assurance)
QUICK: Final = (report.NORMAL, report.HARD, "print_waved", "replay_video", "inject_puppet")
"""One of each kind of thing, for about a minute on two idle cores."""


def measure(asked: RedTeam, *, quick: bool, say: Say) -> list[Figure]:
    """What `selfsame bench liveness` does.

    Args:
        asked: how much of what, kept where.
        quick: a minute's sample instead.
        say: gets the progress and the tables.

    Returns:
        Every figure; those without a measurement have no value.

    Raises:
        Refusal: an unknown name, or a folder that cannot be used or is damaged.
        Fault: `bench-broke`.
    """
    names = _names(asked)
    with ExitStack() as stack:
        kept = asked.folder
        if kept is None and (quick or asked.rescore):
            kept = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="selfsame-liveness-")))
        elif kept is None:
            kept = Path(tempfile.mkdtemp(prefix="selfsame-liveness-"))
        if asked.published is not None:
            begun = take(asked.published, kept).version
            if begun != code_version() and not asked.rescore:
                say(f"The sessions of {asked.published} were run by other code ({begun}): all are run again.")
        seen = _judged_again(asked, kept, names, say) if asked.rescore else _ran(asked, kept, names, say, quick=quick)
    whole = report.Summary.of(seen.records)
    whole.broke = seen.broke
    if whole.broke:
        said = ", ".join(f"{name} {n}" for name, n in sorted(whole.broke.items()))
        if not whole.tallies:
            raise Fault("bench-broke", f"Every session broke ({said}).", "Mend what was said above, and run it again.")
        say(f"Some sessions broke and count nowhere: {said}. Run it again with the same folder.")
    say("\n".join(["", report.columns(report.rates(whole)), "", report.columns(report.reasons(whole)), ""]))
    if asked.write is not None:
        write(asked.write, whole, asked, seen)
        say(f"Written: {asked.write}, and beside it its picture and its sessions")
    return report.figures(whole)


@dataclass(frozen=True, slots=True)
class Seen:
    """Sessions that were run or judged again.

    Attributes:
        records: the sessions.
        code: which version of the code ran them (`store.code_version`).
        limits: which version judged them.
        broke: how many broke, by instrument.
    """

    records: list[Record]
    code: str
    limits: str
    broke: Counter[str]


def _ran(asked: RedTeam, kept: Path, names: Sequence[str], say: Say, *, quick: bool) -> Seen:
    """The sessions of the plan, each run unless it is kept."""
    jobs = plan(names, asked.sessions, asked.split)
    if quick:  # both kinds of challenge, the longest first
        jobs = plan([name for name in names if name in QUICK or asked.only], 2, asked.split)
        jobs = [job for k, job in enumerate(jobs) if (k >= len(jobs) // 2) is (job.name == report.HARD)]
        jobs.sort(key=lambda job: not job.name.startswith(BONA_FIDE))
    else:
        say(f"Sessions are kept in {kept}; go on after a stop with --resume {shlex.quote(str(kept))}")
    code = code_version()
    store = Store(kept, code)
    ran = run(jobs, bench_cast.present, store, workers=asked.processes or os.cpu_count() or 1, say=say)
    return Seen([store.get(job) for job in jobs if store.has(job)], code, code, ran.broke)


def _names(asked: RedTeam) -> list[str]:
    """The names that are run, bona fide first."""
    known = bench_cast.factories()
    unknown = sorted(set(asked.only) - set(known))
    if unknown:
        raise Refusal("unknown-name", f"There is no {', '.join(unknown)}.", f"There are: {', '.join(known)}.")
    ordered = [*(name for name in report.GOALS if name in known), *sorted(set(known) - set(report.GOALS))]
    return [name for name in ordered if not asked.only or name in asked.only]


def _judged_again(asked: RedTeam, kept: Path, names: Sequence[str], say: Say) -> Seen:
    """What is kept, judged with today's limits: seconds instead of hours."""
    if asked.folder is None and asked.published is None:
        raise Refusal("no-folder", "Only kept sessions can be judged again.", "Say --resume FOLDER or --published FILE")
    now = code_version()
    versions = Store(kept, now).versions()
    if not versions:
        raise Refusal("no-sessions", f"{kept} holds no sessions.", "Run without --rescore first.")
    then = now if now in versions else versions[0]
    if then != now:
        say(f"These sessions were run by other code ({then}, this is {now}): only the limits are of today.")
    changed, records = 0, []
    for record in Store(kept, then).records():
        number = record.job.seed - (FIRST_TEST_SEED if asked.split == "test" else 0)
        if record.job.split == asked.split and record.job.name in names and number < (asked.sessions or 10**9):
            records.append(judged_again(record))
            changed += records[-1].code != record.code
    say(f"{changed} verdicts differ from those of the run.")
    return Seen(records, then, now, Counter())


def write(path: Path, whole: report.Summary, asked: RedTeam, seen: Seen) -> None:
    """The tables as Markdown, the picture and the sessions beside it; the same bytes for the same sessions.

    Raises:
        Refusal: `cannot-write`.
    """
    try:
        release = version("selfsame")
    except PackageNotFoundError:
        release = "unknown"
    sessions = max((tally.n for tally in whole.tallies.values()), default=0)
    first = FIRST_TEST_SEED if asked.split == "test" else 0
    beside = path.with_suffix(SUFFIX)
    command = f"selfsame bench liveness --split {asked.split}" + (f" --sessions {sessions}" if asked.sessions else "")
    command += "".join(f" --only {name}" for name in asked.only)
    command += f" --rescore --published {beside.name}" if asked.rescore else ""
    command += f" --write {path.name}"
    code = seen.code if seen.code == seen.limits else f"sessions {seen.code}, limits {seen.limits}"
    about = report.About(command, release, code, asked.split, (first, first + max(sessions - 1, 0)))
    try:
        publish(beside, seen.code, seen.records)
        path.with_suffix(".png").write_bytes(picture(whole))
        path.write_text(report.page(whole, about, path.with_suffix(".png").name, beside.name))
    except OSError as error:
        raise Refusal("cannot-write", f"{path} cannot be written ({error.strerror}).", "Name another file.") from None


def plan(names: Sequence[str], sessions: int | None, split: str, kinds: Sequence[str] = KINDS) -> list[Job]:
    """Which sessions, in the order they are run: one of each name, then the next of each; None for the usual number.

    Both kinds of challenge come once in every two sessions of a name, in an order that is drawn, so that neither goes
    with a person or light that is chosen by the seed's remainder. What answers to colours always meets colours.
    """
    first = FIRST_TEST_SEED if split == "test" else 0
    rounds = (random.Random(number).sample(kinds, len(kinds)) for number in itertools.count())
    counts = {name: sessions or report.usual(name) for name in names}
    drawn = itertools.islice(itertools.chain.from_iterable(rounds), max(counts.values(), default=0))
    every = enumerate(drawn)
    light = str(Assurance.MOTION_LIGHT)
    return [
        Job(name, first + n, light if name in COLOURED else kind)
        for n, kind in every
        for name in names
        if n < counts[name]
    ]
