"""StatusEdit: what a post was and is. Spec: ../shared/mastodon-api/openapi.json `StatusEdit`"""

from collections.abc import Mapping, Sequence
from typing import Any

from usi_fed.api.entities.emojis import emoji_entities
from usi_fed.api.entities.media import media_entities, media_entity
from usi_fed.api.entities.statuses import content_of
from usi_fed.clock import iso
from usi_fed.media.model import Media
from usi_fed.posts.details_store import Details
from usi_fed.posts.versions_store import Version
from usi_fed.urls import Urls


def edit_entities(
    details: Details, earlier: Sequence[Version], media: Mapping[int, Media], account: dict[str, Any], urls: Urls
) -> list[dict[str, Any]]:
    """Every form of a post, oldest first; `media` are the files of the earlier ones, as far as they still exist."""
    return [
        *(_earlier(version, media, details.author.host, account, urls) for version in earlier),
        _present(details, account, urls),
    ]


def _earlier(
    version: Version, media: Mapping[int, Media], host: str, account: dict[str, Any], urls: Urls
) -> dict[str, Any]:
    files = [
        {**media_entity(media[int(file["id"])], urls), "description": file["description"] or None}
        for file in (version.media if urls.shows_files_of(host) else ())
        if int(file["id"]) in media
    ]
    entity = {
        "created_at": iso(version.created_at),
        "content": content_of(version.title, version.content),
        "spoiler_text": version.warning,
        "sensitive": version.sensitive,
        "account": account,
        "media_attachments": files,
        "emojis": emoji_entities(version.emojis, host, urls),
    }
    if version.poll_options:
        entity["poll"] = {"options": [{"title": title} for title in version.poll_options]}
    return entity


def _present(details: Details, account: dict[str, Any], urls: Urls) -> dict[str, Any]:
    post = details.post
    entity = {
        "created_at": iso(post.edited_at or post.published),
        "content": content_of(post.title, post.content),
        "spoiler_text": post.warning,
        "sensitive": post.sensitive,
        "account": account,
        "media_attachments": media_entities(details.media, details.author.host, urls),
        "emojis": emoji_entities(post.emojis, details.author.host, urls),
    }
    if details.poll is not None:
        entity["poll"] = {"options": [{"title": option["title"]} for option in details.poll.options]}
    return entity
