"""Show the prompts, record what is seen.

Order rules: frames arrive in order and without holes; each carries the index of the prompt that was painted when it was
taken, never one that was not revealed yet; a prompt is revealed only after the one before was done, from rest, after a
random pause. The first broken rule ends the recording; nothing after it counts.

One thing that was not seen in time, or began before anybody could have read what was asked, is asked again, once, and
one thing more for it. At the end more is asked, once, of whom the depth, the light or the dot was not clear.
"""

from __future__ import annotations

import dataclasses
import math
import threading
from typing import Final, final

from consent import domain, policy
from consent.challenge import Challenge, Order, Prompt, between
from consent.errors import Forgery
from consent.liveness import motion
from consent.liveness.finding import Finding, of_depth, of_now
from consent.liveness.guide import ASK, advice
from consent.liveness.recording import CAPTURE_SEAL, Capture, Hint, Outcome
from consent.types import Action, Colour, Frame, LiveFrame, Once, Pixels, exactly, freeze
from models.age import AgeEstimator
from models.faces import Face, Finder
from models.identity import Recogniser
from models.presentation import depth, evidence, series
from models.presentation.asked import DEEP
from models.presentation.best import Best, Kept
from models.presentation.motion import Rest, aim, rest_of
from models.presentation.path import Path
from models.presentation.sameness import Sample
from models.presentation.track import Track

_DOT_STEP: Final = 0.05
_DEEP: Final = frozenset({Action.CENTRE, *DEEP})
_SHONE_ON: Final = frozenset({Action.CENTRE, Action.LIGHT})


