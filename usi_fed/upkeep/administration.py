"""What administrators do, on pages and by command. Every act is one transaction with its line in the audit log.

`by` is the actor of the administrator; None is the command line.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from usi_fed.accounts.model import Invitation
from usi_fed.accounts.store import add_invitation_once, end_invitation
from usi_fed.accounts.tickets import hash_of
from usi_fed.accounts.token_store import find_issued, issued_tokens, revoke_token
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actor, local_actors
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import NotFound
from usi_fed.inbox.receipts import Receipt, list_parked, replay
from usi_fed.instance.service import Instance
from usi_fed.instance.store import choices, choose
from usi_fed.media.service import MediaLibrary
from usi_fed.media.store import keep_for_now
from usi_fed.moderation.log_store import log_act
from usi_fed.moderation.people import BY_COMMAND
from usi_fed.outbox.publish import Publisher
from usi_fed.outbox.store import give_up_host, retry_now
from usi_fed.queue import Job, Queue
from usi_fed.upkeep import backups_store
from usi_fed.urls import Urls

GIVEN_UP = "given up by an administrator"
MOST_PARKED = 100_000


class Administration:
    """One per process."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        urls: Urls,
        instance: Instance,
        media: MediaLibrary,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._database = database
        self._queue = queue
        self._urls = urls
        self._instance = instance
        self._media = media
        self._publisher = publisher
        self._clock = clock

    # ---- how the server shows itself ----

    async def choose(self, changes: Mapping[str, Any], by: int | None) -> None:
        """Keep what was chosen for the server, as `instance.store.choose` does; what stays as it is counts for nothing.

        A picture that was the badge goes with the next sweep, unless somebody else has it.
        """
        plain = {name: _plain(value) for name, value in changes.items()}
        await self._database.write(_choose, plain, by, self._urls.instance_actor, self._clock())
        await self._instance.load()

    # ---- invitations ----

    async def invite(self, invitation: Invitation, code: str, by: int | None) -> bool:
        """Store an invitation under its code; False when the same form has done so before."""
        kept = invitation._replace(code_hash=hash_of(code))
        return await self._database.write(_invite, kept, by, self._clock())

    async def end_invitation(self, code_hash: str, by: int, *, only_own: bool = False) -> bool:
        """Let nobody join with an invitation any more; False when there was none, or with `only_own` not theirs."""
        return await self._database.write(_end_invitation, code_hash, by, only_own, self._clock())

    # ---- tokens of programs ----

    async def end_token(self, which: int | str, by: int | None) -> bool:
        """End an access token by its number or its hash; False when there is none that works."""
        return await self._database.write(_end_token, which, by, self._clock())

    async def end_tokens(self, actor: Actor, by: int | None) -> int:
        """End every access token of one of ours; how many that were."""
        return await self._database.write(_end_tokens, actor, by, self._clock())

    # ---- what waits ----

    async def try_now(self, host: str, by: int | None) -> None:
        """Try everything for a host now, instead of when its time comes."""
        await self._database.write(_try_now, host, by, self._clock())
        self._queue.ring(Job.OUTBOX)

    async def give_up(self, host: str, by: int | None) -> int:
        """Send a host nothing of what waits for it; how much that was."""
        return await self._database.write(_give_up, host, by, self._clock())

    async def replay(self, receipt_id: int, by: int | None) -> None:
        """Have an activity that was set aside acted on again.

        Raises:
            NotFound: nothing with this number was set aside.
        """
        await self._database.write(_replay, receipt_id, by, self._clock())
        self._queue.ring(Job.INBOX)

    async def replay_all(self, by: int | None) -> int:
        """The same for everything that was set aside; how much that was."""
        number = await self._database.write(_replay_all, by, self._clock())
        self._queue.ring(Job.INBOX)
        return number

    # ---- storage, backups, keys ----

    async def clear_cache(self, by: int | None) -> int:
        """Drop all files of other servers; how many that were."""
        number = await self._media.clear_cache()
        await self._database.write(log_act, by, "cache clear", "files of other servers", self._clock(), files=number)
        return number

    async def ask_backup(self, by: int | None) -> None:
        """Have a backup made, unless one is being made."""
        await self._database.write(_ask_backup, by, self._clock())
        self._queue.ring(Job.BACKUPS)

    async def note_backup(self, action: str, by: int | None, *, sealed: bool = False) -> None:
        """Write down that somebody fetched or removed the backup."""
        await self._database.write(log_act, by, action, "the server", self._clock(), sealed=sealed)

    async def rotate_keys(self, actor: Actor, by: int | None) -> None:
        """Give one of our actors new keys and tell other servers."""
        await self._publisher.rotate_keys(actor)
        await self._database.write(log_act, by, "keys rotate", f"@{actor.handle}", self._clock())

    async def rotate_all_keys(self, by: int | None) -> None:
        """The same for everybody here, and the server's own actor."""
        await self._database.write(log_act, by, "keys rotate", "everybody here", self._clock())
        last = 0
        while found := await self._database.read(local_actors, last):
            for actor in found:
                if actor.deleted_at is None:
                    await self._publisher.rotate_keys(actor)
            last = found[-1].id


