"""WebFinger: from a handle to an actor, and the proof that an actor may carry a handle.

Spec: RFC 7033, FEP-2c59, `../shared/interop/mastodon.md` section 3, `../shared/interop/security.md` section 7.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.answers import ACTIVITY_PROFILE, ACTIVITY_TYPE
from usi_fed.activitypub.budget import FetchBudget
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.handles import Handle, parse_username
from usi_fed.activitypub.host_meta import HOST_META_ACCEPT, HOST_META_TYPES, parse_host_meta
from usi_fed.errors import MalformedActivity, RemoteRefused

JRD_TYPE = "application/jrd+json"
JRD_ACCEPT = "application/jrd+json, application/json"
JRD_TYPES = frozenset({JRD_TYPE, "application/json"})

SELF_TYPES = (ACTIVITY_TYPE, f'application/ld+json; profile="{ACTIVITY_PROFILE}"')
PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
AVATAR = "http://webfinger.net/rel/avatar"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"


@dataclass(frozen=True, slots=True)
class WebFingerAnswer:
    """Whose account a domain says a handle is: `subject` is the handle as that domain writes it."""

    subject: Handle
    actor_uri: str


def parse_jrd(document: Mapping[str, Any]) -> WebFingerAnswer:
    """Read subject and actor out of an untrusted JRD.

    Only a `self` link of exactly one of the two ActivityPub media types names the actor.

    Raises:
        MalformedActivity: no subject that is a handle, or no such link.

    Spec: RFC 7033 section 4.4
    """
    subject, links = document.get("subject"), document.get("links")
    if not isinstance(subject, str):
        raise MalformedActivity("the JRD has no subject")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == "self" and link.get("type") in SELF_TYPES:
            href = link.get("href")
            if isinstance(href, str):
                return WebFingerAnswer(Handle.parse(subject), href)
    raise MalformedActivity("the JRD has no self link to an actor")


def build_jrd(
    subject: Handle,
    actor_uri: str,
    *,
    profile_url: str | None = None,
    subscribe_template: str | None = None,
    avatar: tuple[str, str] | None = None,
) -> dict[str, Any]:
    """The JRD of one of our actors. `avatar` is URL and media type; the template contains `{uri}`."""
    links: list[dict[str, str]] = [{"rel": "self", "type": ACTIVITY_TYPE, "href": actor_uri}]
    if profile_url:
        links.insert(0, {"rel": PROFILE_PAGE, "type": "text/html", "href": profile_url})
    if subscribe_template:
        links.append({"rel": SUBSCRIBE, "template": subscribe_template})
    if avatar:
        links.append({"rel": AVATAR, "href": avatar[0], "type": avatar[1]})
    aliases = [url for url in (profile_url, actor_uri) if url]
    return {"subject": subject.acct, "aliases": aliases, "links": links}


async def find_actor_uri(handle: Handle, client: Client, budget: FetchBudget | None = None) -> WebFingerAnswer:
    """Ask the domain of `handle` whose it is.

    The answer may name another handle once; then that handle's own domain has the word, and must say the
    same subject. Whether the actor agrees is for `verify_handle`.

    Raises:
        RemoteRefused: no such account (`http_status` 404), a deleted one (410), or an unusable answer.
        RemoteUnavailable: the domain does not answer for now.
    """
    answer = await _ask(handle, client, budget)
    if answer.subject.is_same_as(handle):
        return answer
    confirmed = await _ask(answer.subject, client, budget)
    if not confirmed.subject.is_same_as(answer.subject):
        raise RemoteRefused("the subject of the handle changes more than once")
    return confirmed


async def verify_handle(
    actor_uri: str,
    preferred_username: str | None,
    webfinger_property: str | None,
    client: Client,
    budget: FetchBudget | None = None,
) -> Handle:
    """Prove which handle an actor carries: the one that leads back to exactly `actor_uri`.

    The actor's `webfinger` property is tried first; when it does not hold, `preferredUsername` at the
    host of `actor_uri`. The handle that comes out agrees with what the actor claims: with the property as
    a whole, or with the user name, whose domain may be another one that confirms it.

    Raises:
        RemoteRefused: no claimed handle leads back to the actor; `http_status` 410 when it is deleted.
        RemoteUnavailable: a domain does not answer for now.
        MalformedActivity: the actor claims no usable handle at all.
    """
    claimed = _find_claimed_handle(webfinger_property)
    if claimed is not None:
        answer = await _find_answer(claimed, client, budget)
        if answer is not None and answer.actor_uri == actor_uri and answer.subject.is_same_as(claimed):
            return answer.subject
    if preferred_username is None:
        raise MalformedActivity("the actor has no usable handle")
    expected = Handle(parse_username(preferred_username), host_of(actor_uri))
    answer = await find_actor_uri(expected, client, budget)
    if answer.actor_uri != actor_uri:
        raise RemoteRefused("the handle belongs to another actor")
    if answer.subject.user.lower() != expected.user.lower():
        raise RemoteRefused("the handle has another user name than the actor")
    return answer.subject


def _find_claimed_handle(webfinger_property: str | None) -> Handle | None:
    try:
        return None if webfinger_property is None else Handle.parse(webfinger_property)
    except MalformedActivity:
        return None


async def _find_answer(handle: Handle, client: Client, budget: FetchBudget | None) -> WebFingerAnswer | None:
    """What the claimed handle leads to, or None when its domain knows nothing of it."""
    try:
        return await find_actor_uri(handle, client, budget)
    except RemoteRefused:
        return None


async def fetch_jrd(handle: Handle, client: Client, budget: FetchBudget | None = None) -> Mapping[str, Any]:
    """What the domain of `handle` says about it, as it stands: untrusted.

    Raises:
        RemoteRefused, RemoteUnavailable: as `find_actor_uri`.
    """
    base = _base_url(handle, client)
    resource = quote(handle.acct, safe="")
    try:
        url = f"{base}/.well-known/webfinger?resource={resource}"
        document = await client.fetch_json(url, JRD_ACCEPT, JRD_TYPES, budget=budget)
    except RemoteRefused as refusal:
        if refusal.http_status != 404:
            raise
        url = await _lrdd_url(base, resource, client, refusal)
        document = await client.fetch_json(url, JRD_ACCEPT, JRD_TYPES, budget=budget)
    return document.json


async def _ask(handle: Handle, client: Client, budget: FetchBudget | None) -> WebFingerAnswer:
    jrd = await fetch_jrd(handle, client, budget)
    try:
        return parse_jrd(jrd)
    except MalformedActivity as error:
        raise RemoteRefused(f"unusable WebFinger answer: {error}") from error


async def _lrdd_url(base: str, resource: str, client: Client, not_found: RemoteRefused) -> str:
    """Where host-meta says to ask instead; without a usable host-meta the 404 stands."""
    try:
        answer = await client.fetch_bytes(f"{base}/.well-known/host-meta", HOST_META_ACCEPT, HOST_META_TYPES)
        template = parse_host_meta(answer.body)
    except (RemoteRefused, MalformedActivity) as error:
        raise not_found from error
    return template.replace("{uri}", resource)


def _base_url(handle: Handle, client: Client) -> str:
    """WebFinger is https only, but for test networks without certificates."""
    return f"{'http' if client.policy.allow_http else 'https'}://{handle.domain}"
