"""Our actors as other servers read them.

Spec: ActivityPub 4.1 #actor-objects; `../shared/interop/mastodon.md` sections 1.5, 5 and 10; FEP-521a, FEP-2c59,
FEP-844e, FEP-0ea0.
"""

from collections.abc import Sequence
from typing import Any

from usi_fed.activitypub.addressing import PUBLIC
from usi_fed.activitypub.contexts import ACTIVITYSTREAMS, OUR_CONTEXT
from usi_fed.activitypub.handles import Handle
from usi_fed.actors.hashtags import hashtags_of
from usi_fed.actors.model import Actor, Organisation, StoredKey
from usi_fed.clock import iso
from usi_fed.urls import Urls

Document = dict[str, Any]

SOFTWARE = "USI Fed"

# What peers may count on without trying. Spec: FEP-844e
CAPABILITIES = (
    ("https://datatracker.ietf.org/doc/html/rfc9421", "RFC 9421: HTTP Message Signatures"),
    ("https://w3id.org/fep/8b32", "FEP-8b32: Object Integrity Proofs"),
)

_PICTURE_TYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
}


def handle_of(actor: Actor, urls: Urls) -> Handle:
    """The handle of an actor of ours; the instance actor is named like the server that it is."""
    return Handle(actor.username, actor.domain or urls.handles)


def actor_document(
    actor: Actor, keys: Sequence[StoredKey], urls: Urls, organisation: Organisation | None = None
) -> Document:
    """The document of an actor of ours, with what of it is public.

    Of a suspended one only what others need to take notice of that is left. `keys` are those that count.
    `organisation` is what the actor is in the movement, if it is no person.
    """
    if actor.uri == urls.instance_actor:
        return _instance_document(actor, keys, urls)
    document = {
        "@context": OUR_CONTEXT,
        **_identity(actor, urls),
        "name": actor.name or actor.username,
        "summary": actor.summary,
        "webfinger": str(handle_of(actor, urls)),
        "published": iso(actor.published),
        "followers": actor.followers_uri,
        "following": actor.following_uri,
        "featured": actor.featured_uri,
        "featuredTags": f"{actor.uri}/collections/tags",
        "featuredCollections": f"{actor.uri}/collections/accounts",
        "showFeatured": True,
        "showMedia": True,
        "showRepliesInMedia": True,
        "manuallyApprovesFollowers": actor.locked,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "memorial": actor.memorial,
        "attachment": [
            {"type": "PropertyValue", "name": field["name"], "value": field["value"]} for field in actor.fields
        ],
        "tag": [_emoji(emoji) for emoji in actor.emojis],
        "alsoKnownAs": actor.also_known_as,
        "attributionDomains": actor.attribution_domains,
        "interactionPolicy": {"canFeature": {"automaticApproval": [PUBLIC]}},
        "generator": {"type": "Application", "id": urls.instance_actor, "name": SOFTWARE, **_capabilities()},
        **_keys(actor, keys),
    }
    if actor.kind == "Group":
        document |= _group(actor)
    if organisation is not None:
        document |= terms_of(organisation)
        document["usi:affiliations"] = urls.affiliations(actor.username)
        document["attachment"] += [{"type": "PropertyValue", **fact} for fact in organisation.facts]
        document["attachment"] += _payment(organisation)
        document["tag"] += [
            {"type": "Hashtag", "name": f"#{name}", "href": urls.tag(name.lower())}
            for name in hashtags_of(organisation)
        ]
    if actor.moved_to_uri:
        document["movedTo"] = actor.moved_to_uri
    if actor.icon_url:
        document["icon"] = _picture(actor.icon_url, actor.icon_description, urls)
    if actor.image_url:
        document["image"] = _picture(actor.image_url, actor.image_description, urls)
    return _suspended(document) if actor.suspended_at else document


def tombstone_document(actor: Actor) -> Document:
    """What stands where a deleted actor was."""
    document: Document = {"@context": ACTIVITYSTREAMS, "id": actor.uri, "type": "Tombstone", "formerType": actor.kind}
    if actor.deleted_at is not None:
        document["deleted"] = iso(actor.deleted_at)
    return document


def moderators_uri(actor: Actor) -> str:
    """The collection of those who look after a group of ours."""
    return f"{actor.uri}/collections/moderators"


