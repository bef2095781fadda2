"""Making an account for somebody whom a service elsewhere knows."""

from sqlalchemy import Connection

from usi_fed.accounts import linked_store, store
from usi_fed.accounts.elsewhere.journeys import Journeys, end_arrival
from usi_fed.accounts.elsewhere.model import Arrival
from usi_fed.accounts.elsewhere.service import linked_account
from usi_fed.accounts.model import Account
from usi_fed.accounts.service import Accounts, AddActor
from usi_fed.accounts.tickets import hash_of
from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import Conflict, NotAllowed, NotFound
from usi_fed.sentences import Sentence


class JoiningElsewhere:
    """One per process. A browser is known by a secret of its own in one of its cookies."""

    def __init__(self, accounts: Accounts, journeys: Journeys, database: Database, clock: Clock) -> None:
        self._accounts = accounts
        self._journeys = journeys
        self._database = database
        self._clock = clock

    async def find(self, key: str, browser: str) -> Arrival | None:
        """Who is back at this browser and may join, as long as it is not too long ago."""
        return await self._journeys.find_arrival(key, browser)

    async def join(
        self, key: str, browser: str, add_actor: AddActor, password: str = "", email: str | None = None
    ) -> tuple[Account, Arrival]:
        """Make the account of somebody who is back, once; without a password they sign in from elsewhere only.

        Raises:
            NotFound: it is too long ago, has been done, or the invitation is used up.
            InvalidInput: the password or the e-mail address cannot be taken.
            Conflict: the name, the e-mail address or the account elsewhere has an account here.
            NotAllowed: nobody has set this server up yet.
        """
        arrival = await self.find(key, browser)
        if arrival is None:
            raise NotFound("nobody has arrived by this key")
        draft = await self._accounts.draft(password, email)
        return await self._database.write(self._join, key, browser, arrival, draft, add_actor), arrival

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
        account = draft._replace(actor_id=add_actor(connection))
        store.add_account(connection, account)
        if not linked_store.add_linked(connection, linked_account(account.actor_id, arrival.identity, moment)):
            raise Conflict(Sentence("Your account elsewhere has an account here by now. Sign in with it."))
        return account
