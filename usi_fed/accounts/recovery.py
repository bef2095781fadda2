"""Choosing a new password with a link that comes by mail."""

from collections.abc import Callable
from dataclasses import replace

from usi_fed.accounts.letters import Letter, Letters
from usi_fed.accounts.model import RecoveryOffer
from usi_fed.accounts.service import RECOVERY_LIFETIME, Accounts
from usi_fed.mail import Mailer
from usi_fed.translation import find_language, gettext, ngettext, reader, speaking
from usi_fed.urls import Urls


class Recovery:
    """Mails links to people who forgot their password. `mailer` is None when no mail is sent here.

    `server` says what the server is called.
    """

    def __init__(
        self,
        accounts: Accounts,
        mailer: Mailer | None,
        urls: Urls,
        *,
        server: Callable[[], str],
        rate_limits: bool = True,
    ) -> None:
        self._accounts = accounts
        self._urls = urls
        self._server = server
        self._letters = Letters(mailer, rate_limits=rate_limits)

    @property
    def is_possible(self) -> bool:
        """Whether mail is sent here at all."""
        return self._letters.is_possible

    async def ask(self, login: str, address: str) -> None:
        """Mail a link to whoever has this user name or e-mail address, if anybody.

        Nothing that the asker sees, not even the time that it takes, tells whether somebody does.

        Raises:
            TooManyRequests: this network asks too often.
        """
        await self._letters.ask(login, address, self._write)

    async def close(self) -> None:
        """Wait for what is being sent."""
        await self._letters.close()

    async def _write(self, login: str) -> Letter | None:
        offer = await self._accounts.offer_recovery(login)
        if offer is None:
            return None
        with speaking(replace(reader(), language=find_language(offer.locale) or reader().language)):
            subject, text = self._words(offer)
        return Letter(offer.email, subject, text)

    def _words(self, offer: RecoveryOffer) -> tuple[str, str]:
        """Subject and text of the mail."""
        handle, minutes = f"@{offer.username}@{self._urls.handles}", int(RECOVERY_LIFETIME.total_seconds() // 60)
        asked = gettext(
            "Somebody, probably you, wants to choose a new password for %(handle)s on %(server)s.",
            handle=handle,
            server=self._server(),
        )
        use = ngettext(
            "Open this address to choose it. It holds for %(number)s minute and works once:",
            "Open this address to choose it. It holds for %(number)s minutes and works once:",
            minutes,
        )
        link = f"{self._urls.origin}/new-password/{offer.code}"
        else_nothing = gettext("If it was not you, do nothing: your password stays as it is.")
        subject = gettext("A new password on %(server)s", server=self._server())
        return subject, f"{asked}\n\n{use}\n\n{link}\n\n{else_nothing}\n"
