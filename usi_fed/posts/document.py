"""A post as other servers read it: the object, and the activities around it.

Spec: ActivityPub, Activity Vocabulary; `../shared/interop/mastodon.md` section 6 for what each field is good for.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from usi_fed.activitypub.addressing import PUBLIC
from usi_fed.activitypub.contexts import context_for
from usi_fed.actors.model import Actor
from usi_fed.clock import iso
from usi_fed.media.model import Media
from usi_fed.posts.details_store import Details
from usi_fed.posts.model import Post
from usi_fed.posts.polls_store import Poll
from usi_fed.text.plain import to_text
from usi_fed.urls import Urls

Document = dict[str, Any]

LONGEST_BEGINNING = 300

_MEDIA_TYPES = {"image": "Image", "gifv": "Image", "video": "Video", "audio": "Audio"}


def note_document(details: Details, urls: Urls, *, context: bool = True) -> Document:
    """The object of a local post: Note, Question or Article. `context` False: for use inside an activity."""
    post = details.post
    document: Document = {
        "id": post.uri,
        "type": post.kind,
        "url": post.url,
        "attributedTo": details.author.uri,
        "to": post.to_uris,
        "cc": post.cc_uris,
        "published": iso(post.published),
        "summary": post.warning or None,
        "sensitive": post.sensitive,
        "inReplyTo": post.in_reply_to_uri,
        **_audience(details, urls),
        "context": post.context_uri,
        "conversation": post.context_uri,
        "content": post.content,
        "attachment": [_attachment(file, urls) for file in details.media],
        "tag": _tags(details, urls),
        "interactionPolicy": {"canQuote": _quote_policy(post, details.author)},
        "replies": _counted_collection(f"{post.uri}/replies", post.replies_count),
        "likes": _counted_collection(f"{post.uri}/likes", post.likes_count),
        "shares": _counted_collection(f"{post.uri}/shares", post.boosts_count),
    }
    if post.level:
        document["usi:level"] = post.level
    if post.edited_at is not None:
        document["updated"] = iso(post.edited_at)
    if post.language:
        document |= _in_languages(post, post.language)
    if post.source and post.source_type != "text/plain":
        document["source"] = {"content": post.source, "mediaType": post.source_type}
    if post.kind == "Article":
        document |= _article(details)
    if details.poll is not None:
        document |= _question(details.poll)
    if post.quote_uri and post.quote_state in ("accepted", "pending"):
        document |= _quote(post)
    return _with_context(document) if context else document


def _in_languages(post: Post, main: str) -> Document:
    """The texts by language, the main one first: Mastodon takes the first one's language for the post's."""
    maps: Document = {"contentMap": {main: post.content} | {one["language"]: one["content"] for one in post.wordings}}
    if not post.wordings:
        return maps
    for term, field, text in (("nameMap", "title", post.title), ("summaryMap", "warning", post.warning)):
        if text:
            translated = {one["language"]: one[field] for one in post.wordings if one[field]}
            maps[term] = {main: text} | translated
    return maps


def _with_context(document: Document) -> Document:
    return {"@context": context_for(document), **document}


def tombstone(uri: str, former_kind: str, deleted_at: datetime) -> Document:
    """What stands where a post was."""
    return {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": uri,
        "type": "Tombstone",
        "formerType": former_kind,
        "deleted": iso(deleted_at),
    }


# ---- activities around a post ----


def create_activity(details: Details, urls: Urls) -> Document:
    """The Create of a local post."""
    post = details.post
    return _with_context(
        {
            "id": f"{post.uri}/activity",
            "type": "Create",
            "actor": details.author.uri,
            "published": iso(post.published),
            "to": post.to_uris,
            "cc": post.cc_uris,
            **_audience(details, urls),
            "object": note_document(details, urls, context=False),
        }
    )


def update_activity(details: Details, urls: Urls, now: datetime) -> Document:
    """The Update of a local post: an edit, or new counts of a poll."""
    post = details.post
    return _with_context(
        {
            "id": f"{post.uri}#updates/{int(now.timestamp() * 1000)}-{post.revision}",
            "type": "Update",
            "actor": details.author.uri,
            "published": iso(now),
            "to": post.to_uris,
            "cc": post.cc_uris,
            **_audience(details, urls),
            "object": note_document(details, urls, context=False),
        }
    )


def delete_activity(post: Post, author: Actor, circles: Sequence[str] = ()) -> Document:
    """The Delete of a local post. It goes also to who may not read the post any more, so it names no reader.

    `circles` are the groups of other servers that have passed it on to their members and are to pass this on too.
    """
    followers = [uri for uri in (*post.to_uris, *post.cc_uris) if uri == author.followers_uri]
    return _with_context(
        {
            "id": f"{post.uri}#delete",
            "type": "Delete",
            "actor": author.uri,
            "to": [PUBLIC] if post.is_public else followers,
            "cc": post.cc_uris if post.is_public else [],
            **({"audience": list(circles)} if circles else {}),
            "object": {"id": post.uri, "type": "Tombstone", **({"usi:level": post.level} if circles else {})},
        }
    )


def announce_activity(boost: Post, author: Actor, target_uri: str) -> Document:
    """The Announce that a local boost is."""
    return _with_context(
        {
            "id": boost.uri,
            "type": "Announce",
            "actor": author.uri,
            "published": iso(boost.published),
            "to": boost.to_uris,
            "cc": boost.cc_uris,
            "object": target_uri,
        }
    )


def vote_activity(actor: Actor, vote_uri: str, title: str, poll_post: Post, poll_author: Actor) -> Document:
    """One choice of one voter: a Note with a name and no content.

    Spec: FEP-9967; `../shared/interop/mastodon.md` section 6, "Polls"
    """
    return _with_context(
        {
            "id": f"{vote_uri}/activity",
            "type": "Create",
            "actor": actor.uri,
            "to": [poll_author.uri],
            "object": {
                "id": vote_uri,
                "type": "Note",
                "name": title,
                "attributedTo": actor.uri,
                "inReplyTo": poll_post.uri,
                "to": [poll_author.uri],
            },
        }
    )


# ---- the parts of an object ----


def _attachment(file: Media, urls: Urls) -> Document:
    document: Document = {
        "type": _MEDIA_TYPES.get(file.kind, "Document"),
        "mediaType": file.mime,
        "url": urls.media(file.file or ""),
        # Most servers read the alternative text from `name`, some from `summary` (../shared/lessons.md 14).
        "name": file.description or None,
        "summary": file.description or None,
    }
    known = {"width": file.width, "height": file.height, "blurhash": file.blurhash, "focalPoint": file.focus}
    document |= {name: value for name, value in known.items() if value is not None}
    if file.duration_seconds is not None:
        document["duration"] = f"PT{file.duration_seconds:.3f}S"
    return document


def _audience(details: Details, urls: Urls) -> Document:
    """The groups it was posted to. Spec: FEP-1b12

    Of a post in circles those that pass it on, so the ones of other servers.
    """
    if details.post.level == "circle":
        named = {mention.actor.uri for mention in details.mentions}
        circles = [uri for uri in details.post.to_uris if uri not in named and not urls.is_ours(uri)]
        return {"audience": circles} if circles else {}
    groups = [mention.actor.uri for mention in details.mentions if mention.actor.kind == "Group"]
    if not groups or not details.post.is_public:
        return {}
    return {"audience": groups[0] if len(groups) == 1 else groups}


def _tags(details: Details, urls: Urls) -> list[Document]:
    # Groups are named in every post of their threads: Mastodon copies whom it finds named, which brings answers back.
    people = [
        {"type": "Mention", "href": mention.actor.uri, "name": f"@{_full_handle(mention.actor, urls)}"}
        for mention in details.mentions
        if not mention.silent or (mention.actor.kind == "Group" and details.post.is_public)
    ]
    hashtags = [{"type": "Hashtag", "href": urls.tag(tag.name), "name": f"#{tag.display_name}"} for tag in details.tags]
    return people + hashtags


def _full_handle(actor: Actor, urls: Urls) -> str:
    return f"{actor.username}@{actor.domain or urls.handles}"


def _counted_collection(uri: str, total: int) -> Document:
    return {"id": uri, "type": "Collection", "totalItems": total}


def _article(details: Details) -> Document:
    """A long text: its title, and a preview for programs that show Notes only (FEP-b2b8)."""
    post = details.post
    beginning = _beginning(post)
    preview = f'<p><strong>{_escape(post.title)}</strong></p><p><a href="{post.url}">{post.url}</a></p>'
    return {
        "name": post.title,
        # Shown under the title where the text itself is not; a warning stands in its place.
        # Without markup: Mastodon shows it as it stands.
        "summary": post.warning or beginning or None,
        "preview": {
            "type": "Note",
            "attributedTo": details.author.uri,
            "content": preview,
            "published": iso(post.published),
        },
    }


def _beginning(post: Post) -> str:
    text = " ".join(to_text(post.content).split())
    return text if len(text) <= LONGEST_BEGINNING else f"{text[:LONGEST_BEGINNING].rpartition(' ')[0]} …"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _question(poll: Poll) -> Document:
    """Who hides the counts of a running poll hides them from everybody."""
    is_secret = poll.hides_totals and poll.closed_at is None
    options = [
        {
            "type": "Note",
            "name": option["title"],
            "replies": {"type": "Collection"} | ({} if is_secret else {"totalItems": option["votes"]}),
        }
        for option in poll.options
    ]
    document: Document = {"anyOf" if poll.multiple else "oneOf": options, "votersCount": poll.voters_count}
    if poll.ends_at is not None:
        document["endTime"] = iso(poll.ends_at)
    if poll.closed_at is not None:
        document["closed"] = iso(poll.closed_at)
    return document


def _quote_policy(post: Post, author: Actor) -> Document:
    """Who may quote without asking; naming only the author means nobody else."""
    allowed = {
        "public": PUBLIC,
        "followers": author.followers_uri or f"{author.uri}/followers",
        "nobody": author.uri,
    }
    return {"automaticApproval": [allowed[post.quote_policy]]}


def _quote(post: Post) -> Document:
    """A quote under each name that programs in the field read (`../shared/interop/feps.md`, "Terms clash")."""
    document = dict.fromkeys(("quote", "quoteUrl", "quoteUri", "_misskey_quote"), post.quote_uri)
    if post.quote_stamp_uri:
        document["quoteAuthorization"] = post.quote_stamp_uri
    return document
