"""People's way to a service elsewhere and back, and what follows from it here.

Setting out and coming back belong to one browser and one service, for ten minutes, once. What is known on the way
lies sealed in the database. A service has a return address of its own, so that no other can send people to it with
what was meant for the first (the "mix-up" of RFC 9700, section 4.4).
"""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from usi_fed.accounts import linked_store as store
from usi_fed.accounts.browsers import day_of
from usi_fed.accounts.elsewhere.journeys import Journeys
from usi_fed.accounts.elsewhere.model import Arrival, Identity, Journey, Passage, Purpose, Service
from usi_fed.accounts.elsewhere.services import Services
from usi_fed.accounts.elsewhere.words import no_way_in, silent, unusable
from usi_fed.accounts.join_requests_store import find_request_from
from usi_fed.accounts.limits import Limit, network_of
from usi_fed.accounts.linked_store import LinkedAccount
from usi_fed.accounts.model import Account
from usi_fed.accounts.notices_store import add_notice
from usi_fed.accounts.service import WAITS
from usi_fed.accounts.signing_in import Client, Outcome, SigningIn
from usi_fed.accounts.store import get_account
from usi_fed.accounts.tickets import new_secret
from usi_fed.accounts.tries import TRIES_PER_NETWORK, TRIES_WINDOW
from usi_fed.clock import Clock, new_id
from usi_fed.config import Settings
from usi_fed.db.database import Database
from usi_fed.db.turns import take_turn
from usi_fed.errors import Conflict, NotAllowed, RemoteRefused, RemoteUnavailable
from usi_fed.instance.service import Instance
from usi_fed.sentences import Sentence

log = logging.getLogger(__name__)

MOST_LINKED = 10
LONGEST_CODE = 4096

_TOO_LATE = Sentence("This took too long, or was begun in another browser. Please begin again.")


@dataclass(frozen=True, slots=True)
class Known:
    """Who came back has an account here, which is signed in, or half of it; and the page that was wanted.

    `newcomer` is the account elsewhere when it had not been used yet: an officer let its owner in meanwhile.
    """

    outcome: Outcome
    destination: str
    actor_id: int
    newcomer: Identity | None = None


@dataclass(frozen=True, slots=True)
class Linked:
    """The account elsewhere opens the account of whoever is signed in, from now on."""

    label: str


@dataclass(frozen=True, slots=True)
class MayJoin:
    """Nobody here has this account elsewhere, and its owner may make an account; `key` leads to the form."""

    key: str


@dataclass(frozen=True, slots=True)
class Stranger:
    """Nobody here has this account elsewhere, and its owner cannot join by it."""

    label: str


Return = Known | Linked | MayJoin | Stranger


