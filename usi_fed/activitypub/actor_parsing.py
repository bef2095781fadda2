"""Actors as they come over the wire, read into one frozen form.

Spec: ActivityPub 4.1 #actor-objects; `../shared/interop/mastodon.md` sections 5 and 9; FEP-2c59, FEP-844e.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, Self

from usi_fed.activitypub.addresses import host_of, same_origin
from usi_fed.activitypub.handles import Handle, parse_username
from usi_fed.activitypub.keys import PublicKey, parse_actor_keys
from usi_fed.activitypub.lenient import (
    count_of,
    each,
    has_type,
    is_uri,
    link_of,
    mapping_of,
    moment_of,
    text_of,
    types_of,
    uri_of,
    uris_of,
)
from usi_fed.activitypub.organisation_parsing import ParsedOrganisation, parse_organisation
from usi_fed.errors import MalformedActivity

ActorKind = Literal["Person", "Organization", "Group", "Application", "Service"]

ACTOR_KINDS: Mapping[str, ActorKind] = {
    "Person": "Person",
    "Organization": "Organization",
    "Group": "Group",
    "Application": "Application",
    "Service": "Service",
}

MAX_NAME_LETTERS = 2048
MAX_SUMMARY_LETTERS = 20_000
MAX_FIELDS = 50
MAX_FIELD_LETTERS = 2047
MAX_ALIASES = 256
MAX_DOMAIN_LETTERS = 253
MAX_CAPABILITIES = 50
TAKES_JOINS = "https://joinmobilizon.org/ns#members"
"""Stands among what an actor implements when one belongs to it by a Join."""
MAX_DESCRIPTION_LETTERS = 10_000


class ParsedPicture(NamedTuple):
    """Where a picture is, and its description in plain text."""

    url: str
    description: str


class ParsedField(NamedTuple):
    """A line of a profile: the name in plain text, the value as unsanitised HTML."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class ParsedActor:
    """One actor of another server, read leniently; nothing in it is proven but its form and its origins.

    `name` is plain text, `summary` unsanitised HTML. Collections are of the actor's own origin, `url` and the inboxes
    of its own host. `keys` are those that `keys.parse_actor_keys` finds. `tags` is the value of `tag`, for custom
    emojis. `webfinger` is the handle that the actor claims. `organisation` is what `usi:` terms say, if any do.
    """

    uri: str
    kind: ActorKind
    username: str
    webfinger: str | None
    name: str
    summary: str
    url: str
    inbox: str
    shared_inbox: str | None
    outbox: str | None
    followers: str | None
    following: str | None
    featured: str | None
    icon: ParsedPicture | None
    image: ParsedPicture | None
    fields: tuple[ParsedField, ...]
    tags: tuple[object, ...]
    also_known_as: tuple[str, ...]
    attribution_domains: tuple[str, ...]
    implements: tuple[str, ...]
    moved_to: str | None
    locked: bool
    discoverable: bool
    indexable: bool
    memorial: bool
    suspended: bool
    published: datetime | None
    keys: tuple[PublicKey, ...]
    organisation: ParsedOrganisation | None = None

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        """Read an untrusted actor document. Id, type, inbox and a user name must be right; the unusable is left out.

        Raises:
            MalformedActivity: `id` or `inbox` is no http(s) URI, `type` is none of the five kinds of actor, or there
                is neither a usable `preferredUsername` nor a usable `webfinger`; or the inbox is on another host.
        """
        uri, inbox = document.get("id"), uri_of(document.get("inbox"))
        if not isinstance(uri, str) or not is_uri(uri) or inbox is None:
            raise MalformedActivity("the actor has no usable id or inbox")
        if not _is_beside(inbox, uri):
            raise MalformedActivity("the actor's inbox is another server's")
        kind = next((ACTOR_KINDS[name] for name in types_of(document) if name in ACTOR_KINDS), None)
        if kind is None:
            raise MalformedActivity("the document is no actor of a known type")
        webfinger = text_of(document.get("webfinger")) or None
        return cls(
            uri=uri,
            kind=kind,
            username=_username(text_of(document.get("preferredUsername")), webfinger),
            webfinger=webfinger,
            name=text_of(document.get("name"))[:MAX_NAME_LETTERS],
            summary=text_of(document.get("summary"))[:MAX_SUMMARY_LETTERS],
            url=_page(link_of(document.get("url")), uri),
            inbox=inbox,
            shared_inbox=_beside(mapping_of(document.get("endpoints")).get("sharedInbox"), uri),
            outbox=_own(document.get("outbox"), uri),
            followers=_own(document.get("followers"), uri),
            following=_own(document.get("following"), uri),
            featured=_own(document.get("featured"), uri),
            icon=_picture(document.get("icon")),
            image=_picture(document.get("image")),
            fields=_fields(document.get("attachment")),
            tags=tuple(each(document.get("tag"))),
            also_known_as=uris_of(document.get("alsoKnownAs"), MAX_ALIASES),
            attribution_domains=_domains(document.get("attributionDomains")),
            implements=(*_capabilities(document.get("generator")), *_takes_members(document)),
            moved_to=uri_of(document.get("movedTo")),
            locked=document.get("manuallyApprovesFollowers") is True,
            discoverable=document.get("discoverable") is True,
            indexable=document.get("indexable") is True,
            memorial=document.get("memorial") is True,
            suspended=document.get("suspended") is True,
            published=moment_of(document.get("published")),
            keys=parse_actor_keys(document),
            organisation=parse_organisation(document),
        )


