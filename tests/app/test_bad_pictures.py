"""What people hand in: each kind of picture is read right, colours true and upright, or refused in a clear sentence.

Through the studio's own door: the bytes are sent as a browser sends them, and the gate looks at what comes of them.
"""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image

from app import codec
from app.verify import Verdict, verify
from tests.promises.stage import draw, jpeg, studio_at

SIZE = (480, 360)


def portrait():
    return draw("ada", seed=8)


def packed(image, fmt, **options):
    out = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(out, fmt, **options)
    return out.getvalue()


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def stored(orientation):
    """The portrait as a camera held so stores it."""
    turn = Image.Transpose
    back = {2: turn.FLIP_LEFT_RIGHT, 3: turn.ROTATE_180, 4: turn.FLIP_TOP_BOTTOM, 5: turn.TRANSPOSE}
    back |= {6: turn.ROTATE_90, 7: turn.TRANSVERSE, 8: turn.ROTATE_270}
    image = Image.fromarray(portrait())
    return image.transpose(back[orientation]) if orientation in back else image


def deep(pixels):
    """A PNG of 16 bits a channel."""
    return cv2.imencode(".png", pixels[..., ::-1].astype(np.uint16) * 257)[1].tobytes()


def grey(pixels):
    return np.asarray(Image.fromarray(pixels).convert("L"))


def cut_out(pixels):
    """With the upper corners transparent, and black beneath."""
    alpha = np.full(pixels.shape[:2], 255, np.uint8)
    alpha[:40, :60] = alpha[:40, -60:] = 0
    return np.dstack([pixels * (alpha[..., None] > 0), alpha])


def on_white(pixels):
    out = pixels.copy()
    out[:40, :60] = out[:40, -60:] = 255
    return out


def behind(pixels):
    """A JPEG with a second, small picture behind it, as telephones write them."""
    return packed(pixels, "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48))], quality=95)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, rows, interlaced=0):
    start = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, interlaced))
    return b"\x89PNG\r\n\x1a\n" + start + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def interlaced(pixels):
    """A PNG that comes in seven passes (Adam7)."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    rows = [b"\0" + row.tobytes() for x, y, dx, dy in passes for row in pixels[y::dy, x::dx]]
    return png(pixels.shape[1], pixels.shape[0], b"".join(rows), 1)


def turned(orientation, fmt):
    return packed(stored(orientation), fmt, exif=exif(orientation), quality=95)


def many(fmt, frames=2, **options):
    images = [Image.fromarray(np.roll(portrait(), 9 * n, 1)) for n in range(frames)]
    return packed(images[0], fmt, save_all=True, append_images=images[1:], **options)


def as_it_is(pixels):
    return pixels


def in_grey(pixels):
    return np.dstack([grey(pixels)] * 3)


READ = {
    "JPEG": (lambda p: packed(p, "JPEG", quality=95), as_it_is),
    "progressive JPEG": (lambda p: packed(p, "JPEG", quality=95, progressive=True), as_it_is),
    "JPEG of half the colour": (lambda p: packed(p, "JPEG", quality=95, subsampling=2), as_it_is),
    "grey JPEG": (lambda p: packed(grey(p), "JPEG", quality=95), in_grey),
    "CMYK JPEG": (lambda p: packed(Image.fromarray(p).convert("CMYK"), "JPEG", quality=95), as_it_is),
    "JPEG with a preview behind it": (behind, as_it_is),
    "JPEG with rubbish behind it": (lambda p: packed(p, "JPEG", quality=95) + b"\0" * 999, as_it_is),
    "PNG": (lambda p: packed(p, "PNG"), as_it_is),
    "PNG of 16 bits": (deep, as_it_is),
    "grey PNG of 16 bits": (lambda p: packed(grey(p).astype(np.uint16) * 257, "PNG"), in_grey),
    "grey PNG": (lambda p: packed(grey(p), "PNG"), in_grey),
    "grey PNG with transparency": (lambda p: packed(Image.fromarray(cut_out(in_grey(p))).convert("LA"), "PNG"),
                                   lambda p: on_white(in_grey(p))),
    "palette PNG": (lambda p: packed(Image.fromarray(p).quantize(256), "PNG"), as_it_is),
    "PNG with transparency": (lambda p: packed(cut_out(p), "PNG"), on_white),
    "PNG of one frame": (lambda p: packed(p, "PNG", save_all=True), as_it_is),
    "interlaced PNG": (interlaced, as_it_is),
    "WebP": (lambda p: packed(p, "WEBP", quality=95), as_it_is),
    "WebP with transparency": (lambda p: packed(cut_out(p), "WEBP", lossless=True), on_white),
    **{f"JPEG turned, {n}": (lambda _, n=n: turned(n, "JPEG"), as_it_is) for n in range(1, 9)},
    "PNG turned": (lambda _: turned(6, "PNG"), as_it_is),
    "WebP turned": (lambda _: turned(8, "WEBP"), as_it_is),
}  # fmt: skip
"""By name: the file made of the portrait, and what it must be read as."""


def widened(width, height):
    """A JPEG whose header says another size."""
    data = bytearray(packed(portrait(), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(data)


REFUSED = {
    "empty": (lambda: b"", "not-a-picture", "The file is empty."),
    "zero bytes": (lambda: bytes(500), "not-a-picture", "This file is not a picture."),
    "words": (lambda: b"hello", "not-a-picture", "This file is not a picture."),
    "SVG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not-a-picture", "not a picture"),
    "GIF": (lambda: packed(portrait(), "GIF"), "unsupported-picture", "a GIF"),
    "moving GIF": (lambda: many("GIF"), "unsupported-picture", "a GIF"),
    "moving PNG": (lambda: many("PNG"), "moving-picture", "an animation"),
    "moving WebP": (lambda: many("WEBP"), "moving-picture", "an animation"),
    "BMP": (lambda: packed(portrait(), "BMP"), "unsupported-picture", "a BMP picture"),
    "TIFF": (lambda: packed(portrait(), "TIFF"), "unsupported-picture", "a TIFF picture"),
    "AVIF": (lambda: packed(portrait(), "AVIF", speed=10), "unsupported-picture", "HEIC or AVIF"),
    "HEIC": (lambda: b"\0\0\0\x18ftypheic" + bytes(99), "unsupported-picture", "HEIC or AVIF"),
    "PDF": (lambda: b"%PDF-1.7", "unsupported-picture", "a PDF"),
    "JPEG cut short": (lambda: packed(portrait(), "JPEG")[:9000], "broken-picture", "damaged or cut short"),
    "JPEG of three bytes": (lambda: b"\xff\xd8\xff", "broken-picture", "damaged or cut short"),
    "PNG cut short": (lambda: packed(portrait(), "PNG")[:9000], "broken-picture", "damaged or cut short"),
    "WebP cut short": (lambda: packed(portrait(), "WEBP")[:4000], "broken-picture", "damaged or cut short"),
    "PNG of no size": (lambda: png(0, 0, bytes(999)), "broken-picture", "damaged or cut short"),
    "one pixel": (lambda: packed(np.zeros((1, 1, 3), np.uint8), "PNG"), "picture-too-small", "1 x 1 pixels"),
    "narrow": (lambda: packed(np.zeros((400, 127, 3), np.uint8), "PNG"), "picture-too-small", "127 x 400"),
    "PNG of 30,000 x 30,000": (lambda: png(30_000, 30_000, bytes(999)), "picture-too-large", "megapixels"),
    "JPEG of 30,000 x 30,000": (lambda: widened(30_000, 30_000), "picture-too-large", "megapixels"),
    "nobody in it": (lambda: packed(np.full((300, 300, 3), 128, np.uint8), "PNG"), "no-face", "No face"),
}
"""By name: the file, the refusal's code, and words of its sentence."""


