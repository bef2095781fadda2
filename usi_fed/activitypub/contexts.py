"""JSON-LD contexts: the one we send, those we know, and whether a document may be read as plain JSON.

Documents are read by their usual short names, as Mastodon does; JSON-LD processing costs a thousand times more
and is kept for the few documents that need it. The rule of `needs_normalising`:

- Context URLs are opaque. What a document says under a context we do not know counts by its short names;
  no context is ever fetched.
- A document needs normalising when an inline context, at any depth, gives a name of the core vocabulary
  (ActivityStreams, and the keys of security/v1) another meaning, gives a core meaning another name, or uses
  more of JSON-LD than term definitions; or when a key or a type is written as a full or a prefixed IRI of
  ActivityStreams (other than that of the Public collection, which is neither), or is a JSON-LD keyword.
- Terms of extensions are never looked at: there the short name is the de-facto standard, whatever IRI a
  server gives it. So are names of schema.org for the same thing (Mobilizon's `location`).
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

import orjson

ACTIVITYSTREAMS: Final = "https://www.w3.org/ns/activitystreams"
SECURITY: Final = "https://w3id.org/security/v1"
DATA_INTEGRITY: Final = "https://w3id.org/security/data-integrity/v2"
MULTIKEY: Final = "https://w3id.org/security/multikey/v1"
OUR_NAMESPACE: Final = "https://w3id.org/usi-fed/ns"
IDENTITY: Final = "https://w3id.org/identity/v1"

_AS: Final = f"{ACTIVITYSTREAMS}#"
_SEC: Final = "https://w3id.org/security#"


_PUBLIC: Final = f"{_AS}Public"

# What the marks below are made of (`@`, `:`, `#`, letters) written as JSON escapes, which nobody does who has nothing
# to hide. Quotes and angle brackets, which some frameworks always write so, are none of it.
_ESCAPED_MARK: Final = re.compile(rb"\\u00(?:23|3[aA]|[4-7])")


def _reference(iri: str, **more: str) -> dict[str, str]:
    """The definition of a term whose values are ids or objects, not text."""
    return {"@id": iri, "@type": "@id", **{f"@{name}": value for name, value in more.items()}}


OUR_TERMS: Final[Mapping[str, object]] = {
    "toot": "http://joinmastodon.org/ns#",
    "schema": "http://schema.org#",
    "ostatus": "http://ostatus.org#",
    "litepub": "http://litepub.social/ns#",
    "lemmy": "https://join-lemmy.org/ns#",
    "mz": "https://joinmobilizon.org/ns#",
    "gts": "https://gotosocial.org/ns#",
    "usi": "https://w3id.org/usi-fed/ns#",
    # ActivityStreams extensions everybody uses
    "Hashtag": "as:Hashtag",
    "sensitive": "as:sensitive",
    "manuallyApprovesFollowers": "as:manuallyApprovesFollowers",
    "movedTo": _reference("as:movedTo"),
    "copiedTo": _reference("as:copiedTo"),
    "alsoKnownAs": _reference("as:alsoKnownAs"),
    # Mastodon
    "Emoji": "toot:Emoji",
    "blurhash": "toot:blurhash",
    "focalPoint": {"@id": "toot:focalPoint", "@container": "@list"},
    "discoverable": "toot:discoverable",
    "indexable": "toot:indexable",
    "memorial": "toot:memorial",
    "suspended": "toot:suspended",
    "featured": _reference("toot:featured"),
    "featuredTags": _reference("toot:featuredTags"),
    "featuredCollections": _reference("https://w3id.org/fep/7aa9#featuredCollections"),
    "showFeatured": "toot:showFeatured",
    "showMedia": "toot:showMedia",
    "showRepliesInMedia": "toot:showRepliesInMedia",
    "attributionDomains": _reference("toot:attributionDomains"),
    "votersCount": "toot:votersCount",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "atomUri": "ostatus:atomUri",
    "inReplyToAtomUri": "ostatus:inReplyToAtomUri",
    "conversation": "ostatus:conversation",
    # Quotes (FEP-044f, and the older names for the same link)
    "quote": _reference("https://w3id.org/fep/044f#quote"),
    "quoteAuthorization": _reference("https://w3id.org/fep/044f#quoteAuthorization"),
    "QuoteRequest": "https://w3id.org/fep/044f#QuoteRequest",
    "QuoteAuthorization": "https://w3id.org/fep/044f#QuoteAuthorization",
    "quoteUrl": "as:quoteUrl",
    "quoteUri": "http://fedibird.com/ns#quoteUri",
    "_misskey_quote": "https://misskey-hub.net/ns#_misskey_quote",
    # Interaction policies
    "interactionPolicy": _reference("gts:interactionPolicy"),
    "canQuote": _reference("gts:canQuote"),
    "canLike": _reference("gts:canLike"),
    "canReply": _reference("gts:canReply"),
    "canAnnounce": _reference("gts:canAnnounce"),
    "canFeature": _reference("https://w3id.org/fep/7aa9#canFeature"),
    "automaticApproval": _reference("gts:automaticApproval"),
    "manualApproval": _reference("gts:manualApproval"),
    "interactingObject": _reference("gts:interactingObject"),
    "interactionTarget": _reference("gts:interactionTarget"),
    # Groups, threads and events
    "contextHistory": _reference("https://w3id.org/fep/171b/contextHistory"),
    "EmojiReact": "litepub:EmojiReact",
    "moderators": _reference("lemmy:moderators"),
    "postingRestrictedToMods": "lemmy:postingRestrictedToMods",
    "distinguished": "lemmy:distinguished",
    "stickied": "lemmy:stickied",
    "removeData": "lemmy:removeData",
    "joinMode": "mz:joinMode",
    "participantCount": "mz:participantCount",
    "maximumAttendeeCapacity": "schema:maximumAttendeeCapacity",
    # The movement (docs/vocabulary.md)
    "usi:kind": "usi:kind",
    "usi:parent": _reference("usi:parent"),
    "usi:sector": "usi:sector",
    "usi:theme": "usi:theme",
    "usi:country": "usi:country",
    "usi:region": "usi:region",
    "usi:language": "usi:language",
    "usi:listed": "usi:listed",
    "usi:level": "usi:level",
    "usi:affiliations": _reference("usi:affiliations"),
    "usi:Claim": "usi:Claim",
    "usi:statement": _reference("usi:statement"),
    "usi:stamp": _reference("usi:stamp"),
    # Keys (FEP-521a), handles (FEP-2c59), capabilities (FEP-844e)
    "assertionMethod": _reference(f"{_SEC}assertionMethod", container="@set"),
    "RsaSignature2017": f"{_SEC}RsaSignature2017",
    "webfinger": "https://purl.archive.org/socialweb/webfinger#webfinger",
    "implements": _reference("https://w3id.org/fep/844e/implements", container="@list"),
}

OUR_CONTEXT: Final[list[object]] = [ACTIVITYSTREAMS, SECURITY, DATA_INTEGRITY, MULTIKEY, OUR_TERMS]

# The contexts besides ActivityStreams that we send, and the names for which we send them.
_CONTEXT_NAMES: Final[Mapping[str, frozenset[str]]] = {
    SECURITY: frozenset({"publicKey", "signature"}),
    DATA_INTEGRITY: frozenset({"proof"}),
    MULTIKEY: frozenset({"Multikey"}),
}

_DOCUMENTS = Path(__file__).parent / "context_documents"

# Those of ActivityStreams, security v1 and v2 and did v1 come with pyld.
SHIPPED_CONTEXTS: Final[Mapping[str, Path]] = {
    "https://w3id.org/security/data-integrity/v1": _DOCUMENTS / "data-integrity-v1.json",
    DATA_INTEGRITY: _DOCUMENTS / "data-integrity-v2.json",
    MULTIKEY: _DOCUMENTS / "multikey-v1.json",
    IDENTITY: _DOCUMENTS / "identity-v1.json",
    "https://www.w3.org/ns/cid/v1": _DOCUMENTS / "cid-v1.json",
    "https://purl.archive.org/socialweb/webfinger": _DOCUMENTS / "webfinger.json",
    "https://litepub.social/litepub/context.jsonld": _DOCUMENTS / "litepub.json",
    "https://join-lemmy.org/context.json": _DOCUMENTS / "lemmy.json",
    "https://gotosocial.org/ns": _DOCUMENTS / "gotosocial.json",
    OUR_NAMESPACE: _DOCUMENTS / "usi-fed.json",
}

# Names whose IRI is the namespace of ActivityStreams and the name. Spec: Activity Vocabulary, its context
_CORE_NAMES: Final = """
    Accept Activity Add Announce Application Arrive Article Audio Block Collection CollectionPage Create Delete
    Dislike Document Event Flag Follow Group Ignore Image IntransitiveActivity Invite Join Leave Like Link
    Listen Mention Move Note Object Offer OrderedCollection OrderedCollectionPage Organization Page Person Place
    Profile Public Question Read Reject Relationship Remove Service TentativeAccept TentativeReject Tombstone
    Travel Undo Update Video View accuracy actor alsoKnownAs altitude anyOf attachment attributedTo audience bcc
    bto cc closed content context current deleted describes duration endTime endpoints first followers following
    formerType generator height href hreflang icon image inReplyTo instrument items last latitude liked likes
    location longitude mediaType name next oauthAuthorizationEndpoint oauthTokenEndpoint object oneOf origin
    outbox partOf preferredUsername prev preview provideClientKey proxyUrl published radius rel relationship
    replies result sharedInbox shares signClientKey source startIndex startTime streams subject summary tag
    target to totalItems units updated uploadMedia url width
