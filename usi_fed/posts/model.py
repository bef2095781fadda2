"""A post as the house knows it, and what one is made from."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

Visibility = Literal["public", "unlisted", "private", "direct"]
Level = Literal["", "movement", "circle"]
QuotePolicy = Literal["public", "followers", "nobody"]
QuoteState = Literal["pending", "accepted", "rejected", "revoked"]

ANNOUNCE = "Announce"
PUBLIC_VISIBILITIES: tuple[Visibility, ...] = ("public", "unlisted")
VISIBILITY_AT: dict[Level, Visibility] = {"movement": "private", "circle": "direct"}
"""What a post of a level is for programs that do not know levels."""


class Post(NamedTuple):
    """One post, or one boost of a post (kind Announce). The fields are the columns of `posts`, in order."""

    id: int
    uri: str
    url: str | None
    kind: str
    author_id: int
    local: bool
    visibility: Visibility
    local_only: bool
    boost_of_id: int | None
    in_reply_to_id: int | None
    in_reply_to_uri: str | None
    in_reply_to_author_id: int | None
    thread_id: int
    context_uri: str | None
    title: str
    warning: str
    content: str
    source: str | None
    source_type: str | None
    language: str | None
    sensitive: bool
    emojis: list[dict[str, Any]]
    published: datetime
    edited_at: datetime | None
    replies_count: int
    boosts_count: int
    likes_count: int
    origin_likes_count: int | None
    origin_boosts_count: int | None
    replies_uri: str | None
    replies_fetched_at: datetime | None
    quote_uri: str | None
    quote_of_id: int | None
    quote_state: QuoteState | None
    quote_stamp_uri: str | None
    quote_policy: QuotePolicy
    application_id: int | None
    to_uris: list[str]
    cc_uris: list[str]
    revision: int
    wordings: list[dict[str, str]]
    level: Level

    @property
    def is_boost(self) -> bool:
        """Whether this row only passes on another post."""
        return self.boost_of_id is not None

    @property
    def is_public(self) -> bool:
        """Whether anybody may read it: public or unlisted."""
        return self.visibility in PUBLIC_VISIBILITIES

    @property
    def is_for_everybody(self) -> bool:
        """Whether it is public and may leave this server."""
        return self.is_public and not self.local_only


@dataclass(frozen=True, slots=True)
class PollDraft:
    """A poll as its author asks for it."""

    options: tuple[str, ...]
    multiple: bool
    ends_at: datetime | None
    hides_totals: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """What a draft says, in a further language; as typed."""

    language: str
    text: str
    title: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a local author wants to say; everything is as typed.

    `text` is plain text or Markdown, by `text_type`. `title` makes it an Article.
    `quote_of_id` is a post to quote. `media_ids` are the author's own unattached uploads, in order.
    `wordings` are the same in other languages than `language`. `is_article`: it is being written as one, and may
    still have no title. `level` narrows `visibility`, which is then what `VISIBILITY_AT` says; `circles` are the groups
    and organisations whose people may read what has the level circle.
    """

    text: str
    text_type: Literal["text/plain", "text/markdown"] = "text/plain"
    title: str = ""
    warning: str = ""
    sensitive: bool = False
    language: str | None = None
    visibility: Visibility = "public"
    local_only: bool = False
    in_reply_to_id: int | None = None
    quote_of_id: int | None = None
    quote_policy: QuotePolicy = "public"
    media_ids: tuple[int, ...] = ()
    media_descriptions: dict[int, str] = field(default_factory=dict)
    poll: PollDraft | None = None
    wordings: tuple[Wording, ...] = ()
    is_article: bool = False
    level: Level = ""
    circles: tuple[int, ...] = ()
