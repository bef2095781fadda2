"""What a composer sends: its texts, and the files that were chosen, which become the author's uploads."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from hashlib import sha256

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from usi_fed.actors.model import Actor
from usi_fed.errors import InvalidInput, TooLarge
from usi_fed.media.inspect import MediaLimits
from usi_fed.media.uploads import limited, saved
from usi_fed.pages.answers import words_of
from usi_fed.pages.composer import Composer
from usi_fed.pages.house import House
from usi_fed.pages.once import form_key
from usi_fed.posts.service import MOST_MEDIA

FILES = MOST_MEDIA
"""How many files one form may bring; an article gets more of them one form after the other."""
MOST_BYTES = FILES * MediaLimits().max_video_bytes + (2 << 20)
MOST_FIELDS = 150

Files = Mapping[str, UploadFile]


@asynccontextmanager
async def composer_form(request: Request) -> AsyncIterator[tuple[dict[str, str], dict[str, UploadFile]]]:
    """What the composer sent: its texts, and the files that were chosen.

    Raises:
        InvalidInput: it is no such form.
        TooLarge: it is larger than four films may be.
    """
    try:
        async with limited(request, MOST_BYTES).form(
            max_files=FILES, max_fields=MOST_FIELDS, max_part_size=1 << 20
        ) as form:
            texts = {name: value.replace("\0", "") for name, value in form.items() if isinstance(value, str)}
            chosen = {name: value for name, value in form.items() if isinstance(value, UploadFile) and value.size}
            yield texts, chosen
    except MultiPartException as error:
        raise InvalidInput("", f"the form cannot be read: {error.message}") from error


async def attach(house: House, author: Actor, composer: Composer, files: Files) -> tuple[Composer, str]:
    """The composer with what was uploaded, and what is wrong with files, if anything; their descriptions stay."""
    kept, words = dict(composer.files), dict(composer.words)
    problems = []
    for name, upload in files.items():
        number = name.removeprefix("upload-")
        description = words.get(number, "")
        try:
            async with saved(upload, house.media.incoming) as path:
                file = await house.media.upload(author, path, description=description)
        except (InvalidInput, TooLarge) as error:
            problems.append(f"{upload.filename}: {words_of(error)}")
        else:
            kept[file.id] = description
            words.pop(number, None)
    return replace(composer, files=kept, words=words), " ".join(problems)


async def composer_key(request: Request, fields: Mapping[str, str], files: Files) -> str:
    """As `form_key`: the same words with other files are another form."""
    hashes = {name: await asyncio.to_thread(_hash, upload) for name, upload in files.items()}
    return form_key(request, {**fields, **hashes})


def _hash(upload: UploadFile) -> str:
    digest = sha256()
    upload.file.seek(0)
    while chunk := upload.file.read(1 << 20):
        digest.update(chunk)
    return digest.hexdigest()
