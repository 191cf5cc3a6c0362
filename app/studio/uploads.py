"""The body of an upload, in memory alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import HTTPException
from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from fastapi import Request


async def received(request: Request, most: int) -> bytes:
    """All of a request's body.

    Args:
        request: of a browser that the guard has let through.
        most: bytes that are taken.

    Raises:
        HTTPException: 413 for more; 400 when the browser left before the end, which is nobody's fault.
    """
    data = bytearray()
    try:
        async for chunk in request.stream():
            data += chunk
            if len(data) > most:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None
    return bytes(data)
