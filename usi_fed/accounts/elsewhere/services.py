"""Which services elsewhere there are: those that the operator has set, and every server of the fediverse."""

from datetime import timedelta

from usi_fed.accounts.elsewhere.fediverse import FediverseServer, ForeignApplications
from usi_fed.accounts.elsewhere.model import Journey, Service
from usi_fed.accounts.elsewhere.oauth2 import OauthProvider
from usi_fed.accounts.elsewhere.oidc import OidcProvider
from usi_fed.accounts.elsewhere.words import blocked, no_way_in
from usi_fed.accounts.limits import Limit, network_of
from usi_fed.accounts.linked_store import LinkedAccount
from usi_fed.accounts.tries import TRIES_PER_NETWORK, TRIES_WINDOW
from usi_fed.activitypub.addresses import host_of, origin_of
from usi_fed.activitypub.budget import FetchBudget
from usi_fed.activitypub.handles import Handle
from usi_fed.activitypub.webfinger import find_actor_uri
from usi_fed.clock import Clock
from usi_fed.config import Settings
from usi_fed.errors import NotAllowed, NotFound, RemoteRefused, RemoteUnavailable
from usi_fed.sentences import Sentence

TRIES_AT_SERVER = 60
_PATIENCE = timedelta(seconds=10)


class Services:
    """All of them. One per process."""

    def __init__(self, applications: ForeignApplications, settings: Settings, clock: Clock) -> None:
        self._applications = applications
        self._client = applications.client
        self._origin = settings.origin
        self._handles = settings.handles
        self._limits_tries = settings.rate_limits
        self._of_network = Limit(TRIES_PER_NETWORK, TRIES_WINDOW)
        self._at_server = Limit(TRIES_AT_SERVER, TRIES_WINDOW)
        self._providers: dict[str, Service] = {
            provider.name: OidcProvider(provider, self._client, clock)
            if provider.kind == "oidc"
            else OauthProvider(provider, self._client)
            for provider in settings.sign_in
        }

    @property
    def providers(self) -> list[tuple[str, str]]:
        """Names and titles of the services that the operator has set."""
        return [(service.key, service.title) for service in self._providers.values()]

    def provider(self, name: str) -> Service:
        """One that the operator has set.

        Raises:
            NotFound: there is none of this name.
        """
        if name not in self._providers:
            raise NotFound("no such provider")
        return self._providers[name]

    def is_usable(self, linked: LinkedAccount) -> bool:
        """Whether somebody can sign in with it as things are: the operator may have taken its service out."""
        if linked.kind == "fediverse":
            return self._client.may_reach(linked.issuer)
        return any((one.kind, one.issuer) == (linked.kind, linked.issuer) for one in self._providers.values())

    def find(self, journey: Journey) -> Service | None:
        """The service to which somebody set out; None when the operator has changed it meanwhile."""
        if journey.kind == "fediverse":
            return FediverseServer(journey.issuer, self._applications)
        service = self._providers.get(journey.key)
        is_same = service is not None and (service.kind, service.issuer) == (journey.kind, journey.issuer)
        return service if is_same else None

    async def server_of(self, domain: str, handle: Handle | None, address: str) -> Service:
        """The server of somebody who typed its name, or a `handle` whose domain may not be its server's.

        Raises:
            NotAllowed: it is this one, is blocked, has no such account, or does not answer.
            TooManyRequests: this network asks too often, or the server was asked too often.
        """
        if domain in (self._handles, host_of(self._origin)):
            raise NotAllowed(Sentence("That is this server. Sign in with your password, or join with an invitation."))
        if self._limits_tries:
            self._of_network.count(network_of(address))
            self._at_server.count(domain)
        origin = f"{'http' if self._client.policy.allow_http else 'https'}://{domain}"
        if not self._client.may_reach(origin):
            raise NotAllowed(blocked(domain))
        return FediverseServer(origin if handle is None else await self._origin_of(handle), self._applications)

    async def _origin_of(self, handle: Handle) -> str:
        try:
            found = await find_actor_uri(handle, self._client, FetchBudget(max_fetches=4, within=_PATIENCE))
        except RemoteRefused as refusal:
            if refusal.http_status in (400, 404, 410):
                told = Sentence("There is no account @%(handle)s. Is it spelt right?", handle=handle)
                raise NotAllowed(told) from refusal
            raise NotAllowed(no_way_in(handle.domain)) from refusal
        except RemoteUnavailable as error:
            raise NotAllowed(no_way_in(handle.domain)) from error
        origin = origin_of(found.actor_uri)
        if origin is None or origin == self._origin or not self._client.may_reach(origin):
            raise NotAllowed(blocked(handle.domain))
        return origin
