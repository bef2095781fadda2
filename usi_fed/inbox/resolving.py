"""What people type into a search box or paste from elsewhere: handles and addresses."""

from sqlalchemy import Connection

from usi_fed.activitypub.handles import Handle
from usi_fed.actors.model import Actor
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.store import find_actor, find_local
from usi_fed.db.database import Database
from usi_fed.errors import Gone, MalformedActivity, NotFound, RemoteRefused, RemoteUnavailable
from usi_fed.inbox.fetching import Fetching
from usi_fed.posts.model import Post
from usi_fed.posts.store import find_post, find_posts
from usi_fed.search.people_store import find_actor_by_page
from usi_fed.urls import Urls

# What keeps a search from finding something elsewhere: it finds less, it does not fail.
_NOT_TO_BE_HAD = (RemoteRefused, RemoteUnavailable, MalformedActivity, Gone, NotFound)


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

    async def fetch_person(self, handle: Handle) -> Actor | None:
        """Whom the handle's own domain names, or None when it cannot be found out."""
        try:
            return await self._remote_actors.resolve_handle(handle)
        except _NOT_TO_BE_HAD:
            return None

    async def find_address(self, address: str, *, fetch: bool) -> Actor | Post | None:
        """The actor or post at an address, be it the identity or the page; from its server when `fetch`."""
        known = await self._database.read(_find, address, self._urls)
        if known is not None or not fetch or self._urls.is_ours(address):
            return known
        return await self._fetch_post(address) or await self._fetch_actor(address)

    async def _fetch_post(self, address: str) -> Post | None:
        try:
            return await self._fetching.fetch_post(address)
        except _NOT_TO_BE_HAD:
            return None

    async def _fetch_actor(self, address: str) -> Actor | None:
        try:
            return await self._remote_actors.get(address)
        except _NOT_TO_BE_HAD:
            return None


def _find(connection: Connection, address: str, urls: Urls) -> Actor | Post | None:
    if address.startswith(f"{urls.origin}/@"):
        return _find_our_page(connection, address.removeprefix(f"{urls.origin}/@"))
    return find_actor(connection, address) or find_post(connection, address) or find_actor_by_page(connection, address)


def _find_our_page(connection: Connection, name: str) -> Actor | Post | None:
    """What a page of ours shows: `name` or `name/post id`."""
    username, _, post_id = name.rstrip("/").partition("/")
    if not post_id:
        return find_local(connection, username)
    is_id = post_id.isascii() and post_id.isdigit() and len(post_id) <= 19
    return find_posts(connection, [int(post_id)]).get(int(post_id)) if is_id else None
