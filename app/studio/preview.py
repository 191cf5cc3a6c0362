"""What the sliders would make, while they move: a smaller picture, through the same gate, engine and stamp.

It is shown and not kept: the picture that is taken away is made whole, by the button.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from app.studio.expressions import SLIDERS
from app.studio.guard import MAX_EVENT
from app.studio.play import wanted
from app.studio.refusals import told
from app.studio.uploads import received
from consent.errors import Fault, Refusal
from consent.types import Photo

if TYPE_CHECKING:
    from app.stamp.writer import Stamped
    from app.studio.desk import Desk
    from app.studio.sessions import Visitor
    from consent.gate import Gate
    from consent.types import Match

SIDE: Final = 512
"""Pixels of the longer side of a preview."""
SENT: Final = ("action", "amount", "parts", "years", "ready", *SLIDERS)
"""What the page sends, in the order in which `wanted` takes it."""


def routes(desk: Desk) -> APIRouter:
    """The one route of it."""
    router = APIRouter()

    @router.post("/studio/preview")
    async def preview(request: Request) -> Response:
        visitor = desk.visitor(request.headers)
        body = await received(request, MAX_EVENT)
        try:
            stamped = await run_in_threadpool(tried, desk, visitor, body)
        except (Refusal, Fault) as no:
            reason, remedy = told(no, visitor.language)
            return JSONResponse(
                {"code": no.code, "reason": reason, "remedy": remedy}
            )  # an answer, and no error of the page
        return Response(stamped.data, media_type=stamped.mime)

    return router


def tried(desk: Desk, visitor: Visitor, body: bytes) -> Stamped:
    """What the page asks for, of the picture on the table made smaller.

    Args:
        desk: the studio's.
        visitor: whose table.
        body: JSON with the values of the controls, by `SENT`.

    Raises:
        Refusal: whatever the gate refuses; `bad-option`; a picture is missing.
        Fault: something is broken.
    """
    gate = desk.gate(visitor)
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    values: dict[str, Any] = said if isinstance(said, dict) else {}
    options = wanted(*(values.get(name) for name in SENT))
    target = _smaller(desk, visitor, gate)
    source, options = desk.wanted(visitor, gate, options, str(values.get("ready")))
    return desk.change(visitor, gate, source, target, options, preview=True)


def _smaller(desk: Desk, visitor: Visitor, gate: Gate) -> Match:
    """The picture on the table, made smaller and matched again; as it is where that is too small to be judged."""
    picture, match = desk.matched(visitor, "target")
    with visitor.lock:
        if visitor.small is not None and visitor.small[0] == picture.number:
            return visitor.small[1]
    if picture.photo is not None and max(picture.size) > SIDE:
        pixels = picture.photo.pixels
        scale = SIDE / max(pixels.shape[:2])
        size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
        small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
        try:
            match = gate.match(Photo(small), picture.choose)
        except Refusal:  # a face too small to be judged, or the picture of a demo world, whose mark is of all pixels
            gate.live()  # refuses when the session is over
    with visitor.lock:
        visitor.still(gate)
        visitor.small = (picture.number, match)
    return match
