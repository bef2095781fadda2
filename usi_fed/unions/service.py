"""What one may do about our organisations: found them, ask people to act for them, and end that."""

from collections.abc import Callable
from datetime import timedelta
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from usi_fed.accounts.service import Accounts
from usi_fed.accounts.tickets import hash_of
from usi_fed.activitypub.organisation_parsing import ACTOR_TYPES
from usi_fed.actors.model import Actor
from usi_fed.actors.network_names import check_network_name
from usi_fed.actors.service import Actors
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.db.turns import in_turn
from usi_fed.translation import reader
from usi_fed.unions import acting, offices
from usi_fed.unions.founding import Description, check_description, found
from usi_fed.unions.roles import Role

P = ParamSpec("P")
T = TypeVar("T")

OFFER_LIFETIME = timedelta(days=30)


class Unions:
    """Every act is one transaction with its line in the audit log. `by` None is the command line.

    Everything raises what its function in `founding.py` and `offices.py` raises.
    """

    def __init__(self, database: Database, actors: Actors, accounts: Accounts, clock: Clock) -> None:
        self._database = database
        self._actors = actors
        self._accounts = accounts
        self._clock = clock

    async def found(
        self, username: str, name: str, description: Description, owner_id: int | None, by: int | None
    ) -> Actor:
        """Make an organisation. Whether `by` may is for who calls this.

        Raises:
            InvalidInput: the user name is not allowed or taken, or the description does not hold.
        """
        check_description(description)
        is_network = description.kind == "EmployerNetwork"
        if is_network:
            check_network_name(name)
        kind = ACTOR_TYPES[description.kind]
        draft = await self._actors.prepare_local(
            username, kind=kind, name=name, locked=is_network, discoverable=description.is_listed
        )
        locale = reader().language.tag
        return await self._database.write(found, draft, description, owner_id, by, locale, self._clock())

    async def offer_office(self, organisation_id: int, person_id: int, role: Role, by: int | None) -> None:
        """Ask somebody of ours to act for an organisation."""
        now = self._clock()
        await self._do(offices.offer_office, organisation_id, person_id, role, by, now, now + OFFER_LIFETIME)

    async def accept_office(self, person_id: int, offer_id: int) -> Actor:
        """Say yes to such an offer; the organisation."""
        return await self._database.write(offices.accept_office, person_id, offer_id, self._clock())

    async def decline_office(self, person_id: int, offer_id: int) -> Actor:
        """Say no to such an offer, or take it back as who may govern; the organisation."""
        return await self._database.write(offices.decline_office, person_id, offer_id, self._clock())

    async def end_office(self, organisation_id: int, person_id: int, role: Role, by: int | None) -> None:
        """Let somebody no longer act for an organisation; people may end their own offices."""
        await self._do(offices.end_office, organisation_id, person_id, role, by, self._clock())
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

    async def _do(
        self, act: Callable[Concatenate[Connection, int, P], T], organisation_id: int, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What is done about an organisation comes after what was done about it a moment before."""
        return await self._database.write(in_turn(act, organisation_id), organisation_id, *args, **kwargs)
