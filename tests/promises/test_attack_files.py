"""Picture files made to be read in two ways: what a person sees is what the gate judges is what is changed and leaves.

The other reading always shows somebody else; it must neither be judged nor changed nor carried along.
"""

import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from app import codec, flow, media
from app.engines.age import AgeOptions
from consent.errors import Refusal
from tests.app.test_media import file_of, png_header
from tests.promises.stage import PICTURES, draw, jpeg, photo

MINE, THEIRS = draw("ada", seed=1), draw("gita", seed=1)


def seen(data):
    return media.read(data).pixels


def like(pixels, shown, within=3.0):
    """Whether two pictures are the same but for coding."""
    return pixels.shape == shown.shape and float(np.abs(pixels.astype(int) - shown).mean()) < within


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def with_chunk(data, kind, body):
    """A PNG with one more chunk after its header."""
    return data[:33] + chunk(kind, body) + data[33:]


def with_segment(data, marker, body):
    """A JPEG with one more segment at its beginning."""
    return data[:2] + b"\xff" + bytes([marker]) + struct.pack(">H", len(body) + 2) + body + data[2:]


def exif(orientation, *, kind=3, thumbnail=b""):
    """An EXIF block, big-endian, made by hand: the orientation as any type, and a thumbnail."""
    value = {1: ">BBBB", 3: ">HH", 4: ">I", 9: ">i", 11: ">f"}[kind]
    packed = struct.pack(value, *([orientation] + [0] * (len(value) - 2)))
    first = struct.pack(">HHHI", 1, 0x0112, kind, 1) + packed + struct.pack(">I", 26 if thumbnail else 0)
    second = struct.pack(">HHHII", 2, 0x0201, 4, 1, 56) + struct.pack(">HHII", 0x0202, 4, 1, len(thumbnail))
    block = b"MM\0*\0\0\0\x08" + first + (second + b"\0\0\0\0" + thumbnail if thumbnail else b"")
    return b"Exif\0\0" + block


# --- orientation -----------------------------------------------------------------------------------------------------

UPRIGHT = {1: lambda p: p, 3: lambda p: p[::-1, ::-1], 6: lambda p: np.rot90(p, -1), 8: np.rot90}
XMP = b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/" tiff:Orientation="3"></x:xmpmeta>'


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_first_exif_block_alone_turns_a_picture(orientation):
    data = with_segment(with_segment(jpeg(MINE), 0xE1, exif(3)), 0xE1, exif(orientation))
    assert like(seen(data), UPRIGHT[orientation](MINE))
    assert like(seen(with_segment(jpeg(MINE), 0xE1, exif(orientation))), UPRIGHT[orientation](MINE))


def test_xmp_turns_nothing():
    assert like(seen(with_segment(jpeg(MINE), 0xE1, XMP)), MINE)
    assert like(seen(with_segment(with_segment(jpeg(MINE), 0xE1, XMP), 0xE1, exif(1))), MINE)
    text = b"XML:com.adobe.xmp\0\0\0\0\0" + XMP.split(b"\0")[1]
    assert like(seen(with_chunk(file_of(Image.fromarray(MINE), "PNG"), b"iTXt", text)), MINE)


@pytest.mark.parametrize(("orientation", "kind"), [(0, 3), (9, 3), (65535, 3), (2**32 - 1, 4), (-3, 9), (6.5, 11)])
def test_an_orientation_that_does_not_exist_turns_nothing(orientation, kind):
    assert like(seen(with_segment(jpeg(MINE), 0xE1, exif(orientation, kind=kind))), MINE)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_strangers_face_is_refused_however_it_is_turned(ada, orientation):
    with pytest.raises(Refusal):
        ada.match(media.read(with_segment(jpeg(THEIRS), 0xE1, exif(orientation))))


# --- a second picture in the file ------------------------------------------------------------------------------------

SMALL = jpeg(cv2.resize(MINE, (160, 120), interpolation=cv2.INTER_AREA))


