"""A learnt face as the texture of frame after frame: drawn anew as the face in the film does something else."""

from __future__ import annotations

from typing import final

from app.engines._geometry import Seen
from app.engines._personaldraw import Painter
from app.engines._textures import Texture
from app.engines._wrap import Atlas, Unwrap


@final
class Learning:
    """The textures of one take, in an atlas. What draws them is handed in with every frame and not kept."""

    def __init__(self, atlas: Atlas) -> None:
        self._unwrap = Unwrap(atlas, 1)
        self._last: Texture | None = None
        self._since = 0.0

    def drawn(self, painter: Painter, target: Seen, seconds: float) -> Texture:
        """The texture for a frame, `seconds` after the last one."""
        self._since += seconds
        if self._last is None or self._since >= painter.lasts:
            self._last, self._since = painter.texture(target, self._unwrap), 0.0
        return self._last
