"""Does what one line of an import asks for. Each act does no harm when it is done twice."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy import Connection

from usi_fed.activitypub.handles import Handle
from usi_fed.actors.blocks_store import add_mute, remove_domain_block, remove_mute
from usi_fed.actors.model import Actor
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.store import find_by_handle
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import (
    Conflict,
    Gone,
    InvalidInput,
    MalformedActivity,
    NotAllowed,
    NotFound,
    RemoteRefused,
)
from usi_fed.inbox.fetching import Fetching
from usi_fed.outbox.publish import Publisher
from usi_fed.portability.model import Act, Kind, Line
from usi_fed.posts.reactions_store import add_bookmark, remove_bookmark
from usi_fed.posts.store import find_post
from usi_fed.posts.visibility import get_visible
from usi_fed.timelines.lists_store import add_list, add_members, lists_of, remove_members
from usi_fed.timelines.service import person_muted
from usi_fed.urls import Urls


class Acts:
    """Everything that a line may ask for."""

    def __init__(
        self,
        database: Database,
        publisher: Publisher,
        remote_actors: RemoteActors,
        fetching: Fetching,
        urls: Urls,
        clock: Clock,
    ) -> None:
        self._database = database
        self._publisher = publisher
        self._remote_actors = remote_actors
        self._fetching = fetching
        self._urls = urls
        self._clock = clock
        self._acts: dict[tuple[Kind, Act], Callable[[Actor, Line], Awaitable[str]]] = {
            ("following", "add"): self._follow,
            ("following", "remove"): self._unfollow,
            ("blocks", "add"): self._block,
            ("blocks", "remove"): self._unblock,
            ("mutes", "add"): self._mute,
            ("mutes", "remove"): self._unmute,
            ("domains", "add"): self._block_domain,
            ("domains", "remove"): self._unblock_domain,
            ("lists", "add"): self._put_into_list,
            ("lists", "remove"): self._take_out_of_list,
            ("bookmarks", "add"): self._bookmark,
            ("bookmarks", "remove"): self._remove_bookmark,
        }

    async def do(self, kind: Kind, owner: Actor, line: Line) -> str:
        """Do what a line asks for; why it cannot be, "" when it is done.

        Raises:
            RemoteUnavailable, TooManyRequests: it may go better later.
        """
        try:
            return await self._acts[kind, line.act](owner, line)
        except (NotFound, Gone):
            return "not_found"
        except (RemoteRefused, MalformedActivity):
            return "refused"
        except (InvalidInput, NotAllowed, Conflict):
            return "impossible"

    # ---- people ----

    async def _follow(self, owner: Actor, line: Line) -> str:
        wanted = line.detail
        await self._publisher.follow(
            owner,
            (await self._resolve(line)).id,
            show_boosts=wanted["boosts"],
            notify=wanted["notify"],
            languages=wanted["languages"],
        )
        return ""

    async def _unfollow(self, owner: Actor, line: Line) -> str:
        await self._publisher.unfollow(owner, (await self._known(line)).id)
        return ""

    async def _block(self, owner: Actor, line: Line) -> str:
        await self._publisher.block(owner, (await self._resolve(line)).id)
        return ""

    async def _unblock(self, owner: Actor, line: Line) -> str:
        await self._publisher.unblock(owner, (await self._known(line)).id)
        return ""

    async def _mute(self, owner: Actor, line: Line) -> str:
        target = await self._resolve(line)
        if target.id == owner.id:
            return "impossible"
        await self._database.write(_mute, owner, target, line.detail["notifications"], self._clock())
        return ""

    async def _unmute(self, owner: Actor, line: Line) -> str:
        await self._database.write(remove_mute, owner.id, (await self._known(line)).id)
        return ""

    # ---- servers ----

    async def _block_domain(self, owner: Actor, line: Line) -> str:
        await self._publisher.block_domain(owner, line.target)
        return ""

    async def _unblock_domain(self, owner: Actor, line: Line) -> str:
        await self._database.write(remove_domain_block, owner.id, line.target)
        return ""

    # ---- lists ----

    async def _put_into_list(self, owner: Actor, line: Line) -> str:
        person = await self._resolve(line)
        return await self._database.write(_put_into_list, owner.id, line.detail["list"], person.id)

    async def _take_out_of_list(self, owner: Actor, line: Line) -> str:
        person = await self._known(line)
        await self._database.write(_take_out_of_lists, owner.id, line.detail["list"], person.id)
        return ""

    # ---- bookmarks ----

    async def _bookmark(self, owner: Actor, line: Line) -> str:
        post = await self._fetching.fetch_post(line.target)
        await self._database.write(_bookmark, owner.id, post.id)
        return ""

    async def _remove_bookmark(self, owner: Actor, line: Line) -> str:
        await self._database.write(_remove_bookmark, owner.id, line.target)
        return ""

    # ---- who is meant ----

    async def _resolve(self, line: Line) -> Actor:
        return await self._remote_actors.resolve_handle(Handle.parse(line.target))

    async def _known(self, line: Line) -> Actor:
        """Somebody whom the owner follows, blocks or mutes is known, also when their server is gone."""
        handle = Handle.parse(line.target)
        place = "" if handle.domain == self._urls.handles else handle.domain
        found = await self._database.read(find_by_handle, handle.user, place)
        if found is None:
            raise NotFound("nobody known here has this address")
        return found


def _mute(connection: Connection, owner: Actor, target: Actor, notifications: bool, now: datetime) -> None:
    add_mute(connection, owner.id, target.id, at=now, notifications=notifications)
    person_muted(connection, owner, target)


def _put_into_list(connection: Connection, owner_id: int, title: str, person_id: int) -> str:
    shelf = next((one for one in lists_of(connection, owner_id) if one.title == title), None)
    if shelf is None:
        try:
            shelf = add_list(connection, owner_id, title, "list", False)
        except InvalidInput:
            return "too_many_lists"
    try:
        add_members(connection, owner_id, shelf.id, [person_id])
    except NotFound:
        return "not_followed"
    return ""


def _take_out_of_lists(connection: Connection, owner_id: int, title: str, person_id: int) -> None:
    for shelf in lists_of(connection, owner_id):
        if shelf.title == title:
            remove_members(connection, owner_id, shelf.id, [person_id])


def _bookmark(connection: Connection, owner_id: int, post_id: int) -> None:
    add_bookmark(connection, owner_id, get_visible(connection, post_id, owner_id).id)


def _remove_bookmark(connection: Connection, owner_id: int, uri: str) -> None:
    post = find_post(connection, uri)
    if post is not None:
        remove_bookmark(connection, owner_id, post.id)
