"""Joining without an invitation, where the server lets people: at once, or after an officer has looked."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from usi_fed.accounts import join_requests_store
from usi_fed.accounts.elsewhere.model import Identity
from usi_fed.accounts.emails import Owners, parse_email
from usi_fed.accounts.gate import Gate
from usi_fed.accounts.limits import Limit, network_of
from usi_fed.accounts.model import Account, Invitation, JoinRequest
from usi_fed.accounts.service import Accounts
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
# That did not work: a whole meeting joins behind one address, and nobody needs so many for a name that is free.
TRIES_PER_NETWORK = 20
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
        owners: Owners,
        gate: Gate,
        clock: Clock,
        *,
        rate_limits: bool = True,
    ) -> None:
        self._database = database
        self._instance = instance
        self._limits = rate_limits
        self._actors = actors
        self._accounts = accounts
        self._owners = owners
        self._gate = gate
        self._clock = clock
        self._of_network = Limit(JOINED_PER_NETWORK, WINDOW)
        self._tries_of_network = Limit(TRIES_PER_NETWORK, WINDOW)

    @property
    def is_possible(self) -> bool:
        """Whether anybody may ask for an account."""
        return self._instance.face.choices.registrations != "closed"

    @property
    def is_open(self) -> bool:
        """Whether people join at once."""
        return self._instance.face.choices.registrations == "open"

    @property
    def needs_approval(self) -> bool:
        """Whether an officer decides."""
        return self._instance.face.choices.registrations == "approval"

    def asks(self, address: str) -> bool:
        """Whether an officer decides about who comes by themselves from this network address."""
        return self.needs_approval or (self.is_open and self._gate.asks_first(address))

    async def admit(self, email: str | None, address: str) -> None:
        """See to it that moderators let people join with this e-mail address and from this network.

        Raises:
            InvalidInput: the e-mail address cannot be taken.
            NotAllowed: nobody joins from this network.
        """
        self._gate.check_network(address)
        await self._gate.check_email(parse_email(email))

    async def join(self, username: str, name: str, password: str, email: str | None, address: str) -> Account:
        """Make an account at once.

        Raises:
            NotAllowed: this server does not let people join like that, or from there.
            InvalidInput: the name, the password or the e-mail address cannot be taken.
            TooManyRequests: too many have joined from this network, or tried to.
        """
        if not self.is_open or self.asks(address):
            raise NotAllowed(Sentence("This server takes nobody in without an invitation or an officer's yes."))
        with self.trying(address):
            await self.admit(email, address)
            draft = await self._actors.prepare_local(username, name=name)
            self._count(address)
            account = await self._accounts.create_newcomer(draft, password, email)
        await self.tell_owner(email, account.email, username)
        return account

    async def accept(
        self,
        invitation: Invitation,
        code: str,
        username: str,
        name: str,
        password: str,
        email: str | None,
        address: str,
    ) -> Account:
        """Make an account with an invitation, of which this is the code.

        Raises:
            NotFound: somebody else has used it up at this very moment.
            InvalidInput: the name, the password or the e-mail address cannot be taken.
            NotAllowed: nobody joins from this network.
            TooManyRequests: too many tries have failed from this network.
        """
        with self.trying(address):
            if invitation.role != "admin":  # whoever sets the server up is not kept out by its rules
                await self.admit(email, address)
            draft = await self._actors.prepare_local(username, name=name, reserved_too=invitation.role == "admin")
            account = await self._accounts.create_invited(code, draft, password, email)
        await self.tell_owner(email, account.email, username)
        return account

    async def ask(
        self, username: str, name: str, password: str, email: str | None, reason: str, address: str
    ) -> JoinRequest:
        """Ask for an account; an officer decides. Until then there is nothing of it to be seen.

        Raises:
            NotAllowed, InvalidInput, TooManyRequests: as `draft_request`.
        """
        with self.trying(address):
            draft = await self.draft_request(username, name, password, email, reason, address)
            request = await self._database.write(join_requests_store.add_request, draft)
        await self.tell_owner(email, request.email, username)
        return request

    async def draft_request(
        self,
        username: str,
        name: str,
        password: str,
        email: str | None,
        reason: str,
        address: str,
        identity: Identity | None = None,
    ) -> JoinRequest:
        """What somebody asks for, not stored yet; with an `identity`, a proven account elsewhere, needs no password.

        Raises:
            NotAllowed: this server does not let people ask, or not from there.
            InvalidInput: the name, the password, the e-mail address or the reason cannot be taken.
            TooManyRequests: too many have asked from this network, or tried to.
        """
        if not self.asks(address):
            raise NotAllowed(Sentence("This server takes nobody in without an invitation or an officer's yes."))
        await self.admit(email, address)
        username, reason = parse_username(username), reason.strip()
        if not 1 <= len(reason) <= LONGEST_REASON:
            raise InvalidInput("reason", Sentence("must have 1 to %(most)s characters", most=LONGEST_REASON))
        of_mail = parse_email(email)
        has_other_way = identity is not None and not password
        hashed = None if has_other_way else await self._accounts.hash_password(password)
        self._count(address)
        if await self._database.read(join_requests_store.count_requests) >= MOST_WAITING:
            raise NotAllowed(Sentence("Very many people are waiting at the moment. Please try again another day."))
        moment, locale = self._clock(), reader().language.tag
        elsewhere, label = (identity.key, identity.label) if identity else ("", "")
        return JoinRequest(new_id(moment), username, name, of_mail, hashed, locale, reason, moment, elsewhere, label)

    @contextmanager
    def trying(self, address: str) -> Iterator[None]:
        """Around a try to join: those that fail are counted.

        Raises:
            TooManyRequests: too many have failed from this network.
        """
        if self._limits:
            self._tries_of_network.count(network_of(address))
        yield
        self._tries_of_network.give_back(network_of(address))

    async def tell_owner(self, wished: str | None, got: str | None, username: str) -> None:
        """Tell the owner of an e-mail address when somebody joined as `username` who wished for it."""
        email = parse_email(wished)
        if email is not None and got is None:
            await self._owners.tell(email, username.strip().lower())

    def _count(self, address: str) -> None:
        if self._limits:
            self._of_network.count(network_of(address))
