"""What a client sends to write or change a post, and the draft made of it."""

from datetime import datetime, timedelta
from typing import Literal

import msgspec

from usi_fed.accounts.model import Account
from usi_fed.api.params import Id
from usi_fed.errors import InvalidInput
from usi_fed.posts.model import VISIBILITY_AT, Draft, PollDraft, Post, QuotePolicy, Visibility, Wording
from usi_fed.posts.polls import check_poll_end
from usi_fed.posts.visibility import narrower
from usi_fed.text.language import find_spoken_language


class PollParams(msgspec.Struct):
    """A poll; `expires_in` is in seconds."""

    options: list[str]
    expires_in: int
    multiple: bool = False
    hide_totals: bool = False


class MediaAttributes(msgspec.Struct):
    """A new description for an attached file, given with an edit."""

    id: Id
    description: str | None = None


class StatusParams(msgspec.Struct):
    """A post as a client wants it. `content_type`, `title`, `local_only`, `usi_level` and `usi_circles` are more
    than Mastodon has.
    """

    status: str | None = None
    spoiler_text: str | None = None
    sensitive: bool | None = None
    visibility: Visibility | None = None
    language: str | None = None
    in_reply_to_id: Id | None = None
    media_ids: list[Id] | None = None
    media_attributes: list[MediaAttributes] | None = None
    poll: PollParams | None = None
    scheduled_at: str | None = None
    quoted_status_id: Id | None = None
    quote_approval_policy: QuotePolicy | None = None
    content_type: Literal["text/plain", "text/markdown"] | None = None
    title: str | None = None
    local_only: bool | None = None
    usi_level: Literal["movement", "circle"] | None = None
    usi_circles: list[Id] | None = None


def draft_of(asked: StatusParams, account: Account, now: datetime, widest: Visibility = "public") -> Draft:
    """The draft of a new post; what is not given follows the author's preferences, for no more people than `widest`.

    Raises:
        InvalidInput: the poll's end is too near or too far.
    """
    preferences = account.preferences
    level = asked.usi_level or ""
    usual: Visibility = preferences.get("visibility", "public")
    return Draft(
        text=asked.status or "",
        text_type=asked.content_type or preferences.get("content_type", "text/plain"),
        title=asked.title or "",
        warning=asked.spoiler_text or "",
        sensitive=preferences.get("sensitive", False) if asked.sensitive is None else asked.sensitive,
        language=asked.language or preferences.get("language") or account.locale,
        visibility=VISIBILITY_AT.get(level, asked.visibility or narrower(usual, widest)),
        local_only=bool(asked.local_only),
        in_reply_to_id=asked.in_reply_to_id,
        quote_of_id=asked.quoted_status_id,
        quote_policy=asked.quote_approval_policy or preferences.get("quote_policy", "public"),
        media_ids=tuple(asked.media_ids or ()),
        media_descriptions=_descriptions(asked),
        poll=_poll(asked.poll, now),
        level=level,
        circles=tuple(asked.usi_circles or ()) if level == "circle" else (),
    )


def edited_draft_of(asked: StatusParams, before: Post, now: datetime) -> Draft:
    """The draft of an edit: what is not given is taken away, as Mastodon does; language, markup and title stay.

    So do the versions in further languages, of which applications know nothing.

    Raises:
        InvalidInput: the poll's end is too near or too far.
    """
    markdown = (asked.content_type or before.source_type) == "text/markdown"
    title = before.title if asked.title is None else asked.title
    language = asked.language or before.language
    return Draft(
        text=asked.status or "",
        text_type="text/markdown" if markdown else "text/plain",
        title=title,
        warning=asked.spoiler_text or "",
        sensitive=bool(asked.sensitive),
        language=language,
        wordings=tuple(
            Wording(one["language"], one["source"], (one["title"] or title) if title.strip() else "", one["warning"])
            for one in before.wordings
            if one["language"] != find_spoken_language(language)
        ),
        media_ids=tuple(asked.media_ids or ()),
        media_descriptions=_descriptions(asked),
        poll=_poll(asked.poll, now),
    )


def _descriptions(asked: StatusParams) -> dict[int, str]:
    return {one.id: one.description for one in asked.media_attributes or () if one.description is not None}


def _poll(asked: PollParams | None, now: datetime) -> PollDraft | None:
    if asked is None:
        return None
    if not 0 < asked.expires_in < 10**9:
        raise InvalidInput("poll[expires_in]", "must be a number of seconds")
    ends_at = now + timedelta(seconds=asked.expires_in)
    check_poll_end(ends_at, now)
    return PollDraft(tuple(asked.options), asked.multiple, ends_at, asked.hide_totals)
