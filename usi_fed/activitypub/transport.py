"""Single HTTP requests to other servers, with every check done again at every hop.

Spec: `../shared/interop/security.md` section 1, `../shared/interop/mastodon.md` sections 1.2 and 2.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from ssl import SSLContext
from urllib.parse import urljoin

from usi_fed.activitypub.addresses import NetworkPolicy, Url, origin_of, parse_url
from usi_fed.activitypub.breaker import Breaker
from usi_fed.activitypub.connections import Connect, Connections
from usi_fed.activitypub.http1 import Connection, Response
from usi_fed.activitypub.resolver import Dialler, Lookup
from usi_fed.activitypub.signer import Dialects, Signer, other_dialect
from usi_fed.clock import Clock
from usi_fed.errors import MalformedActivity, OutOfBounds, RemoteRefused, RemoteUnavailable

REDIRECTS = frozenset({301, 302, 303, 307, 308})
SIGNATURE_REFUSED = frozenset({400, 401})
WORTH_RETRYING = frozenset({408, 425, 429})
LONGEST_RETRY_AFTER = timedelta(days=1)
FETCH_CONNECTIONS = 100
FETCHES_PER_HOST = 4
DELIVERIES_PER_HOST = 4
DETAIL_BYTES = 1000
DETAIL_SECONDS = 1.0


class Transport:
    """Two pools of checked connections, for fetches and for deliveries, and the rules both obey.

    Deliveries have their own pool because slow inboxes must not keep anybody from reading.
    """

    def __init__(
        self,
        policy: NetworkPolicy,
        *,
        lookup: Lookup,
        breaker: Breaker,
        is_host_allowed: Callable[[str], bool],
        dialects: Dialects,
        clock: Clock,
        delivery_connections: int,
        tls: SSLContext | None,
        is_cut_off: bool = False,
    ) -> None:
        self.policy = policy
        self._breaker = breaker
        self._is_host_allowed = is_host_allowed
        self._dialects = dialects
        self._clock = clock
        self._usual = {"User-Agent": policy.user_agent}
        dialler = Dialler(lookup, policy.allowed_networks, seconds=policy.connect_seconds, tls=tls)
        dial: Connect = _dial_nobody if is_cut_off else dialler
        self._fetches = Connections(dial, at_once=FETCH_CONNECTIONS, per_host=FETCHES_PER_HOST)
        self._deliveries = Connections(dial, at_once=delivery_connections, per_host=DELIVERIES_PER_HOST)

    def close(self) -> None:
        """Close all connections."""
        self._fetches.close()
        self._deliveries.close()

    def target(self, text: str, *, is_chosen: bool = False) -> Url:
        """The URL to open for a text from outside; the operator's own choice (`is_chosen`) needs no place on a list.

        Raises:
            RemoteRefused: not a URL.
            OutOfBounds: one that we do not open, or its host is blocked or not on the allow-list.
        """
        try:
            url = parse_url(text, self.policy)
        except MalformedActivity as error:
            refused = RemoteRefused if origin_of(text) is None else OutOfBounds
            raise refused(f"unusable URL: {error}") from error
        if not is_chosen and not self._is_host_allowed(url.host):
            raise OutOfBounds(f"{url.host} is not a host we talk to")
        return url

    @asynccontextmanager
    async def get(
        self, text: str, accept: str, signer: Signer | None, deadline_seconds: float
    ) -> AsyncIterator[tuple[Url, Response]]:
        """GET a URL, follow redirects, and give the answer with status 200 and where it came from.

        The deadline covers everything until the caller has read the body. Each hop is signed anew.

        Raises:
            RemoteRefused: forbidden URL, address or redirect; or another final answer (with its status).
            RemoteUnavailable: no answer in time, a broken one, 429 or 5xx, or the host is paused.
        """
        deadline = asyncio.get_running_loop().time() + deadline_seconds
        url = self.target(text)
        visited = {url}
        while True:
            async with self._exchange(url, accept, signer, deadline) as response:
                if response.status not in REDIRECTS:
                    if response.status != 200:
                        problem = f"{url.without_query} answered {response.status}"
                        raise RemoteRefused(problem, response.status)
                    yield url, response
                    return
                next_url = self._redirect_target(url, response)
            if next_url in visited or len(visited) > self.policy.max_redirects:
                raise RemoteRefused(f"{url.without_query} redirects without end", response.status)
            visited.add(next_url)
            url = next_url

    async def post(
        self, url: Url, body: bytes, headers: Mapping[str, str], body_sha256: bytes, signer: Signer
    ) -> tuple[int, timedelta | None, str]:
        """POST to an inbox and give status, `Retry-After` and the first 1000 bytes of a refusal.

        Raises:
            RemoteRefused: the host resolves to a forbidden address.
            RemoteUnavailable: no answer in time, or a broken one.
        """

        async def attempt(signed: Mapping[str, str]) -> Response:
            return await self._deliveries.request("POST", url, {**self._usual, **headers, **signed}, body)

        with _lateness_as_unavailable(url):
            async with asyncio.timeout(self.policy.delivery_seconds):
                response = await self._knock("POST", url, headers, body_sha256, signer, attempt)
        try:
            # the status is known and counts; a body that breaks off or drips must not turn it into a failure
            beginning = await response.beginning(DETAIL_BYTES, DETAIL_SECONDS)
        finally:
            response.release()
        detail = beginning.decode("utf-8", "replace") if response.status >= 300 else ""
        return response.status, self._retry_after(response), detail

    @asynccontextmanager
    async def call(
        self, method: str, url: Url, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> AsyncIterator[Response]:
        """One request whose answer counts whatever its status. Redirects are not followed, the breaker is not asked.

        Raises:
            RemoteRefused: the host resolves to a forbidden address.
            RemoteUnavailable: no answer in time, or a broken one.
        """
        with _lateness_as_unavailable(url):
            async with asyncio.timeout(seconds):
                response = await self._fetches.request(method, url, {**self._usual, **headers}, body)
                try:
                    yield response
                finally:
                    response.release()

    @asynccontextmanager
    async def _exchange(self, url: Url, accept: str, signer: Signer | None, deadline: float) -> AsyncIterator[Response]:
        """One GET, with the breaker told how it went; raises RemoteUnavailable for 429 and 5xx."""
        self._breaker.check(url.authority)
        headers = {"Accept": accept, "Accept-Encoding": "gzip"}

        async def attempt(signed: Mapping[str, str]) -> Response:
            return await self._fetches.request("GET", url, {**self._usual, **headers, **signed})

        with self._failures_booked(url), _lateness_as_unavailable(url):
            async with asyncio.timeout_at(deadline):
                response = await self._knock("GET", url, {}, None, signer, attempt)
                try:
                    if response.status >= 500 or response.status in WORTH_RETRYING:
                        problem = f"{url.without_query} answered {response.status}"
                        raise RemoteUnavailable(problem, self._retry_after(response))
                    yield response
                except RemoteRefused:
                    # an answer that we cannot use still comes from a host that works
                    self._breaker.succeeded(url.authority)
                    raise
                else:
                    self._breaker.succeeded(url.authority)
                finally:
                    response.release()

    async def _knock(
        self,
        method: str,
        url: Url,
        extra: Mapping[str, str],
        body_sha256: bytes | None,
        signer: Signer | None,
        attempt: Callable[[Mapping[str, str]], Awaitable[Response]],
    ) -> Response:
        """Send a request, and once more in the other signature dialect when the first was not understood."""
        if signer is None:
            return await attempt({})
        dialect = self._dialects[url.authority]
        response = await attempt(await signer.sign(method, str(url), body_sha256, dialect, extra))
        if response.status not in SIGNATURE_REFUSED:
            return response
        response.release()
        dialect = other_dialect(dialect)
        response = await attempt(await signer.sign(method, str(url), body_sha256, dialect, extra))
        if response.status < 400:
            self._dialects[url.authority] = dialect
        return response

    def _redirect_target(self, url: Url, response: Response) -> Url:
        location = response.headers.get("location")
        if not location:
            raise RemoteRefused(f"{url.without_query} redirects to nowhere", response.status)
        target = self.target(_joined(url, location))
        if url.scheme == "https" and target.scheme != "https":
            raise RemoteRefused(f"{url.without_query} redirects away from https", response.status)
        return target

    @contextmanager
    def _failures_booked(self, url: Url) -> Iterator[None]:
        try:
            yield
        except RemoteUnavailable:
            self._breaker.failed(url.authority)
            raise

    def _retry_after(self, response: Response) -> timedelta | None:
        return parse_retry_after(response.headers.get("retry-after", ""), self._clock)


async def _dial_nobody(url: Url) -> Connection:
    raise RemoteUnavailable(f"{url.host} is out of reach: this client is cut off")


async def read_body(response: Response, max_bytes: int) -> AsyncIterator[bytes]:
    """The body in pieces, unpacked.

    Raises:
        RemoteRefused: more than `max_bytes`, announced or counted after unpacking.
        RemoteUnavailable: it broke off.
    """
    host = response.url.authority
    if response.content_length is not None and response.content_length > max_bytes:
        raise RemoteRefused(f"{host} announces more than {max_bytes} bytes")
    count = 0
    async for piece in response.pieces():
        count += len(piece)
        if count > max_bytes:
            raise RemoteRefused(f"{host} sends more than {max_bytes} bytes")
        yield piece


def parse_retry_after(value: str, clock: Clock) -> timedelta | None:
    """Read a `Retry-After`, seconds or a date; at least nothing, at most a day; None when unreadable.

    Spec: RFC 9110 section 10.2.3
    """
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(timedelta(0), min(moment - clock(), LONGEST_RETRY_AFTER))


@contextmanager
def _lateness_as_unavailable(url: Url) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise RemoteUnavailable(f"{url.authority} did not answer in time") from error


def _joined(url: Url, location: str) -> str:
    try:
        return urljoin(str(url), location)
    except ValueError as error:
        raise RemoteRefused(f"{url.without_query} redirects to an unusable URL") from error
