"""E-mail addresses, and what their owner is told when somebody joins with one that has an account."""

from collections.abc import Callable
from dataclasses import replace

from usi_fed.accounts.letters import Letter, Letters
from usi_fed.accounts.store import find_reachable
from usi_fed.db.database import Database
from usi_fed.errors import InvalidInput
from usi_fed.mail import Mailer
from usi_fed.sentences import Sentence
from usi_fed.translation import find_language, gettext, reader, speaking
from usi_fed.urls import Urls


def parse_email(text: str | None) -> str | None:
    """An e-mail address in lower case; nothing for nothing.

    Raises:
        InvalidInput: it cannot be one.
    """
    if not text:
        return None
    address = text.strip().lower()
    local, at, domain = address.rpartition("@")
    if not at or not local or "." not in domain or len(address) > 254 or any(c.isspace() for c in address):
        raise InvalidInput("email", Sentence("must be an e-mail address such as ada@union.example"))
    return address


class Owners:
    """The people to whom addresses belong. `mailer` is None when no mail is sent here; `server` is its name.

    Who joins learns nothing about them: the page is the same, and so is the time that it takes.
    """

    def __init__(
        self, database: Database, mailer: Mailer | None, urls: Urls, *, server: Callable[[], str], rate_limits: bool
    ) -> None:
        self._database = database
        self._urls = urls
        self._server = server
        self._letters = Letters(mailer, rate_limits=rate_limits)

    async def tell(self, email: str, username: str) -> None:
        """Tell the owner of an address, if it has an account, that somebody joined with it as `username`.

        What was asked for too often is not sent.
        """

        async def write(login: str) -> Letter | None:
            found = await self._database.read(find_reachable, login)
            if found is None:
                return None
            address, account, owner = found
            with speaking(replace(reader(), language=find_language(account.locale) or reader().language)):
                subject, text = self._words(owner.username, username)
            return Letter(address, subject, text)

        self._letters.send(email, write)

    async def close(self) -> None:
        """Wait for what is being sent."""
        await self._letters.close()

    def _words(self, owner: str, newcomer: str) -> tuple[str, str]:
        """Subject and text of the mail."""
        joined = gettext(
            "Somebody, perhaps you, wants to join %(server)s as %(newcomer)s with this e-mail address. It belongs to "
            "your account %(owner)s and stays with it: the new account has no address.",
            server=self._server(),
            newcomer=f"@{newcomer}@{self._urls.handles}",
            owner=f"@{owner}@{self._urls.handles}",
        )
        own = gettext("If it was you, you can sign in to the account that you have:")
        else_nothing = gettext("If it was not you, do nothing: nobody gets into your account by that.")
        subject = gettext("Your e-mail address on %(server)s", server=self._server())
        return subject, f"{joined}\n\n{own}\n\n{self._urls.origin}/log-in\n\n{else_nothing}\n"
