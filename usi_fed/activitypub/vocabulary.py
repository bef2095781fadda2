"""Activities as they come over the wire: typed, frozen, nothing proven but their form.

Spec: Activity Vocabulary section 3.2; ActivityPub section 7; FEP-044f, FEP-c0e0, FEP-1b12
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.addressing import addressees
from usi_fed.activitypub.lenient import is_uri, moment_of, shares_origin, text_of, types_of, uri_of, uris_of
from usi_fed.errors import MalformedActivity

MAX_KIND_LETTERS = 40
MAX_REPORTED = 100
MAX_COMMENT_LETTERS = 5000
MAX_WORDS_LETTERS = 1000


class Reference(NamedTuple):
    """What an activity is about: the URI, and the document when one was embedded. Either may be missing."""

    uri: str | None
    document: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Activity:
    """What all activities have: their identity, who acts, and whom it is addressed to."""

    uri: str
    actor: str
    to: tuple[str, ...]
    cc: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Create(Activity):
    """A new object. Spec: ActivityPub 7.2"""

    object: Reference


@dataclass(frozen=True, slots=True)
class Update(Activity):
    """A new version of an object or of the actor. Spec: ActivityPub 7.3"""

    object: Reference


@dataclass(frozen=True, slots=True)
class Delete(Activity):
    """An object or the actor is gone; `object` may be a Tombstone. `reason` is a moderator's. Spec: ActivityPub 7.4"""

    object_uri: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Follow(Activity):
    """The actor asks to follow. Spec: ActivityPub 7.5"""

    object_uri: str


@dataclass(frozen=True, slots=True)
class Accept(Activity):
    """The answer yes; `result` is what came of it, such as a QuoteAuthorization. Spec: ActivityPub 7.6"""

    object: Reference
    result: Reference


@dataclass(frozen=True, slots=True)
class Reject(Activity):
    """The answer no, or no longer; `reason` is unsanitised text. Spec: ActivityPub 7.7"""

    object: Reference
    reason: str


@dataclass(frozen=True, slots=True)
class Add(Activity):
    """An object joins a collection. Spec: ActivityPub 7.8"""

    object: Reference
    target_uri: str


@dataclass(frozen=True, slots=True)
class Remove(Activity):
    """An object leaves a collection. Spec: ActivityPub 7.9"""

    object: Reference
    target_uri: str


@dataclass(frozen=True, slots=True)
class Like(Activity):
    """A liking, or an emoji reaction, which counts as one (`emoji` is its text). Spec: ActivityPub 7.10, FEP-c0e0"""

    object_uri: str
    emoji: str


@dataclass(frozen=True, slots=True)
class Announce(Activity):
    """An object, or another's activity (FEP-1b12), is passed on. Spec: ActivityPub 7.11"""

    object: Reference
    published: datetime | None


@dataclass(frozen=True, slots=True)
class Undo(Activity):
    """An earlier activity is taken back. Spec: ActivityPub 7.12"""

    object: Reference


@dataclass(frozen=True, slots=True)
class Block(Activity):
    """The actor wants nothing to do with another one.

    `target_uri` is a group when a moderator acts there, `until` the end of that, `reason` why, in plain text.
    """

    object_uri: str
    target_uri: str | None
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Flag(Activity):
    """A report about actors and posts; `comment` is plain text. Mbin and Lemmy write it into `summary`."""

    object_uris: tuple[str, ...]
    comment: str


@dataclass(frozen=True, slots=True)
class Move(Activity):
    """The actor goes on as another one. Spec: FEP-7628"""

    object_uri: str
    target_uri: str


@dataclass(frozen=True, slots=True)
class QuoteRequest(Activity):
    """May this post (`instrument`) quote that one (`object_uri`)? Spec: FEP-044f"""

    object_uri: str
    instrument: Reference


@dataclass(frozen=True, slots=True)
class Offer(Activity):
    """The actor offers what `object` states, as that it belongs to another. Spec: Activity Vocabulary #dfn-offer"""

    object: Reference
    published: datetime | None


@dataclass(frozen=True, slots=True)
class Join(Activity):
    """The actor asks to belong to a group; `words` is plain text. Spec: Activity Vocabulary #dfn-join"""

    object_uri: str
    words: str


@dataclass(frozen=True, slots=True)
class Leave(Activity):
    """The actor belongs to a group no more; `join_uri` is the Join that is over, if it was said."""

    object_uri: str
    join_uri: str | None


@dataclass(frozen=True, slots=True)
class Invite(Activity):
    """Somebody (`target_uri`) is asked to belong to a group (`object_uri`), as Mobilizon does it."""

    object_uri: str
    target_uri: str


@dataclass(frozen=True, slots=True)
class Lock(Activity):
    """Nothing more is to be answered in a thread. Spec: FEP-1b12"""

    object_uri: str
    reason: str


@dataclass(frozen=True, slots=True)
class Other(Activity):
    """An activity that means nothing here; it is counted under its `kind`."""

    kind: str


def parse_activity(document: Mapping[str, object]) -> Activity:
    """Read an untrusted activity. Of several types the first that we know counts.

    The words are read as ActivityStreams 2.0 whatever the `@context` says: the media type promises that, and Lemmy,
    Gancio and Prismo have sent activities without one.

    Raises:
        MalformedActivity: no http(s) `id` or `actor`, they are of different hosts, no `type`, or what this type needs
            is missing.

    Spec: Activity Streams 2.0 Core section 2.1
    """
    uri, actor = document.get("id"), actor_of(document)
    if not isinstance(uri, str) or not is_uri(uri) or actor is None:
        raise MalformedActivity("the activity has no usable id or actor")
    # Else somebody could be first with the id of another's activity or post, and keep that out.
    if not shares_origin(uri, actor) and host_of(uri) != host_of(actor):
        raise MalformedActivity("the activity has an id of another server than its actor")
    common = (uri, actor, addressees(document.get("to")), addressees(document.get("cc")))
    kind = kind_of(document)
    read = _READERS.get(kind)
    return Other(*common, kind) if read is None else read(common, document)