def _plain(value: Any) -> Any:  # noqa: ANN401 - any choice
    """A choice as JSON."""
    return [asdict(rule) for rule in value] if isinstance(value, list | tuple) else value


def _choose(connection: Connection, changes: Mapping[str, Any], by: int | None, server: str, now: datetime) -> None:
    before = choices(connection)
    real = {name: value for name, value in changes.items() if value != before.get(name)}
    if not real:
        return
    choose(connection, real, now)
    badge, own = before.get("badge"), find_actor(connection, server)
    if "badge" in real and badge and own is not None:
        keep_for_now(connection, own.id, badge, now - timedelta(days=2))
    log_act(connection, by, "server change", ", ".join(sorted(real)), now)


def _invite(connection: Connection, invitation: Invitation, by: int | None, now: datetime) -> bool:
    is_new = add_invitation_once(connection, invitation)
    if is_new:
        log_act(connection, by, "invitation make", invitation.role, now, uses=invitation.uses_left)
    return is_new


def _end_invitation(connection: Connection, code_hash: str, by: int, only_own: bool, now: datetime) -> bool:
    ended = end_invitation(connection, code_hash, by if only_own else None)
    if ended is not None:
        log_act(connection, by, "invitation end", ended.role, now, uses=ended.uses_left)
    return ended is not None


def _end_token(connection: Connection, which: int | str, by: int | None, now: datetime) -> bool:
    found = find_issued(connection, which)
    if found is None:
        return False
    revoke_token(connection, found.id, now)
    target = f"@{found.username}" if found.username else "an application"
    log_act(connection, by, "account applications", target, now, applications=found.application or BY_COMMAND)
    return True


def _end_tokens(connection: Connection, actor: Actor, by: int | None, now: datetime) -> int:
    found = issued_tokens(connection, actor.id)
    for one in found:
        revoke_token(connection, one.id, now)
    names = ", ".join(sorted({one.application or BY_COMMAND for one in found}))
    if found:
        log_act(connection, by, "account applications", f"@{actor.handle}", now, applications=names)
    return len(found)


def _try_now(connection: Connection, host: str, by: int | None, now: datetime) -> None:
    retry_now(connection, host)
    log_act(connection, by, "queue retry", host, now)


def _give_up(connection: Connection, host: str, by: int | None, now: datetime) -> int:
    number = give_up_host(connection, host, GIVEN_UP, now)
    if number:
        log_act(connection, by, "queue give up", host, now, deliveries=number)
    return number


def _replay(connection: Connection, receipt_id: int, by: int | None, now: datetime) -> None:
    if not replay(connection, receipt_id):
        raise NotFound(f"Nothing with the number {receipt_id} was set aside.")
    log_act(connection, by, "inbox replay", str(receipt_id), now)


def _replay_all(connection: Connection, by: int | None, now: datetime) -> int:
    parked: list[Receipt] = list_parked(connection, MOST_PARKED)
    for receipt in parked:
        replay(connection, receipt.id)
    if parked:
        log_act(connection, by, "inbox replay", "everything", now, activities=len(parked))
    return len(parked)


def _ask_backup(connection: Connection, by: int | None, now: datetime) -> None:
    if backups_store.ask(connection, now):
        log_act(connection, by, "backup make", "the server", now)