class Elsewhere:
    """Everything about accounts elsewhere. One per process.

    A browser is known by a secret of its own in one of its cookies, `browser`.
    """

    def __init__(
        self,
        signing_in: SigningIn,
        services: Services,
        journeys: Journeys,
        database: Database,
        settings: Settings,
        instance: Instance,
        clock: Clock,
    ) -> None:
        self._instance = instance
        self.services = services
        self._signing_in = signing_in
        self._journeys = journeys
        self._database = database
        self._origin = settings.origin
        self._clock = clock
        self._limits_tries = settings.rate_limits
        self._of_network = Limit(TRIES_PER_NETWORK, TRIES_WINDOW)

    # ---- the way there ----

    async def set_out(
        self,
        service: Service,
        purpose: Purpose,
        browser: str,
        address: str,
        *,
        destination: str = "/",
        invitation: str = "",
        actor_id: int = 0,
    ) -> str:
        """The address at the service to which a browser goes on.

        Raises:
            NotAllowed: the service cannot be used, or not now.
            TooManyRequests: this network sets out too often.
        """
        if self._limits_tries:
            self._of_network.count(network_of(address))
        state = new_secret()
        journey = Journey(
            purpose,
            service.key,
            service.kind,
            service.issuer,
            verifier=new_secret(),
            nonce=new_secret(),
            destination=destination,
            invitation=invitation,
            actor_id=actor_id,
        )
        try:
            found = await service.authorization(self._passage(journey, state))
        except RemoteRefused as refusal:
            log.warning("a service elsewhere cannot be used", extra={"reason": str(refusal)})
            raise NotAllowed(no_way_in(service.title)) from refusal
        except RemoteUnavailable as error:
            raise NotAllowed(no_way_in(service.title)) from error
        await self._journeys.begin(state, browser, journey)
        return found

    def _passage(self, journey: Journey, state: str = "", iss: str = "") -> Passage:
        return Passage(state, journey.nonce, journey.verifier, f"{self._origin}/log-in/back/{journey.key}", iss)

    # ---- the way back ----

    async def invitation_of(self, state: str, browsers: Collection[str]) -> str:
        """The code of the invitation with which somebody set out at one of these browsers; "" when there is none."""
        journey = await self._journeys.find(state, browsers)
        return journey.invitation if journey else ""

    async def come_back(
        self,
        key: str,
        query: Mapping[str, str],
        browsers: Collection[str],
        client: Client,
        signed_in: Account | None,
    ) -> Return:
        """Take in who comes back to the return address of `key` at a browser with these secrets.

        Raises:
            NotAllowed: nobody set out from there, it took too long, the service refused or says nothing that holds,
                or the account here may not sign in.
            Conflict: the account elsewhere opens another account here.
            TooManyRequests: this network comes back too often.
        """
        if self._limits_tries:
            self._of_network.count(network_of(client.address))
        journey = await self._journeys.end(query.get("state", ""), browsers)
        service = self.services.find(journey) if journey else None
        if journey is None or service is None or service.key != key:
            raise NotAllowed(_TOO_LATE)
        _require_consent(query, service)
        try:
            identity = await service.identify(
                self._passage(journey, iss=query.get("iss", "")), query.get("code", "")[:LONGEST_CODE]
            )
        except RemoteRefused as refusal:
            log.warning("a service elsewhere gave no usable answer", extra={"reason": str(refusal)})
            raise NotAllowed(unusable(service.title)) from refusal
        except RemoteUnavailable as error:
            raise NotAllowed(silent(service.title)) from error
        if journey.purpose == "link":
            return await self._link(journey, identity, signed_in)
        return await self._enter(journey, identity, service, browsers, client)

    async def _enter(
        self, journey: Journey, identity: Identity, service: Service, browsers: Collection[str], client: Client
    ) -> Return:
        linked = await self._database.read(store.find_linked, identity.kind, identity.issuer, identity.subject)
        if linked is not None:
            account = await self._database.read(get_account, linked.actor_id)
            outcome = await self._signing_in.with_proof(account, client)
            day = day_of(self._clock())
            await self._database.write(store.mark_linked_used, linked.id, identity.label, day)
            for _ in ("set out", "come back"):
                self._of_network.give_back(network_of(client.address))
            return Known(outcome, journey.destination, account.actor_id, None if linked.used_on else identity)
        if await self._database.read(find_request_from, identity.key) is not None:
            raise NotAllowed(WAITS)
        is_closed = self._instance.face.choices.registrations == "closed"
        if is_closed and not journey.invitation and not service.joins:
            return Stranger(identity.label)
        arrival = Arrival(identity, journey.invitation, needs_nothing=service.joins)
        return MayJoin(await self._journeys.arrive(next(iter(browsers)), arrival))

    async def _link(self, journey: Journey, identity: Identity, signed_in: Account | None) -> Linked:
        if signed_in is None or signed_in.actor_id != journey.actor_id:
            raise NotAllowed(_TOO_LATE)
        await self._database.write(_link, journey.actor_id, identity, self._clock())
        return Linked(identity.label)


def _require_consent(query: Mapping[str, str], service: Service) -> None:
    """See to it that somebody agreed. What else the service says is not shown: anybody may write it into the address.

    Spec: RFC 6749 section 4.1.2.1
    """
    if query.get("error") == "access_denied":
        told = Sentence(
            "You did not allow %(service)s to say who you are. Nothing has been changed.", service=service.title
        )
        raise NotAllowed(told)
    if query.get("error") in ("temporarily_unavailable", "server_error"):
        raise NotAllowed(silent(service.title))
    if query.get("error") or not query.get("code"):
        raise NotAllowed(unusable(service.title))


def linked_account(actor_id: int, identity: Identity, now: datetime) -> LinkedAccount:
    """The row that lets an account elsewhere open one here."""
    return LinkedAccount(
        new_id(now), actor_id, identity.kind, identity.issuer, identity.subject, identity.label, now, day_of(now)
    )


def _link(connection: Connection, actor_id: int, identity: Identity, now: datetime) -> None:
    take_turn(connection, actor_id)
    known = store.find_linked(connection, identity.kind, identity.issuer, identity.subject)
    if known is not None and known.actor_id == actor_id:
        return
    if store.count_linked(connection, actor_id) >= MOST_LINKED:
        raise Conflict(Sentence("Your account has as many ways to sign in as it may have."))
    if not store.add_linked(connection, linked_account(actor_id, identity, now)):
        raise Conflict(Sentence("%(account)s opens another account here already.", account=identity.label))
    add_notice(connection, actor_id, "way-added", now, identity.label)