def kind_of(document: Mapping[str, object]) -> str:
    """The type under which an activity is handled and counted.

    Raises:
        MalformedActivity: it has none.
    """
    types = types_of(document)
    if not types:
        raise MalformedActivity("the activity has no type")
    return next((name for name in types if name in _READERS), types[0][:MAX_KIND_LETTERS])


def actor_of(document: Mapping[str, object]) -> str | None:
    """Who acts. Prismo writes a list with the whole actor in it."""
    return uri_of(document.get("actor"))


def is_activity(document: Mapping[str, object]) -> bool:
    """Whether a document says that somebody acts, not what is: then its `type` is an activity's."""
    return actor_of(document) is not None and "object" in document


def reference_of(value: object) -> Reference:
    """A URI, an embedded document, or the first of a list of them."""
    if isinstance(value, list):
        return next((found for found in map(reference_of, value) if found != _NOTHING), _NOTHING)
    return Reference(uri_of(value), value if isinstance(value, Mapping) else None)


_NOTHING = Reference(None, None)
_Common = tuple[str, str, tuple[str, ...], tuple[str, ...]]
_Document = Mapping[str, object]


def _object(document: _Document) -> Reference:
    found = reference_of(document.get("object"))
    if found == _NOTHING:
        raise MalformedActivity("the activity has no usable object")
    return found


def _object_uri(document: _Document) -> str:
    return _required_uri(document, "object")


def _required_uri(document: _Document, term: str) -> str:
    uri = uri_of(document.get(term))
    if uri is None:
        raise MalformedActivity(f"the activity has no usable {term}")
    return uri


def _like(common: _Common, document: _Document) -> Like:
    return Like(*common, _object_uri(document), text_of(document.get("content"))[:100])


def _flag(common: _Common, document: _Document) -> Flag:
    about = uris_of(document.get("object"), MAX_REPORTED)
    if not about:
        raise MalformedActivity("the report is about nothing")
    return Flag(*common, about, _comment(document))


def _comment(document: _Document) -> str:
    return (text_of(document.get("content")) or text_of(document.get("summary")))[:MAX_COMMENT_LETTERS]


def _block(common: _Common, document: _Document) -> Block:
    reason = text_of(document.get("summary"))[:MAX_COMMENT_LETTERS]
    until = moment_of(document.get("endTime")) or moment_of(document.get("expires"))
    return Block(*common, _object_uri(document), uri_of(document.get("target")), until, reason)


def _join(common: _Common, document: _Document) -> Join:
    words = text_of(document.get("participationMessage")) or text_of(document.get("content"))
    return Join(*common, _object_uri(document), words[:MAX_WORDS_LETTERS])


def _leave(common: _Common, document: _Document) -> Leave:
    return Leave(*common, _object_uri(document), uri_of(document.get("instrument")))


def _invite(common: _Common, document: _Document) -> Invite:
    return Invite(*common, _object_uri(document), _required_uri(document, "target"))


def _lock(common: _Common, document: _Document) -> Lock:
    return Lock(*common, _object_uri(document), text_of(document.get("summary"))[:MAX_COMMENT_LETTERS])


def _remove(common: _Common, document: _Document) -> Remove:
    """Mobilizon names what is left as `origin`."""
    term = "target" if uri_of(document.get("target")) else "origin"
    return Remove(*common, _object(document), _required_uri(document, term))


def _quote_request(common: _Common, document: _Document) -> QuoteRequest:
    instrument = reference_of(document.get("instrument"))
    if instrument.uri is None:
        raise MalformedActivity("the request names no quoting post")
    return QuoteRequest(*common, _object_uri(document), instrument)


_READERS: dict[str, Callable[[_Common, _Document], Activity]] = {
    "Create": lambda common, document: Create(*common, _object(document)),
    "Update": lambda common, document: Update(*common, _object(document)),
    "Delete": lambda common, document: Delete(
        *common, _object_uri(document), text_of(document.get("summary"))[:MAX_COMMENT_LETTERS]
    ),
    "Follow": lambda common, document: Follow(*common, _object_uri(document)),
    "Accept": lambda common, document: Accept(*common, _object(document), reference_of(document.get("result"))),
    "Reject": lambda common, document: Reject(*common, _object(document), _comment(document)),
    "Offer": lambda common, document: Offer(*common, _object(document), moment_of(document.get("published"))),
    "Undo": lambda common, document: Undo(*common, _object(document)),
    "Like": _like,
    "EmojiReact": _like,
    "Announce": lambda common, document: Announce(*common, _object(document), moment_of(document.get("published"))),
    "Add": lambda common, document: Add(*common, _object(document), _required_uri(document, "target")),
    "Remove": _remove,
    "Join": _join,
    "Leave": _leave,
    "Invite": _invite,
    "Lock": _lock,
    "Block": _block,
    "Flag": _flag,
    "Move": lambda common, document: Move(*common, _object_uri(document), _required_uri(document, "target")),
    "QuoteRequest": _quote_request,
}
