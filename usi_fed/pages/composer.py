"""What stands in the composer, and the draft that it means."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, cast, get_args

from usi_fed.accounts.model import Account
from usi_fed.actors.model import Actor
from usi_fed.errors import InvalidInput
from usi_fed.posts.drafts_store import KeptDraft
from usi_fed.posts.kept_drafts import of_json
from usi_fed.posts.model import VISIBILITY_AT, Draft, Level, PollDraft, Post, QuotePolicy, Visibility, Wording
from usi_fed.posts.polls import MOST_OPTIONS, check_poll_end
from usi_fed.posts.service import MOST_MEDIA, MOST_MEDIA_OF_ARTICLE, MOST_WORDINGS
from usi_fed.sentences import Sentence
from usi_fed.translation import at_place, place_of

OPTIONS = 4
POLL_DAYS = (1, 3, 7, 14)
TEXTS = ("text", "warning", "title")


@dataclass(frozen=True, slots=True)
class Composer:
    """The composer as it is filled in. `files` are uploads that wait for the post, with their descriptions.

    `words` are descriptions without a file yet, by the number of their field.
    `kept_id` is the draft that it goes on with. `day` and `time` are when to publish it, as typed.
    """

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
    words: dict[str, str] = field(default_factory=dict)
    wordings: tuple[Wording, ...] = ()
    kept_id: int | None = None
    day: str = ""
    time: str = ""
    is_article: bool = False
    level: Level = ""
    circles: tuple[int, ...] = ()

    @property
    def readers(self) -> str:
        """Who may read it, as one choice of the form."""
        return self.level or self.visibility

    @property
    def most_files(self) -> int:
        """How many files it may have."""
        return MOST_MEDIA_OF_ARTICLE if self.is_article else MOST_MEDIA


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


def answer_to(
    parent: Post, author: Actor, named: list[str], account: Account, handle: str, circles: Collection[int] = ()
) -> Composer:
    """The composer for an answer: to the same people or fewer, in the same language, naming who is concerned.

    `circles` are those of the parent to which who answers belongs.
    """
    usual = empty(account)
    order = get_args(Visibility)
    names = [name for name in dict.fromkeys([f"@{_handle_of(author)}", *named]) if name != handle]
    return Composer(
        text="".join(f"{name} " for name in names),
        warning=parent.warning,
        language=parent.language or usual.language,
        visibility=parent.visibility if parent.level else max(parent.visibility, usual.visibility, key=order.index),
        quote_policy=usual.quote_policy,
        is_local_only=parent.local_only,
        is_markdown=usual.is_markdown,
        answer_to=parent.id,
        level=parent.level,
        circles=tuple(circles),
    )


def of_post(post: Post, files: dict[int, str], circles: Collection[int] = ()) -> Composer:
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
        wordings=tuple(
            Wording(one["language"], one.get("source", ""), one["title"], one["warning"]) for one in post.wordings
        ),
        is_article=bool(post.title),
        level=post.level,
        circles=tuple(circles),
    )


def of_kept(kept: KeptDraft, now: datetime) -> Composer:
    """The composer for going on with a draft."""
    draft = of_json(kept.draft, now)
    day, time = place_of(kept.scheduled_at) if kept.scheduled_at else ("", "")
    return Composer(
        text=draft.text,
        warning=draft.warning,
        title=draft.title,
        language=draft.language or "",
        visibility=draft.visibility,
        quote_policy=draft.quote_policy,
        is_local_only=draft.local_only,
        is_markdown=draft.text_type == "text/markdown",
        hides_media=draft.sensitive,
        options=draft.poll.options if draft.poll else (),
        is_multiple=bool(draft.poll and draft.poll.multiple),
        poll_days=_days(kept.draft),
        answer_to=draft.in_reply_to_id,
        quote_of=draft.quote_of_id,
        files={file_id: draft.media_descriptions.get(file_id, "") for file_id in draft.media_ids},
        wordings=draft.wordings,
        kept_id=kept.id,
        day=day,
        time=time,
        is_article=draft.is_article or bool(draft.title.strip()),
        level=draft.level,
        circles=draft.circles,
    )


def _days(kept: dict[str, Any]) -> int:
    """The offered length that is nearest to what the poll was made with; applications offer others."""
    seconds = (kept["poll"] or {}).get("seconds")
    return min(POLL_DAYS, key=lambda days: abs(days * 86_400 - seconds)) if seconds else 3


def of_form(fields: Mapping[str, str]) -> Composer:
    """The composer as somebody sent it.

    Raises:
        InvalidInput: a choice is none of those that are offered.
    """
    days = fields.get("poll_days", "3")
    if days not in map(str, POLL_DAYS):
        raise InvalidInput("poll_days", f"must be one of {', '.join(map(str, POLL_DAYS))}")
    readers = _choice(fields, "visibility", (*get_args(Visibility), *VISIBILITY_AT))
    level: Level = next((level for level in VISIBILITY_AT if level == readers), "")
    return Composer(
        **{name: fields.get(name, "").replace("\r\n", "\n") for name in TEXTS},
        language=fields.get("language", ""),
        visibility=VISIBILITY_AT[level] if level else cast(Visibility, readers),
        quote_policy=cast(QuotePolicy, _choice(fields, "quote_policy", get_args(QuotePolicy))),
        is_local_only="local_only" in fields,
        is_markdown="markdown" in fields,
        hides_media="sensitive" in fields,
        options=tuple(fields.get(f"option-{number}", "").strip() for number in range(MOST_OPTIONS)),
        is_multiple="multiple" in fields,
        poll_days=int(days),
        answer_to=_id(fields, "answer_to"),
        quote_of=_id(fields, "quote_of"),
        files={
            number: fields.get(f"description-{number}", "").strip()
            for number in (_id(fields, name) for name in fields if name.startswith("file-"))
            if number is not None and f"drop-{number}" not in fields
        },
        words={
            name.removeprefix("words-"): words.strip()
            for name, words in fields.items()
            if name.startswith("words-") and words.strip()
        },
        wordings=tuple(
            wording for number in range(MOST_WORDINGS) if (wording := _wording(fields, number)).text.strip()
        ),
        kept_id=_id(fields, "kept_id"),
        day=fields.get("day", ""),
        time=fields.get("time", ""),
        is_article="article" in fields or bool(fields.get("title", "").strip()),
        level=level,
        circles=tuple(
            number
            for number in (_id(fields, name) for name in fields if name.startswith("circle-"))
            if number is not None
        ),
    )


def _wording(fields: Mapping[str, str], number: int) -> Wording:
    names = ("language", "text", "title", "warning")
    return Wording(**{name: fields.get(f"{name}-{number}", "").replace("\r\n", "\n") for name in names})


def moment_of(composer: Composer) -> datetime:
    """When the composer is to be published: its day and time where the reader's clock is.

    Raises:
        InvalidInput: it says no day or no time.
    """
    try:
        return at_place(composer.day, composer.time)
    except ValueError as error:
        raise InvalidInput("scheduled_at", Sentence("choose a day and a time")) from error


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
        wordings=composer.wordings,
        is_article=composer.is_article,
        level=composer.level,
        circles=composer.circles if composer.level == "circle" else (),
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
