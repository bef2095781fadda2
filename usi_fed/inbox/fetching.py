"""Gets posts from where they live: what a Create names, an Announce passes on, a reply answers, a person searches.

What is fetched is believed because its own origin gives it under its own id (`activitypub/client.py`), and only as far
as its author lives there too.

Spec: FEP-fe34 "Fetching from an origin"; `../shared/interop/security.md` sections 2 and 5
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from usi_fed.activitypub.addresses import host_of, same_origin
from usi_fed.activitypub.addressing import PUBLIC
from usi_fed.activitypub.answers import ACTIVITY_ACCEPT
from usi_fed.activitypub.client import Client, FetchBudget
from usi_fed.activitypub.expiring import ExpiringMap
from usi_fed.activitypub.lenient import uri_of, uris_of
from usi_fed.activitypub.objects import ParsedObject
from usi_fed.activitypub.vocabulary import is_activity
from usi_fed.actors.model import Actor
from usi_fed.actors.remote import RemoteActors
from usi_fed.actors.store import find_actors_by_uri, get_actor
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import Gone, MalformedActivity, NotFound, RemoteRefused, RemoteUnavailable, TooManyRequests
from usi_fed.groups.store import put_moderators
from usi_fed.inbox.answering import may_answer
from usi_fed.inbox.follow_ups import quote_check
from usi_fed.inbox.limits import Buckets
from usi_fed.inbox.outcomes import Needs
from usi_fed.inbox.receipts import store_receipts
from usi_fed.posts.model import Post
from usi_fed.posts.remote import Change, apply_update, take_in
from usi_fed.posts.store import delete_post, find_post, get_post
from usi_fed.queue import Job, Queue
from usi_fed.timelines.service import post_edited
from usi_fed.urls import Urls

MAX_FETCHES = 20
MAX_NEW_PEOPLE = 5
MAX_ANCESTORS = 50
MAX_MODERATORS = 100
MAX_LOOKS = 3
LOOKS_MEMORY = timedelta(minutes=5)
MAX_REMEMBERED_LOOKS = 20_000
Store = Callable[[Connection, ParsedObject, Actor, datetime], Post | None]
"""Keeps what was fetched."""

_ACTIVITY_TYPES = frozenset({"application/activity+json", "application/ld+json"})
_ADDRESSING = frozenset({"to", "cc", "bto", "bcc"})


class Fetching:
    """Fetches posts of other servers and stores them. One per process and event loop.

    `hints` bounds what each server may have us ask for; without it there is no bound. What comes in beyond that has to
    wait (and `inbox/limits.py` bounds how much of one host may wait).
    """

    def __init__(
        self,
        database: Database,
        client: Client,
        actors: RemoteActors,
        urls: Urls,
        clock: Clock,
        queue: Queue,
        hints: Buckets | None = None,
    ) -> None:
        self._database = database
        self._client = client
        self._actors = actors
        self._urls = urls
        self._clock = clock
        self._queue = queue
        self._hints = hints
        self._looks: ExpiringMap[str, int] = ExpiringMap(MAX_REMEMBERED_LOOKS, LOOKS_MEMORY)

    async def satisfy(self, needs: Needs, hinted_by: str | None = None) -> None:
        """Ask for everything a handler needs; what cannot be had for good is left out.

        `hinted_by` is the host of the sender whose activity needs it.

        Raises:
            RemoteUnavailable: something required cannot be asked for at the moment.
        """
        budget = FetchBudget(MAX_FETCHES)
        wanted: list[Awaitable[object]] = [
            *(self._stranger(uri, budget, hinted_by) for uri in needs.actors),
            *(self._actor(uri, budget, fresh=True) for uri in needs.fresh_actors if needs.profile is None),
            *(self.fetch_post(uri, budget=budget, hinted_by=hinted_by) for uri in needs.posts),
            *(self.look_again(uri, hinted_by) for uri in needs.stale_posts),
            *(self.fetch_ancestors(uri, hinted_by) for uri in needs.threads),
            *(self._look_who_moderates(uri, budget, hinted_by) for uri in needs.moderators),
            *((self._actors.take(needs.profile, budget=budget),) if needs.profile is not None else ()),
        ]
        for result in await asyncio.gather(*wanted, return_exceptions=True):
            if isinstance(result, RemoteUnavailable) and needs.required:
                raise result
            if isinstance(result, BaseException) and not isinstance(
                result, RemoteRefused | RemoteUnavailable | Gone | NotFound
            ):
                raise result

    async def _stranger(self, uri: str, budget: FetchBudget, hinted_by: str | None) -> Actor:
        """Somebody whom an activity names, or its sender, whom the sender's own server may always have us ask for."""
        if host_of(uri) != hinted_by:
            self._count_hint(hinted_by)
        return await self._actor(uri, budget)

    async def _actor(self, uri: str, budget: FetchBudget, *, fresh: bool = False) -> Actor:
        if fresh:
            return await self._actors.fetch(uri, budget=budget, said=True)
        return await self._actors.get(uri, budget=budget)

    async def _look_who_moderates(self, uri: str, budget: FetchBudget, hinted_by: str | None) -> None:
        """Who looks after another server's group, as the group says. Spec: FEP-1b12"""
        self._count_hint(hinted_by)
        named = uri_of((await self._client.fetch_document(uri, budget=budget)).json.get("attributedTo"))
        found: tuple[str, ...] = ()
        if named is not None and same_origin(named, uri):
            page = (await self._client.fetch_document(named, expect_id=False, budget=budget)).json
            found = uris_of(page.get("orderedItems") or page.get("items"), MAX_MODERATORS)
        group = await self._actor(uri, budget)
        await self._database.write(put_moderators, group.id, found, self._clock())

    # ---- one post ----

    async def fetch_post(
        self, uri: str, *, budget: FetchBudget | None = None, hinted_by: str | None = None, for_quote: bool = False
    ) -> Post:
        """The post with this identity, fetched when it is unknown. It is in nobody's timeline.

        `hinted_by` is the host that has named it, unless somebody here asks for it. `for_quote`: another quotes it;
        whether it may quote a third one is left open, for such a chain may have no end.

        Raises:
            NotFound: it would be one of ours, and there is none.
            Gone: it, or its author, has been deleted.
            RemoteRefused: it cannot be had, is no post, or its author is shut out.
            RemoteUnavailable: its server does not answer for now, or the host has named too many.
        """
        known = await self._database.read(find_post, uri)
        if known is not None:
            return known
        if self._urls.is_ours(uri):
            raise NotFound("no such post here")
        self._count_hint(hinted_by)
        budget = budget or FetchBudget(MAX_FETCHES)
        parsed, author = await self._fetch(uri, budget)
        await self._meet(parsed, budget)
        post = await self._stored(_store_quoted if for_quote else _store, parsed, author)
        if post is None:
            raise Gone("the post was deleted by its author")
        return post

    async def fetch_ancestors(self, uri: str, hinted_by: str | None = None) -> None:
        """Get a post and what it answers to, up to the beginning of the thread or to what is known.

        `hinted_by` is as for `fetch_post`.

        Raises:
            Gone, RemoteRefused, RemoteUnavailable: as `fetch_post`; what was found before stays.
        """
        budget = FetchBudget(MAX_ANCESTORS)
        wanted: str | None = uri
        while wanted is not None:
            post = await self.fetch_post(wanted, budget=budget, hinted_by=hinted_by)
            wanted = post.in_reply_to_uri if post.in_reply_to_id is None else None

    async def look_again(self, uri: str, hinted_by: str | None = None) -> Post | None:
        """Bring a known post to what its origin says now; one that is gone there goes here too, which gives None.

        A hint from anybody leads here. So an unknown post is taken only as the answer to one that is here; and what
        is not public stays as it is, for its origin tells nobody but its readers about it. `hinted_by` is as for
        `fetch_post`.

        Raises:
            Gone, NotFound, RemoteRefused, RemoteUnavailable: as `fetch_post`.
        """
        known = await self._database.read(find_post, uri)
        if self._urls.is_ours(uri) or (known is not None and (known.is_boost or not known.is_public)):
            return known
        looks = self._looks.find(uri) or 0
        if looks >= MAX_LOOKS:  # who sends us there again wears down its server
            raise RemoteUnavailable("its origin has been asked often enough for now", LOOKS_MEMORY)
        self._count_hint(hinted_by)
        self._looks.remember(uri, looks + 1)
        if known is None:
            parsed, author = await self._fetch(uri, FetchBudget(MAX_FETCHES))
            return await self._stored(_store_answer, parsed, author)
        try:
            parsed, author = await self._fetch(uri, FetchBudget(MAX_FETCHES), despite_failures=True)
        except RemoteRefused as refusal:
            if refusal.http_status not in (404, 410):
                raise
            await self._database.write(_forget, uri, refusal.http_status == 410, self._clock())
            return None
        except Gone:
            await self._database.write(_forget, uri, True, self._clock())
            return None
        return await self._stored(_renew, parsed, author)

    async def _stored(self, store: Store, parsed: ParsedObject, author: Actor) -> Post | None:
        post = await self._database.write(store, parsed, author, self._clock())
        if post is not None and post.quote_state == "pending":
            self._queue.ring(Job.INBOX)  # its quote is to be checked
        return post

    def _count_hint(self, host: str | None) -> None:
        """Raises RemoteUnavailable when a host has named too many posts for now."""
        if self._hints is None or host is None:
            return
        try:
            self._hints.spend(host)
        except TooManyRequests as error:
            raise RemoteUnavailable("its server has had us ask for enough for now", error.retry_after) from error

    async def _fetch(
        self, uri: str, budget: FetchBudget, *, despite_failures: bool = False
    ) -> tuple[ParsedObject, Actor]:
        """A post as its origin gives it now, and its author.

        Raises:
            Gone: there is a Tombstone, or its author has been deleted.
            RemoteRefused, RemoteUnavailable: as `fetch_post`.
        """
        fetched = await self._client.fetch_document(uri, budget=budget, despite_failures=despite_failures)
        document: Mapping[str, object] = fetched.json
        if is_activity(document):
            document = await self._object_of(document, budget)
        parsed = _parse(document)
        if document.keys().isdisjoint(_ADDRESSING) and await self._is_for_anybody(document, parsed.uri, budget):
            parsed = replace(parsed, cc=(PUBLIC,))
        if "Tombstone" in parsed.types:
            raise Gone("the post has been deleted")
        if parsed.kind is None or parsed.author is None:
            raise RemoteRefused("the document is no post")
        if not parsed.vouches_for_author():
            raise RemoteRefused("the post names an author of another server")
        author = await self._actors.get(parsed.author, budget=budget)
        if author.is_shut_out or author.is_local:
            raise RemoteRefused("nothing of this author is taken")
        return parsed, author

    async def _is_for_anybody(self, document: Mapping[str, object], uri: str, budget: FetchBudget) -> bool:
        """Whether a server gives a document without addressees also to who does not say who asks.

        Discourse serves its posts so. Any other may have given it to us alone.
        """
        try:
            unsigned = await self._client.fetch_json(uri, ACTIVITY_ACCEPT, _ACTIVITY_TYPES, budget=budget)
        except RemoteRefused:
            return False
        return all(unsigned.json.get(term) == document.get(term) for term in ("id", "content"))

    async def _object_of(self, activity: Mapping[str, object], budget: FetchBudget) -> Mapping[str, object]:
        """Behind the id of an activity, as Lemmy's groups pass them on, is the object that is meant."""
        uri = uri_of(activity.get("object"))
        if uri is None or self._urls.is_ours(uri):
            raise RemoteRefused("the document is no post")
        return (await self._client.fetch_document(uri, budget=budget)).json

    async def _meet(self, parsed: ParsedObject, budget: FetchBudget) -> None:
        """Get to know the first few people a post names."""
        named = [mention.href for mention in parsed.mentions if not self._urls.is_ours(mention.href)]
        known = await self._database.read(find_actors_by_uri, named) if named else {}
        strangers = tuple(uri for uri in named if uri not in known)[:MAX_NEW_PEOPLE]
        await asyncio.gather(*(self._actor(uri, budget) for uri in strangers), return_exceptions=True)


