"""Account and what belongs to it. Spec: ../shared/mastodon-api/openapi.json `Account`, `CredentialAccount`"""

from typing import Any

from usi_fed.accounts.model import Account, Role
from usi_fed.actors.model import Actor, Organisation
from usi_fed.actors.relationships_store import Relationship
from usi_fed.api.entities.emojis import emoji_entities
from usi_fed.clock import iso
from usi_fed.urls import Urls

NO_AVATAR, NO_HEADER = "/static/avatar.png", "/static/header.png"

# Mastodon's numbers for what a role may do, as one bit field; clients only look for zero and the first bits.
_PERMISSIONS = {"member": "0", "moderator": "1308", "admin": "1048575"}
ROLE_IDS: dict[Role, int] = {"member": -99, "moderator": 2, "admin": 3}
_ROLE_NAMES: dict[Role, str] = {"member": "", "moderator": "Moderator", "admin": "Admin"}


def account_entity(
    actor: Actor,
    urls: Urls,
    moved_to: Actor | None = None,
    role: Role | None = None,
    organisation: Organisation | None = None,
) -> dict[str, Any]:
    """An actor as everybody may see it. `moved_to` is where it went, `role` what it does here.

    What it is as an `organisation` stands below the lines of its own; others' organisations have it among these.
    """
    fields = [*actor.fields, *(organisation.facts if organisation else ())]
    avatar, header = avatar_url(actor, urls), header_url(actor, urls)
    is_shut_out = actor.is_shut_out
    entity = {
        "id": str(actor.id),
        "username": actor.username,
        "acct": actor.handle,
        "display_name": "" if is_shut_out else actor.name,
        "locked": actor.locked,
        "bot": actor.kind in ("Service", "Application"),
        "group": actor.kind == "Group",
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "noindex": not actor.indexable,
        "created_at": f"{actor.published:%Y-%m-%d}T00:00:00.000Z",
        "note": "" if is_shut_out else actor.summary,
        "url": actor.url or actor.uri,
        "uri": actor.uri,
        "avatar": avatar,
        "avatar_static": avatar,
        "avatar_description": actor.icon_description,
        "header": header,
        "header_static": header,
        "header_description": actor.image_description,
        "followers_count": actor.shown_followers_count,
        "following_count": actor.following_count,
        "statuses_count": actor.posts_count,
        "last_status_at": f"{actor.last_post_at:%Y-%m-%d}" if actor.last_post_at else None,
        "hide_collections": actor.hides_people,
        "emojis": [] if is_shut_out else emoji_entities(actor.emojis, actor.host, urls),
        "fields": [] if is_shut_out else [_field(field) for field in fields],
        "roles": [_badge(role)] if role and role != "member" else [],
        "memorial": actor.memorial,
        "show_media": True,
        "show_media_replies": True,
        "show_featured": True,
    }
    if is_shut_out:
        entity["suspended"] = True
    if actor.silenced_at is not None:
        entity["limited"] = True
    if moved_to is not None:
        entity["moved"] = account_entity(moved_to, urls)
    return entity


def credential_account_entity(
    actor: Actor, account: Account, urls: Urls, follow_requests: int, organisation: Organisation | None = None
) -> dict[str, Any]:
    """An account as its owner sees it, with the source of what they typed."""
    preferences = account.preferences
    return account_entity(actor, urls, role=account.role, organisation=organisation) | {
        "source": {
            "privacy": preferences.get("visibility", "public"),
            "sensitive": preferences.get("sensitive", False),
            "language": preferences.get("language"),
            "note": actor.summary_source,
            "fields": [_field(field, "source") for field in actor.fields],
            "follow_requests_count": follow_requests,
            "hide_collections": actor.hides_relations,
            "discoverable": actor.discoverable,
            "indexable": actor.indexable,
            "attribution_domains": actor.attribution_domains,
            "quote_policy": preferences.get("quote_policy", "public"),
        },
        "role": role_entity(account.role),
    }


def role_entity(role: Role) -> dict[str, Any]:
    """What somebody may do here. Spec: ../shared/mastodon-api/openapi.json `Role`"""
    return {**_badge(role), "permissions": _PERMISSIONS[role], "highlighted": role != "member"}


def relationship_entity(between: Relationship) -> dict[str, Any]:
    """Spec: ../shared/mastodon-api/openapi.json `Relationship`"""
    return {
        "id": str(between.id),
        "following": between.following,
        "showing_reblogs": between.showing_reblogs,
        "notifying": between.notifying,
        "languages": between.languages,
        "followed_by": between.followed_by,
        "blocking": between.blocking,
        "blocked_by": between.blocked_by,
        "muting": between.muting,
        "muting_notifications": between.muting_notifications,
        "muting_expires_at": iso(between.muting_expires_at) if between.muting_expires_at else None,
        "requested": between.requested,
        "requested_by": between.requested_by,
        "domain_blocking": between.domain_blocking,
        "endorsed": False,
        "note": between.note,
    }


def avatar_url(actor: Actor, urls: Urls) -> str:
    """Where a reader's program gets the actor's picture: always from us."""
    return _picture(actor, actor.icon_url, "icon", urls) or f"{urls.origin}{NO_AVATAR}"


def header_url(actor: Actor, urls: Urls) -> str:
    """Where a reader's program gets the picture behind the actor's profile: always from us."""
    return _picture(actor, actor.image_url, "image", urls) or f"{urls.origin}{NO_HEADER}"


def _picture(actor: Actor, stored: str | None, kind: str, urls: Urls) -> str | None:
    if not stored or actor.is_shut_out or not urls.shows_files_of(actor.host):
        return None
    return urls.media(stored) if actor.is_local else urls.remote_media(actor.id, kind)


def _field(field: dict[str, Any], value: str = "value") -> dict[str, Any]:
    """A row of a profile's table; `value` "source" gives it as it was typed."""
    return {
        "name": field["name"],
        "value": field.get(value) or field["value"],
        "verified_at": field.get("verified_at"),
    }


def _badge(role: Role) -> dict[str, Any]:
    return {"id": str(ROLE_IDS[role]), "name": _ROLE_NAMES[role], "color": ""}
