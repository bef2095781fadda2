"""Finding the way to a stranger's own server: asks it where they follow and answer, not too often."""

import re
from dataclasses import dataclass
from datetime import timedelta

from usi_fed.accounts.limits import Limit, network_of
from usi_fed.activitypub.addresses import parse_url
from usi_fed.activitypub.budget import FetchBudget
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.handles import Handle, parse_domain
from usi_fed.activitypub.intents import Wish, find_address
from usi_fed.activitypub.webfinger import fetch_jrd
from usi_fed.errors import InvalidInput, MalformedActivity, RemoteRefused, RemoteUnavailable
from usi_fed.sentences import Sentence

WINDOW = timedelta(minutes=5)
TRIES_OF_NETWORK, TRIES_AT_SERVER = 10, 60
PATIENCE = timedelta(seconds=10)
LONGEST_TYPED = 300

_FORM = Sentence("Type your handle, like @name@server.example, or the name of your server, like server.example.")
_PROFILE = re.compile(r"/@([^/@?#]+)/?")


@dataclass(frozen=True, slots=True)
class Home:
    """The server of a stranger, and their handle there if they have said it."""

    domain: str
    handle: Handle | None = None

    def __str__(self) -> str:
        return str(self.handle) if self.handle else self.domain

    @classmethod
    def parse(cls, typed: str, client: Client) -> "Home":
        """Read a handle, the name of a server, or the address of a server or of a profile there.

        Raises:
            InvalidInput: it is none of these.
        """
        text = typed.strip()[:LONGEST_TYPED]
        try:
            if "://" in text:
                url = parse_url(text, client.policy)
                name = _PROFILE.fullmatch(url.path_and_query)
                text = f"{name[1]}@{url.authority}" if name else url.authority
            if "@" not in text:
                return cls(parse_domain(text))
            handle = Handle.parse(text)
            return cls(handle.domain, handle)
        except MalformedActivity as error:
            raise InvalidInput("server", _FORM) from error


class Departures:
    """Asks strangers' servers on their behalf. One per process."""

    def __init__(self, client: Client, *, rate_limits: bool) -> None:
        self.client = client
        self._rate_limits = rate_limits
        self._of_network = Limit(TRIES_OF_NETWORK, WINDOW)
        self._at_server = Limit(TRIES_AT_SERVER, WINDOW)

    async def find(self, home: Home, wish: Wish, address: str) -> str:
        """Where a stranger, who asks from the network `address`, goes on to with a wish.

        Raises:
            InvalidInput: their server has no such account, does not answer properly, or says nothing of it.
            TooManyRequests: this network has asked too often, or this server was asked too often.
        """
        if self._rate_limits:
            self._of_network.count(network_of(address))
            self._at_server.count(home.domain)
        # A server's own actor is named like the server, in Mastodon and others.
        handle = home.handle or Handle(home.domain.partition(":")[0], home.domain)
        try:
            jrd = await fetch_jrd(handle, self.client, FetchBudget(max_fetches=3, within=PATIENCE))
        except RemoteRefused as refusal:
            raise InvalidInput("server", _refusal(home, refusal)) from refusal
        except RemoteUnavailable as error:
            raise InvalidInput("server", _silence(home)) from error
        found = find_address(jrd, wish, self.client.policy)
        if found is None:
            words = Sentence("%(server)s does not say where to do this. Use its search, as below.", server=home.domain)
            raise InvalidInput("server", words)
        return found


def _refusal(home: Home, refusal: RemoteRefused) -> Sentence:
    if refusal.http_status not in (400, 404, 410):
        return _silence(home)
    if home.handle:
        return Sentence("There is no account @%(handle)s. Is it spelt right?", handle=home.handle)
    return Sentence("%(server)s needs your whole handle, like @name@%(server)s.", server=home.domain)


def _silence(home: Home) -> Sentence:
    return Sentence(
        "%(server)s does not answer like a server of the fediverse. Is it spelt right? If so, try again later.",
        server=home.domain,
    )
