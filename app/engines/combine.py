"""Combine: swap, age and expression of one picture in one go, so that no pixel is resampled twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from app.engines import _age, _combine, _express, _swap
from app.engines._covered import uncovered
from app.engines._personaldraw import Painter, drawn
from app.engines.age import AgeOptions
from app.engines.express import ExpressOptions
from app.engines.personal import Learnt, PersonalOptions, Training
from app.engines.swap import SwapOptions
from consent.errors import Refusal
from consent.gate import Gate, Work
from consent.types import Draft, Grant, Origin, Pixels, Purpose

Options = SwapOptions | PersonalOptions | AgeOptions | ExpressOptions
_NAMED: Final = {
    SwapOptions: Purpose.SWAP,
    PersonalOptions: Purpose.SWAP,
    AgeOptions: Purpose.AGE,
    ExpressOptions: Purpose.EXPRESS,
}


@dataclass(frozen=True, slots=True)
class CombineOptions:
    """What is done together.

    Attributes:
        swap: from a picture, or by what was learnt; None leaves the person's face in the picture as it is.
        age: None leaves their age.
        express: None leaves their expression.

    Raises:
        Refusal: `bad-option`, for fewer than two, or options in another's place.
    """

    swap: SwapOptions | PersonalOptions | None = None
    age: AgeOptions | None = None
    express: ExpressOptions | None = None

    def __post_init__(self) -> None:
        swaps = {SwapOptions, PersonalOptions}
        places = (self.swap, swaps), (self.age, {AgeOptions}), (self.express, {ExpressOptions})
        if any(one is not None and type(one) not in kinds for one, kinds in places):
            raise Refusal("bad-option", "These are no options for that.", "Choose the options of each thing to do.")
        if len(self.purposes) < 2:
            raise Refusal("bad-option", "Nothing is put together there.", "Choose two things to do, or three.")

    @property
    def parts(self) -> tuple[Options, ...]:
        """What is asked for, in the order in which it is done."""
        return tuple(one for one in (self.swap, self.age, self.express) if one is not None)

    @property
    def purposes(self) -> tuple[Purpose, ...]:
        """What leave is needed for, in that order."""
        return tuple(_NAMED[type(one)] for one in self.parts)

    @property
    def parameters(self) -> dict[str, float | str]:
        """What is asked for, for the manifest: names such as `age_years`."""
        told: dict[str, float | str] = {}
        for purpose, one in zip(self.purposes, self.parts, strict=True):
            told |= {f"{purpose}_{name}": value for name, value in one.parameters.items()}
        if isinstance(self.swap, PersonalOptions):
            told["swap_engine"] = self.swap.model.engine
        return told


def purposes(options: Options | CombineOptions) -> tuple[Purpose, ...]:
    """What leave these options need, in the order in which it is done."""
    return options.purposes if isinstance(options, CombineOptions) else (_NAMED[type(options)],)


def model_of(options: Options | CombineOptions) -> Learnt | Training | None:
    """What was learnt in this session and is to be drawn, if anything is."""
    swap = options.swap if isinstance(options, CombineOptions) else options
    return swap.model if isinstance(swap, PersonalOptions) else None


def combine(gate: Gate, grants: Mapping[Purpose, Grant], options: CombineOptions) -> Draft:
    """The target's picture with several changes made in one go.

    Args:
        gate: of the person.
        grants: one for each of `options.purposes`, all of the same source and target.
        options: what is done.

    Raises:
        Forgery: a grant is not this gate's, is spent, or has run out.
        Refusal: `bad-option`, for a grant that is missing or not needed, or grants of several pairs; `wrong-purpose`;
            `face-covered`, `model-forgotten`, or the session is over.
    """
    if set(grants) != set(options.purposes):
        raise Refusal("bad-option", "That is not the leave for what is to be done.", "Ask for leave for each part.")
    first, *more = (gate.redeem(grants[purpose], purpose) for purpose in options.purposes)
    if any(work.source is not first.source or work.target is not first.target for work in more):
        raise Refusal("bad-option", "The changes are not of the same pictures.", "Ask for leave for one pair.")
    uncovered(first.source, first.target)
    model = model_of(options)
    pixels = _made(first, options, None if model is None else model.painter(gate))
    return first.draft(pixels, "combine-mesh 3", options.parameters, *more)


def _made(work: Work, options: CombineOptions, painter: Painter | None) -> Pixels:
    """Expression and age bend the target's face; the swap draws on what is bent; lids, teeth, lines and hair follow."""
    target = work.target
    shapes: list[_combine.Shape] = []
    paints: list[_combine.Paint] = []
    if (asked := options.express) is not None:
        plan = _express.plan(target, work.own, asked.asked, work.source, asked.copy)
        shapes.append(plan.shaped)
        paints.append(lambda out, mesh: plan.paint(out, target.pixels, target.face.mesh, mesh))
    if (years := options.age) is not None:
        how = years.years, years.grey, int(years.seed), _age.segmenter()
        shapes.append(lambda mesh: _age.shaped(mesh, years.years))
        paints.append(lambda out, mesh: _age.paint(out, mesh, *how))
    texture = None
    if (swap := options.swap) is not None:
        much: dict[str, Any] = {"amount": swap.amount, "interior": swap.interior, "parts": swap.parts}
        views = (work.source, *work.own) if work.source.origin is Origin.LIVE else (work.source,)
        texture = partial(_swap.swapped, views, **much) if painter is None else partial(drawn, painter, **much)
    return _combine.painted(_combine.bent(target, shapes), texture, paints)
