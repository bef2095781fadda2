"""Making an account for somebody whom a service elsewhere knows."""

from sqlalchemy import Connection

from usi_fed.accounts import linked_store, store
from usi_fed.accounts.elsewhere.journeys import Journeys, end_arrival
from usi_fed.accounts.elsewhere.model import Arrival
from usi_fed.accounts.elsewhere.service import linked_account
from usi_fed.accounts.join_requests_store import add_request, find_request_from
from usi_fed.accounts.joining import Joining
from usi_fed.accounts.model import Account, JoinRequest
from usi_fed.accounts.service import WAITS, Accounts, AddActor
from usi_fed.accounts.tickets import hash_of
from usi_fed.actors.service import Actors
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import Conflict, NotAllowed, NotFound
from usi_fed.sentences import Sentence


class JoiningElsewhere:
    """One per process. A browser is known by a secret of its own in one of its cookies."""

    def __init__(
        self, accounts: Accounts, journeys: Journeys, joining: Joining, actors: Actors, database: Database, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._journeys = journeys
        self._joining = joining
        self._actors = actors
        self._database = database
        self._clock = clock

    async def find(self, key: str, browser: str) -> Arrival | None:
        """Who is back at this browser and may join, as long as it is not too long ago."""
        return await self._journeys.find_arrival(key, browser)

    def asks(self, arrival: Arrival, address: str) -> bool:
        """Whether an officer decides about somebody who is back, at this network address."""
        return self._joining.asks(address) and not arrival.invitation and not arrival.needs_nothing

    async def join(
        self, key: str, browser: str, username: str, name: str, password: str, email: str | None, address: str
    ) -> tuple[Account, Arrival]:
        """Make the account of somebody who is back, once; without a password they sign in from elsewhere only.

        Raises:
            NotFound: it is too long ago, has been done, or the invitation is used up.
            InvalidInput: the name, the password or the e-mail address cannot be taken.
            Conflict: the account elsewhere has an account here.
            NotAllowed: nobody has set this server up yet, or it takes nobody in like that or from there.
            TooManyRequests: too many tries have failed from this network.
        """
        arrival = await self._arrived(key, browser)
        is_free = self._joining.is_open and not self.asks(arrival, address)
        if not (arrival.invitation or arrival.needs_nothing or is_free):
            raise NotAllowed(Sentence("This server takes nobody in without an invitation or an officer's yes."))
        with self._joining.trying(address):
            await self._joining.admit(email, address)
            add_actor = await self._actors.prepare_local(username, name=name)
            draft = await self._accounts.draft(password, email)
            account = await self._database.write(self._join, key, browser, arrival, draft, add_actor)
        await self._joining.tell_owner(email, account.email, username)
        return account, arrival

    async def ask(
        self,
        key: str,
        browser: str,
        username: str,
        name: str,
        password: str,
        email: str | None,
        reason: str,
        address: str,
    ) -> JoinRequest:
        """Let somebody who is back wait for an officer's yes; then they sign in from elsewhere.

        Raises:
            NotFound: it is too long ago, or has been done.
            NotAllowed, InvalidInput, TooManyRequests: as `Joining.draft_request`; NotAllowed also: they wait already.
        """
        arrival = await self._arrived(key, browser)
        with self._joining.trying(address):
            typed = (username, name, password, email, reason, address)
            draft = await self._joining.draft_request(*typed, arrival.identity)
            request = await self._database.write(self._ask, key, browser, draft)
        await self._joining.tell_owner(email, request.email, username)
        return request

    async def _arrived(self, key: str, browser: str) -> Arrival:
        arrival = await self.find(key, browser)
        if arrival is None:
            raise NotFound("nobody has arrived by this key")
        return arrival

    def _ask(self, connection: Connection, key: str, browser: str, draft: JoinRequest) -> JoinRequest:
        if not end_arrival(connection, key, browser, self._clock()):
            raise NotFound("nobody has arrived by this key")
        if find_request_from(connection, draft.elsewhere) is not None:
            raise NotAllowed(WAITS)
        return add_request(connection, draft)

    def _join(
        self, connection: Connection, key: str, browser: str, arrival: Arrival, draft: Account, add_actor: AddActor
    ) -> Account:
        moment = self._clock()
        if not end_arrival(connection, key, browser, moment):
            raise NotFound("nobody has arrived by this key")
        if not store.has_accounts(connection):
            # The first one is the administrator, by the link that the server showed at its start.
            raise NotAllowed(Sentence("Nobody has set this server up yet."))
        if arrival.invitation:
            invitation = store.use_invitation(connection, hash_of(arrival.invitation), moment)
            draft = draft._replace(role=invitation.role)
        account = store.add_newcomer(connection, draft._replace(actor_id=add_actor(connection)))
        if not linked_store.add_linked(connection, linked_account(account.actor_id, arrival.identity, moment)):
            raise Conflict(Sentence("Your account elsewhere has an account here by now. Sign in with it."))
        return account