def mpo(first, second):
    out = io.BytesIO()
    Image.fromarray(first).save(out, "MPO", save_all=True, append_images=[Image.fromarray(second)], quality=95)
    return out.getvalue()


SECOND = {
    "exif thumbnail": with_segment(jpeg(THEIRS), 0xE1, exif(1, thumbnail=SMALL)),
    "jfif extension thumbnail": with_segment(jpeg(THEIRS), 0xE0, b"JFXX\0\x10" + SMALL[:60_000]),
    "several pictures": mpo(THEIRS, MINE),
    "one after the other": jpeg(THEIRS) + jpeg(MINE),
    "a chunk": with_chunk(file_of(Image.fromarray(THEIRS), "PNG"), b"eXIf", exif(1, thumbnail=SMALL)[6:]),
    "after the end": file_of(Image.fromarray(THEIRS), "PNG") + file_of(Image.fromarray(MINE), "PNG"),
    "a zip": jpeg(THEIRS) + b"PK\x03\x04" + SMALL,
}  # fmt: skip


@pytest.mark.parametrize("name", SECOND)
def test_a_hidden_picture_of_the_person_lets_no_stranger_in(ada, name):
    assert like(seen(SECOND[name]), THEIRS)
    with pytest.raises(Refusal, match="not-you"):
        ada.match(media.read(SECOND[name]))


def around(data):
    """A stamped file without its coded pixels, where any three bytes may stand by chance (a JPEG's never begin one)."""
    order, at = ("<", 12) if data.startswith(b"RIFF") else (">", 8)
    if data.startswith(b"\xff\xd8"):
        return data
    left = data[:at]
    while at < len(data):
        first, second = data[at : at + 4], data[at + 4 : at + 8]
        kind, told = (first, second) if order == "<" else (second, first)
        (length,) = struct.unpack(order + "I", told)
        end = at + 8 + length + (length % 2 if order == "<" else 4)
        left += data[at : at + 8] + (b"" if kind in (b"IDAT", b"VP8 ", b"VP8L", b"ALPH") else data[at + 8 : end])
        at = end
    return left


def test_pictures_are_found_around_the_pixels():
    hidden = jpeg(MINE)
    png = file_of(Image.fromarray(MINE), "PNG")
    webp = file_of(Image.fromarray(MINE), "WEBP")
    body = webp[8:] + b"ICCP" + struct.pack("<I", len(hidden)) + hidden + bytes(len(hidden) % 2)
    for data in (with_chunk(png, b"eXIf", hidden), b"RIFF" + struct.pack("<I", len(body)) + body):
        assert hidden in around(data)
        assert len(around(data)) < len(hidden) + 200
    assert around(hidden + png) == hidden + png


def test_no_hidden_picture_is_carried_along(ada, signer):
    hidden = jpeg(cv2.resize(THEIRS, (160, 120), interpolation=cv2.INTER_AREA))
    data = with_segment(jpeg(MINE), 0xE1, exif(1, thumbnail=hidden)) + hidden
    for fmt in ("jpeg", "png", "webp"):
        stamped = flow.change(ada, None, media.read(data), AgeOptions(years=10), signer, fmt=fmt)
        assert hidden[2000:2100] not in stamped.data
        assert sum(around(stamped.data).count(start) for start in PICTURES) == 1
        with Image.open(io.BytesIO(stamped.data)) as left:
            assert not dict(left.getexif())
            assert "mp" not in left.info


@pytest.mark.parametrize("fmt", ["GIF", "PNG", "WEBP", "TIFF"])
def test_what_moves_or_has_pages_is_refused(fmt):
    frames = [Image.fromarray(MINE), Image.fromarray(THEIRS)]
    with pytest.raises(Refusal, match=r"moving-picture|unsupported-picture"):
        seen(file_of(frames[0], fmt, save_all=True, append_images=frames[1:]))


