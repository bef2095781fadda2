"""Signing in with a link that comes by mail: in the place of a password, at the browser that asked for it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from usi_fed.accounts import links_store, store
from usi_fed.accounts.letters import Letter, Letters
from usi_fed.accounts.links_store import SignInLink
from usi_fed.accounts.model import SignInOffer
from usi_fed.accounts.signing_in import Client, Outcome, SigningIn
from usi_fed.accounts.tickets import hash_of, new_secret
from usi_fed.clock import Clock, now
from usi_fed.db.database import Database
from usi_fed.mail import Mailer
from usi_fed.translation import find_language, gettext, ngettext, reader, speaking
from usi_fed.urls import Urls

LIFETIME = timedelta(minutes=15)


class MailedLinks:
    """Mails links and takes them back. `mailer` is None when no mail is sent here; `server` says what it is called.

    A browser is known by a secret of its own, `seed`: it is in the cookie that its forms belong to.
    """

    def __init__(
        self,
        signing_in: SigningIn,
        database: Database,
        mailer: Mailer | None,
        urls: Urls,
        *,
        server: Callable[[], str],
        rate_limits: bool = True,
        clock: Clock = now,
    ) -> None:
        self._signing_in = signing_in
        self._database = database
        self._urls = urls
        self._server = server
        self._clock = clock
        self._letters = Letters(mailer, rate_limits=rate_limits)

    @property
    def is_possible(self) -> bool:
        """Whether mail is sent here at all."""
        return self._letters.is_possible

    async def ask(self, login: str, seed: str, destination: str, address: str) -> None:
        """Mail a link to whoever has this user name or e-mail address, if anybody; it leads on to `destination`.

        Nothing that the asker sees, not even the time that it takes, tells whether somebody does.

        Raises:
            TooManyRequests: this network asks too often.
        """

        async def write(name: str) -> Letter | None:
            code, moment = new_secret(), self._clock()
            browser = _browser_hash(seed)
            offer = await self._database.write(_offer, name, code, browser, destination, moment)
            if offer is None:
                return None
            with speaking(replace(reader(), language=find_language(offer.locale) or reader().language)):
                subject, text = self._words(offer)
            return Letter(offer.email, subject, text)

        await self._letters.ask(login, address, write)

    async def is_good(self, code: str, seed: str) -> bool:
        """Whether a link can still be used, and at this browser."""
        return await self._database.read(links_store.is_good, hash_of(code), _browser_hash(seed), self._clock())

    async def use(self, code: str, seed: str, client: Client) -> tuple[Outcome, str]:
        """Sign in with a link, which is used up by that; and the page that was wanted.

        Raises:
            NotFound: the link is unknown, used up, out of date or of another browser.
            NotAllowed: the account may not sign in.
        """
        link = await self._database.write(links_store.use_link, hash_of(code), _browser_hash(seed), self._clock())
        account = await self._database.read(store.get_account, link.actor_id)
        return await self._signing_in.with_proof(account, client), link.destination

    async def close(self) -> None:
        """Wait for what is being sent."""
        await self._letters.close()

    def _words(self, offer: SignInOffer) -> tuple[str, str]:
        """Subject and text of the mail."""
        handle, minutes = f"@{offer.username}@{self._urls.handles}", int(LIFETIME.total_seconds() // 60)
        asked = gettext(
            "Somebody, probably you, wants to sign in as %(handle)s on %(server)s.",
            handle=handle,
            server=self._server(),
        )
        use = ngettext(
            "Open this address in the browser in which you asked. It holds for %(number)s minute and works once:",
            "Open this address in the browser in which you asked. It holds for %(number)s minutes and works once:",
            minutes,
        )
        link = f"{self._urls.origin}/log-in/link/{offer.code}"
        else_nothing = gettext("If it was not you, do nothing: without this mail nobody gets in.")
        subject = gettext("Signing in on %(server)s", server=self._server())
        return subject, f"{asked}\n\n{use}\n\n{link}\n\n{else_nothing}\n"


def _browser_hash(seed: str) -> str:
    return hash_of(f"link:{seed}")


def _offer(
    connection: Connection, login: str, code: str, browser_hash: str, destination: str, moment: datetime
) -> SignInOffer | None:
    found = store.find_reachable(connection, login)
    if found is None:
        return None
    email, account, actor = found
    link = SignInLink(hash_of(code), account.actor_id, browser_hash, destination, moment + LIFETIME)
    links_store.add_link(connection, link, moment)
    return SignInOffer(email, actor.username, account.locale, code)
