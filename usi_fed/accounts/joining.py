"""Joining without an invitation, where the server lets people: at once, or after an officer has looked."""

from datetime import timedelta

from usi_fed.accounts import join_requests_store
from usi_fed.accounts.limits import Limit, network_of
from usi_fed.accounts.model import Account, JoinRequest
from usi_fed.accounts.service import Accounts, parse_email
from usi_fed.actors.service import Actors
from usi_fed.actors.usernames import parse_username
from usi_fed.clock import Clock, new_id
from usi_fed.db.database import Database
from usi_fed.errors import InvalidInput, NotAllowed
from usi_fed.instance.service import Instance
from usi_fed.sentences import Sentence
from usi_fed.translation import reader

# People behind one network of a telephone company share an address.
JOINED_PER_NETWORK, WINDOW = 20, timedelta(hours=1)
MOST_WAITING = 2000
LONGEST_REASON = 1000


class Joining:
    """Takes people in who come by themselves. An administrator has chosen whether and how (`instance/model.py`)."""

    def __init__(
        self,
        database: Database,
        instance: Instance,
        actors: Actors,
        accounts: Accounts,
        clock: Clock,
        *,
        rate_limits: bool = True,
    ) -> None:
        self._database = database
        self._instance = instance
        self._limits = rate_limits
        self._actors = actors
        self._accounts = accounts
        self._clock = clock
        self._of_network = Limit(JOINED_PER_NETWORK, WINDOW)

    @property
    def is_possible(self) -> bool:
        """Whether anybody may ask for an account."""
        return self._instance.face.choices.registrations != "closed"

    @property
    def needs_approval(self) -> bool:
        """Whether an officer decides."""
        return self._instance.face.choices.registrations == "approval"

    async def join(self, username: str, name: str, password: str, email: str | None, address: str) -> Account:
        """Make an account at once.

        Raises:
            NotAllowed: this server does not let people join like that.
            InvalidInput: the name, the password or the e-mail address cannot be taken.
            Conflict: the e-mail address is taken.
            TooManyRequests: too many have joined from this network.
        """
        if self._instance.face.choices.registrations != "open":
            raise NotAllowed(Sentence("This server takes nobody in without an invitation or an officer's yes."))
        draft = await self._actors.prepare_local(username, name=name)
        self._count(address)
        return await self._accounts.create(draft, password, email=email)

    async def ask(
        self, username: str, name: str, password: str, email: str | None, reason: str, address: str
    ) -> JoinRequest:
        """Ask for an account; an officer decides. Until then there is nothing of it to be seen.

        Raises:
            NotAllowed: this server does not let people ask.
            InvalidInput: the name, the password, the e-mail address or the reason cannot be taken.
            Conflict: the e-mail address is taken.
            TooManyRequests: too many have asked from this network.
        """
        if not self.needs_approval:
            raise NotAllowed(Sentence("This server takes nobody in without an invitation or an officer's yes."))
        username = parse_username(username)
        reason = reason.strip()
        if not 1 <= len(reason) <= LONGEST_REASON:
            raise InvalidInput("reason", Sentence("must have 1 to %(most)s characters", most=LONGEST_REASON))
        address_of_mail = parse_email(email)
        password_hash = await self._accounts.hash_password(password)
        self._count(address)
        if await self._database.read(join_requests_store.count_requests) >= MOST_WAITING:
            raise NotAllowed(Sentence("Very many people are waiting at the moment. Please try again another day."))
        moment, locale = self._clock(), reader().language.tag
        request = JoinRequest(new_id(moment), username, name, address_of_mail, password_hash, locale, reason, moment)
        await self._database.write(join_requests_store.add_request, request)
        return request

    def _count(self, address: str) -> None:
        if self._limits:
            self._of_network.count(network_of(address))
