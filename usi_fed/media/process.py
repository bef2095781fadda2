"""Hands people's files to a separate process that may die without harm, and takes back the safe ones."""

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import usi_fed
from usi_fed.errors import InvalidInput, StorageFull, TooLarge
from usi_fed.media.card import Card
from usi_fed.media.files import StoredFile
from usi_fed.media.inspect import MediaLimits
from usi_fed.media.results import Processed, Purpose
from usi_fed.sentences import Sentence

_ANSWER_BYTES = 64 * 1024

_TOO_LONG = Sentence("takes too long to be opened")


@dataclass(frozen=True, slots=True)
class ProcessorSettings:
    """How many processes may work at once, how long on one file, and when they give their memory back."""

    processes: int = 1
    deadline: timedelta = timedelta(seconds=20)
    idle: timedelta = timedelta(seconds=10)
    jobs_per_process: int = 50


class _Worker:
    """One child process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.jobs_done = 0
        self.retirement: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, job: dict[str, Any]) -> dict[str, Any] | None:
        """The child's answer, or None when it died over the job."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("a media child is started with pipes")
        try:
            self._process.stdin.write(json.dumps(job).encode() + b"\n")
            await self._process.stdin.drain()
            line = await self._process.stdout.readline()
        except (BrokenPipeError, ConnectionResetError):
            return None
        self.jobs_done += 1
        answer: dict[str, Any] | None = json.loads(line) if line.endswith(b"\n") else None
        return answer

    async def end(self) -> None:
        """Kill the child, which holds nothing that could be lost, and wait for its end."""
        if self.retirement:
            self.retirement.cancel()
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


class MediaProcessor:
    """Processes uploads in child processes that start on demand and end when idle.

    The server itself never imports a decoder. Close it, or use it as an asynchronous context.

    Spec: `../shared/interop/security.md` section 6, "media processing"
    """

    def __init__(self, limits: MediaLimits | None = None, settings: ProcessorSettings | None = None) -> None:
        self._limits = limits or MediaLimits()
        self._settings = settings or ProcessorSettings()
        self._turns = asyncio.Semaphore(self._settings.processes)
        self._idle: list[_Worker] = []
        self._endings: set[asyncio.Task[None]] = set()

    @property
    def idle_pids(self) -> list[int]:
        """The process ids of the children that wait for work."""
        return [worker.pid for worker in self._idle]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """End all idle children."""
        while self._idle:
            await self._idle.pop().end()
        await asyncio.gather(*self._endings)

    async def process(self, source: Path, target: Path, purpose: Purpose = "attachment") -> Processed:
        """Make the uploaded file at `source` safe and store what results in the folder `target`.

        Pictures are encoded anew, see `images.process_image`; videos and sounds lose their metadata, see
        `recordings.process_recording`; documents also their scripts, see `documents.process_document`.
        `source` is left as it is.

        Raises:
            InvalidInput: not a file that we take, broken, wrong for `purpose`, or too much work.
            TooLarge: more bytes than the limits allow.
            StorageFull: no space left where `target` is.
        """
        job = {"source": str(source), "target": str(target), "purpose": purpose, "limits": asdict(self._limits)}
        return _processed(_result(await self._done(job)))

    async def draw(self, card: Card, target: Path) -> None:
        """Draw a share card into the file `target`, see `card_drawing.draw_card`.

        Raises:
            InvalidInput: it cannot be drawn, or takes too long.
            StorageFull: no space left where `target` is.
        """
        _result(await self._done({"card": asdict(card), "target": str(target)}))

    async def _done(self, job: dict[str, Any]) -> dict[str, Any] | None:
        async with self._turns:
            return await self._ask(await self._take_worker(), job)

    async def _ask(self, worker: _Worker, job: dict[str, Any]) -> dict[str, Any] | None:
        is_reusable = False
        try:
            async with asyncio.timeout(self._settings.deadline.total_seconds()):
                answer = await worker.ask(job)
            is_reusable = answer is not None and worker.jobs_done < self._settings.jobs_per_process
        except TimeoutError:
            return {"invalid": {"message": _TOO_LONG.message}, "field": "file"}
        finally:
            # Also when the caller gave up: a child in the middle of a job is of no use to the next caller.
            if is_reusable:
                self._keep(worker)
            else:
                await worker.end()
        return answer

    async def _take_worker(self) -> _Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.retirement:
                worker.retirement.cancel()
            if worker.is_alive:
                return worker
        return _Worker(await _start_child())

    def _keep(self, worker: _Worker) -> None:
        self._idle.append(worker)
        delay = self._settings.idle.total_seconds()
        worker.retirement = asyncio.get_running_loop().call_later(delay, self._retire, worker)

    def _retire(self, worker: _Worker) -> None:
        if worker in self._idle:
            self._idle.remove(worker)
            ending = asyncio.create_task(worker.end())
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)


async def _start_child() -> asyncio.subprocess.Process:
    """Start a child that knows nothing of our environment but where the code lies."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "usi_fed.media.child"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PYTHONPATH": str(Path(usi_fed.__file__).parents[1]), "LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "2"},
        limit=_ANSWER_BYTES,
    )


def _result(answer: dict[str, Any] | None) -> dict[str, Any]:
    """The result out of a child's answer, {} for a job that gives none.

    Raises:
        InvalidInput, TooLarge, StorageFull: as the answer says; a child that died is the file's fault.
    """
    if answer is None:
        raise InvalidInput("file", Sentence("cannot be opened; it is broken or needs too much memory"))
    if "invalid" in answer:
        raise InvalidInput(answer["field"], _told(answer["invalid"]))
    if "too_large" in answer:
        raise TooLarge(_told(answer["too_large"]))
    if "full" in answer:
        raise StorageFull(answer["full"])
    result: dict[str, Any] = answer["result"]
    return result


def _processed(fields: dict[str, Any]) -> Processed:
    return Processed(
        original=StoredFile(**fields["original"]),
        preview=StoredFile(**fields["preview"]) if fields["preview"] else None,
        blurhash=fields["blurhash"],
        animated=fields["animated"],
        colour=fields["colour"],
        duration=timedelta(seconds=fields["duration"]) if fields["duration"] is not None else None,
    )


def _told(sentence: dict[str, Any]) -> Sentence:
    return Sentence(sentence["message"], **sentence.get("values", {}))
