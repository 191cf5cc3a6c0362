"""Stages that overlap: an iterator that runs in a thread of its own, a few items ahead.

Decoders, encoders, OpenCV, numpy and hashes leave Python's lock while they work, so stages that follow one another keep
several cores busy. What is ahead is bounded, and so is the memory.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from queue import SimpleQueue
from typing import Final, TypeVar

T = TypeVar("T")

AHEAD: Final = 3
"""Items that wait, besides the one being made."""


def ahead(items: Iterable[T], most: int = AHEAD) -> Generator[T]:
    """The same items, made in a thread.

    Args:
        items: what is made; a generator is closed in its own thread, whether or not all of it was used.
        most: of them are made before they are asked for.

    Returns:
        The items in their order. Close it (`contextlib.closing`): the thread ends after the item it is making.

    Raises:
        BaseException: what `items` raised, where it was raised.
    """
    ready: SimpleQueue[tuple[str, object]] = SimpleQueue()
    room, over = threading.Semaphore(most), threading.Event()
    thread = threading.Thread(target=_make, args=(items, ready, room, over), name="ahead", daemon=True)
    thread.start()
    try:
        while True:
            kind, item = ready.get()
            room.release()
            if kind == "end":
                return
            if kind == "error":
                try:
                    raise item  # type: ignore[misc]
                finally:
                    del item  # else it and this frame would keep each other, and all that was being made, in memory
            yield item  # type: ignore[misc]
    finally:
        over.set()
        room.release()
        thread.join()


def _make(
    items: Iterable[object],
    ready: SimpleQueue[tuple[str, object]],
    room: threading.Semaphore,
    over: threading.Event,
) -> None:
    try:
        try:
            for item in items:
                ready.put(("item", item))
                del item  # nothing is kept alive while there is no room
                room.acquire()
                if over.is_set():
                    return
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                close()
    except BaseException as error:  # noqa: BLE001 - it is raised where the items are used
        ready.put(("error", error))
    else:
        ready.put(("end", None))