"""
CORE_TERMS: Final = frozenset(_CORE_NAMES.split())

_MEANINGS: Final[Mapping[str, str]] = {
    **{term: _AS + term for term in CORE_TERMS},
    "orderedItems": f"{_AS}items",
    "contentMap": f"{_AS}content",
    "nameMap": f"{_AS}name",
    "summaryMap": f"{_AS}summary",
    "inbox": "http://www.w3.org/ns/ldp#inbox",
    "publicKey": f"{_SEC}publicKey",
    "publicKeyPem": f"{_SEC}publicKeyPem",
    "owner": f"{_SEC}owner",
    "as": _AS,
    "id": "@id",
    "type": "@type",
}
_CORE_IRIS: Final = frozenset(_MEANINGS.values())
_PREFIXES: Final[Mapping[str, str]] = {"as": _AS, "sec": _SEC, "ldp": "http://www.w3.org/ns/ldp#"}
_SCHEMA_ORG: Final = ("http://schema.org#", "http://schema.org/", "https://schema.org#", "https://schema.org/")
# Statements about a context that change no name. A language is nothing that plain reading would see.
_HARMLESS_KEYWORDS: Final = frozenset({"@language", "@version", "@protected"})
_MAX_PREFIX_STEPS = 5


def context_for(document: Mapping[str, object]) -> list[object]:
    """The part of `OUR_CONTEXT` that defines what a document of ours uses; the whole would triple a short note.

    The document may still lack its `@context`. A `proof` or `signature` added later brings its own context.
    """
    names: set[str] = set()
    for node in _objects_in(document):
        names.update(node)
        names.update(kind for kind in entries_of(node.get("type")) if isinstance(kind, str))
    terms = {name: definition for name, definition in OUR_TERMS.items() if name in names}
    prefixes = {_iri_of(definition).partition(":")[0] for definition in terms.values()}
    context: list[object] = [ACTIVITYSTREAMS]
    context += [url for url, wanted in _CONTEXT_NAMES.items() if not names.isdisjoint(wanted)]
    if terms:
        context.append({name: iri for name, iri in OUR_TERMS.items() if name in prefixes} | terms)
    return context


def needs_normalising(document: Mapping[str, object]) -> bool:
    """Whether plain reading could misunderstand a document; see the rule at the top of this file.

    When it is true, read only what `linked_data.LinkedData.normalise` gives back, never a mixture of both.
    """
    return any(_is_unusual(node) for node in _objects_in(document))


def is_plainly_usual(raw: bytes, document: Mapping[str, object]) -> bool:
    """Whether the bytes of a document already show that `needs_normalising` is false; False says nothing.

    Ten times cheaper than the walk, and true of nearly all there is: what the rule looks for cannot be written without
    one of these marks, and a server sends the same context with each of its documents. Outside of its context, which
    has none of the escapes that could make its text count for more than its bytes, there is one mark: its name.
    """
    if "@context" not in document:
        return False
    context = orjson.dumps(document["@context"])
    return (
        raw.count(b'"@context"') == 1
        and raw.count(b'"@') - context.count(b'"@') == 1
        and raw.count(b'"as:') == context.count(b'"as:')
        and _foreign_names(raw) == _foreign_names(context)
        and _ESCAPED_MARK.search(raw) is None
        and _is_usual_context_text(context)
    )


def _foreign_names(raw: bytes) -> int:
    """How often something of ActivityStreams other than the Public collection is written in full."""
    return raw.count(b"activitystreams#") - raw.count(b'activitystreams#Public"')


@lru_cache(maxsize=1024)
def _is_usual_context_text(context: bytes) -> bool:
    return b"\\" not in context and not _is_unusual_context(orjson.loads(context))


def entries_of(context: object) -> list[object]:
    """The entries of an `@context`, which may stand alone."""
    if context is None:
        return []
    return context if isinstance(context, list) else [context]


def _iri_of(definition: object) -> str:
    return str(definition["@id"]) if isinstance(definition, Mapping) else str(definition)


def _objects_in(document: object) -> Iterator[Mapping[str, object]]:
    """Every object of a document, in no order and without recursion: how deep it nests is the sender's choice."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            yield value
            waiting.extend(child for name, child in value.items() if name != "@context")
        elif isinstance(value, list):
            waiting.extend(value)


