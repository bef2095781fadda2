"""Lists of rules that servers share: read from an address every day, or handed in as a file; then people decide."""

import asyncio
from collections.abc import Collection
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from usi_fed.activitypub.client import Client
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import InvalidInput, RemoteRefused, RemoteUnavailable
from usi_fed.moderation import blocklists_store as store
from usi_fed.moderation.blocklist import from_csv
from usi_fed.moderation.domains import Domains
from usi_fed.moderation.list_changes import FREE, changes_by, may_do_by_itself
from usi_fed.moderation.log_store import log_act
from usi_fed.moderation.model import Blocklist, Change, DomainRule
from usi_fed.moderation.rules_store import rules
from usi_fed.moderation.servers_store import Ties, ties_of_domains
from usi_fed.sentences import Sentence

DAILY, SOON = timedelta(days=1), timedelta(hours=3)
MOST_BYTES = 4 << 20
LONGEST_FETCH = timedelta(seconds=20)
LONGEST_NAME, LONGEST_URL = 100, 2000
NOT_READ = Sentence("It could not be fetched.")
NOT_A_LIST = Sentence("What is there is no list of servers that can be read.")
EMPTY = Sentence("The list is empty; nothing was changed.")
PROBLEMS = {str(one): one for one in (NOT_READ, NOT_A_LIST, EMPTY)}
"""What may stand in a list's `problem`, to be said in the reader's language."""


