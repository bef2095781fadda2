"""Mail that somebody asked for by naming an account. Nothing that the asker sees tells whether there is one."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
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


class Courier:
    """Sends letters in the background. `mailer` is None when no mail is sent here: then they are dropped."""

    def __init__(self, mailer: Mailer | None) -> None:
        self._mailer = mailer
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def is_possible(self) -> bool:
        """Whether mail is sent here at all."""
        return self._mailer is not None

    def send(self, letter: Letter) -> None:
        """Send a letter soon; what goes wrong is in the log."""
        self.start(self.carry(letter))

    def start(self, work: Coroutine[None, None, None]) -> None:
        """Do something in the background, and wait for it when the house closes."""
        task = asyncio.create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def carry(self, letter: Letter) -> None:
        """Send a letter now."""
        if self._mailer is None:
            return
        try:
            await self._mailer.send(letter.to, letter.subject, letter.text)
        except CANNOT_SEND as error:
            # Its message may hold the address.
            log.warning("mail cannot be sent: see `usi-fed doctor`", extra={"error": type(error).__name__})

    async def close(self) -> None:
        """Wait for what is being sent."""
        await asyncio.gather(*self._sending, return_exceptions=True)


class Letters:
    """Sends one kind of letter, in the background. `mailer` is None when no mail is sent here."""

    def __init__(self, mailer: Mailer | None, *, rate_limits: bool = True) -> None:
        self._courier = Courier(mailer)
        self._limits_tries = rate_limits
        self._of_network = Limit(TRIES_PER_NETWORK, WINDOW)
        self._of_login = Limit(MAILS_PER_LOGIN, WINDOW)

    @property
    def is_possible(self) -> bool:
        """Whether mail is sent here at all."""
        return self._courier.is_possible

    async def ask(self, login: str, address: str, write: Write) -> None:
        """Let a letter be written and sent; it takes as long when there is nobody to write to.

        Raises:
            TooManyRequests: this network asks too often.
        """
        if self._limits_tries:
            self._of_network.count(network_of(address))
        self.send(login, write)

    def send(self, login: str, write: Write) -> None:
        """The same, not counted by network: whoever calls has counted."""
        self._courier.start(self._send(login.strip().lower(), write))

    async def close(self) -> None:
        """Wait for what is being sent."""
        await self._courier.close()

    async def _send(self, login: str, write: Write) -> None:
        try:
            if self._limits_tries:
                self._of_login.count(login)
            letter = await write(login)
        except TooManyRequests:
            log.info("links by mail are asked for too often")
            return
        if letter is not None:
            await self._courier.carry(letter)
