"""What people type into a search box or paste from elsewhere: handles and addresses."""

from sqlalchemy import Connection

from usi_fed.activitypub.handles import Handle
from usi_fed.actors.model import Actor
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.store import find_actor, find_local
from usi_fed.db.database import Database
from usi_fed.errors import Gone, MalformedActivity, NotFound, OutOfBounds, RemoteRefused, RemoteUnavailable
from usi_fed.inbox.fetching import Fetching
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_post, find_posts
from usi_fed.search.people_store import find_actor_by_page
from usi_fed.urls import Urls

NOT_TO_BE_HAD = (RemoteRefused, RemoteUnavailable, MalformedActivity, Gone, NotFound)
"""What keeps a search from finding something elsewhere: it finds less, it does not fail."""


def parse_typed_handle(text: str, urls: Urls) -> Handle | None:
    """A handle as somebody types it, `ada`, `@ada` or `@ada@union.example`; None when it cannot be one."""
    text = text.strip().removeprefix("acct:").removeprefix("@")
    try:
        return Handle.parse(text if "@" in text else f"{text}@{urls.handles}")
    except MalformedActivity:
        return None


def domain_here(handle: Handle, urls: Urls) -> str:
    """The handle's domain as actors are stored with it: empty for our own."""
    return "" if handle.domain in (urls.handles, urls.origin.partition("://")[2]) else handle.domain


def is_address(text: str) -> bool:
    """Whether a search is for the thing at an address."""
    return text.startswith(("https://", "http://")) and not any(character.isspace() for character in text)


class Resolver:
    """Finds what somebody names: here, or at its own server. One per process and event loop."""

    def __init__(self, database: Database, remote_actors: RemoteActors, fetching: Fetching, urls: Urls) -> None:
        self._database = database
        self._remote_actors = remote_actors
        self._fetching = fetching
        self._urls = urls

    async def fetch_person(self, handle: Handle) -> Actor:
        """Whom the handle's own domain names.

        Raises:
            One of `NOT_TO_BE_HAD`.
        """
        return await self._remote_actors.resolve_handle(handle)

    async def find_address(self, address: str) -> Actor | Post | None:
        """The actor or post at an address that is known here, be it the identity or the page; no hidden group."""
        return await self._database.read(_find, address, self._urls)

    async def fetch_address(self, address: str) -> Actor | Post:
        """The same, from its server when it is unknown here.

        Raises:
            One of `NOT_TO_BE_HAD`.
        """
        known = await self.find_address(address)
        if known is not None:
            return known
        if self._urls.is_ours(address):
            raise NotFound("there is nothing at this address of ours")
        try:
            return await self._fetching.fetch_post(address)
        except (OutOfBounds, RemoteUnavailable):
            raise
        except NOT_TO_BE_HAD:
            return await self._remote_actors.get(address)


def _find(connection: Connection, address: str, urls: Urls) -> Actor | Post | None:
    if address.startswith(f"{urls.origin}/@"):
        return _find_our_page(connection, address.removeprefix(f"{urls.origin}/@"))
    return (
        _unless_hidden(find_actor(connection, address))
        or find_post(connection, address)
        or _unless_hidden(find_actor_by_page(connection, address))
    )


def _unless_hidden(actor: Actor | None) -> Actor | None:
    return None if actor is None or actor.concealed else actor


def _find_our_page(connection: Connection, name: str) -> Actor | Post | None:
    """What a page of ours shows: `name` or `name/post id`."""
    username, _, post_id = name.rstrip("/").partition("/")
    if not post_id:
        return _unless_hidden(find_local(connection, username))
    is_id = post_id.isascii() and post_id.isdigit() and len(post_id) <= 19
    return find_posts(connection, [int(post_id)]).get(int(post_id)) if is_id else None
