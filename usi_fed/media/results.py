"""What processing a file gives, and what a picture can be for."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from usi_fed.media.files import StoredFile

Purpose = Literal["attachment", "avatar", "header"]


@dataclass(frozen=True, slots=True)
class Processed:
    """The stored files of one upload.

    `preview` of an attachment is a smaller picture, of an avatar or header the same standing still (the same
    file if nothing moves); videos, sounds and documents have none.
    `colour` of a profile picture is its main colour as `#rrggbb`, empty for grey.
    """

    original: StoredFile
    preview: StoredFile | None = None
    blurhash: str | None = None
    animated: bool = False
    duration: timedelta | None = None
    colour: str = ""
