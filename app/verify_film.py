"""What is looked at in a film when it is checked: some of its frames, spread over its length."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from av.video.reformatter import VideoReformatter

from app.codec import Pixels
from app.film import Film, opened, pixels, read, video
from app.stamp import label
from consent.errors import Refusal

LOOKED_AT: Final = 8
"""Frames."""
_ON: Final = 64
"""Frames decoded at most on the way from a key frame to the one that is wanted; then an earlier one is taken."""


def frames(data: bytes) -> list[Pixels]:
    """Some frames of a film, from anyone.

    Args:
        data: the whole file.

    Returns:
        `LOOKED_AT` of its frames or all of them: `uint8 RGB (H, W, 3)`, the first one among them.

    Raises:
        Refusal: what `app.film.read` says; `broken-film` when one of the frames cannot be decoded.
    """
    film = read(data)
    ticks = film.timing.ticks
    count = min(LOOKED_AT, len(ticks))
    wanted = sorted({ticks[round(n * (len(ticks) - 1) / max(1, count - 1))] for n in range(count)})
    by = VideoReformatter()
    return [_at(film, tick, by) for tick in wanted]


def _at(film: Film, tick: int, by: VideoReformatter) -> Pixels:
    """The frame shown at a tick, or one before it."""
    with opened(film.data) as container:
        stream = video(container)
        container.seek(tick, stream=stream)
        last = None
        for number, frame in enumerate(container.decode(stream)):
            last = frame if frame.pts is not None and frame.pts <= tick else last or frame
            if number >= _ON or (frame.pts or 0) >= tick:
                break
        if last is None or last.is_corrupt:
            raise Refusal("broken-film", "The film is damaged: not all of it can be read.", "Copy it again.")
        return pixels(last, film.shape, by)


def same_label(pictures: Sequence[Pixels]) -> label.Label | None:
    """The label that all pictures have; None when one of them has none or another."""
    found = [label.find(one) for one in pictures]
    said = {None if one is None else (one.purpose, one.demo, one.language) for one in found}
    return found[0] if len(said) == 1 else None
