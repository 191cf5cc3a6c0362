"""The red team: presentation attack instruments by name, each a factory of a sitter for a seed and a split.

The words are ISO/IEC 30107-3's. Attackers have the right conditions to succeed: steady hands, good light, the victim's
best material, and sight of every prompt as soon as a camera could have it. They answer both kinds of challenge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from tests.pad import content, warp
from tests.pad.attacks import Attack, CutMask, Displayed, Injected, Mask, Printed, Second, Switch, good
from tests.pad.clips import library
from tests.pad.conditions import Split, split_of

if TYPE_CHECKING:
    from consent.liveness.recording import Hint
    from consent.types import Frame
    from tests.booth import Booth
    from tests.pad.clips import Library


class Sitter(Protocol):
    """Somebody or something before the camera."""

    def clock(self) -> float:
        """Seconds, the session's own."""
        ...

    def frame(self, hint: Hint) -> Frame:
        """The next frame, `hint` having been on the screen since the one before."""
        ...


Factory = Callable[[int, str], Sitter]
"""(seed, split) -> the sitter. Raises ValueError when the seed belongs to the other split."""


def _rng(seed: int) -> np.random.Generator:
    return np.random.default_rng((seed, 51))


def _of(seed: int) -> Library:
    return library(good(seed).person, seed % 2)


def _puppet(seed: int, depth: float = 0.45) -> content.PuppetShow:
    its = _of(seed)
    return content.PuppetShow(warp.Warped(its.small, its.face, depth), good(seed).scene.distance)


def _video(seed: int) -> content.Playback:
    return content.Playback(_of(seed).clip(f"video-{seed % 2}"))


def _session(seed: int) -> content.Playback:
    return content.Playback(_of(seed).clip(f"session-{seed % 3}"))


def _lucky(seed: int) -> content.Lucky:
    return content.Lucky(_of(seed), _rng(seed))


def _tinted(seed: int) -> Injected:
    """Every other one tints the face alone."""
    its, strength = _of(seed), float(_rng(seed).uniform(0.2, 0.5))
    face = warp.relief(its.face, its.small.shape[:2])[1] if seed % 2 else None
    return Injected(seed, content.Tinted(_puppet(seed), strength, face))


def _adaptive(seed: int) -> Injected:
    return Injected(seed, content.Adaptive(_of(seed), _rng(seed), float(_rng(seed).uniform(0.25, 0.45))))


def _in_colours(seed: int) -> Injected:
    return Injected(seed, content.Lucky(_of(seed), _rng(seed), match=True))


def _bent(seed: int) -> Printed:
    """Round the standing axis and the lying one by turns; to and from the camera."""
    rng = _rng(seed)
    arc = float(rng.uniform(40, 95)) * (1 if rng.random() < 0.8 else -0.5)
    return Printed(seed, effort=1.5, bend=arc, upright=seed % 2 == 0)


def _frozen(seed: int) -> Injected:
    return Injected(seed, _lucky(seed), repeat=2 + seed % 3)


def _looped(seed: int) -> Injected:
    loop = content.Looped(_lucky(seed), 0.8 + 0.2 * (seed % 4))
    return Injected(seed, loop, loop=loop.seconds)


_MADE: Final[dict[str, Callable[[int], Booth]]] = {
    "print_still": lambda seed: Printed(seed, effort=0.0),
    "print_waved": lambda seed: Printed(seed, effort=1.2, swing=0.12),
    "print_rotated": lambda seed: Printed(seed, effort=1.9),
    "print_bent": _bent,
    "print_cutout": CutMask,
    "replay_video": lambda seed: Displayed(seed, _video(seed)),
    "replay_session": lambda seed: Displayed(seed, _session(seed)),
    "replay_lucky": lambda seed: Displayed(seed, _lucky(seed)),
    "replay_puppet": lambda seed: Displayed(seed, _puppet(seed)),
    "inject_photo": lambda seed: Injected(seed, content.Still(_of(seed).small)),
    "inject_video": lambda seed: Injected(seed, _video(seed)),
    "inject_session": lambda seed: Injected(seed, _session(seed)),
    "inject_puppet": lambda seed: Injected(seed, _puppet(seed)),
    "inject_tinted": _tinted,
    "inject_adaptive": _adaptive,
    "mask_3d": Mask,
    "identity_switch": Switch,
    "second_person": Second,
    "frozen": _frozen,
    "looped": _looped,
}


def _checked(make: Callable[[int], Booth]) -> Factory:
    def factory(seed: int, split: str) -> Sitter:
        if Split(split) is not split_of(seed):
            raise ValueError(f"seed {seed} belongs to {split_of(seed)}")
        return make(seed)

    return factory


INSTRUMENTS: Final[Mapping[str, Factory]] = {name: _checked(make) for name, make in _MADE.items()}
"""Every instrument of the bench by name."""

LIMITS: Final[Mapping[str, Factory]] = {
    "avatar_3d": _checked(lambda seed: good(seed).booth()),
    "inject_in_colours": _checked(_in_colours),
}
"""What no colour camera can tell from a person, reported apart: a textured 3-D head driven in step through a virtual
camera (the renderer itself), and clips of the person recorded in each of the six colours, played as they are asked."""

COLOURED: Final = frozenset({"inject_tinted", "inject_in_colours"})
"""What answers to colours: before a dot these are `inject_puppet`, and clips of another dot."""

__all__ = ["COLOURED", "INSTRUMENTS", "LIMITS", "Attack", "Factory", "Sitter"]