class Blocklists:
    """Reads lists and makes the changes that somebody, or the choice for that list, has decided on."""

    def __init__(self, database: Database, client: Client, domains: Domains, clock: Clock) -> None:
        self._database = database
        self._client = client
        self._domains = domains
        self._clock = clock

    async def subscribe(self, name: str, url: str, by: int, *, applies: bool) -> Blocklist:
        """Read a list from now on every day; `applies`: make its harmless changes without asking.

        Raises:
            InvalidInput: the name or the address cannot be taken, or there is no list at the address.
            Conflict: the list is read already.
        """
        name, url = name.strip(), url.strip()
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname or len(url) > LONGEST_URL:
            raise InvalidInput("url", Sentence("must be an address that begins with https://"))
        name = name or parts.hostname
        if len(name) > LONGEST_NAME:
            raise InvalidInput("name", Sentence("may have at most %(most)s characters", most=LONGEST_NAME))
        try:
            listed = await self._fetch(url)
        except _CannotRead as problem:
            raise InvalidInput("url", problem.sentence) from problem
        made = await self._database.write(self._add, {"name": name, "url": url, "applies": applies}, by)
        await self._take(made, listed)
        return made

    def read_file(self, text: str) -> list[dict[str, Any]]:
        """The rules of a file, for handing them in.

        Raises:
            InvalidInput: it is no list; names the line.
        """
        return self._usable(from_csv(text))

    async def hand_in(self, name: str, listed: list[dict[str, Any]], by: int) -> Blocklist:
        """Take what a file says, of which every line is decided about."""
        made = await self._database.write(self._add, {"name": name[:LONGEST_NAME] or "CSV"}, by)
        await self._take(made, listed)
        return made

    async def refresh_due(self) -> None:
        """Read the lists whose day has come; what fails is tried again soon, and stands on the list's page."""
        for one in await self._database.read(store.due_lists, self._clock()):
            await self.refresh(one)

    async def refresh(self, one: Blocklist) -> None:
        """Read a list again now."""
        if one.url is None:
            return
        try:
            listed = await self._fetch(one.url)
        except _CannotRead as problem:
            due_at = self._clock() + SOON
            await self._database.write(store.change_list, one.id, problem=str(problem.sentence), due_at=due_at)
            return
        await self._take(one, listed)

    async def set_choice(self, list_id: int, by: int, *, applies: bool) -> None:
        """Say anew whether a list's harmless changes are made without asking.

        Raises:
            NotFound: there is no such list.
        """
        await self._database.write(self._choose, list_id, by, applies)

    async def unsubscribe(self, list_id: int, by: int) -> Blocklist:
        """Read a list no more; the rules that it made stay, as our own.

        Raises:
            NotFound: there is no such list.
        """
        return await self._database.write(self._remove, list_id, by)

    async def make(self, list_id: int, change_ids: Collection[int], by: int) -> int:
        """Make those of a list's changes; how many there were.

        Raises:
            NotFound: there is no such list.
        """
        one = await self._database.read(store.get_list, list_id)
        chosen = await self._database.read(store.find_changes, list_id, change_ids)
        await self._make(one, [_row_of(change) for change in chosen], by)
        await self._database.write(store.remove_changes, [change.id for change in chosen])
        return len(chosen)

    async def make_harmless(self, list_id: int, by: int) -> int:
        """Make all changes that a list waits with and that end no follow and lift nothing of ours; how many.

        Raises:
            NotFound: there is no such list.
        """
        one = await self._database.read(store.get_list, list_id)
        waiting, held, ties = await self._database.read(_outlook, list_id)
        chosen = [change.id for change in waiting if may_do_by_itself(_row_of(change), held, one.id, ties)]
        return sum([await self.make(list_id, chosen[at : at + 500], by) for at in range(0, len(chosen), 500)])

    async def leave_out(self, list_id: int, change_ids: Collection[int], by: int) -> int:
        """Decide against those of a list's changes; how many there were.

        Raises:
            NotFound: there is no such list.
        """
        return await self._database.write(self._leave_out, list_id, change_ids, by)

    # ---- how it is done ----

    async def _fetch(self, url: str) -> list[dict[str, Any]]:
        into = BytesIO()
        try:
            await self._client.fetch_media(url, into, max_bytes=MOST_BYTES, deadline=LONGEST_FETCH)
        except (RemoteRefused, RemoteUnavailable) as error:
            raise _CannotRead(NOT_READ) from error
        try:
            listed = self._usable(await asyncio.to_thread(from_csv, into.getvalue().decode("utf-8")))
        except (InvalidInput, UnicodeDecodeError) as error:
            raise _CannotRead(NOT_A_LIST) from error
        if not listed:
            raise _CannotRead(EMPTY)
        return listed

    def _usable(self, listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Without ourselves, and without whole top-level domains: a slip would end the follows of half the world."""
        return [row for row in listed if "." in row["domain"] and not self._domains.is_ours(row["domain"])]

    async def _take(self, one: Blocklist, listed: list[dict[str, Any]]) -> None:
        _, held, ties = await self._database.read(_outlook, one.id)
        changes = changes_by(listed, held, one.id, is_asked_for=one.url is None)
        at_once: list[dict[str, Any]] = []
        if one.applies:
            at_once = [row for row in changes if may_do_by_itself(row, held, one.id, ties)]
        await self._make(one, at_once, None)
        done = {row["domain"] for row in at_once}
        await self._database.write(self._keep, one, [row for row in changes if row["domain"] not in done])

    async def _make(self, one: Blocklist, rows: list[dict[str, Any]], by: int | None) -> None:
        """Make changes. A rule that was people's own stays so, however strict it becomes: no list lifts it then."""
        held = {rule.domain: rule for rule in await self._database.read(rules)}
        owners = {row["domain"]: held[row["domain"]].source_id for row in rows if row["domain"] in held}
        setting = [row for row in rows if row["severity"] != FREE]
        if one.url is not None:
            lists_own = [row for row in setting if owners.get(row["domain"], one.id) == one.id]
            await self._domains.put_all(lists_own, by, source=one.name, source_id=one.id)
            setting = [row for row in setting if row not in lists_own]
        await self._domains.put_all(setting, by, source=one.name)
        for row in rows:
            if row["severity"] == FREE and owners.get(row["domain"]) == one.id:
                await self._domains.remove(row["domain"], by, source=one.name)

    def _keep(self, connection: Connection, one: Blocklist, rows: list[dict[str, Any]]) -> None:
        now = self._clock()
        store.replace_changes(connection, one.id, rows, now)
        due_at = now + DAILY if one.url else None
        store.change_list(connection, one.id, read_at=now, due_at=due_at, problem="")

    def _add(self, connection: Connection, values: dict[str, Any], by: int) -> Blocklist:
        now = self._clock()
        made = store.add_list(connection, values, now)
        log_act(connection, by, "list added", made.name, now, url=made.url, applies=made.applies)
        return made

    def _choose(self, connection: Connection, list_id: int, by: int, applies: bool) -> None:
        one = store.get_list(connection, list_id)
        store.change_list(connection, list_id, applies=applies)
        log_act(connection, by, "list applies" if applies else "list proposes", one.name, self._clock())

    def _remove(self, connection: Connection, list_id: int, by: int) -> Blocklist:
        one = store.get_list(connection, list_id)
        store.remove_list(connection, list_id)
        log_act(connection, by, "list removed", one.name, self._clock())
        return one

    def _leave_out(self, connection: Connection, list_id: int, change_ids: Collection[int], by: int) -> int:
        one = store.get_list(connection, list_id)
        chosen = store.find_changes(connection, list_id, change_ids)
        store.leave_out(connection, [change.id for change in chosen])
        domains = ", ".join(sorted(change.domain for change in chosen))
        if chosen:
            log_act(connection, by, "list left out", one.name, self._clock(), domains=domains)
        return len(chosen)


class _CannotRead(Exception):
    """A list could not be read; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


def _outlook(connection: Connection, list_id: int) -> tuple[list[Change], dict[str, DomainRule], dict[str, Ties]]:
    held = {rule.domain: rule for rule in rules(connection)}
    return store.all_changes(connection, list_id), held, ties_of_domains(connection)


def _row_of(change: Change) -> dict[str, Any]:
    return {
        "domain": change.domain,
        "severity": change.severity,
        "reject_media": change.reject_media,
        "reject_reports": change.reject_reports,
        "public_comment": change.public_comment,
        "obfuscate": change.obfuscate,
    }
