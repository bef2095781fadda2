"""Posts as they come over the wire: Note, Question, Article and their like.

Spec: Activity Vocabulary section 3.3; `../shared/interop/mastodon.md` sections 6 and 9; FEP-044f, FEP-e232, FEP-7888.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

from usi_fed.activitypub.addressing import Level, addressees, level_of, quote_approval
from usi_fed.activitypub.attachments import ParsedAttachment, parse_attachments, parse_links
from usi_fed.activitypub.lenient import (
    MAX_URI_LETTERS,
    count_of,
    each,
    has_type,
    is_uri,
    link_of,
    mapping_of,
    moment_of,
    shares_origin,
    text_of,
    types_of,
    uri_of,
    uris_of,
)
from usi_fed.activitypub.polls import ParsedPoll, parse_poll
from usi_fed.errors import MalformedActivity

MAX_TAGS = 100
MAX_MENTIONS = 50
MAX_AUTHORS = 20
MAX_NAME_LETTERS = 2048
MAX_EMBEDDED_REPLIES = 5
MAX_WORDINGS = 8
MAX_WORDING_LETTERS = 200_000

# What becomes a post here, and under which name. A ChatMessage (Pleroma, older Lemmy) is a direct Note.
KINDS = {
    "Note": "Note",
    "ChatMessage": "Note",
    "Question": "Question",
    "Article": "Article",
    "Page": "Page",
    "Event": "Event",
    "Video": "Video",
    "Audio": "Audio",
    "Image": "Image",
}

_QUOTE_TERMS = ("quote", "_misskey_quote", "quoteUrl", "quoteUri")
_QUOTE_RELATION = "https://misskey-hub.net/ns#_misskey_quote"


class ParsedWording(NamedTuple):
    """The texts of an object in a further language, unsanitised; "" for those that are not translated."""

    language: str
    content: str
    name: str
    summary: str


class ParsedMention(NamedTuple):
    """A Mention tag: the actor's URI, and the handle as written, "" when there was none."""

    href: str
    name: str


@dataclass(frozen=True, slots=True)
class ParsedObject:
    """One object of another server, read leniently; nothing in it is proven but its form.

    `kind` is the post's kind (`KINDS`), None for everything that is no post here. `name` is plain text, `summary`
    and `content` are unsanitised and of `media_type`, in `language`; `wordings` has them in further languages.
    `hashtags` are without their #. `emoji_tags` are the Emoji tags, otherwise as received. `reply_hints` are the
    replies that were embedded: at most five, of the object's own origin. `links` are the pages that it points to
    beside its text. `quote_approval` are the URIs of
    `interactionPolicy.canQuote`, see `addressing.quote_policy_of`. The counts are what the object's server claims.
    `level` is what `usi:level` says.
    """

    uri: str
    types: tuple[str, ...]
    kind: str | None
    attributed_to: tuple[str, ...]
    to: tuple[str, ...]
    cc: tuple[str, ...]
    audience: tuple[str, ...]
    published: datetime | None
    updated: datetime | None
    name: str
    summary: str
    content: str
    media_type: str
    language: str | None
    wordings: tuple[ParsedWording, ...]
    sensitive: bool
    in_reply_to: str | None
    conversation: str | None
    context: str | None
    url: str | None
    attachments: tuple[ParsedAttachment, ...]
    links: tuple[str, ...]
    mentions: tuple[ParsedMention, ...]
    hashtags: tuple[str, ...]
    emoji_tags: tuple[Mapping[str, object], ...]
    replies_uri: str | None
    reply_hints: tuple[str, ...]
    likes_count: int | None
    shares_count: int | None
    poll: ParsedPoll | None
    quote_uri: str | None
    quote_authorization: str | None
    quote_approval: tuple[str, ...] | None
    level: Level

    @classmethod
    def parse(cls, document: Mapping[str, object]) -> Self:
        """Read an untrusted object. Only its `id` must be right; of all else the unusable is left out.

        Raises:
            MalformedActivity: `id` is missing or no http(s) URI.
        """
        uri = document.get("id")
        if not isinstance(uri, str) or not is_uri(uri):
            raise MalformedActivity("the object has no usable id")
        types = types_of(document)
        content, language = _content(document)
        tags = _tags(document.get("tag"))
        replies_uri, reply_hints = _replies(document.get("replies"), uri)
        conversation = text_of(document.get("conversation"))
        kind = next((KINDS[name] for name in types if name in KINDS), None)
        return cls(
            uri=uri,
            types=types,
            kind=kind,
            attributed_to=uris_of(document.get("attributedTo") or document.get("actor"), MAX_AUTHORS),
            to=addressees(document.get("to")),
            cc=addressees(document.get("cc")),
            audience=addressees(document.get("audience")),
            published=moment_of(document.get("published")),
            updated=moment_of(document.get("updated")),
            name=_mapped(document, "name")[:MAX_NAME_LETTERS],
            summary=_mapped(document, "summary"),
            content=content,
            media_type=text_of(document.get("mediaType")) or "text/html",
            language=language,
            wordings=_wordings(document, content, language),
            sensitive=document.get("sensitive") is True,
            in_reply_to=uri_of(document.get("inReplyTo")),
            conversation=conversation if 0 < len(conversation) <= MAX_URI_LETTERS else None,
            context=uri_of(document.get("context")),
            url=link_of(document.get("url")),
            attachments=parse_attachments(document),
            links=parse_links(document),
            mentions=tags.mentions,
            hashtags=tags.hashtags,
            emoji_tags=tags.emojis,
            replies_uri=replies_uri,
            reply_hints=reply_hints,
            likes_count=count_of(mapping_of(document.get("likes")).get("totalItems")),
            shares_count=count_of(mapping_of(document.get("shares")).get("totalItems")),
            poll=parse_poll(document) if kind == "Question" else None,
            quote_uri=_quote(document) or tags.quote,
            quote_authorization=uri_of(document.get("quoteAuthorization")),
            quote_approval=quote_approval(document),
            level=level_of(document.get("usi:level")),
        )

    @property
    def author(self) -> str | None:
        """Who wrote it: the first in `attributedTo`."""
        return self.attributed_to[0] if self.attributed_to else None

    @property
    def is_vote(self) -> bool:
        """Whether this may be a vote in a poll: a Note that names an option and says nothing. Spec: FEP-9967"""
        return self.kind == "Note" and bool(self.name) and not self.content and self.in_reply_to is not None

    def vouches_for_author(self) -> bool:
        """Whether every author it names lives where it lives: only then its server can speak for them.

        Spec: `../shared/interop/security.md` section 2
        """
        return bool(self.attributed_to) and all(shares_origin(self.uri, author) for author in self.attributed_to)


