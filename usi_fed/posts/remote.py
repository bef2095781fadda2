"""Posts of other servers, from the wire into the database: taken in, changed, refreshed.

Everything here is given a proven author: who may say what is the inbox's to decide (`inbox/`).
"""

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from html import escape
from typing import Any

from sqlalchemy import Connection

from usi_fed.activitypub.addressing import PUBLIC, quote_policy_of, visibility_of
from usi_fed.activitypub.lenient import shares_origin
from usi_fed.activitypub.objects import ParsedObject
from usi_fed.activitypub.polls import ParsedPoll
from usi_fed.actors.belonging import belongs
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors_by_uri
from usi_fed.errors import MalformedActivity
from usi_fed.media.store import add_remote_media, drop_media_of
from usi_fed.posts.model import ANNOUNCE, VISIBILITY_AT, Post, QuoteState
from usi_fed.posts.polls_store import Poll, drop_poll, lock_poll, put_poll
from usi_fed.posts.stamps_store import is_revoked
from usi_fed.posts.store import (
    add_mentions,
    add_post,
    add_tags,
    change_post,
    find_post,
    is_buried,
    mentioned_ids,
    set_circles,
    set_mentions,
    set_tags,
)
from usi_fed.posts.versions_store import keep_version
from usi_fed.posts.visibility import narrower
from usi_fed.text.compose import MARKDOWN, PLAIN, render
from usi_fed.text.emoji import find_emojis
from usi_fed.text.language import find_language
from usi_fed.text.links import link_html
from usi_fed.text.plain import clean_name, to_text
from usi_fed.text.sanitise import sanitise
from usi_fed.text.tags import find_tag_key

LONGEST_TITLE = 2048
LONGEST_WARNING = 10_000
# Stored moments are no finer: what many servers say to the microsecond is not later because of that.
STORED_TO = timedelta(milliseconds=1)
# Shown by their words, with a title; of the others Mastodon shows a title and a link, we show all there is.
PLAIN_KINDS = frozenset({"Note", "Question"})
# An end tag, or a tag with an attribute.
_MARKUP = re.compile(r"</[a-zA-Z]|<[a-zA-Z][a-zA-Z0-9]*\s+[a-zA-Z-]+\s*=")


class Change(StrEnum):
    """What an Update did to a post."""

    EDITED = "edited"
    REFRESHED = "refreshed"
    NOTHING = "nothing"


def take_in(
    connection: Connection,
    parsed: ParsedObject,
    author: Actor,
    now: datetime,
    recipient_id: int | None = None,
    passed_on_by: int | None = None,
) -> Post | None:
    """Store a post that `author` made at another server; None when it is known or was deleted before.

    `recipient_id` is whose personal inbox it came to: they may read it even if it does not name them (`bto`, `bcc`).
    `passed_on_by` is the group that has passed it on to its members.
    """
    if parsed.kind is None or is_buried(connection, parsed.uri, author.uri):
        return None
    published = min(parsed.published or now, now)
    # A change in the future would keep every honest one out until then.
    updated = min(parsed.updated or published, now)
    parent = find_post(connection, parsed.in_reply_to) if parsed.in_reply_to else None
    values: dict[str, Any] = {
        "uri": parsed.uri,
        "author_id": author.id,
        "local": False,
        "published": published,
        "edited_at": updated if updated > published else None,
        "in_reply_to_uri": parsed.in_reply_to,
        "context_uri": parsed.context or parsed.conversation,
        **_words(parsed),
        **_addressing(parsed, author),
        **_claims(parsed, author),
        **_quote(connection, parsed, author),
    }
    if parent is not None:
        values["in_reply_to_id"] = parent.id
        values["in_reply_to_author_id"] = parent.author_id
        values["thread_id"] = parent.thread_id
    post = add_post(connection, values)
    if post is None:
        return None
    add_mentions(connection, post.id, _with_recipient(_people(connection, parsed, author), post, recipient_id))
    if post.level == "circle":
        set_circles(connection, post.id, _circles(connection, parsed, author, passed_on_by))
    add_tags(connection, post, _hashtags(parsed))
    _add_media(connection, post, parsed, now)
    if parsed.poll is not None:
        put_poll(connection, _poll(post.id, parsed.poll, None, now))
    return post


