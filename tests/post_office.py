"""A mail server on the loopback, as small as it can be. What it is given is kept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from usi_fed.config import Settings


@dataclass
class PostOffice:
    """Takes mail at `url`; `refused` are addresses that it takes nothing for."""

    url: str = ""
    refused: set[str] = field(default_factory=set)
    mails: list[EmailMessage] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, until it leaves."""
        answer = b"220 here\r\n"
        while answer:
            writer.write(answer)
            answer = await self._answer(await reader.readline(), reader, writer)
        writer.close()

    async def _answer(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        word = line.strip().upper()
        if not word or word == b"QUIT":
            return b""
        if word.startswith(b"RCPT") and line.split(b"<")[1].split(b">")[0].decode() in self.refused:
            return b"550 nobody here\r\n"
        if word == b"DATA":
            writer.write(b"354 go on\r\n")
            text = await reader.readuntil(b"\r\n.\r\n")
            self.mails.append(message_from_bytes(text[:-3], policy=default))
        return b"250 well\r\n"


@asynccontextmanager
async def open_post_office() -> AsyncIterator[PostOffice]:
    """A post office, open as long as the block lasts."""
    office = PostOffice()
    server = await asyncio.start_server(office.talk, "127.0.0.1", 0)
    office.url = f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield office


def with_mail(settings: Settings, office: PostOffice) -> Settings:
    """A server that sends its mail there, and counts tries."""
    return replace(settings, rate_limits=True, mail_url=office.url, mail_from="office@union.example")