@pytest.fixture(scope="module")
def guest(tmp_path_factory):
    """A browser whose person has passed the live check, and what the studio knows of them."""
    with studio_at(tmp_path_factory.mktemp("home")) as studio:
        browser = studio.browser()
        yield browser, studio.sit_down(browser, "ada")


@pytest.mark.parametrize("kind", READ)
def test_is_read_right(guest, kind):
    browser, visitor = guest
    make, meant = READ[kind]
    browser.look("target", make(portrait()))
    seen = visitor.pictures["target"]
    assert seen.no is None, seen.no
    wanted = meant(portrait())
    assert seen.size == SIZE
    assert seen.photo.pixels.shape == wanted.shape
    apart = np.abs(seen.photo.pixels.astype(int) - wanted)
    assert apart.mean() < 4, "the colours are other ones, or it is not upright"
    assert np.percentile(apart, 99) < 40


@pytest.mark.parametrize("kind", REFUSED)
def test_is_refused_in_a_clear_sentence(guest, kind):
    browser, visitor = guest
    make, code, words = REFUSED[kind]
    said = browser.look("target", make())
    seen = visitor.pictures["target"]
    assert seen.no.code == code
    assert words in seen.no.reason
    assert seen.match is None
    for sentence in (seen.no.reason, seen.no.remedy):
        assert sentence.endswith(".")
        assert sentence[0].isupper()
    assert seen.no.remedy.split("'")[0] in said.replace("&#x27;", "'"), "the page says so"


def test_a_file_of_too_many_bytes_is_not_even_taken(guest):
    browser, visitor = guest
    browser.look("target", jpeg(portrait()))
    before = visitor.pictures["target"].number
    assert browser.put("target", jpeg(portrait()) + bytes(32 * 2**20)).status_code == 413
    assert visitor.pictures["target"].number == before


@pytest.mark.parametrize("kind", REFUSED)
def test_the_checker_gives_each_an_answer(kind):
    """Nobody who only checks a file is told more, or meets a crash."""
    report = verify(REFUSED[kind][0](), [])
    readable = kind in {"one pixel", "narrow", "nobody in it"}
    assert report.verdict is (Verdict.NO_MANIFEST if readable else Verdict.NOT_A_PICTURE)
    assert report.sentence.endswith(".")


def test_a_name_says_nothing(tmp_path):
    """A JPEG that calls itself a PNG is what it is."""
    path = tmp_path / "picture.png"
    path.write_bytes(jpeg(portrait()))
    assert codec.sniff(path.read_bytes()) is codec.Format.JPEG
    assert verify(path.read_bytes(), []).verdict is Verdict.NO_MANIFEST
