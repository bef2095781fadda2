"""What one may do about our organisations: found and change them, ask people to act for them, and end that."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from usi_fed.accounts.service import Accounts
from usi_fed.accounts.tickets import hash_of
from usi_fed.activitypub.organisation_parsing import ACTOR_TYPES
from usi_fed.actors.model import Actor
from usi_fed.actors.network_names import check_network_name
from usi_fed.actors.service import Actors
from usi_fed.actors.store import get_actor
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.db.turns import in_turn
from usi_fed.outbox.desk import Desk
from usi_fed.posts.service import Limits
from usi_fed.queue import Job, Queue
from usi_fed.translation import reader
from usi_fed.unions import acting, belonging, offices, proposals
from usi_fed.unions.describing import Change, describe
from usi_fed.unions.founders import require_founder
from usi_fed.unions.founding import Description, check_description, found
from usi_fed.unions.model import Proposal
from usi_fed.unions.proposals import Acts, Payload
from usi_fed.unions.roles import Role
from usi_fed.urls import Urls

P = ParamSpec("P")
T = TypeVar("T")

OFFER_LIFETIME = timedelta(days=30)

Watch = Callable[[Connection, int], Callable[[Connection, Desk], None]]
"""Looks at an organisation before who acts for it changes; what it gives tells others afterwards."""


class Unions:
    """Every act is one transaction with its line in the audit log. `by` None is the command line.

    `watches` are called with each organisation in which offices end, are shown or hidden.

    Everything raises what its function in `founding.py`, `describing.py`, `offices.py`, `belonging.py` and
    `proposals.py` raises.
    """

    def __init__(
        self,
        database: Database,
        actors: Actors,
        accounts: Accounts,
        queue: Queue,
        urls: Urls,
        clock: Clock,
        acts: Acts,
        risk_countries: Collection[str] = (),
    ) -> None:
        self._database = database
        self._actors = actors
        self._accounts = accounts
        self._queue = queue
        self._urls = urls
        self._clock = clock
        self.acts = acts
        self.watches: list[Watch] = []
        self._risk_countries = risk_countries

    async def found(
        self, username: str, name: str, description: Description, owner_id: int | None, by: int | None
    ) -> Actor:
        """Make an organisation.

        Raises:
            InvalidInput: the user name is not allowed or taken, or the description does not hold.
            NotAllowed: `by` may not found one of this kind.
        """
        check_description(description)
        is_network = description.kind == "EmployerNetwork"
        if is_network:
            check_network_name(name)
        if by is not None:
            await self._database.read(require_founder, by, description)
        kind = ACTOR_TYPES[description.kind]
        draft = await self._actors.prepare_local(
            username, kind=kind, name=name, locked=is_network, discoverable=description.is_listed
        )
        locale = reader().language.tag
        return await self._database.write(
            found, draft, description, owner_id, by, locale, self._clock(), self._risk_countries
        )

    async def describe(self, organisation_id: int, change: Change, by: int | None) -> list[Proposal]:
        """Change what an organisation says of itself and tell everybody who knows it.

        Gives what of it waits for a second person.
        """
        if change.description is not None:
            check_description(change.description)
        return await self._publish(describe, organisation_id, change, by)

    async def propose(self, organisation_id: int, kind: str, payload: Payload, by: int | None) -> Proposal:
        """Propose one of the `acts` that need two people; from the command line it is done."""
        return await self._publish(proposals.propose, organisation_id, kind, payload, by)

    async def confirm(self, organisation_id: int, proposal_id: int, by: int | None) -> Proposal:
        """Be the second person, and have such an act done."""
        return await self._publish(proposals.confirm, organisation_id, proposal_id, by)

    async def refuse(self, organisation_id: int, proposal_id: int, by: int | None) -> Proposal:
        """Have such an act not done."""
        return await self._publish(proposals.refuse, organisation_id, proposal_id, by)

    async def offer_office(self, organisation_id: int, person_id: int, role: Role, by: int | None) -> None:
        """Ask somebody of ours to act for an organisation."""
        now = self._clock()
        await self._do(offices.offer_office, organisation_id, person_id, role, by, now, now + OFFER_LIFETIME)

    async def appoint_owner(self, organisation_id: int, person_id: int, by: int) -> None:
        """Let somebody govern an organisation that nobody governs any more, as an administrator of the server."""
        await self._database.write(offices.appoint_owner, organisation_id, person_id, by, self._clock())

    async def accept_office(self, person_id: int, offer_id: int) -> Actor:
        """Say yes to such an offer; the organisation."""
        return await self._database.write(offices.accept_office, person_id, offer_id, self._clock())

    async def decline_office(self, person_id: int, offer_id: int) -> Actor:
        """Say no to such an offer, or take it back as who may govern; the organisation."""
        return await self._database.write(offices.decline_office, person_id, offer_id, self._clock())

    async def end_office(self, organisation_id: int, person_id: int, role: Role, by: int | None) -> None:
        """Let somebody no longer act for an organisation; people may end their own offices."""
        await self._watched(offices.end_office, organisation_id, person_id, role, by, self._clock())
        self._accounts.forget_tokens()

    # ---- acting ----

    async def begin_acting(self, session: str, person_id: int, organisation_id: int) -> acting.Office:
        """Go on in the name of an organisation in the session with this secret.

        Raises:
            NotAllowed: no office gives that right.
        """
        now = self._clock()
        return await self._database.write(acting.begin_acting, hash_of(session), person_id, organisation_id, now)

    async def end_acting(self, session: str, person_id: int, organisation_id: int) -> None:
        """Be oneself again in the session with this secret."""
        await self._database.write(acting.end_acting, hash_of(session), person_id, organisation_id, self._clock())

    async def note(self, person_id: int, organisation: Actor, action: str) -> None:
        """Write down what somebody did with the account of an organisation that nobody else sees."""
        await self._database.write(acting.note, person_id, organisation, action, self._clock())

    async def show_offices(self, organisation_id: int, person_id: int, *, is_shown: bool) -> None:
        """Be named in public as who acts for an organisation, or be so no longer: everybody for themselves."""
        await self._watched(offices.show_offices, organisation_id, person_id, self._clock(), is_shown=is_shown)

    async def admit(self, organisation_id: int, person_id: int, by: int | None) -> None:
        """Let somebody belong to an organisation."""
        await self._do(belonging.admit, organisation_id, person_id, by, self._clock())

    async def remove_member(self, organisation_id: int, person_id: int, by: int | None) -> None:
        """Let somebody no longer belong to an organisation, or not begin to."""
        await self._do(belonging.remove, organisation_id, person_id, by, self._clock())

    async def _publish(
        self,
        act: Callable[Concatenate[Connection, Desk, Acts, int, P], T],
        organisation_id: int,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """The same for what other servers hear of."""
        desk = Desk(self._urls, Limits(), self._clock())
        unit = in_turn(act, organisation_id)
        result = await self._database.write(unit, desk, self.acts, organisation_id, *args, **kwargs)
        self._queue.ring(Job.OUTBOX)
        self._actors.forget(await self._database.read(get_actor, organisation_id))
        return result

    async def _watched(
        self, act: Callable[Concatenate[Connection, int, P], T], organisation_id: int, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """The same for what rooms above may want to tell others."""
        desk = Desk(self._urls, Limits(), self._clock())

        def unit(connection: Connection) -> T:
            tells = [watch(connection, organisation_id) for watch in self.watches]
            result = act(connection, organisation_id, *args, **kwargs)
            for tell in tells:
                tell(connection, desk)
            return result

        result = await self._database.write(in_turn(unit, organisation_id))
        self._queue.ring(Job.OUTBOX)
        return result

    async def _do(
        self, act: Callable[Concatenate[Connection, int, P], T], organisation_id: int, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What is done about an organisation comes after what was done about it a moment before."""
        return await self._database.write(in_turn(act, organisation_id), organisation_id, *args, **kwargs)
