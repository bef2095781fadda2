"""JSON-LD, done by a child process that can be killed (`ld_worker`); the event loop only waits."""

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from usi_fed.activitypub.contexts import OUR_CONTEXT, SHIPPED_CONTEXTS
from usi_fed.errors import MalformedActivity, TooLarge

MAX_DOCUMENT_BYTES: Final = 64 * 1024
_MAX_NODES: Final = 2000
_MAX_ANSWER_BYTES: Final = 8 * 1024 * 1024
_TIME_TO_START: Final = timedelta(seconds=20)
_SCRIPT: Final = Path(__file__).with_name("ld_worker.py")

# All of JSON-LD that a document of this network needs. What else there is (@graph, @included, @reverse, @nest,
# @index, @json, @import …) can make the processed document say what the signed one does not.
_KEYS_ALLOWED: Final = frozenset({"@context", "@id", "@type", "@value", "@language", "@list", "@set"})
_CONTEXT_WORDS_ALLOWED: Final = _KEYS_ALLOWED | {"@container", "@vocab", "@version", "@protected"}


class LinkedData:
    """Canonical hashes and compaction of JSON-LD documents.

    The child is started by the first request, serves one request after the other, and is replaced when it is
    too slow or dies. One object belongs to one event loop; `close` ends the child.
    """

    def __init__(self, timeout: timedelta = timedelta(seconds=2)) -> None:
        self._timeout = timeout
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None

    async def normalise(self, document: Mapping[str, object]) -> dict[str, object]:
        """The document compacted to our usual short names (`contexts.OUR_CONTEXT`).

        Contexts that we do not ship define nothing, and terms that no context defines are left out, as are
        objects and types whose name is relative. Public comes as `as:Public`, a list of one as its item.

        Raises:
            MalformedActivity: not JSON-LD, uses `@graph`, `@included`, `@reverse` or other rare keywords, or
                takes too long.
            TooLarge: over 64 kB or 2000 objects.
        """
        _check(document)
        answer = await self._ask({"hash": [], "compact": document, "are_unknown_opaque": True})
        return _compacted(answer)

    async def hashes(self, documents: Iterable[Mapping[str, object]]) -> list[str]:
        """The SHA-256 (hex) of the canonical N-Quads of each document.

        Raises:
            MalformedActivity, TooLarge: as `normalise`, and for a context that we do not ship.
        """
        return (await self._hash(list(documents), None))[0]

    async def hashes_and_compacted(
        self, options: Mapping[str, object], document: Mapping[str, object]
    ) -> tuple[list[str], dict[str, object]]:
        """The hashes of both, and the document as `normalise` gives it: of one reading of one text.

        Raises:
            MalformedActivity, TooLarge: as `hashes`.
        """
        hashes, answer = await self._hash([options, document], document)
        return hashes, _compacted(answer)

    async def close(self) -> None:
        """End the child, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.communicate()

    async def _hash(
        self, documents: list[Mapping[str, object]], compact: Mapping[str, object] | None
    ) -> tuple[list[str], Mapping[str, Any]]:
        for document in documents:
            _check(document)
        answer = await self._ask({"hash": documents, "compact": compact, "are_unknown_opaque": False})
        return answer["hashes"], answer

    async def _ask(self, request: Mapping[str, object]) -> Mapping[str, Any]:
        async with self._lock:
            process = await self._running()
            is_answered = False
            try:
                async with asyncio.timeout(self._timeout.total_seconds()):
                    answer = await _exchange(process, request)
                is_answered = True
            except (TimeoutError, OSError, ValueError) as error:
                raise MalformedActivity("the document could not be processed as JSON-LD in time") from error
            finally:
                # Also when the caller was cancelled: a late answer must not be taken for the next one's.
                if not is_answered:
                    await self.close()
        if "error" in answer:
            raise MalformedActivity(f"the document is not usable JSON-LD ({answer['error']})")
        return answer

    async def _running(self) -> asyncio.subprocess.Process:
        """The child; a new one when there is none or it died while nobody asked it anything."""
        if self._process is not None and self._process.returncode is None:
            return self._process
        await self.close()
        return await self._start()

    async def _start(self) -> asyncio.subprocess.Process:
        """Start a child without our environment (it holds secrets) and wait until it has loaded pyld."""
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_SCRIPT),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_MAX_ANSWER_BYTES,
            env={},
        )
        contexts = {url: str(path) for url, path in SHIPPED_CONTEXTS.items()}
        is_ready = False
        try:
            async with asyncio.timeout(_TIME_TO_START.total_seconds()):
                await _exchange(process, {"contexts": contexts, "target": OUR_CONTEXT})
            is_ready = True
        finally:
            if not is_ready:
                await self.close()
        return process


async def _exchange(process: asyncio.subprocess.Process, request: Mapping[str, object]) -> Mapping[str, Any]:
    assert process.stdin is not None and process.stdout is not None  # both were asked for as pipes
    process.stdin.write(orjson.dumps(request) + b"\n")
    await process.stdin.drain()
    answer: Mapping[str, Any] = json.loads(await process.stdout.readline())
    return answer


def _compacted(answer: Mapping[str, Any]) -> dict[str, object]:
    compacted: dict[str, object] = answer["compacted"]
    return compacted


def _check(document: Mapping[str, object]) -> None:
    """Refuse what is too big or uses more of JSON-LD than we allow, before any JSON-LD is done."""
    try:
        size = len(orjson.dumps(document))
    except TypeError as error:  # numbers over 64 bits, half surrogate pairs, endless nesting
        raise MalformedActivity("the document is not plain JSON") from error
    if size > MAX_DOCUMENT_BYTES:
        raise TooLarge("the document is too large for JSON-LD")
    waiting: list[tuple[object, bool]] = [(document, False)]
    seen = 0
    while waiting:
        value, is_in_context = waiting.pop()
        seen += 1
        if seen > _MAX_NODES:
            raise TooLarge("the document has too many objects for JSON-LD")
        if isinstance(value, Mapping):
            _check_keys(value, is_in_context)
            waiting.extend((child, is_in_context or name == "@context") for name, child in value.items())
        elif isinstance(value, list):
            waiting.extend((child, is_in_context) for child in value)
        elif isinstance(value, str):
            _check_text(value, is_in_context)


def _check_keys(value: Mapping[str, object], is_in_context: bool) -> None:
    allowed = _CONTEXT_WORDS_ALLOWED if is_in_context else _KEYS_ALLOWED
    for name in value:
        if name.startswith("@") and name not in allowed:
            raise MalformedActivity("the document uses a JSON-LD keyword that we refuse")
        _check_text(name, is_in_context=False)


def _check_text(text: str, is_in_context: bool) -> None:
    # A keyword as a value in a context makes an alias; a labelled blank node makes cycles of blank nodes.
    if text.startswith("_:") or (is_in_context and text.startswith("@") and text not in _CONTEXT_WORDS_ALLOWED):
        raise MalformedActivity("the document uses blank node labels or an alias of a keyword that we refuse")
