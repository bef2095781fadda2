"""Instance, versions 1 and 2. Spec: ../shared/mastodon-api/openapi.json `Instance`, `V1Instance`

`configuration` is what Ice Cubes needs before it lets anybody sign in, `urls` what older iOS clients need
(`../shared/mastodon-api/clients.md` section 5).
"""

from dataclasses import dataclass
from html import escape
from typing import Any

from usi_fed import __version__
from usi_fed.api.entities.accounts import NO_HEADER
from usi_fed.config import Settings
from usi_fed.media.inspect import KINDS, MediaLimits
from usi_fed.media.service import LONGEST_DESCRIPTION
from usi_fed.posts.polls import LONGEST_OPTION, LONGEST_POLL, MOST_OPTIONS, SHORTEST_POLL
from usi_fed.posts.reactions_store import MOST_PINS
from usi_fed.posts.service import MOST_MEDIA
from usi_fed.urls import Urls

# Clients read the first number as Mastodon's version, by which they switch features on.
VERSION = f"4.3.0 (compatible; USI Fed {__version__})"
API_LEVEL = 7  # quotes
LANGUAGES = ["en"]


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """What is counted or looked up; `contact` is the account entity of the first administrator."""

    people: int
    active_month: int
    posts: int
    peers: int
    contact: dict[str, Any] | None


def instance_entity(settings: Settings, urls: Urls, facts: InstanceFacts) -> dict[str, Any]:
    """The instance, version 2."""
    return {
        "domain": settings.domain,
        "title": settings.name,
        "version": VERSION,
        "source_url": settings.source,
        "description": settings.description,
        "usage": {"users": {"active_month": facts.active_month}},
        "thumbnail": {"url": f"{urls.origin}{NO_HEADER}", "blurhash": None, "versions": {}},
        "icon": [],
        "languages": LANGUAGES,
        "configuration": {
            "urls": {
                "streaming": None,  # there is none: clients then ask again from time to time
                "status": None,
                "about": f"{urls.origin}/about",
                "privacy_policy": None,
                "terms_of_service": None,
            },
            "vapid": {"public_key": ""},
            **_limits(settings),
            "accounts": {"max_featured_tags": 0, "max_pinned_statuses": MOST_PINS, "max_profile_fields": 8},
            "translation": {"enabled": False},
            "limited_federation": settings.federation_mode == "allowlist",
        },
        "registrations": {
            "enabled": settings.registrations != "closed",
            "approval_required": settings.registrations == "approval",
            "reason_required": settings.registrations == "approval",
            "message": None,
            "min_age": None,
            # People join in the browser: applications open this page.
            "url": None if settings.registrations == "closed" else f"{urls.origin}/join",
        },
        "api_versions": {"mastodon": API_LEVEL},
        "contact": {"email": settings.contact_email, "account": facts.contact},
        "rules": [],
    }


def instance_v1_entity(settings: Settings, urls: Urls, facts: InstanceFacts) -> dict[str, Any]:
    """The instance, version 1, for older clients and toot."""
    return {
        "uri": settings.domain,
        "title": settings.name,
        "short_description": escape(settings.description),
        "description": escape(settings.description),
        "email": settings.contact_email,
        "version": VERSION,
        # The description demands an address, and Mastodon.py and older clients for iOS fail without one. There is no
        # streaming: whoever tries it gets 404, and asks again from time to time.
        "urls": {"streaming_api": f"ws{urls.origin.removeprefix('http')}"},
        "stats": {"user_count": facts.people, "status_count": facts.posts, "domain_count": facts.peers},
        "thumbnail": f"{urls.origin}{NO_HEADER}",
        "languages": LANGUAGES,
        "registrations": settings.registrations != "closed",
        "approval_required": settings.registrations == "approval",
        "invites_enabled": False,  # to members: only the operator makes invitations, by command
        "configuration": {
            **_limits(settings),
            "accounts": {"max_featured_tags": 0, "max_pinned_statuses": MOST_PINS},
        },
        "contact_account": facts.contact,
        "rules": [],
        "max_toot_chars": settings.post_characters,
    }


def _limits(settings: Settings) -> dict[str, Any]:
    media = MediaLimits()
    return {
        "statuses": {
            "max_characters": settings.post_characters,
            "max_media_attachments": MOST_MEDIA,
            "characters_reserved_per_url": 23,
            "supported_mime_types": ["text/plain", "text/markdown"],
        },
        "media_attachments": {
            "supported_mime_types": sorted({kind.media_type for kind in KINDS}),
            "description_limit": LONGEST_DESCRIPTION,
            "image_size_limit": media.max_image_bytes,
            "image_matrix_limit": media.max_image_pixels,
            "video_size_limit": media.max_video_bytes,
            "video_frame_rate_limit": 120,
            "video_matrix_limit": media.max_video_pixels,
        },
        "polls": {
            "max_options": MOST_OPTIONS,
            "max_characters_per_option": LONGEST_OPTION,
            "min_expiration": int(SHORTEST_POLL.total_seconds()),
            "max_expiration": int(LONGEST_POLL.total_seconds()),
        },
    }