def take_in_boost(
    connection: Connection,
    uri: str,
    actor: Actor,
    target: Post,
    *,
    published: datetime | None,
    to: Iterable[str],
    cc: Iterable[str],
    now: datetime,
) -> Post | None:
    """Store that an actor at another server passed on a post; None when it did so before, or took it back."""
    if is_buried(connection, uri, actor.uri):
        return None
    to_uris, cc_uris = list(to), list(cc)
    addressed = visibility_of(to_uris, cc_uris, actor.followers_uri)
    # An Announce addressed to nobody is Lemmy's and PeerTube's habit: it is as public as what it passes on, never more.
    visibility = target.visibility if addressed == "direct" and not to_uris else narrower(addressed, target.visibility)
    values = {
        "uri": uri,
        "url": target.url,
        "kind": ANNOUNCE,
        "author_id": actor.id,
        "local": False,
        "visibility": visibility,
        "boost_of_id": target.id,
        "thread_id": target.thread_id,
        "published": min(published or now, now),
        "to_uris": to_uris,
        "cc_uris": cc_uris,
    }
    return add_post(connection, values)


def apply_update(connection: Connection, post: Post, parsed: ParsedObject, author: Actor, now: datetime) -> Change:
    """Bring a post to what its own server now says of it.

    Only a later `updated` than the one we know changes words, media and tags; without it only counts, the poll and the
    rules for quoting are refreshed.

    Spec: `../shared/interop/mastodon.md` section 7, Update
    """
    known = post.edited_at or post.published
    if parsed.updated is None or parsed.updated < known + STORED_TO:
        return _refresh(connection, post, parsed, author, now)
    keep_version(connection, post, now)
    changed = change_post(
        connection,
        post.id,
        edited_at=min(parsed.updated, now),
        **_words(parsed),
        **_claims(parsed, author),
        **({} if _is_same_quote(post, parsed) else _quote(connection, parsed, author)),
    )
    unnamed = {actor_id: True for actor_id, silent in mentioned_ids(connection, post.id).items() if silent}
    set_mentions(connection, post.id, unnamed | _people(connection, parsed, author))
    set_tags(connection, changed, _hashtags(parsed))
    drop_media_of(connection, post.id)
    _add_media(connection, changed, parsed, now)
    _edit_poll(connection, post.id, parsed.poll, now)
    return Change.EDITED


def _refresh(connection: Connection, post: Post, parsed: ParsedObject, author: Actor, now: datetime) -> Change:
    if parsed.updated is not None and parsed.updated < (post.edited_at or post.published):
        return Change.NOTHING
    change_post(connection, post.id, **_claims(parsed, author), **_new_stamp(post, parsed))
    _count_anew(connection, post.id, parsed.poll, now)
    return Change.REFRESHED


# ---- the parts of a post ----


def _words(parsed: ParsedObject) -> dict[str, Any]:
    is_plain = parsed.kind in PLAIN_KINDS
    content = _html(parsed, parsed.content)
    if not is_plain and not content:
        content = sanitise(parsed.summary)
    return {
        "kind": parsed.kind,
        "url": parsed.url or parsed.uri,
        "title": clean_name(to_text(parsed.name), LONGEST_TITLE) if parsed.name and parsed.kind != "Question" else "",
        "warning": clean_name(_warning(parsed.summary or ""), LONGEST_WARNING) if is_plain else "",
        "content": content + _links(parsed, content),
        "language": find_language(parsed.language),
        "wordings": _wordings(parsed),
        "sensitive": parsed.sensitive,
        "emojis": [
            {"shortcode": emoji.shortcode, "url": emoji.image_url} for emoji in find_emojis(list(parsed.emoji_tags))
        ],
    }


def _warning(summary: str) -> str:
    """The specification says HTML; Mastodon, and who follows it, sends and shows a warning as it was typed.

    So only what nobody types is read as HTML.
    """
    return to_text(summary) if _MARKUP.search(summary) else summary


