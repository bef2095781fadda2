"""Pictures decoded, turned upright, stripped and encoded anew. Runs in the media child only: imports Pillow."""

import io
import math
from pathlib import Path
from typing import Any

import blurhash
from PIL import Image, ImageCms, ImageOps, ImageSequence

from usi_fed.errors import InvalidInput
from usi_fed.media.files import StoredFile, keep, new_file
from usi_fed.media.inspect import AVIF, GIF, HEIF, JPEG, PNG, WEBP, Kind, MediaLimits
from usi_fed.media.results import Processed, Purpose
from usi_fed.sentences import Sentence

_FORMATS = {JPEG: "JPEG", PNG: "PNG", WEBP: "WEBP", GIF: "GIF", HEIF: "HEIF", AVIF: "AVIF"}
_FRAMED = {"avatar": (400, 400), "header": (1500, 500)}
_ANIMATED_KINDS = (GIF, WEBP, PNG)
_BLURHASH_COMPONENTS = 4
_BLURHASH_SIDE = 64
_COLOUR_SIDE, _MAIN_COLOURS, _LEAST_COLOUR = 96, 8, 40
_MAX_FRAME_MILLISECONDS = 60_000
_SAVING: dict[Kind, dict[str, Any]] = {
    JPEG: {"quality": 88, "progressive": True, "optimize": True},
    PNG: {"optimize": True},
    WEBP: {"quality": 85, "method": 4},
    GIF: {},
}
# Pillow would otherwise write again what the source had attached.
_NOTHING_ATTACHED: dict[str, Any] = {"exif": b"", "icc_profile": None}
_SRGB = ImageCms.createProfile("sRGB")

# The limits below are checked here, with our own numbers; Pillow would only warn up to twice its own.
Image.MAX_IMAGE_PIXELS = None


def process_image(source: Path, target: Path, purpose: Purpose, kind: Kind, limits: MediaLimits) -> Processed:
    """Write the picture and its preview into the folder `target`, without any metadata.

    An attachment keeps its shape, within 3840 pixels a side; an avatar becomes 400x400 and a header 1500x500
    at most, and their preview is the same picture standing still.

    Raises:
        InvalidInput: not a readable picture of its kind, or with too many pixels.

    Spec: `../shared/interop/security.md` section 6, "media processing"
    """
    try:
        with _opened(source, kind, limits) as image:
            if _is_small_animation(image, kind, limits):
                return _animation(image, target, purpose, kind, limits)
            return _still(image, target, purpose, kind, limits)
    except OSError as error:
        if error.errno is not None:
            # Not the decoder speaks but the disk.
            raise
        raise InvalidInput("file", Sentence("is not a readable picture")) from error
    except (ValueError, SyntaxError, EOFError, IndexError, KeyError) as error:
        # Pillow's decoders raise all of these for broken files.
        raise InvalidInput("file", Sentence("is not a readable picture")) from error


def _opened(source: Path, kind: Kind, limits: MediaLimits) -> Image.Image:
    if kind is HEIF:
        # Only HEIC pictures need its 20 MB of decoders.
        import pillow_heif  # noqa: PLC0415

        pillow_heif.register_heif_opener(thumbnails=False)
    image = Image.open(source, formats=[_FORMATS[kind]])
    if image.width * image.height > limits.max_image_pixels:
        raise InvalidInput("file", Sentence("may have at most %(most)s pixels", most=limits.max_image_pixels))
    return image


def _is_small_animation(image: Image.Image, kind: Kind, limits: MediaLimits) -> bool:
    if kind not in _ANIMATED_KINDS or not getattr(image, "is_animated", False):
        return False
    frames: int = getattr(image, "n_frames", 1)
    return frames <= limits.max_frames and frames * image.width * image.height <= limits.max_animated_pixels


def _still(image: Image.Image, target: Path, purpose: Purpose, kind: Kind, limits: MediaLimits) -> Processed:
    if kind is JPEG:
        # Decodes a large photo at half or a quarter of its size right away.
        image.draft(None, _within(image.size, limits.max_stored_pixels, limits.max_stored_side))
    upright = _in_srgb(ImageOps.exif_transpose(image))
    picture = _fitted(upright, purpose, limits)
    original = _save(picture, target, _stored_kind(picture, kind))
    if purpose != "attachment":
        return Processed(original, original, _blurhash(picture), colour=_main_colour(picture))
    preview = _preview(picture, target, limits)
    return Processed(original, preview, _blurhash(picture))


