"""What the stamp costs, step by step and beside everything else; and whether everybody finds in a file what we put in.

The pipeline is the whole way of two picture files: both are decoded and matched, a grant is given, the engine works,
the stamp labels, marks, encodes, signs and reads back. Times are CPU time of all threads, so that other work on the
same computer counts little.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final
from unittest import mock

import numpy as np
from PIL import Image

from app import codec, media
from app.bench import Figure, share
from app.engines.age import AgeOptions, age
from app.engines.express import ExpressOptions, express
from app.engines.swap import SwapOptions, swap
from app.stamp import label, watermark, writer
from app.stamp.registry import Registry
from app.stamp.signer import Signer
from app.verify import Verdict, verify
from consent.errors import Fault
from consent.gate import Gate
from consent.types import Match, Photo, Purpose

FORMATS: Final = ("jpeg", "png", "webp")
CHANGES: Final = (SwapOptions(), AgeOptions(years=25), ExpressOptions(smile=0.8))
STEPS: Final = ("decode", "commit", "label", "watermark", "encode", "sign", "read_back", "remember")
SHARE: Final = "share of decoding, matching, engine and stamp"


@dataclass(slots=True)
class Watch:
    """CPU milliseconds by the name of what was done."""

    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextlib.contextmanager
    def on(self, name: str) -> Iterator[None]:
        """Add what is done meanwhile."""
        start = time.process_time()
        try:
            yield
        finally:
            self.spent[name] += 1000 * (time.process_time() - start)

    def timed(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, watched."""

        def watched(*given: Any, **more: Any) -> Any:
            with self.on(name):
                return work(*given, **more)

        return watched


@contextlib.contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """The stamp's own steps, watched."""
    steps = [
        (writer.Proof, "over", "commit"),
        (label, "draw", "label"),
        (watermark, "embed", "watermark"),
        (codec, "encode", "encode"),
        (writer, "_sign", "sign"),
        (writer, "read_back", "read_back"),
        (Registry, "keep", "remember"),
    ]
    with contextlib.ExitStack() as stack:
        for owner, name, step in steps:
            work = watch.timed(step, getattr(owner, name))
            stack.enter_context(mock.patch.object(owner, name, work))
        yield


@dataclass(frozen=True, slots=True)
class Made:
    """One picture that went the whole way.

    Attributes:
        data: the stamped file; None when it did not pass its own check.
        megapixels: of the picture.
        watch: what was spent on each step, and on `stamp` and `pipeline` as a whole.
    """

    data: bytes | None
    fmt: str
    megapixels: float
    watch: Watch


def figures(
    gate: Gate,
    signer: Signer,
    sizes: tuple[tuple[int, int], ...],
    portraits: Callable[..., Iterator[Photo]],
    say: Callable[[str], None],
) -> Iterator[Figure]:
    """Every size in every format, read again by us and by somebody else's code.

    Args:
        gate: of the person whom `portraits` draws.
        signer: of this run.
        sizes: (width, height) of the pictures.
        portraits: given a count and `size=`, pictures of that person.
        say: gets what happens meanwhile as sentences.
    """
    made = []
    for size in (sizes[0], *sizes):  # once more, for what is built once
        say(f"stamping at {size[0]}x{size[1]}")
        source = media.encode(next(portraits(1)).pixels, "jpeg", 95)
        for fmt, photo, options in zip(FORMATS, portraits(3, size=size), CHANGES, strict=True):
            target = media.encode(photo.pixels, "jpeg", 95)
            made.append(_whole_way(gate, signer, source, target, options, fmt, say))
    made = made[3:]
    yield from _soundness(made, signer.anchor_pem, say)
    yield _middle("stamp_ms_per_megapixel", [one.watch.spent["stamp"] / one.megapixels for one in made], "CPU ms")
    for step in STEPS:
        spent = [one.watch.spent[step] / one.megapixels for one in made]
        yield _middle(f"stamp.{step}_ms_per_megapixel", spent, "CPU ms")
    yield _middle("stamp_share_of_pipeline", [_share(one, "stamp") for one in made], SHARE, 0.15)
    marks = [one.watch.spent["watermark"] / one.watch.spent["pipeline"] for one in made]
    yield _middle("watermark_share_of_pipeline", marks, "the same, hiding it alone", 0.15)
    added = [_without_encoding(one) for one in made]
    yield _middle("stamp_share_without_encoding", added, "the same, without encoding, which any editor does", 0.15)
    for fmt in FORMATS:
        some = [one for one in made if one.fmt == fmt]
        yield _middle(f"stamp_share_of_pipeline.{fmt}", [_share(one, "stamp") for one in some], SHARE, 0.15)
    for size in sizes:
        some = [one for one in made if one.megapixels == _megapixels(size)]
        name = f"{_megapixels(size):.1f}mp"
        yield _middle(f"stamp_ms.{name}", [one.watch.spent["stamp"] for one in some], "CPU ms a picture")
        yield _middle(f"stamp_share_of_pipeline.{name}", [_share(one, "stamp") for one in some], SHARE, 0.15)