def test_an_animation_whose_still_is_another_person_is_refused():
    """An APNG of one frame, and a still that only old programs show."""
    still, frame = (file_of(Image.fromarray(p), "PNG") for p in (MINE, THEIRS))
    size = struct.pack(">II", MINE.shape[1], MINE.shape[0])
    control = chunk(b"acTL", struct.pack(">II", 1, 0))
    begin = chunk(b"fcTL", struct.pack(">I", 0) + size + struct.pack(">IIHHBB", 0, 0, 1, 1, 0, 0))
    moved = chunk(b"fdAT", struct.pack(">I", 1) + zlib.compress(zlib.decompress(_packed(frame))))
    data = still[:33] + control + still[33:-12] + begin + moved + still[-12:]
    with pytest.raises(Refusal, match="moving-picture"):
        seen(data)


def _packed(data):
    at, out = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        out += data[at + 8 : at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    return out


# --- colours ---------------------------------------------------------------------------------------------------------


def test_a_face_that_only_its_transparency_draws_is_judged_as_it_is_seen(ada):
    grey = cv2.cvtColor(THEIRS, cv2.COLOR_RGB2GRAY)
    layer = np.dstack([np.zeros_like(THEIRS), 255 - grey])
    pixels = seen(file_of(Image.fromarray(layer), "PNG"))
    assert like(pixels, np.dstack([grey] * 3), 1)
    with pytest.raises(Refusal):
        ada.match(photo(pixels))


@pytest.mark.parametrize("fmt", ["PNG", "WEBP"])
def test_a_face_under_full_transparency_is_no_face(ada, fmt):
    layer = np.dstack([MINE, np.zeros(MINE.shape[:2], np.uint8)])
    data = file_of(Image.fromarray(layer), fmt, **({"lossless": True, "exact": True} if fmt == "WEBP" else {}))
    assert (seen(data) == 255).all()
    with pytest.raises(Refusal, match="no-face"):
        ada.match(media.read(data))


def test_transparent_colours_of_deep_and_indexed_pictures_are_white():
    deep = np.repeat(cv2.cvtColor(MINE, cv2.COLOR_RGB2GRAY).astype(np.uint16), 1, 0) * 257
    data = with_chunk(file_of(Image.fromarray(deep), "PNG"), b"tRNS", struct.pack(">H", int(deep[0, 0])))
    assert (seen(data)[deep == deep[0, 0]] == 255).all()
    assert like(seen(data)[deep != deep[0, 0]], np.repeat(deep[deep != deep[0, 0]][:, None] >> 8, 3, 1), 1)


def test_a_gamma_that_turns_one_face_into_another_is_applied_as_browsers_do():
    """The old trick: dark pixels show one face in most programs, bright ones another where the gamma is read."""
    gamma = 0.02
    split = (MINE // 4).copy()  # as programs without gamma show it
    split[::2, ::2] = 255 - (255 - THEIRS[::2, ::2]) // 12
    data = with_chunk(file_of(Image.fromarray(split), "PNG"), b"gAMA", struct.pack(">I", round(gamma * 100_000)))
    shown = seen(data)
    assert shown[1::2, 1::2].max() == 0  # the first face is gone
    expected = 255 * (split[::2, ::2] / 255.0) ** (1 / (2.2 * gamma))
    assert np.abs(shown[::2, ::2] - expected).max() <= 1
    plain = with_chunk(file_of(Image.fromarray(MINE), "PNG"), b"gAMA", struct.pack(">I", 45455))
    assert (seen(plain) == MINE).all()
    srgb = with_chunk(plain.replace(b"gAMA", b"gAMA"), b"sRGB", b"\0")
    assert (seen(srgb) == MINE).all()


def test_a_profile_is_applied_before_the_gate_looks_and_does_not_leave(ada, signer):
    """Blue and red change places in the profile; what leaves is plain sRGB of what was seen."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    for row in range(count):
        at = 132 + 12 * row
        if bytes(profile[at : at + 4]) in (b"rXYZ", b"bXYZ"):
            profile[at : at + 1] = b"b" if profile[at : at + 1] == b"r" else b"r"
    data = file_of(Image.fromarray(MINE[:, :, ::-1]), "PNG", icc_profile=bytes(profile))
    assert like(seen(data), MINE, 6)
    stamped = flow.change(ada, None, media.read(data), AgeOptions(years=5), signer, fmt="png")
    with Image.open(io.BytesIO(stamped.data)) as left:
        assert "icc_profile" not in left.info
        assert like(np.asarray(left.convert("RGB")), MINE, 25)


@pytest.mark.parametrize("kind", ["cmyk", "grey", "deep", "palette"])
def test_other_kinds_of_pixels_are_read_as_another_decoder_reads_them(kind):
    if kind == "cmyk":
        data = file_of(Image.fromarray(MINE).convert("CMYK"), "JPEG", quality=95)
    elif kind == "grey":
        data = file_of(Image.fromarray(MINE).convert("L"), "PNG")
    elif kind == "palette":
        data = file_of(Image.fromarray(MINE).quantize(64), "PNG")
    else:
        data = cv2.imencode(".png", MINE[:, :, ::-1].astype(np.uint16) * 257)[1].tobytes()
    other = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[:, :, ::-1]
    assert like(seen(data), other, 3)


# --- files made to break the reader ----------------------------------------------------------------------------------


def many_passes(times):
    """A progressive JPEG whose last pass is repeated."""
    data = file_of(Image.fromarray(MINE), "JPEG", progressive=True, quality=60)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * times + b"\xff\xd9"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (png_header(1, 20_000), "picture-too-large"),
        (png_header(20_000, 1), "picture-too-large"),
        (png_header(1, 16_000), "picture-too-small"),
        (png_header(2**31 - 1, 2**31 - 1), "picture-too-large"),
        (png_header(0, 0), "broken-picture"),
        (many_passes(600), "picture-too-large"),
        (jpeg(MINE)[:-2000], "broken-picture"),
        (b"<html>" + jpeg(MINE), "not-a-picture"),
        (b"%PDF-1.7\n" + jpeg(MINE), "unsupported-picture"),
        (b"GIF89a" + jpeg(MINE), "unsupported-picture"),
        (b"\xff\xd8\xff" + file_of(Image.fromarray(MINE), "PNG"), "broken-picture"),
        (b"\x89PNG\r\n\x1a\n" + jpeg(MINE), "broken-picture"),
        (with_chunk(file_of(Image.fromarray(MINE), "PNG"), b"iCCP", b"x\0\0" + zlib.compress(bytes(2**26))),
         "broken-picture"),
        (with_chunk(file_of(Image.fromarray(MINE), "PNG"), b"zTXt", b"x\0\0" + zlib.compress(bytes(2**26))),
         "broken-picture"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)  # fmt: skip
@pytest.mark.filterwarnings("ignore")  # as in the running program: a decoder's warning is no error
def test_a_file_made_to_break_the_reader_is_refused(data, code):
    with pytest.raises(Refusal, match=code):
        seen(data)


def test_ordinary_progressive_pictures_pass():
    assert like(seen(file_of(Image.fromarray(MINE), "JPEG", progressive=True, quality=95)), MINE)
    assert codec.MAX_SCANS > 100


@pytest.mark.parametrize("shape", [(128, 16_000), (16_000, 128), (128, 128)])
def test_a_strip_is_judged_and_refused(ada, shape):
    with pytest.raises(Refusal, match="no-face"):
        ada.match(media.read(file_of(Image.fromarray(np.full((*shape, 3), 90, np.uint8)), "PNG")))


@pytest.mark.parametrize("shape", [(1, 20_000), (20_000, 1), (1, 1), (2, 3000)])
def test_pixels_of_any_shape_are_refused_in_words(ada, shape):
    with pytest.raises(Refusal, match="no-face"):
        ada.match(photo(np.full((*shape, 3), 90, np.uint8)))


def test_over_http_a_hidden_picture_lets_no_stranger_in(studio):
    browser = studio.browser()
    visitor = studio.sit_down(browser, "ada")
    for name in ("exif thumbnail", "several pictures"):
        assert "not-you" in browser.look("target", SECOND[name])
        browser.make("age")
        assert visitor.results == {}