def _group(actor: Actor) -> Document:
    """Who looks after it, in the words of Lemmy. Spec: FEP-1b12"""
    named = moderators_uri(actor)
    return {"attributedTo": named, "moderators": named, "postingRestrictedToMods": False}


def terms_of(organisation: Organisation) -> Document:
    """The `usi:` terms, for servers of our kind and whoever else reads them. Spec: `docs/vocabulary.md`"""
    terms = {
        "usi:kind": organisation.kind,
        "usi:parent": organisation.parent_uri,
        "usi:sector": organisation.sectors,
        "usi:theme": organisation.themes,
        "usi:country": organisation.country,
        "usi:region": organisation.region,
        "usi:language": organisation.languages,
        "usi:listed": organisation.is_listed,
    }
    document: Document = {name: value for name, value in terms.items() if value}
    if organisation.latitude is not None:
        place = {"type": "Place", "latitude": organisation.latitude, "longitude": organisation.longitude}
        document["location"] = place
    return document


def _payment(organisation: Organisation) -> list[Document]:
    """Spec: FEP-0ea0"""
    if organisation.payment_url is None:
        return []
    return [{"type": "Link", "rel": "payment", "href": organisation.payment_url, "mediaType": "text/html"}]


def _identity(actor: Actor, urls: Urls) -> Document:
    return {
        "id": actor.uri,
        "type": actor.kind,
        "preferredUsername": actor.username,
        "inbox": actor.inbox,
        "outbox": actor.outbox,
        "url": actor.url,
        "endpoints": {"sharedInbox": urls.shared_inbox},
    }


def _instance_document(actor: Actor, keys: Sequence[StoredKey], urls: Urls) -> Document:
    """Little more than Mastodon's has: it must be readable by everybody, without a signature.

    It is the `generator` of the others, so it says itself what the program can do. Spec: FEP-844e
    """
    document = {
        "@context": OUR_CONTEXT,
        **_identity(actor, urls),
        "manuallyApprovesFollowers": actor.locked,
        **_capabilities(),
        **_keys(actor, keys),
    }
    if actor.name:
        document |= {"name": actor.name, "summary": actor.summary}
    if actor.icon_url:
        document["icon"] = _picture(actor.icon_url, actor.icon_description, urls)
    return document


def _capabilities() -> Document:
    return {"implements": [{"type": "Link", "href": href, "name": name} for href, name in CAPABILITIES]}


def _suspended(document: Document) -> Document:
    kept = {name: value for name, value in document.items() if name not in ("icon", "image", "movedTo")}
    hidden = {"name": "", "summary": "", "attachment": [], "tag": [], "discoverable": False, "indexable": False}
    return {**kept, **hidden, "suspended": True}


def picture_type(file_name: str) -> str:
    """The media type of a profile picture of ours, by its name."""
    return _PICTURE_TYPES.get(file_name.rpartition(".")[2], "application/octet-stream")


def _picture(file_name: str, description: str, urls: Urls) -> Document:
    """`summary` is what Mastodon takes for the description first, `name` what most others do."""
    picture: Document = {
        "type": "Image",
        "mediaType": picture_type(file_name),
        "url": urls.media(file_name),
    }
    if description:
        picture |= {"name": description, "summary": description}
    return picture


def _emoji(emoji: dict[str, Any]) -> Document:
    icon = {"type": "Image", "url": emoji["url"]}
    return {"type": "Emoji", "name": f":{emoji['shortcode']}:", "icon": icon}


def _keys(actor: Actor, keys: Sequence[StoredKey]) -> Document:
    """RSA for HTTP signatures under `publicKey`, the only place that all servers read; the others for proofs."""
    rsa = [_key(actor, key) for key in keys if key.algorithm == "rsa"]
    others = [_key(actor, key) for key in keys if key.algorithm != "rsa"]
    return {"publicKey": rsa[0] if len(rsa) == 1 else rsa, "assertionMethod": others}


def _key(actor: Actor, key: StoredKey) -> Document:
    if key.algorithm == "rsa":
        return {"id": key.uri, "owner": actor.uri, "publicKeyPem": key.public}
    return {"id": key.uri, "type": "Multikey", "controller": actor.uri, "publicKeyMultibase": key.public}
