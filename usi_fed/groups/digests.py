"""Once a week a mail with what is new in somebody's groups, for who wants it.

A mail lies open on its way: groups that strangers must not know of are not named in it.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import Connection

from usi_fed.accounts.letters import Courier, Letter
from usi_fed.accounts.store import find_account
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.groups import digests_store
from usi_fed.groups.discussion import digest_text, news_for
from usi_fed.translation import ENGLISH, LANGUAGES, Reader, find_language, gettext, speaking
from usi_fed.urls import Urls

EVERY = timedelta(days=7)
AT_ONCE = 100


class Digests:
    """Writes to those who want to hear by mail what is new in their groups. One per process."""

    def __init__(
        self, database: Database, courier: Courier, urls: Urls, clock: Clock, server: Callable[[], str]
    ) -> None:
        self._database = database
        self._courier = courier
        self._urls = urls
        self._clock = clock
        self._server = server

    @property
    def is_possible(self) -> bool:
        """Whether mail is sent here at all."""
        return self._courier.is_possible

    async def choose(self, person_id: int, *, wanted: bool) -> None:
        """Send somebody such mails from now on, or no more."""
        if wanted:
            await self._database.write(digests_store.want_digest, person_id, self._clock())
        else:
            await self._database.write(digests_store.end_digest, person_id)

    async def send_due(self) -> None:
        """Write to everybody whose week is over and who has not read what came in."""
        if not self.is_possible:
            return
        while due := await self._database.read(digests_store.due_digests, self._clock() - EVERY, AT_ONCE):
            for person_id in due:
                letter = await self._database.write(self._letter, person_id)
                if letter is not None:
                    self._courier.send(letter)

    def _letter(self, connection: Connection, person_id: int) -> Letter | None:
        """What to send; the next one is due in a week in any case, whether or not this one arrives."""
        now = self._clock()
        since = digests_store.take_digest(connection, person_id, now - EVERY, now)
        account = find_account(connection, person_id)
        if since is None or account is None or account.email is None or not account.may_sign_in:
            return None
        news = news_for(connection, person_id, since)
        if not news.groups:
            return None
        open_ones = tuple((group, topics) for group, topics in news.groups if not group.concealed)
        with speaking(Reader(find_language(account.locale) or LANGUAGES[ENGLISH])):
            parts = [
                gettext("This is new in your groups at %(server)s.", server=self._server()),
                digest_text(replace(news, groups=open_ones)),
                gettext("All of it: %(link)s", link=f"{self._urls.origin}/groups"),
                gettext("You get this once a week, when there is something new, until you switch it off on that page."),
            ]
            return Letter(account.email, gettext("New in your groups"), "\n\n".join(filter(None, parts)))
