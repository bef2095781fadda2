"""What stands in the composer, and the draft that it means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, cast, get_args

from usi_fed.accounts.model import Account
from usi_fed.actors.model import Actor
from usi_fed.errors import InvalidInput
from usi_fed.posts.model import Draft, PollDraft, Post, QuotePolicy, Visibility
from usi_fed.posts.polls import check_poll_end

FILES, OPTIONS = 4, 4
POLL_DAYS = (1, 3, 7, 14)
TEXTS = ("text", "warning", "title")


@dataclass(frozen=True, slots=True)
class Composer:
    """The composer as it is filled in. `files` are uploads that wait for the post, with their descriptions."""

    text: str = ""
    warning: str = ""
    title: str = ""
    language: str = ""
    visibility: Visibility = "public"
    quote_policy: QuotePolicy = "public"
    is_local_only: bool = False
    is_markdown: bool = False
    hides_media: bool = False
    options: tuple[str, ...] = ()
    is_multiple: bool = False
    poll_days: int = 3
    answer_to: int | None = None
    quote_of: int | None = None
    files: dict[int, str] = field(default_factory=dict)


def empty(account: Account) -> Composer:
    """The composer for a new post, as its author usually writes."""
    usual = account.preferences
    return Composer(
        language=usual.get("language") or account.locale,
        visibility=usual.get("visibility", "public"),
        quote_policy=usual.get("quote_policy", "public"),
        is_markdown=usual.get("content_type") == "text/markdown",
        hides_media=usual.get("sensitive", False),
    )


def answer_to(parent: Post, author: Actor, named: list[str], account: Account, handle: str) -> Composer:
    """The composer for an answer: to the same people or fewer, in the same language, naming who is concerned."""
    usual = empty(account)
    order = get_args(Visibility)
    names = [name for name in dict.fromkeys([f"@{_handle_of(author)}", *named]) if name != handle]
    return Composer(
        text="".join(f"{name} " for name in names),
        warning=parent.warning,
        language=parent.language or usual.language,
        visibility=max(parent.visibility, usual.visibility, key=order.index),
        quote_policy=usual.quote_policy,
        is_local_only=parent.local_only,
        is_markdown=usual.is_markdown,
        answer_to=parent.id,
    )


def of_post(post: Post, files: dict[int, str]) -> Composer:
    """The composer for correcting a post."""
    return Composer(
        text=post.source or "",
        warning=post.warning,
        title=post.title,
        language=post.language or "",
        visibility=post.visibility,
        quote_policy=post.quote_policy,
        is_local_only=post.local_only,
        is_markdown=post.source_type == "text/markdown",
        hides_media=post.sensitive,
        files=files,
    )


def of_form(fields: Mapping[str, str]) -> Composer:
    """The composer as somebody sent it.

    Raises:
        InvalidInput: a choice is none of those that are offered.
    """
    days = fields.get("poll_days", "3")
    if days not in map(str, POLL_DAYS):
        raise InvalidInput("poll_days", f"must be one of {', '.join(map(str, POLL_DAYS))}")
    return Composer(
        **{name: fields.get(name, "").replace("\r\n", "\n") for name in TEXTS},
        language=fields.get("language", ""),
        visibility=cast(Visibility, _choice(fields, "visibility", get_args(Visibility))),
        quote_policy=cast(QuotePolicy, _choice(fields, "quote_policy", get_args(QuotePolicy))),
        is_local_only="local_only" in fields,
        is_markdown="markdown" in fields,
        hides_media="sensitive" in fields,
        options=tuple(fields.get(f"option-{number}", "").strip() for number in range(OPTIONS)),
        is_multiple="multiple" in fields,
        poll_days=int(days),
        answer_to=_id(fields, "answer_to"),
        quote_of=_id(fields, "quote_of"),
        files={
            number: fields.get(f"description-{number}", "").strip()
            for number in (_id(fields, name) for name in fields if name.startswith("file-"))
            if number is not None
        },
    )


def draft_of(composer: Composer, now: datetime) -> Draft:
    """What the composer means.

    Raises:
        InvalidInput: the poll has too few options, or one twice.
    """
    kind: Literal["text/plain", "text/markdown"] = "text/markdown" if composer.is_markdown else "text/plain"
    return Draft(
        text=composer.text,
        text_type=kind,
        title=composer.title.strip(),
        warning=composer.warning.strip(),
        sensitive=composer.hides_media,
        language=composer.language or None,
        visibility=composer.visibility,
        local_only=composer.is_local_only,
        in_reply_to_id=composer.answer_to,
        quote_of_id=composer.quote_of,
        quote_policy=composer.quote_policy,
        media_ids=tuple(composer.files),
        media_descriptions=dict(composer.files),
        poll=_poll(composer, now),
    )


def _poll(composer: Composer, now: datetime) -> PollDraft | None:
    options = tuple(option for option in composer.options if option)
    if not options:
        return None
    ends_at = now + timedelta(days=composer.poll_days)
    check_poll_end(ends_at, now)
    return PollDraft(options, composer.is_multiple, ends_at)


def _choice(fields: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = fields.get(name, allowed[0])
    if value not in allowed:
        raise InvalidInput(name, f"must be one of {', '.join(allowed)}")
    return value


def _id(fields: Mapping[str, str], name: str) -> int | None:
    value = fields.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else None


def _handle_of(actor: Actor) -> str:
    return f"{actor.username}@{actor.domain}" if actor.domain else actor.username
