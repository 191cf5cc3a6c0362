"""The gate: the only source of pixels for an engine.

Order rules: `match` twice, then `grant`, then `redeem`, then `Work.draft`, then `release`, each at most once for what
it was given. In a film or a mirror: `match` once, then `follow`; for each frame `Following.look`, which matches, grants
and redeems in one, then `Work.draft`, then `release`. A value is verified before anything of it is used. A withdrawn or
ended session refuses everything, and nothing of the person is left in it.
"""

from __future__ import annotations

import math
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from consent import domain, policy
from consent.challenge import between
from consent.errors import Forgery, Refusal
from consent.ledger import Ledger
from consent.motion import Following, Found
from consent.quality import adult
from consent.receipt import Receipt
from consent.sight import everybody_else, one_face
from consent.template import score, template
from consent.types import (
    LIVE_SEAL,
    Clock,
    Draft,
    Facts,
    Grant,
    LiveCapture,
    LiveFrame,
    Match,
    Once,
    Origin,
    Photo,
    Pixels,
    Purpose,
    Released,
    Seal,
    Sealed,
    exactly,
    freeze,
)
from models import heads
from models.age import AgeEstimator
from models.arcface import Recognisers
from models.faces import Finder
from models.tracks import Tracks


@final
class Gate:
    """Knows one live person, for one session. Made by `consent.enrolment.enrol`, of a live capture and a consent alone.

    Attributes:
        session: random identifier of the session; it stands in the log and in every output.
        domain: before a camera, or in the simulator.
        assurance: the kind of challenge that was passed.
        expires: monotonic seconds.
        purposes: what the person agreed to.
        consent: identifier of the receipt.
    """

    def __init__(self, live: LiveCapture, receipt: Receipt, ledger: Ledger, clock: Clock) -> None:
        exactly(Receipt, receipt)
        exactly(Ledger, ledger)
        LIVE_SEAL.verify(LiveCapture, live)
        Refusal.unless(0 <= clock() - live.made <= policy.LIVE_SECONDS, "live-stale")
        adult(live.years)
        receipt.check()
        Refusal.unless(receipt.id not in ledger.withdrawn(), "consent-withdrawn")
        live.once.spend("live check")
        self.session: Final = secrets.token_hex(8)
        self.domain: Final = domain.domain(live.world)
        self.assurance: Final = live.assurance
        self.purposes: Final = receipt.purposes
        self.consent: Final = receipt.id
        self._world, self._clock, self._ledger, self._seen = live.world, clock, ledger, clock()
        self.expires: Final = self._seen + policy.SESSION_SECONDS
        self._lock = threading.RLock()
        self._seal = Seal()
        self._spent, self._logged = set[bytes](), set[bytes]()
        self._withdrawn = False
        self._finder, self._recogniser, self._age = Finder(), Recognisers(policy.MATCH_COSINE), AgeEstimator()
        vectors = [self._recogniser.embed(frame.pixels, frame.face) for frame in live.frames]
        self._template: NDArray[np.float32] | None = template(live.frames, vectors)
        self._live = tuple(self._own(live.frames, vectors))
        Refusal.unless(self._live, "too-few-frames")

    # --- the session's life ------------------------------------------------------------------------------------------

    def withdraw(self) -> None:
        """Take the consent back, also that to what was made: end the session, forget the person; then log it, once."""
        with self._lock:
            self._forget()
            if not self._withdrawn:
                self._ledger.record("withdrawn", self.session, consent=self.consent)
                self._withdrawn = True

    def close(self) -> None:
        """End the session and forget the person; then log it, so that a broken log cannot keep anybody."""
        with self._lock:
            known = self._template is not None
            self._forget()
            if known:
                self._ledger.record("ended", self.session)

    def _forget(self) -> None:
        self._template, self._live, self._seal = None, (), Seal()

    def _alive(self) -> NDArray[np.float32]:
        """The template of a session that is neither withdrawn nor over."""
        if self._template is None:
            raise Refusal.of("session-withdrawn")
        now = self._clock()
        if not self._seen <= now < self.expires:  # nor does a clock that is set back make anything last longer
            self._forget()
            raise Refusal.of("session-expired")
        self._seen = now
        return self._template

    @contextmanager
    def _decision(self, event: str, purpose: str = "", loud: Callable[[], bool] = lambda: True) -> Iterator[None]:
        """Hold the gate for one decision, and log it whichever way it goes; one that is not loud, where it refuses."""
        with self._lock:
            try:
                yield
            except Refusal as refusal:
                self._ledger.record(f"{event}-refused", self.session, refusal.code, purpose)
                raise
            if loud():
                self._ledger.record(event, self.session, purpose=purpose)

    # --- matching ----------------------------------------------------------------------------------------------------

    def live(self) -> tuple[Match, ...]:
        """The person's own frames of the live check, matched: at rest first, sharpest first; then the actions.

        Raises:
            Refusal: `session-withdrawn` or `session-expired`.
        """
        with self._lock:
            self._alive()
            return self._live

    def match(self, photo: Photo, choose: int | None = None) -> Match:
        """Match exactly one face of a picture with the live person.

        Args:
            photo: `uint8 RGB (H, W, 3)`, upright.
            choose: which face, counted from 0 left to right, when there are several.

        Raises:
            Refusal: `other-world`, `no-face`, `several-faces`, `no-such-face`, what `consent.quality` says,
                `not-you`, `session-withdrawn` or `session-expired`.
        """
        with self._decision("match"):
            template = self._alive()
            pixels = freeze(photo.pixels)
            domain.same_world(self._world, domain.world(pixels, photo.mark))
            face, others = one_face(self._finder, self._age, pixels, choose)
            cosine = score(template, self._recogniser.embed(pixels, face))
            Refusal.unless(cosine >= policy.MATCH_COSINE, "not-you", boxes=(face.box,))
            return self._seal.put(Match(pixels, face, others, cosine, Origin.PHOTO, None))

    def _own(self, frames: Sequence[LiveFrame], vectors: Sequence[NDArray[np.float32]]) -> Iterator[Match]:
        """The live frames that match the template themselves."""
        known = zip(frames, (score(self._alive(), vector) for vector in vectors), strict=True)
        for frame, cosine in sorted(known, key=lambda one: (one[0].action != "centre", -one[0].face.sharpness)):
            if cosine >= policy.MATCH_COSINE:
                others = everybody_else(self._finder, frame.pixels, frame.face)
                yield self._seal.put(Match(frame.pixels, frame.face, others, cosine, Origin.LIVE, frame.action))

    # --- granting ----------------------------------------------------------------------------------------------------

    def grant(self, source: Match, target: Match, purpose: Purpose, preview: Sequence[Purpose] = ()) -> Grant:
        """Leave to do one thing to this pair, once, within two minutes.

        Args:
            source: whose face is used.
            target: what is changed.
            purpose: what for.
            preview: all that is done in one go, this among it, where the result is to be looked at and not kept. Of
                such leaves for the same pair what is refused is logged, and what is given until one was released.

        Raises:
            Forgery: a match this gate did not make, or that was changed.
            Refusal: `purpose-not-agreed`, `session-withdrawn` or `session-expired`.
        """
        with self._decision("grant", purpose, lambda: job not in self._logged):
            self._alive()
            self._seal.verify(Match, source)
            self._seal.verify(Match, target)
            Refusal.unless(purpose in self.purposes & {*(preview or (purpose,))}, "purpose-not-agreed")
            ends, job = self._seen + policy.GRANT_SECONDS, self._seal.over(source, target, *preview) if preview else b""
            return self._seal.put(Grant(source, target, purpose, ends, os.urandom(16), job))

    def redeem(self, grant: Grant, purpose: Purpose) -> Work:
        """Spend a grant: what an engine works with. There is no other way for an engine to get pixels.

        Args:
            grant: from `grant`.
            purpose: what the engine does; the grant must have been given for that. A grant for something else is kept.

        Raises:
            Forgery: `forged`, `spent` or `grant-stale`.
            Refusal: `wrong-purpose`, `session-withdrawn` or `session-expired`.
        """
        with self._decision("redeem", purpose, lambda: grant.job not in self._logged):
            self._alive()
            self._seal.verify(Grant, grant)
            for match in (grant.source, grant.target, *self._live):  # an engine may take any of these
                self._seal.verify(Match, match)
            if not self._clock() < grant.expires:
                raise Forgery.of("grant-stale")
            if grant.nonce in self._spent:
                raise Forgery.of("spent", what="leave")
            Refusal.unless(grant.purpose is purpose, "wrong-purpose")
            self._spent.add(grant.nonce)
            return self._seal.put(Work(self._live, grant, self, Once()))

    # --- in motion ---------------------------------------------------------------------------------------------------

    def follow(self, source: Match, purposes: Sequence[Purpose], into: Purpose) -> Following:
        """Leave to do some things, frame by frame, in one film or one mirror.

        Args:
            source: whose face is used.
            purposes: what is done, in the order of the works that `Following.look` gives.
            into: `Purpose.VIDEO` or `Purpose.MIRROR`.

        Raises:
            Forgery: a match this gate did not make, or that was changed.
            Refusal: `purpose-not-agreed`, also for nothing to do; `session-withdrawn` or `session-expired`.
        """
        with self._decision("follow", into):
            self._alive()
            for match in (source, *self._live):
                self._seal.verify(Match, match)
            fine = into in {Purpose.VIDEO, Purpose.MIRROR} and purposes and {into, *purposes} <= self.purposes
            Refusal.unless(fine, "purpose-not-agreed")
            limits = policy.FACE_SIZE / 2, policy.TRACK_SECONDS, partial(between, *policy.FRAME_SECONDS)
            tracks = Tracks(self._finder, self._recogniser, self._age, *limits)
            return Following(self, tracks, source, purposes, into)

    def _admit(self, pixels: Pixels, mark: bytes) -> tuple[NDArray[np.float32], float]:
        """The template to compare a frame with, and the time."""
        with self._lock:
            template = self._alive()
            domain.same_world(self._world, domain.world(pixels, mark))
            return template, self._seen

    def _frame(
        self, source: Match, purposes: tuple[Purpose, ...], found: Found, origin: Origin, job: bytes
    ) -> tuple[Work, ...]:
        """What an engine works with in one frame."""
        with self._lock:
            self._alive()
            self._seal.verify(Match, secrets.choice(self._live))  # all of them take too long
            target = self._seal.put(Match(*found[:4], origin, None))
            # redeemed here and now: over already for anybody who would redeem it again
            told = (Grant(source, target, one, self._seen, os.urandom(16), job) for one in purposes)
            return tuple(self._seal.put(Work(self._live, self._seal.put(one), self, Once(), found[4])) for one in told)

    # --- out of the engine, into the stamp ---------------------------------------------------------------------------

    def _verify(self, work: Work) -> None:
        """Pass what `redeem` handed out, with nothing changed since."""
        with self._lock:
            self._alive()
            self._seal.verify(Work, work)
            for kind, value in ((Grant, work._grant), (Match, work.source), (Match, work.target)):  # noqa: SLF001
                self._seal.verify(kind, value)

    def _draft(self, grant: Grant, pixels: Pixels, facts: Facts) -> Draft:
        with self._lock:
            self._alive()
            inside = Released(pixels, grant.target.pixels, grant.source.pixels, facts)
            return self._seal.put(Draft(inside, nonce := os.urandom(16), grant.job or nonce))

    def release(self, draft: Draft, *, kept: bool = False) -> Released:
        """Open a draft for the stamp, once. Of a film, a mirror, a pair's previews the first is logged, and a refusal.

        Args:
            draft: of this gate.
            kept: it becomes a file of its own, which is logged in any case.

        Raises:
            Forgery: a draft this gate did not make, that was changed, or that was released before.
            Refusal: `session-withdrawn` or `session-expired`.
        """
        with self._decision("release", loud=lambda: kept or draft._job not in self._logged):  # noqa: SLF001
            self._alive()
            self._seal.verify(Draft, draft)
            if draft._nonce in self._spent:  # noqa: SLF001 - the one opener
                raise Forgery.of("spent", what="draft")
            self._spent.add(draft._nonce)  # noqa: SLF001
        self._logged.add(draft._job)  # noqa: SLF001
        return draft._inside  # noqa: SLF001


