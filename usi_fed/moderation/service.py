"""What moderators may do about people and reports. What they may do about other servers is in `domains.py`."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from usi_fed.accounts.letters import Courier, Letter
from usi_fed.accounts.model import Account, Role
from usi_fed.accounts.service import Accounts
from usi_fed.accounts.store import find_account
from usi_fed.actors.model import Actor
from usi_fed.actors.service import Actors
from usi_fed.actors.store import get_actor
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.moderation import people, posts, reports, verdicts
from usi_fed.moderation.model import Category, Decision, Note, Report, Verdict, VerdictKind
from usi_fed.moderation.reports import Complaint
from usi_fed.moderation.severing_store import sever_person
from usi_fed.outbox.desk import Desk
from usi_fed.posts.service import Limits
from usi_fed.posts.store import get_post
from usi_fed.queue import Job, Queue
from usi_fed.translation import find_language, gettext, reader, speaking
from usi_fed.urls import Urls

P = ParamSpec("P")
T = TypeVar("T")


class Moderation:
    """Every act is one transaction with its line in the audit log. `by` None is the command line.

    Everything raises what its function in `people.py`, `posts.py`, `verdicts.py` and `reports.py` raises. `concerned`
    says who is told what is decided about an actor.
    """

    def __init__(
        self,
        database: Database,
        queue: Queue,
        urls: Urls,
        actors: Actors,
        accounts: Accounts,
        clock: Clock,
        courier: Courier,
        concerned: verdicts.Concerned = verdicts.only_themselves,
        when_reported: Sequence[Callable[[Connection, Report], None]] = (),
    ) -> None:
        self._database = database
        self._queue = queue
        self._urls = urls
        self._actors = actors
        self._accounts = accounts
        self._clock = clock
        self._courier = courier
        self._concerned = concerned
        self._when_reported = when_reported

    # ---- people ----

    async def silence(self, actor_id: int, by: int | None, reason: str = "") -> Actor:
        """Limit an actor, ours or another server's: it is shown to those who follow it, and nowhere else."""
        return await self._judge(people.silence, "limited", actor_id, Decision(by, reason))

    async def suspend(self, actor_id: int, by: int | None, reason: str = "", *, blocks_email: bool = False) -> Actor:
        """Shut an actor out, ours or another server's. With one of another server's, follows end both ways.

        `blocks_email`: nobody joins any more with the e-mail address of one of ours, until they are freed.
        """
        shut = await self._judge(people.suspend, "shut-out", actor_id, Decision(by, reason, blocks_email))
        self._forget(shut)
        if not shut.is_local:
            while not await self._do(sever_person, shut.id):
                pass
        return shut

    async def free(self, actor_id: int, by: int | None, reason: str = "") -> Actor:
        """End what was decided about an actor; how it stands now, for a rule for its server may be felt again."""
        freed = await self._do(people.free, actor_id, Decision(by, reason))
        self._forget(freed)
        return freed

    async def unsilence(self, actor_id: int, by: int | None, reason: str = "") -> Actor:
        """End the limit of an actor, and nothing else."""
        freed = await self._do(people.free, actor_id, Decision(by, reason), from_shutting_out=False)
        self._forget(freed)
        return freed

    async def unsuspend(self, actor_id: int, by: int | None, reason: str = "") -> Actor:
        """Shut an actor out no longer, and end nothing else."""
        freed = await self._do(people.free, actor_id, Decision(by, reason), from_limit=False)
        self._forget(freed)
        return freed

    async def disable(self, actor_id: int, by: int | None, reason: str = "") -> Actor:
        """Shut an account of ours: nobody signs in with it. What it posted stays."""
        shut = await self._judge(people.disable, "disabled", actor_id, Decision(by, reason))
        self._forget(shut)
        return shut

    async def enable(self, actor_id: int, by: int | None, reason: str = "") -> Actor:
        """Open an account of ours again."""
        return await self._do(people.enable, actor_id, Decision(by, reason))

    async def reset(self, actor_id: int, password: str, by: int | None, reason: str = "") -> Actor:
        """Give an account of ours another password; whoever is signed in with the old one is signed out.

        Raises:
            InvalidInput: the password is too short or too long.
        """
        password_hash = await self._accounts.hash_password(password)
        changed = await self._do(people.reset, actor_id, password_hash, Decision(by, reason))
        self._forget(changed)
        return changed

    async def set_role(self, actor_id: int, role: Role, by: int | None, reason: str = "") -> Actor:
        """Make somebody of ours a member, moderator or administrator."""
        changed = await self._do(people.set_role, actor_id, role, Decision(by, reason))
        self._forget(changed)
        return changed

    async def delete(self, actor_id: int, by: int | None, reason: str = "", *, blocks_email: bool = False) -> Actor:
        """Delete an account of ours and all that it wrote, here and elsewhere, for good.

        `blocks_email`: nobody joins any more with its e-mail address.
        """
        gone = await self._do(people.delete, actor_id, Decision(by, reason, blocks_email))
        self._forget(gone)
        return gone

    async def end_applications(self, actor_id: int, token_ids: Collection[int], by: int, reason: str = "") -> Actor:
        """Take back what some applications may do in the name of one of ours."""
        actor = await self._do(people.end_applications, actor_id, token_ids, Decision(by, reason))
        self._accounts.forget_tokens()
        return actor

    async def warn(self, actor_id: int, words: str, by: int | None, reason: str = "") -> Actor:
        """Tell one of ours something, at the next signing in and by mail if there is an address."""
        warned = await self._do(self._warn, actor_id, words, Decision(by, reason))
        account = await self._database.read(find_account, actor_id)
        if account is not None and account.email is not None:
            with speaking(replace(reader(), language=find_language(account.locale) or reader().language)):
                heading = gettext("A word from the moderators of %(server)s", server=self._urls.handles)
            self._courier.send(Letter(account.email, heading, f"{heading}:\n\n{words.strip()}\n"))
        return warned

    # ---- posts ----

    async def take_away(self, post_id: int, by: int | None, reason: str = "") -> Actor:
        """Delete a post; its author."""
        return await self._do(self._take_away, post_id, Decision(by, reason))

    async def cover(self, post_id: int, by: int | None, reason: str = "") -> Actor:
        """Cover the pictures of a post; its author."""
        return await self._do(self._cover, post_id, Decision(by, reason))

    # ---- objections ----

    async def find_verdict(self, verdict_id: int, person_id: int) -> Verdict:
        """What was decided about somebody, or about an organisation that they govern."""
        return await self._database.read(verdicts.find_own, self._concerned, verdict_id, person_id)

    async def object_to(self, verdict_id: int, person_id: int, text: str) -> Verdict:
        """Say, once, what one has to say to what was decided about one, or about an organisation that one governs."""
        now = self._clock()
        return await self._database.write(verdicts.object_to, self._concerned, verdict_id, person_id, text, now)

    async def answer(self, verdict_id: int, by: int | None, reason: str, *, is_accepted: bool) -> Verdict:
        """Answer an objection: yes undoes what can be undone. Whom it concerns is told, also by mail."""
        decision = Decision(by, reason)
        answered = await self._do(verdicts.answer, self._concerned, verdict_id, decision, is_accepted=is_accepted)
        actor, written_to = await self._database.read(self._addressees, answered.actor_id)
        self._forget(actor)
        for account in written_to:
            self._send_answer(account, actor, answered)
        return answered

    # ---- reports ----

    async def report(self, reporter: Actor, complaint: Complaint, *, forward: bool = False) -> Report:
        """Report somebody to our moderators and, if wanted, to those of their own server."""
        return await self._do(self._file, reporter, complaint, forward=forward)

    def _file(
        self, connection: Connection, desk: Desk, reporter: Actor, complaint: Complaint, *, forward: bool
    ) -> Report:
        report = reports.file_report(connection, desk, reporter, complaint, forward=forward)
        for tell in self._when_reported:
            tell(connection, report)
        return report

    async def assign(self, report_id: int, to: int | None, by: int | None) -> Report:
        """Say which moderator looks after a report."""
        return await self._database.write(reports.assign, report_id, to, by, self._clock())

    async def sort(self, report_id: int, category: Category, by: int | None) -> Report:
        """Say what a report is about."""
        return await self._database.write(reports.sort, report_id, category, by, self._clock())

    async def forward(self, report_id: int, by: int | None) -> Report:
        """Pass a report on to the server of the one reported."""
        return await self._do(reports.forward, report_id, by)

    async def write_note(self, report_id: int, text: str, by: int) -> Note:
        """Write something about a report for the other moderators."""
        return await self._database.write(reports.write_note, report_id, text, by, self._clock())

    async def resolve(self, report_id: int, by: int | None) -> Report:
        """Close a report."""
        return await self._database.write(reports.resolve, report_id, by, self._clock())

    async def reopen(self, report_id: int, by: int | None) -> Report:
        """Open a closed report again."""
        return await self._database.write(reports.reopen, report_id, by, self._clock())

    # ---- how each is done ----

    async def _judge(
        self,
        verb: Callable[[Connection, Desk, int, Decision], Actor],
        kind: VerdictKind,
        actor_id: int,
        decision: Decision,
    ) -> Actor:
        """Decide about somebody, and tell whom it concerns."""

        def unit(connection: Connection, desk: Desk) -> Actor:
            actor = verb(connection, desk, actor_id, decision)
            verdicts.pass_verdict(connection, self._concerned, actor, kind, decision, desk.now)
            return actor

        return await self._do(unit)

    def _warn(self, connection: Connection, desk: Desk, actor_id: int, words: str, decision: Decision) -> Actor:
        actor = people.warn(connection, desk, actor_id, words, decision)
        told = Decision(decision.by, words.strip())
        verdicts.pass_verdict(connection, self._concerned, actor, "warned", told, desk.now)
        return actor

    def _take_away(self, connection: Connection, desk: Desk, post_id: int, decision: Decision) -> Actor:
        post = (None, get_post(connection, post_id).uri)
        author = posts.take_away(connection, desk, post_id, decision)
        verdicts.pass_verdict(connection, self._concerned, author, "post-deleted", decision, desk.now, post)
        return author

    def _cover(self, connection: Connection, desk: Desk, post_id: int, decision: Decision) -> Actor:
        before = get_post(connection, post_id)
        # What its author had covered stays so, whatever becomes of an objection.
        post = (None if before.sensitive else post_id, before.uri)
        author = posts.cover(connection, desk, post_id, decision)
        verdicts.pass_verdict(connection, self._concerned, author, "post-covered", decision, desk.now, post)
        return author

    def _addressees(self, connection: Connection, actor_id: int) -> tuple[Actor, list[Account]]:
        found = (find_account(connection, one) for one in self._concerned(connection, actor_id))
        return get_actor(connection, actor_id), [one for one in found if one is not None and one.email is not None]

    def _send_answer(self, account: Account, about: Actor, verdict: Verdict) -> None:
        with speaking(replace(reader(), language=find_language(account.locale) or reader().language)):
            handle = f"@{about.username}@{self._urls.handles}"
            subject = gettext("Your objection on %(server)s", server=self._urls.handles)
            told = (
                gettext("What you wrote about a decision on %(handle)s was heard: it does not hold.", handle=handle)
                if verdict.is_accepted
                else gettext("What you wrote about a decision on %(handle)s was read: it stays.", handle=handle)
            )
            why = gettext("Why: %(words)s", words=verdict.answer)
        self._courier.send(Letter(account.email or "", subject, f"{told}\n\n{why}\n"))

    async def _do(self, verb: Callable[Concatenate[Connection, Desk, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        desk = Desk(self._urls, Limits(), self._clock())
        result = await self._database.write(verb, desk, *args, **kwargs)
        self._queue.ring(Job.OUTBOX)
        return result

    def _forget(self, actor: Actor) -> None:
        """What this process remembers of one of ours must not outlive the decision."""
        if actor.is_local:
            self._actors.forget(actor)
            self._accounts.forget_tokens()