@final
class Recorder:
    """Records one challenge. Feed it frames with `take` until a hint says `over`; then take the `capture`.

    Raises:
        Forgery: at construction, when the challenge was opened before.
        Fault: at construction, when a model is missing or altered.
    """

    def __init__(self, challenge: Challenge) -> None:
        exactly(Challenge, challenge)
        self._lock = threading.RLock()
        self._track, self._recogniser, self._age = Track(Finder()), Recogniser(), AgeEstimator()
        self._clock, self._assurance = challenge.clock, challenge.assurance
        self._plan = challenge.open()
        self._done, self._share = 0, 0.0  # steps of the plan; how much of it that is, and never less than before
        self._prompts = [Prompt(0, Action.CENTRE, policy.CHALLENGE_SECONDS)]
        self._film, self._best = series.Film(), Best(self._recogniser)
        self._samples: list[Sample] = []
        self._next_sample = -math.inf
        self._rest: Rest | None = None
        self._run: list[float] = []  # page times of the frames in a row that rest
        self._begun = self._revealed = self._clock()
        self._reveal_at: float | None = None
        self._again_at = -1  # index of the rest before something is asked again
        self._second_run = 0
        self._start: tuple[float, float] | None = None  # page clock, our clock
        self._shape: tuple[int, ...] = (0, 0, 0)
        self._world: bytes | None = None
        self._outcome: Outcome | None = None
        self._captured = Once()
        self._said = self._hint("")

    # --- what the page sees ------------------------------------------------------------------------------------------

    @property
    def hint(self) -> Hint:
        """What was said last; before any frame, the first prompt."""
        return self._said

    def take(self, frame: Frame) -> Hint:
        """See one frame; say what to show now. Never raises for what is in the frame."""
        with self._lock:
            code = ""
            if self._outcome is None:
                now, frame = self._clock(), dataclasses.replace(frame, pixels=freeze(frame.pixels))
                self._outcome = self._broken_rule(frame, now)
                if self._outcome is None:
                    code = self._see(frame, now)
            self._said = self._hint(code)
            return self._said

    def capture(self) -> Capture:
        """The recording, sealed, once. An unfinished one is sealed too: `liveness.check` refuses it."""
        with self._lock:
            self._captured.spend("recording")
            kept = self._best.all()
            value = Capture(
                self._outcome or Outcome.UNFINISHED,
                self._prompts[-1].action,
                tuple(self._prompts),
                self._rest,
                self._path,
                tuple(self._film.sights),
                self._film.steps(evidence.deep(self._prompts)),
                tuple(self._samples),
                tuple(LiveFrame(one.image, one.face, self._prompts[one.part].action) for one in kept),
                tuple(self._best.vector(one) for one in kept),
                self._world or domain.CAMERA,
                self._assurance,
                self._clock(),
                Once(),
            )
            self._film, self._samples, self._best = series.Film(), [], Best(self._recogniser)
            return CAPTURE_SEAL.put(value)

    def _hint(self, code: str) -> Hint:
        prompt, face = self._prompts[-1], self._film.sights[-1].face if self._film.sights else None
        left, amount, nose = None, None, None
        dots: tuple[tuple[float, float, float], ...] = ()
        if self._outcome is None and prompt.action not in (Action.CENTRE, Action.LIGHT):
            gone = self._gone()
            left = prompt.seconds - gone
            path = self._path if prompt.action is Action.DOT else None
            if path is not None:  # from a moment ago to a moment ahead; what comes later is nobody's business
                dots = path.between(gone - policy.DOT_AHEAD, gone + policy.DOT_AHEAD, _DOT_STEP)
                nose = aim(face, self._rest, policy.DOT_FIELD) if face and self._rest else None
            elif face and self._rest:
                amount = min(1.0, max(0.0, motion.amount(prompt.action, face, self._rest)))
        over = self._outcome is not None
        asked = "again" if prompt.index == self._again_at else prompt.action
        code = str(self._outcome) if self._outcome is not None else code or asked
        done = 1.0 if self._outcome is Outcome.COMPLETE else self._done / (len(self._plan.steps) + 1)
        self._share = max(self._share, done)
        return Hint(code, ASK.get(code, ""), prompt, self._share, left, over, amount, dots, nose)

    # --- rules of order ----------------------------------------------------------------------------------------------

    def _broken_rule(self, frame: Frame, now: float) -> Outcome | None:  # noqa: PLR0911 - one line a rule
        if not now - self._begun <= policy.CHALLENGE_SECONDS:
            return Outcome.TOO_SLOW
        if not math.isfinite(frame.page_time):
            return Outcome.CLOCK
        try:
            world = domain.world(frame.pixels, frame.mark)
        except Forgery:
            return Outcome.MIXED
        if self._start is None:
            self._start, self._world, self._shape = (frame.page_time, now), world, frame.pixels.shape
        if world != self._world or frame.pixels.shape != self._shape:
            return Outcome.MIXED
        if not abs((frame.page_time - self._start[0]) - (now - self._start[1])) <= policy.CLOCK_SLACK:
            return Outcome.CLOCK
        if self._film.sights:
            step = frame.page_time - self._film.sights[-1].page_time
            if not step > 0 or frame.shown < self._film.sights[-1].prompt:
                return Outcome.ORDER
            if not step <= policy.FRAME_GAP:
                return Outcome.GAP
        return None if -1 <= frame.shown <= self._prompts[-1].index else Outcome.ORDER

    # --- seeing ------------------------------------------------------------------------------------------------------

    def _see(self, frame: Frame, now: float) -> str:
        """Look at the frame, then move the story on; return the code of a more urgent hint than the prompt."""
        pixels = frame.pixels
        face, other = self._track.look(pixels)
        crowded = not other < policy.SECOND_FACE_SHARE
        asked = self._prompts[max(0, frame.shown)].action
        rest, deep, lit = asked is Action.CENTRE, asked in _DEEP, asked in _SHONE_ON
        self._film.see(frame.page_time, frame.shown, pixels, face, rest=rest, deep=deep, lit=lit)
        self._second_run = self._second_run + 1 if crowded else 0
        if self._second_run >= policy.SECOND_FACE_FRAMES and self._rest is not None:
            self._outcome = Outcome.SECOND_FACE
            return ""
        if face is None:
            self._run = []
            if self._rest is not None and self._film.lost() > policy.LOST_SECONDS:
                self._outcome = Outcome.LOST
            return "no-face"
        if self._rest is not None:
            self._sample(frame, face, asked)
        if frame.shown == self._prompts[-1].index:
            return self._go_on(pixels, face, now, crowded=crowded)
        quick = self._prompts[-1].action in (Action.LIGHT, Action.DOT)
        patience = policy.QUICK_PAINT_SECONDS if quick else policy.PAINT_SECONDS
        if not now - self._revealed <= patience:  # the page has not painted the newest prompt yet
            self._outcome = Outcome.STALLED
        return ""

    def _sample(self, frame: Frame, face: Face, action: Action) -> None:
        """Take an identity sample now and then, and in any case of every prompt but the colours."""
        fresh = action is not Action.LIGHT and (not self._samples or self._samples[-1].prompt != frame.shown)
        if frame.page_time >= self._next_sample or fresh:
            embedding = self._recogniser.embed(frame.pixels, face)
            years = self._age.years(frame.pixels, face) if action is Action.CENTRE else math.nan
            self._samples.append(Sample(frame.shown, embedding, years))
            self._next_sample = frame.page_time + between(*policy.SAMPLE_SECONDS)
            return
        self._best.compute(before=self._prompts[-1].index)  # no sample now: there is time
        self._film.steps(evidence.deep(self._prompts[: frame.shown]))

    def _keep(self, score: float, pixels: Pixels, face: Face) -> None:
        self._best.offer(Kept(self._prompts[-1].index, len(self._film.sights), score, pixels, face))

    # --- the story ---------------------------------------------------------------------------------------------------

    def _since(self) -> list[tuple[float, Face | None]]:
        """(page time, face) of the frames with the newest prompt on the screen."""
        return self._film.since(self._prompts[-1].index)

    def _gone(self) -> float:
        """Seconds, by the page's clock, since the newest prompt was first on the screen; 0 while it is not."""
        return self._film.gone(self._prompts[-1].index)

    def _reveal(self, action: Action, seconds: float = policy.ACTION_SECONDS, colour: Colour | None = None) -> None:
        self._prompts.append(Prompt(self._prompts[-1].index + 1, action, seconds, colour))
        self._run, self._reveal_at, self._revealed = [], None, self._clock()

    @property
    def _path(self) -> Path | None:
        """Of the newest dot; None before any."""
        dots = sum(prompt.action is Action.DOT for prompt in self._prompts)
        return self._plan.paths[dots - 1] if dots else None

    def _reveal_next(self) -> None:
        """The next step of the plan."""
        step = self._plan.steps[self._done]
        seconds = self._plan.paths[0].seconds if step is Action.DOT else policy.ACTION_SECONDS
        self._reveal(step, seconds, self._plan.colours[0] if step is Action.LIGHT else None)

    def _step_done(self) -> None:
        self._done += 1
        self._reveal(Action.CENTRE)

    def _go_on(self, pixels: Pixels, face: Face, now: float, *, crowded: bool) -> str:
        """The frame answers the newest prompt: move the story on."""
        action = self._prompts[-1].action
        if self._rest is None or action is Action.CENTRE:
            return self._at_rest(pixels, face, now, crowded=crowded)
        if action is Action.LIGHT:
            return self._shone_on(self._rest)
        if action is not Action.DOT:
            self._acting(pixels, face, self._rest, alone=not crowded)
        elif self._gone() >= self._prompts[-1].seconds:  # the path is over, and the head had time to arrive
            self._step_done()
        return ""

    def _at_rest(self, pixels: Pixels, face: Face, now: float, *, crowded: bool) -> str:
        """At rest: measure neutral the first time, wait for the return later; then pause and reveal what is next."""
        code = ""
        if self._rest is None:
            code = "several-faces" if crowded else advice(face, pixels.shape)
            resting = not code
        else:
            resting = motion.at_rest(face, self._rest)
        self._run = [*self._run, self._film.sights[-1].page_time] if resting else []
        if resting and not crowded:
            self._keep(face.sharpness, pixels, face)
        elif not resting and self._late():
            self._outcome = Outcome.NOT_SEEN
            return ""
        first = 2 * policy.HOLD_FRAMES, policy.REST_SECONDS
        frames, seconds = first if self._rest is None else (policy.HOLD_FRAMES, policy.HOLD_SECONDS)
        if len(self._run) < frames or self._run[-1] - self._run[0] < seconds:
            return code
        if self._rest is None:
            self._rest = rest_of([f for _, f in self._since()[-len(self._run) :] if f is not None])
        if self._done == len(self._plan.steps) and self._plan.spare:
            self._plan = dataclasses.replace(self._plan, steps=self._plan.steps + self._lacking(), spare=())
        if self._done == len(self._plan.steps):
            self._outcome = Outcome.COMPLETE
        elif self._reveal_at is None:
            self._reveal_at = now + between(*policy.START_JITTER)
        elif now >= self._reveal_at:
            self._reveal_next()
        return code

    def _lacking(self) -> Order:
        """What is asked besides, where it is not clear yet: two turns for the depth, the dot for the light or the dot.

        Whoever can do without the light could have chosen to: what is asked instead gates alike.
        """
        sights, prompts = self._film.sights, self._prompts
        followed = evidence.followed(sights, prompts, self._path, self._rest, policy.DOT_FIELD)
        turns = of_depth(depth.pool(self._film.steps(evidence.deep(prompts)))) is Finding.UNCLEAR
        dot = of_now(evidence.lit(sights, prompts), followed) is Finding.UNCLEAR
        return (self._plan.spare if turns else ()) + ((Action.DOT,) if dot else ())

    def _shone_on(self, rest: Rest) -> str:
        """One colour: seen long enough with the head still, the next one comes, after the last the rest."""
        faces = self._since()
        still = [time for time, face in faces if face and motion.held_still(face, rest, policy.LIGHT_STILL)]
        if len(still) >= policy.LIGHT_FRAMES and still[-1] - faces[0][0] >= policy.LIGHT_SECONDS:
            slots = sum(p.action is Action.LIGHT for p in self._prompts)
            if slots == len(self._plan.colours):
                self._step_done()
            else:
                self._reveal(Action.LIGHT, colour=self._plan.colours[slots])
        elif not self._gone() <= policy.LIGHT_LATE:
            self._outcome = Outcome.NOT_SEEN
        return "" if faces[-1][0] in still else "hold-still"

    def _acting(self, pixels: Pixels, face: Face, rest: Rest, *, alone: bool) -> None:
        """During an action: see it, or see the contrary, or run out of time."""
        action, since = self._prompts[-1].action, self._since()
        if alone:
            self._keep(motion.amount(action, face, rest), pixels, face)
        began = motion.held(action, since, rest)
        if any(motion.held(wrong, since, rest) is not None for wrong in motion.CONTRADICTS[action]):
            self._outcome = Outcome.WRONG
        elif began is not None and not began - since[0][0] >= policy.REACTION_SECONDS:
            self._once_more(Outcome.TOO_FAST)
        elif began is not None:
            self._step_done()
        elif self._late():
            self._once_more(Outcome.NOT_SEEN)

    def _once_more(self, failed: Outcome) -> None:
        """The same again, and something besides at the end; the second time the recording has failed."""
        if not self._plan.again:
            self._outcome = failed
            return
        self._plan = dataclasses.replace(self._plan, steps=self._plan.steps + self._plan.again, again=())
        self._reveal(Action.CENTRE)
        self._again_at = self._prompts[-1].index

    def _late(self) -> bool:
        """Whether there was time enough for an action, or to come back from one."""
        enough = len(self._since()) >= policy.ACTION_FRAMES and self._rest is not None
        return enough and self._gone() > policy.ACTION_SECONDS
