"""What was learnt works in its session alone, and is deleted when that is over: somebody looks, ten times a second."""

from __future__ import annotations

import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final, NoReturn, SupportsIndex

from consent.errors import Forgery, Refusal
from consent.gate import Gate
from consent.types import Match, Origin

_SECONDS: Final = 0.1


class OfOneSession(ABC):
    """What was learnt in one session: works with that session's gate alone, and cannot be copied or serialised."""

    __slots__ = ("__weakref__", "_gate")
    _gate: Gate

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} cannot be copied or serialised")

    __copy__ = __deepcopy__ = _refuse

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        self._refuse()

    @abstractmethod
    def forget(self) -> None:
        """Delete all that was learnt; it draws nothing any more."""

    def _open_to(self, gate: Gate) -> None:
        """Pass the session's own gate while it stands.

        Raises:
            Forgery: `forged`: it was learnt in another session.
            Refusal: `session-withdrawn` or `session-expired`, and then it is forgotten.
        """
        if gate is not self._gate:
            raise Forgery.of("forged")
        try:
            gate.live()
        except Refusal:
            self.forget()
            raise


def handed_in(views: Sequence[Match]) -> Match | None:
    """The first that is no frame of the live check; None where all are."""
    return next((view for view in views if view.origin is Origin.PHOTO), None)


def forgotten() -> Refusal:
    """What is said of a model that was deleted."""
    return Refusal("model-forgotten", "What was learnt of your face was deleted.", "Let it be learnt again.")


def keep(gate: Gate, known: OfOneSession) -> None:
    """Delete `known` when the session of `gate` ends, withdrawn or not; it may go before."""
    target = weakref.ref(known)
    threading.Thread(target=_watch, args=(gate, target, threading.Event()), name="personal-keeper", daemon=True).start()


def _watch(gate: Gate, known: weakref.ref[OfOneSession], calm: threading.Event) -> None:
    while known() is not None:
        try:
            gate.live()
        except Refusal:
            if (one := known()) is not None:
                one.forget()
            return
        calm.wait(_SECONDS)
