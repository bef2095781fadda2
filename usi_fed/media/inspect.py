"""What a file is, by its own first bytes; a declared type or a file name counts for nothing."""

from dataclasses import dataclass
from enum import StrEnum

from usi_fed.errors import InvalidInput, TooLarge
from usi_fed.sentences import Sentence

HEAD_BYTES = 4096

_MEGABYTE = 1024 * 1024


class Family(StrEnum):
    """The four sorts of attachments, as `type` in the client API names the first three."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    DOCUMENT = "document"


@dataclass(frozen=True, slots=True)
class Kind:
    """A file format that we take; `extension` is the one we store it under, without a dot."""

    family: Family
    media_type: str
    extension: str


JPEG = Kind(Family.IMAGE, "image/jpeg", "jpg")
PNG = Kind(Family.IMAGE, "image/png", "png")
WEBP = Kind(Family.IMAGE, "image/webp", "webp")
GIF = Kind(Family.IMAGE, "image/gif", "gif")
HEIF = Kind(Family.IMAGE, "image/heif", "heif")
AVIF = Kind(Family.IMAGE, "image/avif", "avif")
MP4 = Kind(Family.VIDEO, "video/mp4", "mp4")
MOV = Kind(Family.VIDEO, "video/quicktime", "mov")
WEBM = Kind(Family.VIDEO, "video/webm", "webm")
OGG_VIDEO = Kind(Family.VIDEO, "video/ogg", "ogv")
OGG_AUDIO = Kind(Family.AUDIO, "audio/ogg", "ogg")
MP3 = Kind(Family.AUDIO, "audio/mpeg", "mp3")
FLAC = Kind(Family.AUDIO, "audio/flac", "flac")
WAV = Kind(Family.AUDIO, "audio/wav", "wav")
AAC = Kind(Family.AUDIO, "audio/aac", "aac")
M4A = Kind(Family.AUDIO, "audio/mp4", "m4a")
PDF = Kind(Family.DOCUMENT, "application/pdf", "pdf")

KINDS = (
    *(JPEG, PNG, WEBP, GIF, HEIF, AVIF, MP4, MOV, WEBM, OGG_VIDEO),
    *(OGG_AUDIO, MP3, FLAC, WAV, AAC, M4A, PDF),
)

_ALLOWED = Sentence(
    "must be a picture (JPEG, PNG, WebP, GIF, HEIC, AVIF), a video (MP4, MOV, WebM, Ogg), a sound (MP3, Ogg, Opus,"
    " FLAC, WAV, AAC, M4A) or a PDF"
)
_BEGINNINGS = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"fLaC", FLAC),
    (b"ID3", MP3),
    (b"%PDF-", PDF),
)
_RIFF_FORMS = {b"WEBP": WEBP, b"WAVE": WAV}
_OGG_CODECS = (
    (b"\x80theora", OGG_VIDEO),
    (b"\x01vorbis", OGG_AUDIO),
    (b"OpusHead", OGG_AUDIO),
)
_BRANDS = (
    ({b"avif", b"avis"}, AVIF),
    ({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}, HEIF),
    ({b"M4A ", b"M4B "}, M4A),
    ({b"qt  "}, MOV),
    ({b"isom", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash", b"MSNV"}, MP4),
    ({b"iso2", b"iso3", b"iso4", b"iso5", b"iso6", b"3gp4", b"3gp5", b"3gp6"}, MP4),
)
_MP3_SYNC = {0xFA, 0xFB, 0xF2, 0xF3}
_AAC_SYNC = {0xF0, 0xF1, 0xF8, 0xF9}


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """How large a file may be. Spec: `../shared/interop/mastodon.md` section 6, "media limits"

    `max_animated_pixels` counts all frames together: an animation above it is kept as its first picture.
    """

    max_image_bytes: int = 16 * _MEGABYTE
    max_video_bytes: int = 99 * _MEGABYTE
    max_document_bytes: int = 25 * _MEGABYTE
    max_image_pixels: int = 33_177_600
    max_video_pixels: int = 8_294_400
    max_stored_side: int = 3840
    max_stored_pixels: int = 8_294_400
    max_preview_pixels: int = 230_400
    max_frames: int = 200
    max_animated_pixels: int = 30_000_000

    def max_bytes(self, kind: Kind) -> int:
        """The largest file of this kind."""
        match kind.family:
            case Family.IMAGE:
                return self.max_image_bytes
            case Family.DOCUMENT:
                return self.max_document_bytes
            case Family.VIDEO | Family.AUDIO:
                return self.max_video_bytes

    def check_size(self, kind: Kind, size_bytes: int) -> None:
        """Refuse a file that is too large for its kind.

        Raises:
            TooLarge: `size_bytes` is above the limit.
        """
        if size_bytes > self.max_bytes(kind):
            most = self.max_bytes(kind) // _MEGABYTE
            raise TooLarge(Sentence("A file of this kind may have at most %(most)s MB.", most=most))


def sniff(head: bytes) -> Kind:
    """What a file is, from its first `HEAD_BYTES` bytes.

    Raises:
        InvalidInput: none of the formats that we take; SVG, HTML and archives are among those refused.

    Spec: `../shared/interop/security.md` section 6, "media processing"
    """
    kind = _find_kind(head)
    if kind is None:
        raise InvalidInput("file", _ALLOWED)
    return kind


def _find_kind(head: bytes) -> Kind | None:
    for beginning, kind in _BEGINNINGS:
        if head.startswith(beginning):
            return kind
    if head.startswith(b"RIFF"):
        return _RIFF_FORMS.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _kind_by_brand(head)
    if head.startswith(b"OggS"):
        return next((kind for codec, kind in _OGG_CODECS if codec in head), None)
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return WEBM if b"webm" in head[:64] else None
    if len(head) > 3 and head[0] == 0xFF:
        return MP3 if head[1] in _MP3_SYNC else AAC if head[1] in _AAC_SYNC else None
    return None


def _kind_by_brand(head: bytes) -> Kind | None:
    """The kind of an ISO base media file: its major brand decides, then the compatible ones."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    major, compatible = head[8:12], {head[at : at + 4] for at in range(16, size - 3, 4)}
    if major == b"mif1" and compatible & {b"avif", b"avis"}:
        return AVIF
    for brands in ({major}, compatible):
        for known, kind in _BRANDS:
            if known & brands:
                return kind
    return None