def _wordings(parsed: ParsedObject) -> list[dict[str, str]]:
    """The text in further languages, each once; what cannot be made safe is left out, for there is the main one."""
    made: dict[str, dict[str, str]] = {}
    main = find_language(parsed.language)
    for wording in parsed.wordings:
        language = find_language(wording.language)
        if language is None or language == main or language in made:
            continue
        with suppress(MalformedActivity):
            made[language] = {
                "language": language,
                "content": _html(parsed, wording.content),
                "title": clean_name(to_text(wording.name), LONGEST_TITLE) if parsed.kind != "Question" else "",
                "warning": clean_name(_warning(wording.summary), LONGEST_WARNING) if parsed.kind in PLAIN_KINDS else "",
            }
    return list(made.values())


def _html(parsed: ParsedObject, content: str) -> str:
    is_article = parsed.kind not in PLAIN_KINDS
    if parsed.media_type in (PLAIN, MARKDOWN):
        return render(content, parsed.media_type, {}, _no_tag_page, article=is_article)
    return sanitise(content, article=is_article)


def _links(parsed: ParsedObject, content: str) -> str:
    """The pages that a post is about and that its text does not name: Lemmy's link posts often have no text at all.

    Older ones, and other link aggregators, have the page as their `url`.
    """
    about = list(parsed.links)
    if parsed.kind not in PLAIN_KINDS and parsed.url is not None and not shares_origin(parsed.url, parsed.uri):
        about.append(parsed.url)
    unnamed = (url for url in dict.fromkeys(about) if f'href="{escape(url)}"' not in content)
    return "".join(f"<p>{link_html(url)}</p>" for url in unnamed)


def _no_tag_page(key: str) -> str:
    """Hashtags in a foreign plain text lead to our own page of the tag."""
    return f"/tags/{key}"


def _addressing(parsed: ParsedObject, author: Actor) -> dict[str, Any]:
    # A reader cannot see less than the author's server decided, so the first mapping stays for the post's life.
    visibility = visibility_of(parsed.to, parsed.cc, author.followers_uri)
    return {
        "visibility": visibility,
        # A level only narrows: of what is addressed otherwise, it says nothing.
        "level": parsed.level if VISIBILITY_AT.get(parsed.level) == visibility else "",
        "to_uris": list(parsed.to),
        "cc_uris": list(parsed.cc),
    }


def _claims(parsed: ParsedObject, author: Actor) -> dict[str, Any]:
    """What the post's own server counts and allows."""
    return {
        "origin_likes_count": parsed.likes_count,
        "origin_boosts_count": parsed.shares_count,
        "replies_uri": parsed.replies_uri,
        "quote_policy": quote_policy_of(parsed.quote_approval, author.followers_uri),
    }


def _quote(connection: Connection, parsed: ParsedObject, author: Actor) -> Mapping[str, Any]:
    if parsed.quote_uri is None:
        return {"quote_uri": None, "quote_of_id": None, "quote_state": None, "quote_stamp_uri": None}
    quoted = find_post(connection, parsed.quote_uri)
    return {
        "quote_uri": parsed.quote_uri,
        "quote_of_id": quoted.id if quoted is not None and not quoted.is_boost else None,
        "quote_state": _standing(connection, quoted, parsed, author),
        "quote_stamp_uri": parsed.quote_authorization,
    }


def _standing(connection: Connection, quoted: Post | None, parsed: ParsedObject, author: Actor) -> QuoteState:
    """A quote stands when it is of the author's own; else its stamp has to be looked at first (FEP-044f).

    What one of ours revoked stays so, wherever the quote went meanwhile.
    """
    if quoted is not None and quoted.author_id == author.id:
        return "accepted"
    if quoted is not None and quoted.local and is_revoked(connection, quoted.id, parsed.uri):
        return "revoked"
    return "pending"


def _new_stamp(post: Post, parsed: ParsedObject) -> dict[str, str]:
    """The stamp that a quote was given after it was published: its author's server then sends the post once more."""
    is_pending = post.quote_state == "pending" and parsed.quote_uri == post.quote_uri
    return {"quote_stamp_uri": parsed.quote_authorization} if is_pending and parsed.quote_authorization else {}


