"""The whole way, in order. Read this page first: everything the program does is these eight calls.

    1  capture    camera + challenge        -> Capture       what was seen while prompts were shown
    2  check      Capture                   -> LiveCapture   a living person, or a refusal
    3  enrol      LiveCapture + consent     -> Gate          knows this one person, in memory, for a while
    4  match      picture (twice)           -> Match         this face is that person's
    5  grant      Match + Match + purpose   -> Grant         leave for this pair, once, two minutes
    6  an engine  Grant                     -> Draft         changed pixels that nobody can save or show
    7  stamp      Draft                     -> Stamped       labelled, signed, read back: the only bytes that leave
    8  verify     any file                  -> Report        by anyone, with no session (`app.verify`)

The studio and the command line have no other way.
"""

from __future__ import annotations

from typing import Protocol

from app.engines.age import AgeOptions, age
from app.engines.combine import CombineOptions, combine
from app.engines.combine import purposes as purposes  # noqa: PLC0414 - what leave is needed, handed on
from app.engines.express import ExpressOptions, express
from app.engines.neural import NeuralOptions, neural
from app.engines.personal import PersonalOptions, personal
from app.engines.swap import SwapOptions, swap
from app.stamp.plate import Language
from app.stamp.signer import Signer
from app.stamp.writer import Stamped, stamp
from consent import liveness
from consent.attempts import begin
from consent.enrolment import enrol
from consent.errors import Refusal
from consent.gate import Gate
from consent.ledger import Ledger
from consent.liveness import Capture, Hint
from consent.receipt import Receipt
from consent.types import Assurance, Clock, Frame, Match, Photo, Purpose, since_boot

Options = SwapOptions | AgeOptions | ExpressOptions | CombineOptions | PersonalOptions
"""What to do is said by the type of the options."""


class Camera(Protocol):
    """Something that shows a person what to do and gives the next frame."""

    def frame(self, hint: Hint) -> Frame:
        """The next frame, with what `hint` says on the screen."""
        ...


def meet(
    camera: Camera,
    receipt: Receipt,
    ledger: Ledger,
    clock: Clock = since_boot,
    assurance: Assurance = Assurance.MOTION_LIGHT,
) -> Gate:
    """Calls 1 to 3: the live check of one person, and their gate.

    Raises:
        Refusal: what `begin`, `liveness.check` and `enrol` say.
        Fault: a model is missing or altered, or the log is broken.
    """
    recorder = liveness.Recorder(begin(ledger, clock, assurance))
    while not recorder.take(camera.frame(recorder.hint)).over:
        pass
    return admit(recorder.capture(), receipt, ledger, clock)


def admit(capture: Capture, receipt: Receipt, ledger: Ledger, clock: Clock = since_boot) -> Gate:
    """Calls 2 and 3, for a recording that was made already. A refusal is logged.

    Raises:
        Refusal: what `liveness.check` and `enrol` say.
        Fault: a model is missing or altered, or the log is broken.
    """
    try:
        live = liveness.check(capture)
    except Refusal as refusal:
        ledger.record("liveness-refused", "", refusal.code)
        raise
    return enrol(live, receipt, ledger, clock)


def change(
    gate: Gate, source: Photo | None, target: Photo, options: Options, signer: Signer, *, fmt: str = "jpeg"
) -> Stamped:
    """Calls 4 to 7: change the person's own face in `target`, which shows nobody else.

    `source` is a picture of the same person; None means the live check's own best frame. See `make` for the rest.
    """
    mine = gate.match(source) if source is not None else gate.live()[0]
    return make(gate, mine, gate.match(target), options, signer, fmt=fmt)


def make(
    gate: Gate,
    source: Match,
    target: Match,
    options: Options | NeuralOptions,
    signer: Signer,
    *,
    fmt: str = "jpeg",
    language: Language = "en",
    preview: bool = False,
) -> Stamped:
    """Calls 5 to 7, for pictures that were matched already.

    Args:
        gate: from `meet`.
        source: whose face is used: `Gate.match` or one of `Gate.live`.
        target: what is changed.
        options: what to do; their type says which engine.
        signer: this installation's.
        fmt: `jpeg`, `png` or `webp`.
        language: of the visible label: `en` or `zh`.
        preview: it is to be looked at and not kept: the first one of a pair is logged, and each refusal.

    Raises:
        Refusal: what the gate, the engine or the stamp says; nothing is written then.
    """
    done = (Purpose.SWAP,) if isinstance(options, NeuralOptions) else purposes(options)
    grants = {one: gate.grant(source, target, one, done if preview else ()) for one in done}
    if isinstance(options, SwapOptions):
        draft = swap(gate, grants[Purpose.SWAP], options)
    elif isinstance(options, AgeOptions):
        draft = age(gate, grants[Purpose.AGE], options)
    elif isinstance(options, ExpressOptions):
        draft = express(gate, grants[Purpose.EXPRESS], options)
    elif isinstance(options, PersonalOptions):
        draft = personal(gate, grants[Purpose.SWAP], options)
    elif isinstance(options, NeuralOptions):
        draft = neural(gate, grants[Purpose.SWAP], options)
    else:
        draft = combine(gate, grants, options)
    return stamp(gate, draft, signer, fmt, language, kept=not preview)