def _is_unusual(node: Mapping[str, object]) -> bool:
    for name in node:
        if name == "@context":
            if _is_unusual_context(node[name]):
                return True
        elif name.startswith(("@", "as:", _AS)) and name != _PUBLIC:
            return True
    return any(isinstance(kind, str) and _is_full_name(kind) for kind in entries_of(node.get("type")))


def _is_full_name(kind: str) -> bool:
    """Whether a type is written as an IRI of ActivityStreams; the Public collection is never one."""
    return kind.startswith(("as:", _AS)) and kind != _PUBLIC


def _is_unusual_context(context: object) -> bool:
    inline = [entry for entry in entries_of(context) if isinstance(entry, Mapping)]
    if not inline:
        return False
    prefixes = {name: value for entry in inline for name, value in entry.items() if isinstance(value, str)}
    return any(_is_unusual_term(name, value, prefixes) for entry in inline for name, value in entry.items())


def _is_unusual_term(name: str, definition: object, prefixes: Mapping[str, str]) -> bool:
    if name.startswith("@"):
        return name not in _HARMLESS_KEYWORDS
    expected = _MEANINGS.get(name)
    if isinstance(definition, Mapping):
        if "@reverse" in definition or "@context" in definition or "@nest" in definition:
            return True
        definition = definition.get("@id", expected or name)
    if not isinstance(definition, str):
        return expected is not None
    iri = _expand(definition, prefixes)
    if expected is None:
        return iri in _CORE_IRIS
    return iri != expected and iri not in (namespace + name for namespace in _SCHEMA_ORG)


def _expand(text: str, prefixes: Mapping[str, str]) -> str:
    """The IRI a term definition means; prefixes may be defined by prefixes, and in a circle."""
    for _ in range(_MAX_PREFIX_STEPS):
        prefix, colon, rest = text.partition(":")
        namespace = prefixes.get(prefix) or _PREFIXES.get(prefix)
        if not colon or rest.startswith("//") or namespace is None:
            return text
        text = namespace + rest
    return text
