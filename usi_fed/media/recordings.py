"""Videos and sounds passed through without their metadata; nothing is decoded."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from usi_fed.errors import InvalidInput
from usi_fed.media import matroska, mp4, ogg, tagged
from usi_fed.media.facts import Broken, Facts
from usi_fed.media.files import keep, new_file
from usi_fed.media.inspect import AAC, FLAC, M4A, MOV, MP3, MP4, OGG_AUDIO, OGG_VIDEO, WAV, WEBM, Kind, MediaLimits
from usi_fed.media.results import Processed
from usi_fed.sentences import Sentence

_SCRUBBERS: dict[Kind, Callable[[BinaryIO], Facts]] = {
    MP4: mp4.scrub,
    MOV: mp4.scrub,
    M4A: mp4.scrub,
    WEBM: matroska.scrub,
    OGG_VIDEO: ogg.scrub,
    OGG_AUDIO: ogg.scrub,
    MP3: tagged.scrub_tags,
    AAC: tagged.scrub_tags,
    FLAC: tagged.scrub_flac,
    WAV: tagged.scrub_wav,
}


def process_recording(source: Path, target: Path, kind: Kind, limits: MediaLimits) -> Processed:
    """Write a copy without metadata into the folder `target`; sound and picture stay bit for bit.

    What exactly goes is said by `mp4.scrub`, `matroska.scrub`, `ogg.scrub`, `tagged.scrub_tags`,
    `tagged.scrub_flac` and `tagged.scrub_wav`.

    Raises:
        InvalidInput: the container is broken, too finely divided, has a track of positions, or too many pixels.
    """
    with new_file(target) as path:
        shutil.copyfile(source, path)
        try:
            with path.open("r+b") as file:
                facts = _SCRUBBERS[kind](file)
        except Broken as error:
            raise InvalidInput(
                "file", Sentence("is not a usable film or recording (%(reason)s)", reason=str(error))
            ) from error
        if (facts.width or 0) * (facts.height or 0) > limits.max_video_pixels:
            raise InvalidInput(
                "file", Sentence("may have at most %(most)s pixels in each picture", most=limits.max_video_pixels)
            )
        return Processed(keep(path, kind, facts.width, facts.height), duration=facts.duration)
