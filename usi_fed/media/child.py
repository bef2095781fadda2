"""The process that opens people's files: `python -m usi_fed.media.child`.

One job a line on standard input, one answer a line on standard output, both JSON; ends when its input ends.
It is started by `usi_fed.media.process` only and knows no secret of the server.
"""

import errno
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from usi_fed.errors import InvalidInput, TooLarge
from usi_fed.media.card import Card
from usi_fed.media.inspect import HEAD_BYTES, Family, MediaLimits, sniff
from usi_fed.media.results import Processed, Purpose
from usi_fed.media.sandbox import be_modest, close_doors, limit_resources
from usi_fed.sentences import Sentence

_MEMORY_BYTES = 1536 * 1024 * 1024
_CPU_SECONDS = 300
_FILE_BYTES = 128 * 1024 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT)


def main() -> None:
    """Bound this process, then serve jobs."""
    limit_resources(_MEMORY_BYTES, _CPU_SECONDS, _FILE_BYTES)
    be_modest()
    close_doors()
    serve(sys.stdin, _answers_apart())


def serve(jobs: TextIO, answers: TextIO) -> None:
    """Answer each line of `jobs` by a line: `{"result": …}`, `{"invalid": …}`, `{"too_large": …}` or `{"full": …}`."""
    for line in jobs:
        answers.write(json.dumps(_answer(json.loads(line))) + "\n")
        answers.flush()


def process(source: Path, target: Path, purpose: Purpose, limits: MediaLimits) -> Processed:
    """Make the file at `source` safe and store it in the folder `target`.

    Raises:
        InvalidInput: not a file that we take, broken, or wrong for `purpose`.
        TooLarge: more bytes than `limits` allow.
    """
    with source.open("rb") as file:
        kind = sniff(file.read(HEAD_BYTES))
        limits.check_size(kind, os.fstat(file.fileno()).st_size)
    if purpose != "attachment" and kind.family is not Family.IMAGE:
        raise InvalidInput("file", Sentence("must be a picture"))
    # Each job imports only its own decoders: 10 to 40 MB that the other jobs need not pay.
    if kind.family is Family.IMAGE:
        from usi_fed.media.images import process_image  # noqa: PLC0415

        return process_image(source, target, purpose, kind, limits)
    if kind.family is Family.DOCUMENT:
        from usi_fed.media.documents import process_document  # noqa: PLC0415

        return process_document(source, target)
    from usi_fed.media.recordings import process_recording  # noqa: PLC0415

    return process_recording(source, target, kind, limits)


def _as_told(text: str) -> dict[str, Any]:
    """A sentence in parts: who reads it is known beyond this process."""
    return {"message": text.message, "values": text.values} if isinstance(text, Sentence) else {"message": text}


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"result": _drawn(job) if "card" in job else _processed(job)}
    except InvalidInput as error:
        return {"invalid": _as_told(error.problem), "field": error.field}
    except TooLarge as error:
        return {"too_large": _as_told(error.args[0])}
    except MemoryError:
        return {"invalid": _as_told(Sentence("needs too much memory to be opened")), "field": "file"}
    except OSError as error:
        if error.errno not in _FULL:
            raise
        return {"full": "no space left for media files"}


def _processed(job: dict[str, Any]) -> dict[str, Any]:
    done = process(Path(job["source"]), Path(job["target"]), job["purpose"], MediaLimits(**job["limits"]))
    return asdict(done) | {"duration": done.duration.total_seconds() if done.duration is not None else None}


def _drawn(job: dict[str, Any]) -> dict[str, Any]:
    from usi_fed.media.card_drawing import draw_card  # noqa: PLC0415 - as above

    draw_card(Card(**job["card"]), Path(job["target"]))
    return {}


def _answers_apart() -> TextIO:
    """Our way to answer; what a decoder prints to standard output is lost instead of disturbing it."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    return answers


if __name__ == "__main__":
    main()
