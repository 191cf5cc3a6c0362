"""What was learnt is deleted as soon as the session is over: somebody looks, ten times a second."""

from __future__ import annotations

import threading
import weakref
from typing import Final, Protocol

from consent.errors import Refusal
from consent.gate import Gate

_SECONDS: Final = 0.1


class Forgets(Protocol):
    """Something that can be deleted."""

    def forget(self) -> None:
        """Delete it."""


def keep(gate: Gate, known: Forgets) -> None:
    """Delete `known` when the session of `gate` ends, withdrawn or not; it may go before."""
    target = weakref.ref(known)
    threading.Thread(target=_watch, args=(gate, target, threading.Event()), name="personal-keeper", daemon=True).start()


def _watch(gate: Gate, known: weakref.ref[Forgets], calm: threading.Event) -> None:
    while known() is not None:
        try:
            gate.live()
        except Refusal:
            if (one := known()) is not None:
                one.forget()
            return
        calm.wait(_SECONDS)