def _parse(document: Mapping[str, object]) -> ParsedObject:
    try:
        return ParsedObject.parse(document)
    except MalformedActivity as error:
        raise RemoteRefused(f"the document is no post: {error}") from error


def _store(connection: Connection, parsed: ParsedObject, author: Actor, now: datetime) -> Post | None:
    """Keep a post, with the question whether it may quote what it quotes; None when it was deleted by its author.

    Raises:
        RemoteRefused: as `_store_quoted`.
    """
    return _with_check(connection, _store_quoted(connection, parsed, author, now), author, now)


def _with_check(connection: Connection, post: Post | None, author: Actor, now: datetime) -> Post | None:
    if post is not None and (checks := quote_check(post, author.uri, now)):
        store_receipts(connection, checks, now)
    return post


def _store_quoted(connection: Connection, parsed: ParsedObject, author: Actor, now: datetime) -> Post | None:
    """Keep a post; None when it was deleted by its author.

    Raises:
        RemoteRefused: it answers a post of ours that its author may not answer.
    """
    known = find_post(connection, parsed.uri)
    if known is not None:
        return known
    parent = find_post(connection, parsed.in_reply_to) if parsed.in_reply_to else None
    if parent is not None and not may_answer(connection, parent, author):
        raise RemoteRefused("its author may not answer this post")
    return take_in(connection, parsed, author, now) or find_post(connection, parsed.uri)


def _store_answer(connection: Connection, parsed: ParsedObject, author: Actor, now: datetime) -> Post | None:
    if parsed.in_reply_to is None or find_post(connection, parsed.in_reply_to) is None:
        return None
    return _store(connection, parsed, author, now)


def _renew(connection: Connection, parsed: ParsedObject, author: Actor, now: datetime) -> Post | None:
    post = find_post(connection, parsed.uri)
    if post is None or post.author_id != author.id:
        return post
    if apply_update(connection, post, parsed, author, now) is Change.EDITED:
        post_edited(connection, get_post(connection, post.id), author, now)
    return _with_check(connection, get_post(connection, post.id), author, now)


def _forget(connection: Connection, uri: str, for_good: bool, now: datetime) -> None:
    """Remove a post. Unless its server says that it is gone `for_good`, it may come back: a 404 can be a mistake."""
    post = find_post(connection, uri)
    if post is not None and not post.local:
        author = get_actor(connection, post.author_id)
        delete_post(connection, post, author.uri, now, for_good=for_good)