def _username(preferred: str, webfinger: str | None) -> str:
    """Raises MalformedActivity when neither gives a name."""
    if preferred or webfinger is None:
        return parse_username(preferred)
    return Handle.parse(webfinger).user


def _own(value: object, actor: str) -> str | None:
    """The URI of a collection, unless it lies with somebody else (`../shared/interop/security.md` section 2)."""
    uri = uri_of(value)
    return uri if uri is not None and same_origin(uri, actor) else None


def _is_beside(uri: str, actor: str) -> bool:
    """Whether something is on the actor's host: else we would deliver to people who never asked for it."""
    return same_origin(uri, actor) or host_of(uri) == host_of(actor)


def _beside(value: object, actor: str) -> str | None:
    uri = uri_of(value)
    try:
        return uri if uri is not None and _is_beside(uri, actor) else None
    except MalformedActivity:
        return None


def _page(url: str | None, actor: str) -> str:
    """The profile page; on another host it could pose as somebody else's, so then the actor's id."""
    try:
        return url if url is not None and host_of(url) == host_of(actor) else actor
    except MalformedActivity:
        return actor


def _picture(value: object) -> ParsedPicture | None:
    """The widest of the pictures; PeerTube sends several, the smallest first."""
    found = [
        (count_of(mapping_of(entry).get("width")) or 0, picture)
        for entry in each(value)[:10]
        if (picture := _one_picture(entry)) is not None
    ]
    return max(found, key=lambda sized: sized[0])[1] if found else None


def _one_picture(entry: object) -> ParsedPicture | None:
    image = mapping_of(entry)
    url = link_of(image.get("url") or image.get("href") or entry)
    if url is None:
        return None
    description = text_of(image.get("summary")) or text_of(image.get("name"))
    return ParsedPicture(url, description[:MAX_DESCRIPTION_LETTERS])


def _fields(value: object) -> tuple[ParsedField, ...]:
    entries = (mapping_of(entry) for entry in each(value)[:MAX_FIELDS])
    return tuple(
        ParsedField(
            text_of(entry.get("name"))[:MAX_FIELD_LETTERS],
            text_of(entry.get("value"))[:MAX_FIELD_LETTERS],
        )
        for entry in entries
        if has_type(entry, "PropertyValue") and text_of(entry.get("name"))
    )


def _domains(value: object) -> tuple[str, ...]:
    names = (entry.strip().lower() for entry in each(value)[:MAX_ALIASES] if isinstance(entry, str))
    return tuple(dict.fromkeys(name for name in names if 0 < len(name) <= MAX_DOMAIN_LETTERS))


def _takes_members(document: Mapping[str, object]) -> tuple[str, ...]:
    """Mobilizon's groups say nothing of what they implement, but where their members are."""
    return (TAKES_JOINS,) if has_type(document, "Group") and uri_of(document.get("members")) else ()


def _capabilities(generator: object) -> tuple[str, ...]:
    """What the actor's server says it implements. Spec: FEP-844e"""
    links = each(mapping_of(generator).get("implements"))[:MAX_CAPABILITIES]
    found = (link if isinstance(link, str) else text_of(mapping_of(link).get("href")) for link in links)
    return tuple(dict.fromkeys(href for href in found if is_uri(href)))
