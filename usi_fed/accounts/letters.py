"""Mail that somebody asked for by naming an account. Nothing that the asker sees tells whether there is one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

from usi_fed.accounts.limits import Limit, network_of
from usi_fed.errors import TooManyRequests
from usi_fed.mail import CANNOT_SEND, Mailer

log = logging.getLogger(__name__)

WINDOW = timedelta(hours=1)
MAILS_PER_LOGIN, TRIES_PER_NETWORK = 3, 20


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that is ready to be sent. It holds what opens an account."""

    to: str
    subject: str
    text: str = field(repr=False)


# Writes to whoever has this user name or e-mail address; None: there is nobody to write to.
Write = Callable[[str], Awaitable[Letter | None]]


class Letters:
    """Sends one kind of letter, in the background. `mailer` is None when no mail is sent here."""

    def __init__(self, mailer: Mailer | None, *, rate_limits: bool = True) -> None:
        self._mailer = mailer
        self._limits_tries = rate_limits
        self._of_network = Limit(TRIES_PER_NETWORK, WINDOW)
        self._of_login = Limit(MAILS_PER_LOGIN, WINDOW)
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def is_possible(self) -> bool:
        """Whether mail is sent here at all."""
        return self._mailer is not None

    async def ask(self, login: str, address: str, write: Write) -> None:
        """Let a letter be written and sent; it takes as long when there is nobody to write to.

        Raises:
            TooManyRequests: this network asks too often.
        """
        if self._limits_tries:
            self._of_network.count(network_of(address))
        task = asyncio.create_task(self._send(login.strip().lower(), write))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def close(self) -> None:
        """Wait for what is being sent."""
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def _send(self, login: str, write: Write) -> None:
        try:
            if self._limits_tries:
                self._of_login.count(login)
            letter = await write(login)
            if letter is not None and self._mailer is not None:
                await self._mailer.send(letter.to, letter.subject, letter.text)
        except TooManyRequests:
            log.info("links by mail are asked for too often")
        except CANNOT_SEND as error:
            # Its message may hold the address.
            log.warning("mail cannot be sent: see `usi-fed doctor`", extra={"error": type(error).__name__})