def _is_same_quote(post: Post, parsed: ParsedObject) -> bool:
    """Whether an edit leaves the quote as it was: what was decided about it stands, above all that it was revoked."""
    if parsed.quote_uri is None or parsed.quote_uri != post.quote_uri:
        return False
    return post.quote_state == "revoked" or parsed.quote_authorization == post.quote_stamp_uri


def _people(connection: Connection, parsed: ParsedObject, author: Actor) -> dict[int, bool]:
    """The known people a post names, and those it is addressed to without naming them (True)."""
    named = {mention.href for mention in parsed.mentions}
    addressed = {uri for uri in (*parsed.to, *parsed.cc) if uri not in (PUBLIC, author.followers_uri)}
    groups = set(parsed.audience)
    found = find_actors_by_uri(connection, named | addressed | groups)
    return {
        actor.id: uri not in named
        for uri, actor in found.items()
        if uri in named or actor.is_local or (uri in groups and actor.kind == "Group")
    }


def _circles(connection: Connection, parsed: ParsedObject, author: Actor, passed_on_by: int | None) -> list[int]:
    """The groups whose people may read a post because it is in their circle.

    Whether its author may speak there, the group's own server knows: ours, the author's, or the one that passed it on.
    """
    found = find_actors_by_uri(connection, parsed.to).values()
    groups = [actor for actor in found if actor.kind in ("Group", "Organization")]
    return [
        group.id
        for group in groups
        if (belongs(connection, author.id, group.id) if group.is_local else group.host == author.host)
        or group.id == passed_on_by
    ]


def _with_recipient(people: dict[int, bool], post: Post, recipient_id: int | None) -> dict[int, bool]:
    return people if recipient_id is None or post.is_public else {recipient_id: True} | people


def _hashtags(parsed: ParsedObject) -> dict[str, str]:
    return {key: name for name in parsed.hashtags if (key := find_tag_key(name)) is not None}


def _add_media(connection: Connection, post: Post, parsed: ParsedObject, now: datetime) -> None:
    rows = [
        {
            "owner_id": post.author_id,
            "post_id": post.id,
            "position": position,
            "kind": file.kind,
            "mime": file.media_type or "application/octet-stream",
            "remote_url": file.url,
            "remote_preview_url": file.thumbnail_url,
            "width": file.width,
            "height": file.height,
            "duration_seconds": file.duration_seconds,
            "blurhash": file.blurhash,
            "description": file.description,
            "focus": list(file.focus) if file.focus else None,
            "created_at": now,
        }
        for position, file in enumerate(parsed.attachments)
    ]
    add_remote_media(connection, rows)


def _edit_poll(connection: Connection, post_id: int, parsed: ParsedPoll | None, now: datetime) -> None:
    known = lock_poll(connection, post_id)
    if parsed is not None:
        put_poll(connection, _poll(post_id, parsed, known, now))
    elif known is not None:
        drop_poll(connection, post_id)


def _count_anew(connection: Connection, post_id: int, parsed: ParsedPoll | None, now: datetime) -> None:
    """Counts may come late: they bring back no poll that was edited away, and no choices that were changed."""
    known = lock_poll(connection, post_id)
    if known is not None and parsed is not None and known.has_options([option.title for option in parsed.options]):
        put_poll(connection, _poll(post_id, parsed, known, now))


def _poll(post_id: int, parsed: ParsedPoll, known: Poll | None, now: datetime) -> Poll:
    votes = sum(option.votes for option in parsed.options)
    return Poll(
        post_id=post_id,
        multiple=parsed.multiple,
        hides_totals=False,
        ends_at=parsed.ends_at if parsed.ends_at or not parsed.is_closed else now,
        # Our own note that the end was announced to voters here; what the origin says is in `ends_at`.
        closed_at=known.closed_at if known else None,
        voters_count=parsed.voters_count if parsed.voters_count is not None else votes,
        options=[{"title": option.title, "votes": option.votes} for option in parsed.options],
    )
