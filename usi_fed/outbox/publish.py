"""What local actors do, each verb one transaction: the change, the timelines, the activity and its deliveries.

The work itself is in `verbs/`; here it is run, and the sender rung after the commit.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from usi_fed.accounts.model import RequestKey
from usi_fed.activitypub.budget import FetchBudget
from usi_fed.activitypub.handles import Handle
from usi_fed.actors.model import Actor, Follow
from usi_fed.actors.service import Actors, ProfileChange
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.db.turns import in_turn
from usi_fed.deputies import Deputy, acted_by, deputy_of
from usi_fed.errors import (
    Gone,
    InvalidInput,
    MalformedActivity,
    NotAllowed,
    NotFound,
    RemoteRefused,
    RemoteUnavailable,
)
from usi_fed.outbox.desk import Desk, Seams
from usi_fed.outbox.verbs import later, polls, posts, profile, quotes, reactions, relations
from usi_fed.posts.drafts_store import KeptDraft, due_drafts, find_due
from usi_fed.posts.kept_drafts import of_json
from usi_fed.posts.model import Draft, Post, QuotePolicy, Visibility
from usi_fed.posts.service import Limits, find_person
from usi_fed.queue import Job, Queue
from usi_fed.text.compose import find_mentions
from usi_fed.urls import Urls

P = ParamSpec("P")
T = TypeVar("T")

MOST_NEW_PEOPLE = 10
AT_ONCE = 50
LONGEST_SEARCH = timedelta(seconds=4)


class People(Protocol):
    """Finds people at other servers by their handles."""

    async def resolve_handle(self, handle: Handle, *, budget: FetchBudget | None = None) -> Actor:
        """The actor whom a handle names.

        Raises:
            NotFound, Gone, RemoteRefused, RemoteUnavailable: it cannot be found.
        """


class Witness(Protocol):
    """Stands by when people act for organisations, in the same unit of work."""

    def allow(self, connection: Connection, deputy: Deputy, verb: str) -> None:
        """See that somebody may do this in the name of an organisation.

        Raises:
            NotAllowed: they may not.
        """

    def tell(
        self, connection: Connection, deputy: Deputy, verb: str, about: Sequence[object], made: object, now: datetime
    ) -> None:
        """Write down that it was done. `about` is what the verb was called with, `made` what came of it."""


class Publisher:
    """The verbs of local actors. Every one raises what its function in `verbs/` raises.

    What people do for organisations (`deputies.py`) passes the `witness`, and raises NotAllowed when they may not.
    In `seams` rooms above say what they want to do in the same unit of work.
    """

    def __init__(
        self,
        database: Database,
        queue: Queue,
        urls: Urls,
        actors: Actors,
        people: People,
        clock: Clock,
        witness: Witness,
        limits: Limits | None = None,
    ) -> None:
        self._database = database
        self._queue = queue
        self._urls = urls
        self._actors = actors
        self._people = people
        self._clock = clock
        self._witness = witness
        self._limits = limits or Limits()
        self.seams = Seams()

    # ---- posts ----

    async def create_post(
        self,
        author: Actor,
        draft: Draft,
        application_id: int | None = None,
        key: RequestKey | None = None,
        kept_id: int | None = None,
    ) -> Post:
        """Publish a post; people whom it names and whom we do not know yet are looked for first.

        A request with the `key` of an earlier one gives the post that was made then. `kept_id` is the draft that
        it was made from.
        """
        await self._meet(draft)
        return await self._act(posts.create_post, author, draft, application_id, key, kept_id)

    async def edit_post(self, author: Actor, post_id: int, draft: Draft) -> Post:
        """Change a post of the author's own."""
        await self._meet(draft)
        return await self._act(posts.edit_post, author, post_id, draft)

    async def delete_post(self, author: Actor, post_id: int, *, keep_media: bool = False) -> Post:
        """Delete a post of the author's own; what it was. With `keep_media` its files can go into another post."""
        return await self._act(posts.delete_post, author, post_id, keep_media=keep_media)

    async def announce(self, actor: Actor, post_id: int, visibility: Visibility = "public") -> Post:
        """Boost a post; the boost."""
        return await self._act(posts.announce, actor, post_id, visibility)

    async def unannounce(self, actor: Actor, post_id: int) -> None:
        """Take a boost of a post back."""
        await self._act(posts.unannounce, actor, post_id)

    async def pin(self, author: Actor, post_id: int) -> Post:
        """Show a post first on the author's profile."""
        return await self._act(posts.pin, author, post_id)

    async def unpin(self, author: Actor, post_id: int) -> Post:
        """No longer show a post first."""
        return await self._act(posts.unpin, author, post_id)

    async def tell_quote_allowed(self, post_id: int) -> None:
        """Tell everybody who has a post of ours that its quote has been allowed."""
        await self._do(posts.tell_quote_allowed, post_id)

    async def change_quote_policy(self, author: Actor, post_id: int, policy: QuotePolicy) -> Post:
        """Say anew who may quote a post of the author's own; the post."""
        return await self._act(posts.change_quote_policy, author, post_id, policy)

    async def revoke_quote(self, author: Actor, post_id: int, quote_id: int) -> Post:
        """No longer let a post of the author's be quoted by that one; the quoting post."""
        return await self._act(quotes.revoke_quote, author, post_id, quote_id)

    async def like(self, actor: Actor, post_id: int) -> Post:
        """Like a post; the post."""
        return await self._act(reactions.like, actor, post_id)

    async def unlike(self, actor: Actor, post_id: int) -> Post:
        """Take a like back; the post."""
        return await self._act(reactions.unlike, actor, post_id)

    async def vote(self, actor: Actor, post_id: int, choices: Sequence[int]) -> Post:
        """Vote on a poll, `choices` by position; the poll's post."""
        return await self._act(reactions.vote, actor, post_id, choices)

    # ---- relations ----

    async def follow(
        self,
        actor: Actor,
        target_id: int,
        *,
        show_boosts: bool = True,
        notify: bool = False,
        languages: list[str] | None = None,
    ) -> Follow:
        """Follow somebody, or ask to."""
        return await self._act_on(
            relations.follow, actor, target_id, show_boosts=show_boosts, notify=notify, languages=languages
        )

    async def unfollow(self, actor: Actor, target_id: int) -> None:
        """No longer follow somebody, or take the request back."""
        await self._act_on(relations.unfollow, actor, target_id)

    async def deny_follow(self, actor: Actor, target_id: int) -> None:
        """Tell a server that counts our actor among the followers that it is none."""
        await self._act_on(relations.deny_follow, actor, target_id)

    async def accept_follow(self, actor: Actor, follower_id: int) -> None:
        """Let somebody follow who asked to."""
        await self._act_on(relations.accept_follow, actor, follower_id)

    async def reject_follow(self, actor: Actor, follower_id: int) -> None:
        """Refuse somebody who asked to follow."""
        await self._act_on(relations.reject_follow, actor, follower_id)

    async def remove_follower(self, actor: Actor, follower_id: int) -> None:
        """Let somebody no longer follow."""
        await self._act_on(relations.reject_follow, actor, follower_id)

    async def block(self, actor: Actor, target_id: int) -> None:
        """Shut somebody out."""
        await self._act_on(relations.block, actor, target_id)

    async def unblock(self, actor: Actor, target_id: int) -> None:
        """Let somebody in again."""
        await self._act_on(relations.unblock, actor, target_id)

    async def block_domain(self, actor: Actor, domain: str) -> None:
        """Hide a whole domain from oneself."""
        await self._act(relations.block_domain, actor, domain)

    # ---- the actor itself ----

    async def update_profile(self, actor: Actor, change: ProfileChange) -> Actor:
        """Change a profile and tell everybody who knows it."""
        changes = {name: value for name, value in asdict(change).items() if value is not None}
        for picture in ("icon_url", "image_url"):
            if changes.get(picture) == "":
                changes[picture] = None
        changed = await self._do(self._witnessed(profile.update_profile, actor.id), actor.id, changes)
        self._actors.forget(changed)
        return changed

    async def rotate_keys(self, actor: Actor) -> Actor:
        """Replace an actor's keys and tell everybody who knows it.

        Raises:
            Conflict: the actor is not ours.
        """
        changed = await self._actors.rotate_keys(actor)
        await self._do(profile.announce_actor, changed)
        return changed

    async def move_to(self, actor: Actor, target_id: int) -> Actor:
        """Continue at another account, one that was fetched just now."""
        moved = await self._act(profile.move_to, actor, target_id)
        self._actors.forget(moved)
        return moved

    async def come_back(self, actor: Actor) -> Actor:
        """No longer point to another account."""
        back = await self._act(profile.come_back, actor)
        self._actors.forget(back)
        return back

    async def bring_along(self, moved: Actor, target: Actor) -> None:
        """Have local followers of an actor that has moved follow the new one."""
        await self._do(profile.bring_along, moved, target)

    async def delete_actor(self, actor: Actor) -> Actor:
        """Delete an actor of ours everywhere."""
        gone = await self._act(profile.delete_actor, actor)
        self._actors.forget(gone)
        return gone

    async def flag(self, target_id: int, post_uris: Sequence[str], comment: str) -> None:
        """Pass a report on to the server of the one reported."""
        await self._do(profile.flag, target_id, post_uris, comment)

    # ---- upkeep ----

    async def publish_due(self) -> None:
        """Publish what was kept for this time; what cannot be published becomes a draft again."""
        for draft_id in await self._database.read(due_drafts, self._clock(), AT_ONCE):
            kept = await self._database.read(find_due, draft_id, self._clock())
            if kept is not None:
                await self._publish_kept(kept)

    async def _publish_kept(self, kept: KeptDraft) -> None:
        draft_id, actor_id = kept.id, kept.actor_id
        await self._meet(of_json(kept.draft, self._clock()))
        deputy = None if kept.written_by is None else Deputy(kept.written_by, actor_id)
        with acted_by(deputy):
            publish = in_turn(self._witnessed(later.publish_kept, actor_id), actor_id)
        try:
            await self._do(publish, draft_id)
        except NotFound:
            await self._do(later.put_back, draft_id, "gone")
        except NotAllowed:
            await self._do(later.put_back, draft_id, "forbidden")
        except (InvalidInput, MalformedActivity):
            await self._do(later.put_back, draft_id, "invalid")

    async def close_polls(self) -> None:
        """Announce the end of polls, and the new counts of ours; to be called every minute or so."""
        while await self._do(polls.close_polls) == polls.AT_ONCE:
            pass
        await self._do(polls.tell_counts)

    # ---- how each is done ----

    async def _do(self, verb: Callable[Concatenate[Connection, Desk, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        desk = Desk(self._urls, self._limits, self._clock(), self.seams)
        result = await self._database.write(verb, desk, *args, **kwargs)
        self._queue.ring(Job.OUTBOX)
        return result

    async def _act(
        self,
        verb: Callable[Concatenate[Connection, Desk, Actor, P], T],
        actor: Actor,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """What somebody does comes after what the same person did a moment before, never in the middle of it."""
        return await self._do(in_turn(self._witnessed(verb, actor.id), actor.id), actor, *args, **kwargs)

    async def _act_on(
        self,
        verb: Callable[Concatenate[Connection, Desk, Actor, int, P], T],
        actor: Actor,
        other_id: int,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The same between two people: one may be shutting out the other."""
        unit = in_turn(self._witnessed(verb, actor.id), actor.id, other_id)
        return await self._do(unit, actor, other_id, *args, **kwargs)

    def _witnessed(
        self, verb: Callable[Concatenate[Connection, Desk, P], T], actor_id: int
    ) -> Callable[Concatenate[Connection, Desk, P], T]:
        """The same verb; with its witness when somebody does it in the actor's name."""
        deputy, witness = deputy_of(actor_id), self._witness
        if deputy is None:
            return verb
        present = deputy

        def unit(connection: Connection, desk: Desk, /, *args: P.args, **kwargs: P.kwargs) -> T:
            witness.allow(connection, present, verb.__name__)
            made = verb(connection, desk, *args, **kwargs)
            witness.tell(connection, present, verb.__name__, args, made, desk.now)
            return made

        return unit

    async def _meet(self, draft: Draft) -> None:
        """Look for people whom a draft names and whom we do not know; who cannot be found soon stays plain text."""
        strangers = await self._database.read(_strangers, draft, self._urls)
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_SEARCH.total_seconds()):
                await asyncio.gather(*(self._look_for(handle) for handle in strangers[:MOST_NEW_PEOPLE]))

    async def _look_for(self, handle: Handle) -> None:
        with suppress(NotFound, Gone, RemoteRefused, RemoteUnavailable):
            await self._people.resolve_handle(handle)


def _strangers(connection: Connection, draft: Draft, urls: Urls) -> list[Handle]:
    found = []
    texts = [draft.text, *(wording.text for wording in draft.wordings)]
    for handle in dict.fromkeys(handle for text in texts for handle in find_mentions(text, draft.text_type)):
        if handle.domain is not None and find_person(connection, handle, urls) is None:
            with suppress(MalformedActivity):  # as typed by a person: not every text is a handle
                found.append(Handle.parse(f"{handle.username}@{handle.domain}"))
    return found
