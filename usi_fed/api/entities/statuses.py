"""Status, the part that is the same for every reader. Spec: ../shared/mastodon-api/openapi.json `Status`"""

from html import escape
from typing import Any

from usi_fed.accounts.model import Application
from usi_fed.actors.model import Actor
from usi_fed.api.entities.emojis import emoji_entities
from usi_fed.api.entities.media import media_entities
from usi_fed.clock import iso
from usi_fed.posts.details_store import Details, Tag
from usi_fed.posts.model import Post
from usi_fed.urls import Urls

_QUOTERS = {"public": ["public"], "followers": ["followers"], "nobody": []}


def status_entity(details: Details, urls: Urls, application: Application | None = None) -> dict[str, Any]:
    """A post without its author's account, poll, quotes and boosted post, which change by themselves."""
    post = details.post
    return _in_languages(post) | {
        "id": str(post.id),
        "created_at": iso(post.published),
        "edited_at": iso(post.edited_at) if post.edited_at else None,
        "in_reply_to_id": str(post.in_reply_to_id) if post.in_reply_to_id else None,
        "in_reply_to_account_id": str(post.in_reply_to_author_id) if post.in_reply_to_author_id else None,
        "sensitive": post.sensitive,
        "spoiler_text": post.warning,
        "visibility": post.visibility,
        "language": post.language,
        "uri": post.uri,
        "url": post.url or post.uri,
        "content": content_of(post.title, post.content),
        "replies_count": post.replies_count,
        "reblogs_count": max(post.boosts_count, post.origin_boosts_count or 0),
        "favourites_count": max(post.likes_count, post.origin_likes_count or 0),
        "quotes_count": 0,
        "media_attachments": media_entities(details.media, details.author.host, urls),
        "mentions": [mention_entity(mention.actor) for mention in details.mentions if not mention.silent],
        "tags": [status_tag_entity(tag, urls) for tag in details.tags],
        "emojis": emoji_entities(post.emojis, details.author.host, urls),
        "application": {"name": application.name, "website": application.website} if application else None,
        "quote_approval": quote_approval_entity(post),
        "local_only": post.local_only,
        "usi_level": post.level or None,
        "reblog": None,
        "card": None,
        "poll": None,
        "quote": None,
    }


def _in_languages(post: Post) -> dict[str, Any]:
    """The text by language, for clients that know of it (as Pleroma's do); others read `content`."""
    if not post.wordings:
        return {}
    others = {one["language"]: content_of(one["title"], one["content"]) for one in post.wordings}
    main = {post.language: content_of(post.title, post.content)} if post.language else {}
    return {"content_map": main | others}


def content_of(title: str, content: str) -> str:
    """The HTML of a post; clients know no titles, so an article's stands in its text."""
    return f"<p><strong>{escape(title, quote=False)}</strong></p>{content}" if title else content


def mention_entity(actor: Actor) -> dict[str, Any]:
    """Spec: ../shared/mastodon-api/openapi.json `StatusMention`"""
    return {
        "id": str(actor.id),
        "username": actor.username,
        "acct": actor.handle,
        "url": actor.url or actor.uri,
    }


def status_tag_entity(tag: Tag, urls: Urls) -> dict[str, Any]:
    """Spec: ../shared/mastodon-api/openapi.json `StatusTag`"""
    return {"name": tag.name, "url": urls.tag(tag.name)}


def quote_approval_entity(post: Post) -> dict[str, Any]:
    """Who may quote the post, before the viewer is known."""
    allowed = _QUOTERS[post.quote_policy] if post.is_public else []
    return {"automatic": allowed, "manual": [], "current_user": "unknown"}
