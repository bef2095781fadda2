"""Choosing a new password with a link that comes by mail."""

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

from usi_fed.accounts.limits import Limit, network_of
from usi_fed.accounts.model import RecoveryOffer
from usi_fed.accounts.service import RECOVERY_LIFETIME, Accounts
from usi_fed.errors import TooManyRequests
from usi_fed.mail import CANNOT_SEND, Mailer
from usi_fed.translation import find_language, gettext, ngettext, reader, speaking
from usi_fed.urls import Urls

log = logging.getLogger(__name__)

WINDOW = timedelta(hours=1)
MAILS_PER_LOGIN, TRIES_PER_NETWORK = 3, 20


class Recovery:
    """Mails links to people who forgot their password. `mailer` is None when no mail is sent here."""

    def __init__(
        self, accounts: Accounts, mailer: Mailer | None, urls: Urls, *, server: str, rate_limits: bool = True
    ) -> None:
        self._accounts = accounts
        self._mailer = mailer
        self._urls = urls
        self._server = server
        self._limits_tries = rate_limits
        self._of_network = Limit(TRIES_PER_NETWORK, WINDOW)
        self._of_login = Limit(MAILS_PER_LOGIN, WINDOW)
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def is_possible(self) -> bool:
        """Whether mail is sent here at all."""
        return self._mailer is not None

    async def ask(self, login: str, address: str) -> None:
        """Mail a link to whoever has this user name or e-mail address, if anybody.

        Nothing that the asker sees, not even the time that it takes, tells whether somebody does.

        Raises:
            TooManyRequests: this network asks too often.
        """
        if self._limits_tries:
            self._of_network.count(network_of(address))
        task = asyncio.create_task(self._send(login.strip().lower()))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def close(self) -> None:
        """Wait for what is being sent."""
        await asyncio.gather(*self._sending, return_exceptions=True)

    async def _send(self, login: str) -> None:
        try:
            if self._limits_tries:
                self._of_login.count(login)
            offer = await self._accounts.offer_recovery(login)
            if offer is None or self._mailer is None:
                return
            with speaking(replace(reader(), language=find_language(offer.locale) or reader().language)):
                subject, text = self._words(offer)
            await self._mailer.send(offer.email, subject, text)
        except TooManyRequests:
            log.info("links for a new password are asked for too often")
        except CANNOT_SEND as error:
            # Its message may hold the address.
            log.warning("mail cannot be sent: see `usi-fed doctor`", extra={"error": type(error).__name__})

    def _words(self, offer: RecoveryOffer) -> tuple[str, str]:
        """Subject and text of the mail."""
        handle, minutes = f"@{offer.username}@{self._urls.handles}", int(RECOVERY_LIFETIME.total_seconds() // 60)
        asked = gettext(
            "Somebody, probably you, wants to choose a new password for %(handle)s on %(server)s.",
            handle=handle,
            server=self._server,
        )
        use = ngettext(
            "Open this address to choose it. It holds for %(number)s minute and works once:",
            "Open this address to choose it. It holds for %(number)s minutes and works once:",
            minutes,
        )
        link = f"{self._urls.origin}/new-password/{offer.code}"
        else_nothing = gettext("If it was not you, do nothing: your password stays as it is.")
        subject = gettext("A new password on %(server)s", server=self._server)
        return subject, f"{asked}\n\n{use}\n\n{link}\n\n{else_nothing}\n"
