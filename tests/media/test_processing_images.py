import io
import struct
import zlib
from pathlib import Path

import blurhash
import pytest
from PIL import Image, ImageCms

from usi_fed.errors import InvalidInput, TooLarge
from usi_fed.media.inspect import MediaLimits
from usi_fed.media.process import MediaProcessor

SECRET = b"SECRET-PLACE-47.1"


@pytest.fixture
async def processor():
    async with MediaProcessor() as processor:
        yield processor


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "stored"
    folder.mkdir()
    return folder


def put(tmp_path: Path, data: bytes) -> Path:
    source = tmp_path / "upload"
    source.write_bytes(data)
    return source


def photo(size=(60, 40), mode="RGB") -> Image.Image:
    """Left half red, right half blue; so that one sees which way is up."""
    image = Image.new(mode, size, (255, 0, 0, 255)[: len(mode)])
    image.paste((0, 0, 255, 255)[: len(mode)], (size[0] // 2, 0, *size))
    return image


def encoded(image: Image.Image, form: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def exif(orientation: int = 1) -> bytes:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010E] = SECRET.decode()
    tags.get_ifd(0x8825)[1] = "N"
    tags.get_ifd(0x8825)[2] = (47.0, 1.0, 1.0)
    tags.get_ifd(0x8825)[29] = SECRET.decode()
    return tags.tobytes()


def stored(target: Path, file) -> Image.Image:
    return Image.open(target / file.name)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
async def test_no_metadata_survives(processor, tmp_path, target, form):
    data = encoded(photo(), form, exif=exif(), xmp=b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>")
    assert SECRET in data
    done = await processor.process(put(tmp_path, data), target)
    for file in (done.original, done.preview):
        assert SECRET not in (target / file.name).read_bytes()
        with stored(target, file) as image:
            assert not image.getexif()
            assert not {"exif", "xmp", "icc_profile", "comment", "photoshop"} & set(image.info)


async def test_comments_and_texts_do_not_survive(processor, tmp_path, target):
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text("Comment", SECRET.decode())
    texts.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    for data in (
        encoded(photo(), "PNG", pnginfo=texts),
        encoded(photo(), "JPEG", comment=SECRET),
        encoded(photo(), "GIF", comment=SECRET),
    ):
        assert SECRET in data
        done = await processor.process(put(tmp_path, data + SECRET), target)
        assert SECRET not in (target / done.original.name).read_bytes()


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [(1, (60, 40), (5, 20)), (3, (60, 40), (55, 20)), (6, (40, 60), (20, 5)), (8, (40, 60), (20, 55))],
)
async def test_photo_is_turned_upright(processor, tmp_path, target, orientation, size, red_at):
    data = encoded(photo(), "JPEG", exif=exif(orientation), quality=95)
    done = await processor.process(put(tmp_path, data), target)
    assert (done.original.width, done.original.height) == size
    with stored(target, done.original) as image:
        assert image.size == size
        red, _, blue = image.getpixel(red_at)
        assert red > 200 > 60 > blue


@pytest.mark.parametrize(
    ("form", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("AVIF", "image/jpeg"),
        ("GIF", "image/png"),
    ],
)
async def test_format_is_one_that_everybody_can_show(processor, tmp_path, target, form, media_type):
    done = await processor.process(put(tmp_path, encoded(photo(), form)), target)
    assert done.original.media_type == media_type
    assert {path.name for path in target.iterdir()} == {done.original.name, done.preview.name}
    assert done.original.name.startswith(done.original.sha256)
    assert (target / done.original.name).stat().st_size == done.original.size_bytes


async def test_heic_photo_becomes_a_jpeg_upright_and_bare(processor, tmp_path, target):
    import pillow_heif

    image = pillow_heif.from_pillow(photo((64, 48)))
    buffer = io.BytesIO()
    image.save(buffer, exif=exif(1))
    assert SECRET in buffer.getvalue()
    done = await processor.process(put(tmp_path, buffer.getvalue()), target)
    assert done.original.media_type == "image/jpeg"
    assert (done.original.width, done.original.height) == (64, 48)
    assert SECRET not in (target / done.original.name).read_bytes()


async def test_transparency_stays(processor, tmp_path, target):
    image = photo(mode="RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    for form, media_type in (("PNG", "image/png"), ("WEBP", "image/webp"), ("AVIF", "image/webp")):
        done = await processor.process(put(tmp_path, encoded(image, form)), target)
        assert done.original.media_type == media_type
        with stored(target, done.original) as kept:
            assert kept.convert("RGBA").getchannel("A").getextrema()[0] < 20


async def test_useless_colour_profile_is_dropped(processor, tmp_path, target):
    red = Image.new("RGB", (40, 40), (200, 30, 30))
    for profile in (SECRET, ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()):
        done = await processor.process(put(tmp_path, encoded(red, "PNG", icc_profile=profile)), target)
        with stored(target, done.original) as image:
            assert "icc_profile" not in image.info
            assert image.getpixel((5, 5)) == (200, 30, 30)


async def test_large_photo_is_shrunk_with_a_preview_and_a_blurhash(processor, tmp_path, target):
    done = await processor.process(put(tmp_path, encoded(photo((4600, 2300)), "JPEG")), target)
    assert (done.original.width, done.original.height) == (3840, 1920)
    assert done.preview.width * done.preview.height <= 230_400
    assert done.preview.width == pytest.approx(2 * done.preview.height, abs=2)
    assert blurhash.is_valid_blurhash(done.blurhash)
    assert len(done.blurhash) == 6 + 2 * 15


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "I;16", "CMYK"])
async def test_unusual_pixels_are_understood(processor, tmp_path, target, mode):
    image = Image.new(mode, (20, 10)) if mode == "I;16" else photo((20, 10)).convert(mode)
    data = encoded(image, "JPEG" if mode == "CMYK" else "PNG")
    done = await processor.process(put(tmp_path, data), target)
    assert (done.original.width, done.original.height) == (20, 10)


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
async def test_small_animation_keeps_moving_and_its_preview_stands_still(processor, tmp_path, target, form):
    frames = [Image.new("RGB", (30, 20), (n * 60, 0, 255 - n * 60)) for n in range(4)]
    data = (
        encoded(frames[0], form, save_all=True, append_images=frames[1:], duration=120, exif=exif(), comment=SECRET)
        + SECRET
    )
    done = await processor.process(put(tmp_path, data), target)
    assert done.animated
    assert SECRET not in (target / done.original.name).read_bytes()
    with stored(target, done.original) as image:
        assert (image.format, image.n_frames) == (form, 4)
    with stored(target, done.preview) as image:
        assert getattr(image, "n_frames", 1) == 1


async def test_large_animation_is_kept_as_its_first_picture(tmp_path, target):
    frames = [Image.new("RGB", (30, 20), (n * 60, 0, 0)) for n in range(4)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    async with MediaProcessor(MediaLimits(max_frames=3)) as strict:
        done = await strict.process(put(tmp_path, data), target)
    assert not done.animated
    assert done.original.media_type == "image/png"


@pytest.mark.parametrize(("purpose", "size"), [("avatar", (400, 400)), ("header", (1500, 500))])
async def test_avatar_and_header_get_their_shape(processor, tmp_path, target, purpose, size):
    done = await processor.process(put(tmp_path, encoded(photo((2000, 1200)), "PNG")), target, purpose)
    assert (done.original.width, done.original.height) == size
    assert done.preview == done.original


async def test_small_avatar_is_not_blown_up(processor, tmp_path, target):
    done = await processor.process(put(tmp_path, encoded(photo((90, 60)), "PNG")), target, "avatar")
    assert (done.original.width, done.original.height) == (60, 60)


async def test_moving_avatar_has_a_version_that_stands_still(processor, tmp_path, target):
    frames = [Image.new("RGB", (30, 30), (n * 60, 0, 0)) for n in range(3)]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    done = await processor.process(put(tmp_path, data), target, "avatar")
    assert done.original.media_type == "image/gif"
    assert done.preview.media_type == "image/png"


def png_of(width: int, height: int, rows: bytes = b"") -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


async def test_bomb_is_refused_before_it_is_decoded(tmp_path, target):
    data = png_of(30_000, 30_000, bytes(30_001 * 2000))
    async with MediaProcessor() as processor:
        with pytest.raises(InvalidInput, match="pixels"):
            await processor.process(put(tmp_path, data), target)
        [pid] = processor.idle_pids
        peak = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM"))
        assert int(peak.split()[1]) < 200_000
    assert list(target.iterdir()) == []


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
async def test_truncated_picture_is_refused_and_nothing_is_stored(processor, tmp_path, target, form):
    noise = Image.effect_noise((200, 200), 90).convert("RGB")
    data = encoded(noise, form)
    with pytest.raises(InvalidInput):
        await processor.process(put(tmp_path, data[: len(data) // 2]), target)
    assert list(target.iterdir()) == []


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"<!doctype html><script>alert(1)</script>",
        b"PK\x03\x04" + bytes(100),
        b"",
        b"\x89PNG\r\n\x1a\n" + b"<script>" * 20,
        b"GIF89a" + b"<script>" * 20,
    ],
)
async def test_other_files_are_refused(processor, tmp_path, target, data):
    with pytest.raises(InvalidInput, match="file"):
        await processor.process(put(tmp_path, data), target)
    assert list(target.iterdir()) == []


async def test_script_hidden_in_a_picture_does_not_survive(processor, tmp_path, target):
    data = encoded(photo(), "JPEG", comment=b"<script>alert(1)</script>") + b"<script>alert(2)</script>"
    done = await processor.process(put(tmp_path, data), target)
    assert b"<script" not in (target / done.original.name).read_bytes()


async def test_file_above_the_limit_is_too_large(tmp_path, target):
    async with MediaProcessor(MediaLimits(max_image_bytes=1024 * 1024)) as processor:
        with pytest.raises(TooLarge, match="1 MB"):
            await processor.process(put(tmp_path, encoded(photo(), "PNG") + bytes(1024 * 1024)), target)


async def test_same_picture_is_stored_once(processor, tmp_path, target):
    data = encoded(photo(), "PNG")
    first = await processor.process(put(tmp_path, data), target)
    assert await processor.process(put(tmp_path, data), target) == first
    assert len(list(target.iterdir())) == len({first.original.name, first.preview.name})
