"""Pictures in and out, without a file: an upload is read into memory, a result is served from memory.

gradio's own upload and file routes are closed by the guard: they keep what they get in a folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from app.studio import receipts
from app.studio.guard import MAX_PICTURE
from app.studio.sessions import CHECK, SIDES
from app.studio.uploads import received

if TYPE_CHECKING:
    from app.studio.desk import Desk
    from app.studio.sessions import Side, Visitor


def routes(desk: Desk) -> APIRouter:
    """The picture routes of the studio."""
    router = APIRouter()
    _uploads(router, desk)
    _downloads(router, desk)
    return router


def _uploads(router: APIRouter, desk: Desk) -> None:
    async def receive(request: Request, name: str) -> Response:
        visitor = desk.visitor(request.headers)
        data = await received(request, MAX_PICTURE)
        await run_in_threadpool(_put, desk, visitor, name, data)
        return Response(status_code=204)

    @router.put("/studio/picture/{side}")
    async def put(side: str, request: Request) -> Response:
        if side not in SIDES:
            raise HTTPException(404)
        await run_in_threadpool(desk.gate, desk.visitor(request.headers))  # no picture is taken before a live check
        return await receive(request, side)

    @router.put("/studio/check")
    async def check(request: Request) -> Response:
        return await receive(request, CHECK)


def _put(desk: Desk, visitor: Visitor, name: str, data: bytes) -> None:
    """Not in the server's own thread: a gate that is busy with a picture would hold up everybody."""
    with visitor.lock:
        if name in SIDES:
            desk.gate(visitor)  # it may have ended while the bytes came in
        else:
            visitor.arrived = desk.store.clock()
        visitor.incoming[name] = data


def _downloads(router: APIRouter, desk: Desk) -> None:
    @router.get("/studio/picture/{side}")
    def picture(side: str, request: Request) -> Response:
        found = desk.visitor(request.headers).pictures.get(cast("Side", side))
        if found is None or not found.data:
            raise HTTPException(404)
        return Response(found.data, media_type=found.mime)

    @router.get("/studio/before/{key}")
    def before(key: str, request: Request) -> Response:
        found = desk.visitor(request.headers).results.get(key)
        if found is None or not found.before.data:
            raise HTTPException(404)
        return Response(found.before.data, media_type=found.before.mime)

    @router.get("/studio/result/{key}")
    def result(key: str, request: Request, *, save: bool = False) -> Response:
        found = desk.visitor(request.headers).results.get(key)
        if found is None:
            raise HTTPException(404)
        headers = {"content-disposition": f'attachment; filename="{found.name}"'} if save else {}
        return Response(found.stamped.data, media_type=found.stamped.mime, headers=headers)

    @router.get("/studio/receipt")
    def receipt(request: Request, *, page: bool = False) -> Response:
        visitor = desk.visitor(request.headers)
        found = visitor.receipt
        if found is None:
            raise HTTPException(404)
        text, kind = (receipts.page(found.document), "html") if page else (found.document, "json")
        headers = {"content-disposition": f'attachment; filename="selfsame-receipt-{found.id}.{kind}"'}
        media = {"html": "text/html; charset=utf-8", "json": "application/json"}[kind]
        return Response(text, media_type=media, headers=headers)