def _whole_way(
    gate: Gate, signer: Signer, source: bytes, target: bytes, options: Any, fmt: str, say: Callable[[str], None]
) -> Made:
    watch, stamped = Watch(), None
    with watch.on("pipeline"):
        with watch.on("decode"):
            mine, other = media.read(source), media.read(target)
        draft = draft_of(gate, gate.match(mine), gate.match(other), options)
        with watch.on("stamp"), watched(watch):
            try:
                stamped = writer.stamp(gate, draft, signer, fmt)
            except Fault as no:
                say(f"not stamped: {no.code}")
    height, width = other.pixels.shape[:2]
    return Made(stamped and stamped.data, fmt, _megapixels((width, height)), watch)


def draft_of(gate: Gate, source: Match, target: Match, options: Any) -> Any:
    """Grant and engine, by the type of the options."""
    engine, purpose = {
        SwapOptions: (swap, Purpose.SWAP),
        AgeOptions: (age, Purpose.AGE),
        ExpressOptions: (express, Purpose.EXPRESS),
    }[type(options)]
    return engine(gate, gate.grant(source, target, purpose), options)


def _megapixels(size: tuple[int, int]) -> float:
    return size[0] * size[1] / 1e6


def _share(one: Made, step: str) -> float:
    return one.watch.spent[step] / one.watch.spent["pipeline"]


def _without_encoding(one: Made) -> float:
    spent = one.watch.spent
    return (spent["stamp"] - spent["encode"]) / (spent["pipeline"] - spent["encode"])


def _soundness(made: list[Made], anchor: str, say: Callable[[str], None]) -> Iterator[Figure]:
    found = sum(_labelled(one.data) for one in made)
    yield share("label_found_rate", found, len(made), "share of stamped pictures", 1.0)
    trusted = [one.data is not None and verify(one.data, [anchor]).verdict is Verdict.OURS for one in made]
    yield share("c2pa_trusted_rate", sum(trusted), len(made), "share of stamped pictures", 1.0)
    theirs = [one.data is not None and _verified_elsewhere(one, anchor) for one in made]
    if None in theirs:
        say("encypher-c2pa is not installed, so nobody else's verifier was asked")
    else:
        yield share("independent_verifier_rate", sum(map(bool, theirs)), len(made), "share, encypher-c2pa", 1.0)


def _labelled(data: bytes | None) -> bool:
    return data is not None and label.find(np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))) is not None


def _verified_elsewhere(one: Made, anchor: str) -> bool | None:
    """What another code base says of the same bytes; None without it."""
    try:
        import encypher_c2pa
    except ImportError:
        return None
    said = encypher_c2pa.verify(
        one.data, codec.Format(one.fmt).mime, trust_pem=anchor, no_default_trust=True, telemetry=False, online=False
    )
    return said["integrity"] == "valid"


def _middle(name: str, values: list[float], unit: str, goal: float | None = None) -> Figure:
    """The median as a figure."""
    return Figure(name, median(values) if values else None, unit, len(values), goal)