@final
@dataclass(frozen=True, slots=True, eq=False)
class Work(Sealed):
    """What an engine works with: the two pictures the gate matched, and the person's own live frames.

    Attributes:
        own: the person's own frames of the live check, each matched.
        scene: of a film or a mirror: goes up with every cut; 0 for a picture.
    """

    own: tuple[Match, ...] = field(repr=False)
    _grant: Grant = field(repr=False)
    _gate: Gate = field(repr=False)
    _once: Once = field(repr=False)
    scene: int = 0
    seal: bytes = field(default=b"", repr=False)

    @property
    def purpose(self) -> Purpose:
        """What may be done."""
        return self._grant.purpose

    @property
    def source(self) -> Match:
        """Whose texture or expression is used."""
        return self._grant.source

    @property
    def target(self) -> Match:
        """What is changed."""
        return self._grant.target

    def draft(self, pixels: Pixels, engine: str, parameters: Mapping[str, float | str], *also: Work) -> Draft:
        """Hand in the changed target, once.

        Whatever the engine did, pixels further from the matched face than `policy.REACH` face sizes, and the heads of
        everyone else whom the detector sees in the picture, are put back to the bit.

        Args:
            pixels: `uint8 RGB`, the shape of the target.
            engine: its name and version, for the manifest.
            parameters: what was asked, for the manifest.
            also: leave to do other things to the same pair, where several were done in one go.

        Raises:
            Refusal: `bad-output`, for another shape, type or pair; `bad-option`, for a parameter that is no number;
                `session-withdrawn` or `session-expired`.
            Forgery: `spent`, or `forged`: not from `redeem`, or changed since.
        """
        works, target = (self, *also), self.target.pixels
        for work in works:
            self._gate._verify(work)  # noqa: SLF001
        same = all((work.source, work.target) == (self.source, self.target) for work in works)
        if not same or pixels.shape != target.shape or pixels.dtype != np.uint8:
            raise Refusal.of("bad-output")
        if any(isinstance(v, float) and not math.isfinite(v) for v in parameters.values()):
            raise Refusal.of("bad-option")
        for work in works:
            work._once.spend("grant")  # noqa: SLF001
        gate, one, other = self._gate, self.source, self.target
        out = heads.composed(pixels, target, other.face, other.others, policy.REACH)
        of_gate = gate.domain, gate.assurance, gate.session, gate.consent
        of_pair = one.origin, other.origin, engine, dict(parameters), other.face.box, one.score, other.score
        facts = Facts(tuple(work._grant.purpose for work in works), *(of_gate + of_pair))  # noqa: SLF001
        return self._gate._draft(self._grant, freeze(out), facts)  # noqa: SLF001