class _Tags(NamedTuple):
    mentions: tuple[ParsedMention, ...] = ()
    hashtags: tuple[str, ...] = ()
    emojis: tuple[Mapping[str, object], ...] = ()
    quote: str | None = None


def _tags(value: object) -> _Tags:
    if not value:
        return _Tags()
    mentions: dict[str, ParsedMention] = {}
    hashtags: dict[str, None] = {}
    emojis: list[Mapping[str, object]] = []
    quote = None
    for entry in each(value)[:MAX_TAGS]:
        if not isinstance(entry, Mapping):
            continue
        name, href = text_of(entry.get("name")), entry.get("href")
        if has_type(entry, "Mention"):
            if isinstance(href, str) and is_uri(href) and len(mentions) < MAX_MENTIONS:
                mentions.setdefault(href, ParsedMention(href, name[:MAX_NAME_LETTERS]))
        elif has_type(entry, "Hashtag"):
            hashtags[name.removeprefix("#")[:MAX_NAME_LETTERS]] = None
        elif has_type(entry, "Emoji"):
            emojis.append({**entry, "type": "Emoji"})
        elif has_type(entry, "Link") and _QUOTE_RELATION in each(entry.get("rel")):
            quote = quote or uri_of(href)
    hashtags.pop("", None)
    return _Tags(tuple(mentions.values()), tuple(hashtags), tuple(emojis), quote)


def _mapped(document: Mapping[str, object], term: str) -> str:
    """A text property, or the first of its translations."""
    value = document.get(term)
    if isinstance(value, str) and value:
        return value
    return text_of(value) or _first_translation(document.get(f"{term}Map"))[0]


def _content(document: Mapping[str, object]) -> tuple[str, str | None]:
    """The text and its language: that of the translation which is the text itself, or else the first one."""
    translated, language = _first_translation(document.get("contentMap"))
    content = text_of(document.get("content")) or translated
    language = _language_of(content, document.get("contentMap")) or language
    if language is None:
        language = (
            _first_translation(document.get("nameMap"))[1]
            or _first_translation(document.get("summaryMap"))[1]
            or text_of(mapping_of(document.get("language")).get("identifier"))
            or text_of(document.get("inLanguage"))
            or None
        )
    return content, language


def _language_of(content: str, translations: object) -> str | None:
    if not isinstance(translations, Mapping):
        return None
    return next((language for language, text in translations.items() if text == content), None)


def _wordings(document: Mapping[str, object], content: str, language: str | None) -> tuple[ParsedWording, ...]:
    """The other translations of the text, as many and as long as anybody would read."""
    translations = document.get("contentMap")
    if not isinstance(translations, Mapping) or len(translations) < 2:
        return ()
    names, summaries = mapping_of(document.get("nameMap")), mapping_of(document.get("summaryMap"))
    found: list[ParsedWording] = []
    room = MAX_WORDING_LETTERS
    for tag, text in translations.items():
        if tag == language or not isinstance(text, str) or not text or text == content:
            continue
        wording = ParsedWording(tag, text, text_of(names.get(tag))[:MAX_NAME_LETTERS], text_of(summaries.get(tag)))
        room -= len(text) + len(wording.summary)
        if room < 0 or len(found) == MAX_WORDINGS:
            break
        found.append(wording)
    return tuple(found)


def _first_translation(value: object) -> tuple[str, str | None]:
    if isinstance(value, Mapping):
        for language, text in value.items():
            if isinstance(text, str):
                return text, language
    return "", None


def _replies(value: object, uri: str) -> tuple[str | None, tuple[str, ...]]:
    """The collection's URI, and the replies embedded in its first page, if both are of the object's own server."""
    collection_uri = uri_of(value)
    collection = mapping_of(value)
    page = mapping_of(collection.get("first")) or collection
    items = each(page.get("items") or page.get("orderedItems")) if page else []
    hints = (hint for hint in uris_of(items, MAX_EMBEDDED_REPLIES) if shares_origin(hint, uri)) if items else ()
    is_its_own = collection_uri is not None and shares_origin(collection_uri, uri)
    return collection_uri if is_its_own else None, tuple(hints)


def _quote(document: Mapping[str, object]) -> str | None:
    """The quoted post; BookWyrm has a `quote` that is a text, so only a URI counts."""
    for term in _QUOTE_TERMS:
        if term in document:
            found = uri_of(document[term])
            if found is not None:
                return found
    return None
