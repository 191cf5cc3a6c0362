"""What stands on the terminal of a running studio: libraries print what browsers sent them when it is wrong."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from typing import TextIO


class Plain(io.TextIOBase):
    """Writes on, with a question mark for whatever could move a cursor or colour a screen.

    Args:
        to: where it goes.
    """

    def __init__(self, to: TextIO) -> None:
        self._to = to

    def writable(self) -> bool:
        """It can be written to."""
        return True

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of the stream that it goes to."""
        return self._to.encoding

    def write(self, text: str) -> int:
        """Write text; line breaks and tabs stay.

        Raises:
            TypeError: bytes; whoever asks a stream so whether it takes them must be told no.
        """
        if not isinstance(text, str):
            raise TypeError("text is written here")
        self._to.write("".join(c if c.isprintable() or c in "\n\t" else "?" for c in text))
        return len(text)

    def flush(self) -> None:
        """Write out what waits."""
        self._to.flush()

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return self._to.isatty()


@contextlib.contextmanager
def plain_words() -> Iterator[None]:
    """Within the block nothing on the error stream is anything but plain text."""
    with contextlib.redirect_stderr(Plain(sys.stderr)):
        yield