def _animation(image: Image.Image, target: Path, purpose: Purpose, kind: Kind, limits: MediaLimits) -> Processed:
    durations: list[int] = []
    frames: list[Image.Image] = []
    for frame in ImageSequence.Iterator(image):
        durations.append(min(max(int(frame.info.get("duration", 100)), 10), _MAX_FRAME_MILLISECONDS))
        bare = frame.convert("RGBA")
        bare.info = {}
        frames.append(_fitted(bare, purpose, limits))
    first = _opaque_if_possible(frames[0])
    with new_file(target) as path:
        frames[0].save(
            path,
            _FORMATS[kind],
            save_all=True,
            append_images=frames[1:],
            duration=durations,
            loop=0,
            **_NOTHING_ATTACHED,
            **_SAVING[kind],
        )
        original = keep(path, kind, *frames[0].size)
    still = (
        _preview(first, target, limits) if purpose == "attachment" else _save(first, target, _stored_kind(first, PNG))
    )
    colour = "" if purpose == "attachment" else _main_colour(first)
    return Processed(original, still, _blurhash(first), animated=True, colour=colour)


def _in_srgb(image: Image.Image) -> Image.Image:
    """The picture as L, RGB or RGBA, in the colours of sRGB, with nothing attached."""
    profile = image.info.get("icc_profile")
    plain = _eight_bit(image)
    if profile and plain.mode in {"RGB", "RGBA"}:
        plain = _from_profile(plain, profile)
    bare = plain.copy()
    bare.info = {}
    return _opaque_if_possible(bare)


def _eight_bit(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in {"L", "RGB", "RGBA"} and "transparency" not in image.info:
        return image
    has_alpha = image.mode in {"LA", "PA", "La", "RGBa", "RGBA"} or "transparency" in image.info
    return image.convert("RGBA" if has_alpha else "RGB")


def _from_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """The picture converted from its own colour profile; unchanged when the profile is of no use."""
    try:
        converted = ImageCms.profileToProfile(image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), _SRGB)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image


def _opaque_if_possible(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA" or image.getchannel("A").getextrema() != (255, 255):
        return image
    return image.convert("RGB")


def _fitted(image: Image.Image, purpose: Purpose, limits: MediaLimits) -> Image.Image:
    if purpose == "attachment":
        size = _within(image.size, limits.max_stored_pixels, limits.max_stored_side)
        return image if size == image.size else image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    width, height = _FRAMED[purpose]
    # A small picture is cut to shape, not blown up.
    scale = min(1.0, image.width / width, image.height / height)
    return ImageOps.fit(image, (max(round(width * scale), 1), max(round(height * scale), 1)))


def _within(size: tuple[int, int], max_pixels: int, max_side: int) -> tuple[int, int]:
    """The size of the same shape, shrunk to the limits."""
    width, height = size
    scale = min(1.0, max_side / max(size), math.sqrt(max_pixels / (width * height)))
    return (width, height) if scale == 1.0 else (max(int(width * scale), 1), max(int(height * scale), 1))


def _stored_kind(picture: Image.Image, source: Kind) -> Kind:
    """The format to store: as it came, except HEIC and AVIF, which not every browser and server can show."""
    if source in {PNG, WEBP}:
        return source
    if source is GIF:
        return PNG
    return JPEG if picture.mode in {"L", "RGB"} else WEBP


def _preview(picture: Image.Image, target: Path, limits: MediaLimits) -> StoredFile:
    small = picture.copy()
    small.thumbnail(_within(small.size, limits.max_preview_pixels, max(small.size)), Image.Resampling.LANCZOS)
    return _save(small, target, JPEG if small.mode in {"L", "RGB"} else PNG)


def _save(picture: Image.Image, target: Path, kind: Kind) -> StoredFile:
    with new_file(target) as path:
        picture.save(path, _FORMATS[kind], **_NOTHING_ATTACHED, **_SAVING[kind])
        return keep(path, kind, *picture.size)


def _main_colour(picture: Image.Image) -> str:
    """The colour of a badge: of its few main colours the one that is seen most, the more colourful the sooner.

    Empty when all of it is white, black or grey.
    """
    small = picture.convert("RGBA")
    small.thumbnail((_COLOUR_SIDE, _COLOUR_SIDE))
    ground = Image.new("RGBA", small.size, "white")
    ground.alpha_composite(small)
    few = ground.convert("RGB").quantize(_MAIN_COLOURS).convert("RGB")
    counted: list[tuple[int, Any]] = list(few.getcolors(_COLOUR_SIDE * _COLOUR_SIDE) or ())
    weighed = [(number * (max(colour) - min(colour)), colour) for number, colour in counted if _is_colourful(colour)]
    return "#{:02x}{:02x}{:02x}".format(*max(weighed)[1]) if weighed else ""


def _is_colourful(colour: Any) -> bool:  # noqa: ANN401 - Pillow's colours are numbers or tuples
    return bool(max(colour) - min(colour) >= _LEAST_COLOUR)


def _blurhash(picture: Image.Image) -> str:
    """Spec: `../shared/interop/mastodon.md` section 6, "blurhash"; 4x4 components like Mastodon's."""
    small = picture.copy()
    small.thumbnail((_BLURHASH_SIDE, _BLURHASH_SIDE))
    ground = Image.new("RGBA", small.size, "white")
    ground.alpha_composite(small.convert("RGBA"))
    return str(blurhash.encode(ground.convert("RGB"), _BLURHASH_COMPONENTS, _BLURHASH_COMPONENTS))
