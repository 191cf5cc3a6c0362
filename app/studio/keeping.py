"""What a mirror leaves in the session's gallery: a picture, or a film made of a recording. Stamps alone."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from app.reel import Progress, change_film

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.flow import Options
    from app.stamp.writer import Stamped
    from app.studio.desk import Desk
    from app.studio.recording import Recording
    from app.studio.sessions import Visitor
    from consent.gate import Gate
    from consent.types import Match

EVERY: Final = 0.25
"""Seconds from one word about how far a film is to the next."""


class Keeper:
    """Keeps what one mirror makes.

    Args:
        desk: the studio's.
        visitor: whose gallery.
        gate: theirs.

    Attributes:
        is_making: a film is being made.
    """

    def __init__(self, desk: Desk, visitor: Visitor, gate: Gate) -> None:
        self._desk, self._visitor, self._gate = desk, visitor, gate
        self._stopped = threading.Event()
        self.is_making = False

    def stop(self) -> None:
        """Stop making a film; from any thread."""
        self._stopped.set()

    def keep(self, stamped: Stamped, size: tuple[int, int]) -> dict[str, str]:
        """Put a stamp into the gallery: what the page is told of it.

        Raises:
            Refusal: the session is over.
        """
        key, name = self._desk.keep(self._visitor, self._gate, stamped, size, "mirror")
        return {"key": key, "name": name}

    def film(
        self, recording: Recording, source: Match, options: Options, tell: Callable[[dict[str, Any]], None]
    ) -> dict[str, str]:
        """Change a recording and keep it.

        Args:
            recording: is let go.
            source: whose face is used.
            options: what to do.
            tell: is told how far it is: `{"share": 0..1, "seconds": what is left, or None}`.

        Raises:
            Refusal: what `app.reel.change_film` says, also that it was stopped; the session is over.
        """
        film = recording.film()

        told = -math.inf

        def progress(now: Progress) -> None:
            nonlocal told
            if time.monotonic() - told >= EVERY:
                told = time.monotonic()
                tell({"share": now.share, "seconds": now.left})

        stamped = change_film(
            self._gate,
            source,
            film,
            options,
            self._desk.signer,
            language="zh" if self._visitor.language == "zh" else "en",
            tell=progress,
            stop=self._stopped.is_set,
        )
        return self.keep(stamped, film.size)
