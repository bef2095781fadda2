"""Share cards: what other programs show beside a link to a page of ours. Drawn on demand, kept in a bounded cache."""

import asyncio
from datetime import timedelta
from pathlib import Path

from usi_fed.errors import TooManyRequests
from usi_fed.media.card import Card
from usi_fed.media.process import MediaProcessor
from usi_fed.media.service import CACHE

FOLDER = Path(CACHE) / "cards"
"""Below the media directory."""
MOST_KEPT = 1000  # of 10 to 60 KB each
MOST_WAITING = 20


class CardBox:
    """Draws cards in a child process of its own, so that no upload waits for them, and keeps the newest in `folder`."""

    def __init__(self, processor: MediaProcessor, folder: Path, *, most_kept: int = MOST_KEPT) -> None:
        self._processor = processor
        self._folder = folder
        self._most_kept = most_kept
        self._drawing: dict[str, asyncio.Task[bytes]] = {}
        self._turn = asyncio.Lock()

    async def close(self) -> None:
        """End what is being drawn, and the child."""
        running = list(self._drawing.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._processor.close()

    async def png(self, card: Card) -> bytes:
        """The card as PNG; who asks for the same at the same time gets the same drawing.

        Raises:
            TooManyRequests: many others are being drawn.
            InvalidInput: it cannot be drawn.
            StorageFull: there is no space left for it.
        """
        kept = await asyncio.to_thread(_find, self._path(card))
        if kept is not None:
            return kept
        task = self._drawing.get(card.key)
        if task is None:
            if len(self._drawing) >= MOST_WAITING:
                raise TooManyRequests("too many cards are being drawn", timedelta(seconds=10))
            task = self._drawing[card.key] = asyncio.create_task(self._draw(card))
            task.add_done_callback(lambda done: self._drawn(card, done))
        return await asyncio.shield(task)  # one asker who gives up does not take it from the others

    def _path(self, card: Card) -> Path:
        return self._folder / f"{card.key}.png"

    async def _draw(self, card: Card) -> bytes:
        async with self._turn:  # else another one thins this out before it is read
            self._folder.mkdir(parents=True, exist_ok=True)
            await self._processor.draw(card, self._path(card))
            drawn = await asyncio.to_thread(self._path(card).read_bytes)
            await asyncio.to_thread(_thin_out, self._folder, self._most_kept)
        return drawn

    def _drawn(self, card: Card, task: "asyncio.Task[bytes]") -> None:
        del self._drawing[card.key]
        if not task.cancelled():
            task.exception()  # marks it as seen, should every asker have given up


def _find(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _thin_out(folder: Path, most: int) -> None:
    """Drop the oldest drawings beyond `most`; another process may do the same at the same time."""
    drawn = [(path.stat().st_mtime_ns, path) for path in folder.glob("*.png") if path.is_file()]
    for _, path in sorted(drawn)[: max(0, len(drawn) - most)]:
        path.unlink(missing_ok=True)
