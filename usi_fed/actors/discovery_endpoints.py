"""How others find us and what our words mean: WebFinger, host-meta, NodeInfo, the context of `usi:`.

Spec: RFC 7033, RFC 6415, NodeInfo; `../shared/interop/mastodon.md` sections 3 and 4.
"""

import re
from functools import cache, lru_cache
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.contexts import OUR_NAMESPACE, SHIPPED_CONTEXTS
from usi_fed.activitypub.handles import Handle
from usi_fed.activitypub.host_meta import HOST_META_TYPE, build_host_meta
from usi_fed.activitypub.webfinger import JRD_TYPE
from usi_fed.actors.answers import PreparedResponse
from usi_fed.actors.house import house_of
from usi_fed.actors.signed_fetch import require_known
from usi_fed.errors import MalformedActivity, NotFound
from usi_fed.urls import Urls

CACHE_SECONDS = 600
CONTEXT_SECONDS = 7 * 24 * 60 * 60

_NAME = re.compile(r"[A-Za-z0-9_]{1,30}")

_OPEN = (
    (b"access-control-allow-origin", b"*"),
    (b"cache-control", f"public, max-age={CACHE_SECONDS}".encode()),
)
_JRD_HEADERS = ((b"content-type", JRD_TYPE.encode()), *_OPEN)
_CONTEXT_HEADERS = (
    (b"content-type", b"application/ld+json"),
    (b"access-control-allow-origin", b"*"),
    (b"cache-control", f"public, max-age={CONTEXT_SECONDS}".encode()),
)
_NODEINFO_TYPE = 'application/json; profile="http://nodeinfo.diaspora.software/ns/schema/{}#"'


async def answer_webfinger(request: Request) -> Response:
    """Who is behind a handle or an address of ours. 400 without a usable `resource`, 410 for who was deleted."""
    house = house_of(request)
    resource = request.query_params.get("resource")
    if not resource:
        raise MalformedActivity("WebFinger needs a resource")
    uri = find_subject(resource, house.urls)
    if uri is None:
        raise NotFound("not an account of ours")
    await require_known(request, uri)
    served = await house.actors.served.jrd(uri)
    wanted = request.query_params.getlist("rel")
    body = _with_links(served.body, wanted) if wanted and served.status == 200 else served.body
    return PreparedResponse(served.status, _JRD_HEADERS, body)


@lru_cache(maxsize=8192)
def find_subject(resource: str, urls: Urls) -> str | None:
    """The actor of ours that a `resource` may name, whether or not there is one: an acct URI or a bare handle, the
    actor's identity, its profile page, or the bare site, which stands for the instance actor.

    Raises:
        MalformedActivity: neither a handle nor a URL.

    Spec: `../shared/interop/mastodon.md` section 3, "resource forms"; FEP-d556
    """
    if resource.startswith(("https://", "http://")):
        return _find_by_url(resource, urls)
    handle = Handle.parse(resource)
    if handle.domain not in (urls.handles, host_of(urls.origin)):
        return None
    if handle.user.lower() in (urls.handles.partition(":")[0], host_of(urls.origin).partition(":")[0]):
        return urls.instance_actor
    return urls.actor(handle.user.lower())


def _find_by_url(url: str, urls: Urls) -> str | None:
    if url.rstrip("/") in (urls.origin, urls.instance_actor):
        return urls.instance_actor
    for prefix in (urls.actor(""), urls.profile("")):
        name = url.removeprefix(prefix)
        if name != url and _NAME.fullmatch(name):
            return urls.actor(name.lower())
    return None


def _with_links(body: bytes, wanted: list[str]) -> bytes:
    """Spec: RFC 7033 section 4.3"""
    jrd: dict[str, Any] = orjson.loads(body)
    return orjson.dumps({**jrd, "links": [link for link in jrd["links"] if link["rel"] in wanted]})


async def answer_host_meta(request: Request) -> Response:
    """Where WebFinger is, as XML; as JSON when that is asked for."""
    origin = house_of(request).urls.origin
    if request.url.path.endswith(".json") or "json" in request.headers.get("accept", ""):
        template = f"{origin}/.well-known/webfinger?resource={{uri}}"
        links = [{"rel": "lrdd", "type": JRD_TYPE, "template": template}]
        return PreparedResponse(200, _JRD_HEADERS, orjson.dumps({"links": links}))
    headers = ((b"content-type", f"{HOST_META_TYPE}; charset=utf-8".encode()), (b"vary", b"Accept"), *_OPEN)
    return PreparedResponse(200, headers, build_host_meta(origin))


async def answer_nodeinfo_links(request: Request) -> Response:
    """Where NodeInfo is, and which actor stands for the server. Spec: FEP-2677"""
    return PreparedResponse(200, _JRD_HEADERS, house_of(request).nodeinfo.links())


async def answer_nodeinfo(request: Request) -> Response:
    """What this server is and how much it is used."""
    schema = request.path_params["schema"]
    kind = _NODEINFO_TYPE.format(schema).encode()
    body = await house_of(request).nodeinfo.document(schema)
    return PreparedResponse(200, ((b"content-type", kind), *_OPEN), body)


async def answer_context(request: Request) -> Response:
    """The JSON-LD context of the terms of `usi:`, for whoever has no copy. Spec: `docs/vocabulary.md`"""
    del request
    return PreparedResponse(200, _CONTEXT_HEADERS, _context())


@cache
def _context() -> bytes:
    return SHIPPED_CONTEXTS[OUR_NAMESPACE].read_bytes()


routes: list[Route] = [
    Route("/.well-known/webfinger", answer_webfinger),
    Route("/.well-known/host-meta", answer_host_meta),
    Route("/.well-known/host-meta.json", answer_host_meta),
    Route("/.well-known/nodeinfo", answer_nodeinfo_links),
    Route("/nodeinfo/{schema}", answer_nodeinfo),
    Route("/ns", answer_context),
]
