"""Single HTTP requests to other servers, with every check done again at every hop.

Spec: `../shared/interop/security.md` section 1, `../shared/interop/mastodon.md` sections 1.2 and 2.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, DummyCookieJar
from yarl import URL

from usi_fed.activitypub.addresses import NetworkPolicy, Url, parse_url
from usi_fed.activitypub.breaker import Breaker
from usi_fed.activitypub.resolver import Lookup, checked_connector
from usi_fed.activitypub.signer import Dialects, Signer, other_dialect
from usi_fed.clock import Clock
from usi_fed.errors import MalformedActivity, RemoteRefused, RemoteUnavailable

REDIRECTS = frozenset({301, 302, 303, 307, 308})
SIGNATURE_REFUSED = frozenset({400, 401})
WORTH_RETRYING = frozenset({408, 425, 429})
LONGEST_RETRY_AFTER = timedelta(days=1)
FETCH_CONNECTIONS = 100
FETCHES_PER_HOST = 4
DELIVERIES_PER_HOST = 4


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
    ) -> None:
        self.policy = policy
        self._breaker = breaker
        self._is_host_allowed = is_host_allowed
        self._dialects = dialects
        self._clock = clock
        self._fetches = self._session(lookup, FETCH_CONNECTIONS, FETCHES_PER_HOST)
        self._deliveries = self._session(lookup, delivery_connections, DELIVERIES_PER_HOST)

    async def close(self) -> None:
        """Close all connections."""
        await self._fetches.close()
        await self._deliveries.close()

    def target(self, text: str) -> Url:
        """The URL to open for a text from outside.

        Raises:
            RemoteRefused: not a URL we open, or its host is blocked or not on the allow-list.
        """
        try:
            url = parse_url(text, self.policy)
        except MalformedActivity as error:
            raise RemoteRefused(f"unusable URL: {error}") from error
        if not self._is_host_allowed(url.host):
            raise RemoteRefused(f"{url.host} is not a host we talk to")
        return url

    @asynccontextmanager
    async def get(
        self, text: str, accept: str, signer: Signer | None, deadline_seconds: float
    ) -> AsyncIterator[tuple[Url, ClientResponse]]:
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

        async def attempt(signed: Mapping[str, str]) -> ClientResponse:
            return await self._deliveries.post(
                URL(str(url), encoded=True),
                data=body,
                headers={**headers, **signed},
                allow_redirects=False,
            )

        with _broken_as_unavailable(url):
            async with asyncio.timeout(self.policy.delivery_seconds):
                response = await self._knock("POST", url, headers, body_sha256, signer, attempt)
                try:
                    detail = "" if response.status < 300 else await _beginning(response)
                    return response.status, self._retry_after(response), detail
                finally:
                    response.release()

    @asynccontextmanager
    async def _exchange(
        self, url: Url, accept: str, signer: Signer | None, deadline: float
    ) -> AsyncIterator[ClientResponse]:
        """One GET, with the breaker told how it went; raises RemoteUnavailable for 429 and 5xx."""
        self._breaker.check(url.authority)
        headers = {"Accept": accept}

        async def attempt(signed: Mapping[str, str]) -> ClientResponse:
            return await self._fetches.get(
                URL(str(url), encoded=True), headers={**headers, **signed}, allow_redirects=False
            )

        async with AsyncExitStack() as stack:
            stack.enter_context(self._failures_booked(url))
            stack.enter_context(_broken_as_unavailable(url))
            await stack.enter_async_context(asyncio.timeout_at(deadline))
            response = await self._knock("GET", url, {}, None, signer, attempt)
            stack.callback(response.release)
            if response.status >= 500 or response.status in WORTH_RETRYING:
                problem = f"{url.without_query} answered {response.status}"
                raise RemoteUnavailable(problem, self._retry_after(response))
            self._breaker.succeeded(url.authority)
            yield response

    async def _knock(
        self,
        method: str,
        url: Url,
        extra: Mapping[str, str],
        body_sha256: bytes | None,
        signer: Signer | None,
        attempt: Callable[[Mapping[str, str]], "asyncio.Future[ClientResponse]"],
    ) -> ClientResponse:
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

    def _redirect_target(self, url: Url, response: ClientResponse) -> Url:
        location = response.headers.get("Location")
        if not location:
            raise RemoteRefused(f"{url.without_query} redirects to nowhere", response.status)
        target = self.target(joined(url, location))
        if url.scheme == "https" and target.scheme != "https":
            raise RemoteRefused(f"{url.without_query} redirects away from https", response.status)
        return target
