import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from app import codec, media
from consent.errors import Fault, Refusal
from consent.types import Photo


def gradient(width=200, height=150):
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)], axis=2).astype(np.uint8)


def file_of(image, fmt, **options):
    out = io.BytesIO()
    image.save(out, fmt, **options)
    return out.getvalue()


def refusal(data):
    with pytest.raises(Refusal) as caught:
        media.read(data)
    assert caught.value.reason.endswith(".")
    assert caught.value.remedy.endswith(".")
    return caught.value.code


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_reads_each_format_by_content(fmt):
    photo = media.read(file_of(Image.fromarray(gradient()), fmt, quality=95))
    assert isinstance(photo, Photo)
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.shape == (150, 200, 3)
    assert np.abs(photo.pixels.astype(int) - gradient()).mean() < 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_applies_exif_orientation(orientation, fmt):
    upright = np.zeros((160, 200, 3), np.uint8)
    upright[:80, :100] = (255, 0, 0)
    upright[:80, 100:] = (0, 255, 0)
    upright[80:, :100] = (0, 0, 255)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].transpose(1, 0, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = file_of(Image.fromarray(np.ascontiguousarray(stored)), fmt, exif=exif.tobytes(), quality=95)
    pixels = media.read(data).pixels
    assert pixels.shape == upright.shape
    assert np.abs(pixels.astype(int) - upright).mean() < 4


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_does_not_cost_the_picture():
    data = file_of(Image.fromarray(gradient()), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\x7f\xff\xff")
    assert media.read(data).pixels.shape == (150, 200, 3)


def test_transparency_is_laid_on_white():
    rgba = np.zeros((150, 200, 4), np.uint8)
    rgba[:, 100:] = (10, 20, 30, 255)
    for fmt, options in (("PNG", {}), ("WEBP", {"lossless": True})):
        pixels = media.read(file_of(Image.fromarray(rgba), fmt, **options)).pixels
        assert (pixels[:, :100] == 255).all()
        assert (pixels[:, 100:] == (10, 20, 30)).all()


def test_half_transparent_grey_and_palette_with_a_transparent_colour():
    grey = np.zeros((150, 200, 2), np.uint8)
    grey[..., 1] = 128
    assert abs(int(media.read(file_of(Image.fromarray(grey, "LA"), "PNG")).pixels[0, 0, 0]) - 127) <= 1
    palette = Image.fromarray(gradient()).quantize(16)
    pixels = media.read(file_of(palette, "PNG", transparency=palette.getpixel((0, 0)))).pixels
    assert (pixels[0, 0] == 255).all()


def test_sixteen_bit_grey_keeps_the_high_byte():
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (150, 1))
    pixels = media.read(file_of(Image.fromarray(ramp), "PNG")).pixels
    assert pixels.shape == (150, 256, 3)
    assert (pixels[0, :, 0] == np.arange(256)).all()


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK"])
def test_other_modes_become_rgb(mode):
    image = Image.fromarray(gradient()).convert(mode)
    data = file_of(image, "JPEG" if mode == "CMYK" else "PNG", quality=95)
    pixels = media.read(data).pixels
    assert pixels.shape == (150, 200, 3)
    assert np.abs(pixels.astype(int) - np.asarray(image.convert("RGB")).astype(int)).mean() < 4


def test_colour_profile_is_converted():
    """A Lab picture of a profile far from sRGB must change; a broken profile must not cost the picture."""
    xyz = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    flat = Image.new("RGB", (150, 150), (120, 130, 140))
    plain = media.read(file_of(flat, "PNG", icc_profile=b"not a profile")).pixels
    assert (plain == (120, 130, 140)).all()
    assert media.read(file_of(flat, "PNG", icc_profile=xyz)).pixels.shape == (150, 150, 3)
    gamma_one = _with_gamma(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    assert media.read(file_of(flat, "PNG", icc_profile=gamma_one)).pixels[0, 0, 0] > 170


def _with_gamma(profile):
    """Rewrite the tone curves of an sRGB profile to linear light (gamma 1)."""
    count = struct.unpack(">I", profile[128:132])[0]
    out = bytearray(profile)
    for i in range(count):
        tag, offset, size = struct.unpack(">4sII", profile[132 + 12 * i : 144 + 12 * i])
        if tag.endswith(b"TRC"):
            curve = b"curv\x00\x00\x00\x00\x00\x00\x00\x00"
            out[offset : offset + len(curve)] = curve
            assert size >= len(curve)
    return bytes(out)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "not-a-picture"),
        (b"hello", "not-a-picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not-a-picture"),
        (file_of(Image.fromarray(gradient()), "GIF"), "unsupported-picture"),
        (file_of(Image.fromarray(gradient()), "BMP"), "unsupported-picture"),
        (file_of(Image.fromarray(gradient()), "TIFF"), "unsupported-picture"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(100), "unsupported-picture"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(100), "unsupported-picture"),
        (b"%PDF-1.7", "unsupported-picture"),
        (file_of(Image.fromarray(gradient(127, 300)), "PNG"), "picture-too-small"),
        (file_of(Image.fromarray(gradient(300, 127)), "JPEG"), "picture-too-small"),
    ],
)
def test_what_is_refused(data, code):
    assert refusal(data) == code


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.95])
def test_cut_short(fmt, share):
    noise = np.random.default_rng(1).integers(0, 255, (150, 200, 3), np.uint8)
    data = file_of(Image.fromarray(noise), fmt)
    assert refusal(data[: max(16, int(len(data) * share))]) == "broken-picture"


