"""What the commands read and write, and how a stranger's words are shown."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from consent.errors import Refusal

if TYPE_CHECKING:
    from app.film import Film
    from app.home import Home
    from consent.types import Photo

SUFFIXES: Final = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp"}
FILM: Final = ".mp4"


def form(out: Path, *, force: bool, film: bool = False) -> str:
    """The format that a name stands for; nobody's file is replaced unasked.

    Raises:
        Refusal: `unknown-format`, `no-folder` or `file-exists`.
    """
    if film and out.suffix.lower() != FILM:
        raise Refusal("unknown-format", f"TARGET is a film, and {out.name} is no name for one.", "Use .mp4.")
    if not film and out.suffix.lower() == FILM:
        raise Refusal("unknown-format", f"{out.name} is a film's name, and TARGET is none.", "Use .jpg, .png or .webp.")
    if not film and out.suffix.lower() not in SUFFIXES:
        raise Refusal("unknown-format", f"{out.name} has no ending that is written.", "Use .jpg, .png or .webp.")
    if not out.absolute().parent.is_dir():
        raise Refusal("no-folder", f"There is no folder {out.absolute().parent}.", "Make it first.")
    if out.exists() and not force:
        raise Refusal("file-exists", f"There is already a file {out.name}.", "Choose another name, or say --force.")
    return SUFFIXES.get(out.suffix.lower(), "mp4")


def is_film(data: bytes) -> bool:
    """By the first bytes; the name says nothing."""
    from app import codec

    return codec.sniff(data[:12]) is codec.Format.MP4


def photo(path: Path) -> Photo:
    """A picture, decoded; a film is refused."""
    data = content(path)
    if is_film(data):
        raise Refusal("not-a-picture", f"{path.name} is a film.", "Use a picture here; TARGET may be a film.")
    return decoded(path, data)


def either(path: Path) -> Photo | Film:
    """A picture, or a film."""
    from app import film

    data = content(path)
    if not is_film(data):
        return decoded(path, data)
    try:
        return film.read(data)
    except Refusal as no:
        raise Refusal(no.code, f"{path.name}: {no.reason}", no.remedy) from None


def decoded(path: Path, data: bytes) -> Photo:
    """The picture in these bytes; who reads a refusal is told the file's name."""
    from app import media

    try:
        return media.read(data)
    except Refusal as no:
        raise Refusal(no.code, f"{path.name}: {no.reason}", no.remedy) from None


def receipt(home: Home, which: str) -> str:
    """The content of a receipt file, or of the one with this number that is kept here."""
    from app.studio.withdrawal import NUMBER

    kept = home.receipts / f"{which}.json" if NUMBER.fullmatch(which) else Path(which)
    return content(kept if kept.exists() else Path(which)).decode(errors="replace")


def shown(words: str) -> str:
    """In one line: a file's name may be a stranger's, and hold line breaks or what moves a terminal's cursor."""
    return "".join(c if c.isprintable() else "?" for c in words)


def content(path: Path) -> bytes:
    """No more of a file than is ever looked at: it may be a device, or larger than the memory."""
    from app.verify import most

    try:
        with open(path, "rb", opener=_opened) as file:
            head = file.read(12)
            return head + file.read(most(head) + 1 - len(head))
    except OSError as error:
        raise Refusal(
            "cannot-read", f"{path} cannot be read ({error.strerror}).", "Check the name and that it is a file."
        ) from None


def _opened(path: str, flags: int) -> int:
    """Open without waiting: of a pipe to which nobody writes there is nothing to read."""
    wait = getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags | wait)
    if wait:
        os.set_blocking(descriptor, True)
    return descriptor
