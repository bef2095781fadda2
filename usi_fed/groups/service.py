"""What may be done in groups; every act is one transaction with its line in the audit log."""

from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from usi_fed.actors.model import Actor
from usi_fed.actors.service import Actors
from usi_fed.actors.store import get_actor
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.db.turns import in_turn
from usi_fed.groups import discussion, joining, leading, membership, moderation, reports, store
from usi_fed.groups import posting as posts_to_groups
from usi_fed.groups.discussion import ListedTopic, News
from usi_fed.groups.knowing import may_know
from usi_fed.groups.model import Admission, Group, GroupPost, Posting, Topic
from usi_fed.outbox.desk import Desk, Seams
from usi_fed.outbox.publish import Publisher
from usi_fed.posts.model import Post
from usi_fed.posts.service import Limits
from usi_fed.queue import Job, Queue
from usi_fed.unions.model import MembershipState
from usi_fed.unions.offices import require_permission
from usi_fed.urls import Urls

P = ParamSpec("P")
T = TypeVar("T")


class Groups:
    """Groups of ours, and what our people do about others'. One per process. `by` None is the command line.

    Everything raises what its function in this room raises: NotAllowed for who has no right to it, NotFound for what is
    not there (any more).
    """

    def __init__(
        self, database: Database, queue: Queue, urls: Urls, actors: Actors, publisher: Publisher, clock: Clock
    ) -> None:
        self._database = database
        self._queue = queue
        self._urls = urls
        self._actors = actors
        self._clock = clock
        self._seams = publisher.seams
        actors.may_know = may_know
        look_after(publisher.seams)

    # ---- belonging ----

    async def join(self, person: Actor, group_id: int, words: str = "") -> MembershipState:
        """Ask to belong to a group, ours or another's: "member", or "asked" while it is being decided."""
        return await self._do(joining.join, (person.id, group_id), person, group_id, words)

    async def leave(self, person: Actor, group_id: int) -> None:
        """Belong to a group no more, or take the request back."""
        await self._do(joining.leave, (person.id, group_id), person, group_id)

    async def answer_invitation(self, person: Actor, group_id: int, *, accept: bool) -> None:
        """Come into a group by which one was asked, or say no."""
        await self._do(joining.answer_invitation, (person.id, group_id), person, group_id, accept=accept)

    async def invite(self, group_id: int, person_id: int, by: int | None) -> None:
        """Ask somebody, here or elsewhere, to belong to a group of ours."""
        await self._do(membership.invite, (person_id, group_id), group_id, person_id, by)

    async def admit(self, group_id: int, person_id: int, by: int | None) -> None:
        """Let somebody in who has asked."""
        await self._do(membership.admit, (person_id, group_id), group_id, person_id, by)

    async def turn_down(self, group_id: int, person_id: int, by: int | None, reason: str = "") -> None:
        """Do not let somebody in who has asked."""
        await self._do(membership.turn_down, (person_id, group_id), group_id, person_id, by, reason)

    async def remove(self, group_id: int, person_id: int, by: int | None, reason: str = "") -> None:
        """Let somebody no longer belong to a group, or take an invitation back."""
        await self._do(membership.remove, (person_id, group_id), group_id, person_id, by, reason)

    # ---- how it is led ----

    async def set_up(
        self,
        group_id: int,
        by: int | None,
        *,
        admission: Admission | None = None,
        posting: Posting | None = None,
        rules: str | None = None,
        how: str | None = None,
        concealed: bool | None = None,
    ) -> Group:
        """Choose who comes in, who may post, the rules, and whether strangers may know of it; what is None stays."""
        group = await self._do(
            leading.set_up,
            (group_id,),
            group_id,
            by,
            admission=admission,
            posting=posting,
            rules=rules,
            how=how,
            concealed=concealed,
        )
        self._actors.forget(await self._database.read(get_actor, group_id))
        return group

    # ---- reading ----

    async def topics(
        self, group_id: int, reader: Actor | None, limit: int = 20, before: datetime | None = None
    ) -> list[ListedTopic]:
        """The topics of a group, with what the reader has not read; `before` is the `last_post_at` of the last one."""
        return await self._database.read(discussion.list_topics, group_id, reader, limit, before)

    async def mark_read(self, person: Actor, group_id: int, post_id: int) -> None:
        """Somebody has read the topic that this post begins, as it is now."""
        await self._do(discussion.mark_read, (person.id,), person.id, group_id, post_id)

    async def news(self, person: Actor, since: datetime) -> News:
        """What came into the groups of somebody since then, and that they have not read."""
        return await self._database.read(discussion.news_for, person.id, since)

    async def digest(self, person: Actor, since: datetime) -> str:
        """The same as plain text in the language of whoever reads; empty when there is nothing new."""
        return discussion.digest_text(await self.news(person, since))

    # ---- moderating ----

    async def queue(
        self, group_id: int, by: int | None, limit: int = 40, before: datetime | None = None
    ) -> list[tuple[GroupPost, Post, Actor]]:
        """Posts of strangers that wait, with their authors, the newest first; `before` is the `at` of the last one."""
        return await self._database.read(_queue, group_id, by, limit, before)

    async def accept_post(self, group_id: int, post_id: int, by: int | None) -> None:
        """Let a post in that waits, or that was refused or removed before."""
        await self._do(moderation.accept_post, (group_id,), group_id, post_id, by)

    async def refuse_post(self, group_id: int, post_id: int, by: int | None, reason: str = "") -> None:
        """Do not let a post in that waits."""
        await self._do(moderation.refuse_post, (group_id,), group_id, post_id, by, reason)

    async def remove_post(self, group_id: int, post_id: int, by: int | None, reason: str = "") -> None:
        """Take a post out of the group, with the whole topic if it begins one."""
        await self._do(moderation.remove_post, (group_id,), group_id, post_id, by, reason)

    async def ban(
        self,
        group_id: int,
        person_id: int,
        by: int | None,
        reason: str = "",
        until: datetime | None = None,
        *,
        remove_posts: bool = False,
    ) -> None:
        """Put somebody out of the group and keep them out, for good or until then."""
        turns = (person_id, group_id)
        await self._do(moderation.ban, turns, group_id, person_id, by, reason, until, remove_posts=remove_posts)

    async def unban(self, group_id: int, person_id: int, by: int | None) -> None:
        """Let somebody ask to come in again."""
        await self._do(moderation.unban, (person_id, group_id), group_id, person_id, by)

    async def appoint(self, group_id: int, person_id: int, by: int | None, *, appointed: bool = True) -> None:
        """Let somebody of another server moderate the group, or no more; ours are asked by `Unions.offer_office`."""
        await self._do(moderation.appoint, (group_id,), group_id, person_id, by, appointed=appointed)

    async def lock(self, group_id: int, post_id: int, by: int | None, *, locked: bool, reason: str = "") -> None:
        """Take no more answers in a topic, or take them again."""
        await self._do(moderation.lock, (group_id,), group_id, post_id, by, locked=locked, reason=reason)

    async def pin(self, group_id: int, post_id: int, by: int | None, *, pinned: bool) -> None:
        """Show a topic before the others, or no longer."""
        await self._do(moderation.pin, (group_id,), group_id, post_id, by, pinned=pinned)

    async def pin_first(self, group_id: int, post_id: int, by: int | None) -> None:
        """Show a pinned topic before the other pinned ones."""
        await self._do(moderation.pin_first, (group_id,), group_id, post_id, by)

    async def summarise(self, group_id: int, post_id: int, by: int | None, text: str) -> Topic:
        """Put a summary over a topic, in Markdown; an empty one takes it away."""
        return await self._do(moderation.summarise, (group_id,), group_id, post_id, by, text)

    async def settle_report(self, group_id: int, report_id: int, by: int | None) -> None:
        """A report about a post was looked after in the group; for the server's moderators it stays as it is."""
        await self._do(reports.settle, (group_id,), group_id, report_id, by)

    # ---- how each is done ----

    async def _do(
        self,
        act: Callable[Concatenate[Connection, Desk, P], T],
        turns: tuple[int, ...],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        desk = Desk(self._urls, Limits(), self._clock(), self._seams)
        result = await self._database.write(in_turn(act, *turns), desk, *args, **kwargs)
        self._queue.ring(Job.OUTBOX)
        return result


def _queue(
    connection: Connection, group_id: int, by: int | None, limit: int, before: datetime | None
) -> list[tuple[GroupPost, Post, Actor]]:
    require_permission(connection, by, group_id, "moderate")
    return store.posts_in_state(connection, group_id, "waiting", limit, before)


def look_after(seams: Seams) -> None:
    """Let groups decide about what our people post to them, and about who follows them."""
    seams.when_published.append(posts_to_groups.published)
    seams.when_followed.append(joining.followed)
    seams.when_unfollowed.append(joining.unfollowed)
    seams.when_answered.append(joining.answered)