@pytest.mark.parametrize("fmt", ["PNG", "WEBP"])
def test_animation(fmt):
    frames = [Image.fromarray(gradient()), Image.fromarray(255 - gradient())]
    assert refusal(file_of(frames[0], fmt, save_all=True, append_images=frames[1:], duration=100)) == "moving-picture"


def png_header(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    ihdr = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + ihdr + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(60_000, 60_000), (10_000, 10_000), (8_000, 6_251), (16_384, 130)])
def test_a_bomb_is_refused_by_its_header(size, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("decoded"))
    assert refusal(png_header(*size)) == "picture-too-large"


def test_too_many_bytes(monkeypatch):
    monkeypatch.setattr(codec, "MAX_BYTES", 1000)
    assert refusal(file_of(Image.fromarray(gradient()), "PNG") + bytes(1000)) == "picture-too-large"


SEEDS = [file_of(Image.fromarray(gradient()), fmt) for fmt in ("JPEG", "PNG", "WEBP")]
HEADS = [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x10\x00\x00WEBPVP8 ", b"RIFF\x00\x10\x00\x00WEBPVP8X"]


def photo_or_refusal(data):
    try:
        photo = media.read(data)
    except Refusal:
        return
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.shape[2] == 3
    assert min(photo.pixels.shape[:2]) >= media.MIN_SIDE


@pytest.mark.filterwarnings("ignore")  # as in the running program: a decoder's warning is no error
@given(head=st.sampled_from(HEADS), body=st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_a_photo_or_a_refusal(head, body):
    photo_or_refusal(head + body)


@pytest.mark.filterwarnings("ignore")  # as in the running program: a decoder's warning is no error
@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_damaged_pictures_give_a_photo_or_a_refusal(seed, damage):
    data = bytearray(seed)
    for place, change in damage:
        data[place % min(len(data), 600)] ^= change  # the headers are where decoders fall over
    photo_or_refusal(bytes(data))


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp"])
def test_encode_and_read_again(fmt):
    data = media.encode(gradient(), fmt, 95)
    assert codec.sniff(data) == fmt
    error = np.abs(media.read(data).pixels.astype(int) - gradient())
    assert error.max() == 0 if fmt == "png" else error.mean() < 3


@pytest.mark.parametrize("fmt", ["jpeg", "png", "webp"])
def test_nothing_but_pixels_is_carried_over(fmt):
    exif = Image.Exif()
    exif[0x010E] = "a secret description"
    exif[0x8825] = {1: "N", 2: (47.0, 22.0, 10.0)}
    dirty = file_of(Image.fromarray(gradient()), "JPEG", exif=exif.tobytes(), comment=b"secret comment")
    with Image.open(io.BytesIO(media.encode(media.read(dirty).pixels, fmt))) as clean:
        assert not dict(clean.getexif())
        assert not {"exif", "comment", "icc_profile", "xmp"} & set(clean.info)


@pytest.mark.parametrize(
    ("pixels", "fmt", "quality", "code"),
    [
        (gradient(), "gif", 90, "bad-format"),
        (gradient(), "jpeg", 0, "bad-quality"),
        (gradient(), "jpeg", 101, "bad-quality"),
        (gradient().astype(np.float32), "png", 90, "bad-pixels"),
        (gradient()[..., 0], "png", 90, "bad-pixels"),
        (np.zeros((130, 16_384, 3), np.uint8), "webp", 90, "bad-pixels"),
    ],
)
def test_encode_faults(pixels, fmt, quality, code):
    with pytest.raises(Fault) as caught:
        media.encode(pixels, fmt, quality)
    assert caught.value.code == code


def test_formats_know_their_names():
    assert [(f.mime, f.suffix) for f in media.Format] == [
        ("image/jpeg", ".jpg"),
        ("image/png", ".png"),
        ("image/webp", ".webp"),
        ("video/mp4", ".mp4"),
    ]
