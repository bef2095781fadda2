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
from usi_fed.instance.model import Face
from usi_fed.instance.rules import Rule
from usi_fed.media.inspect import KINDS, MediaLimits
from usi_fed.media.service import LONGEST_DESCRIPTION
from usi_fed.posts.polls import LONGEST_OPTION, LONGEST_POLL, MOST_OPTIONS, SHORTEST_POLL
from usi_fed.posts.reactions_store import MOST_PINS
from usi_fed.posts.service import MOST_MEDIA
from usi_fed.translation import LANGUAGES, Reader, speaking
from usi_fed.urls import Urls

# Clients read the first number as Mastodon's version, by which they switch features on.
VERSION = f"4.3.0 (compatible; USI Fed {__version__})"
API_LEVEL = 7  # quotes
BADGE_SIZE = "400x400"  # at most: a smaller picture is not blown up


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """What is counted or looked up; `contact` is the account entity of the first administrator."""

    people: int
    active_month: int
    posts: int
    peers: int
    contact: dict[str, Any] | None


def instance_entity(settings: Settings, urls: Urls, face: Face, facts: InstanceFacts) -> dict[str, Any]:
    """The instance, version 2."""
    return {
        "domain": settings.domain,
        "title": face.name,
        "version": VERSION,
        "source_url": settings.source,
        "description": face.choices.description,
        "usage": {"users": {"active_month": facts.active_month}},
        "thumbnail": {"url": _picture(urls, face), "blurhash": None, "versions": {}},
        "icon": [{"src": _picture(urls, face), "size": BADGE_SIZE}] if face.badge_path else [],
        "languages": [face.choices.language],
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
            "translation": {"enabled": bool(settings.translation_url)},
            "limited_federation": settings.federation_mode == "allowlist",
        },
        "registrations": {
            "enabled": face.choices.registrations != "closed",
            "approval_required": face.choices.registrations == "approval",
            "reason_required": face.choices.registrations == "approval",
            "message": None,
            "min_age": None,
            # People join in the browser: applications open this page.
            "url": None if face.choices.registrations == "closed" else f"{urls.origin}/join",
        },
        "api_versions": {"mastodon": API_LEVEL},
        "contact": {"email": face.choices.contact_email, "account": facts.contact},
        "rules": rule_entities(face),
    }


def instance_v1_entity(settings: Settings, urls: Urls, face: Face, facts: InstanceFacts) -> dict[str, Any]:
    """The instance, version 1, for older clients and toot."""
    return {
        "uri": settings.domain,
        "title": face.name,
        "short_description": escape(face.choices.description),
        "description": escape(face.choices.description),
        "email": face.choices.contact_email,
        "version": VERSION,
        # The description demands an address, and Mastodon.py and older clients for iOS fail without one. There is no
        # streaming: whoever tries it gets 404, and asks again from time to time.
        "urls": {"streaming_api": f"ws{urls.origin.removeprefix('http')}"},
        "stats": {"user_count": facts.people, "status_count": facts.posts, "domain_count": facts.peers},
        "thumbnail": _picture(urls, face),
        "languages": [face.choices.language],
        "registrations": face.choices.registrations != "closed",
        "approval_required": face.choices.registrations == "approval",
        "invites_enabled": face.choices.inviters == "everybody",
        "configuration": {
            **_limits(settings),
            "accounts": {"max_featured_tags": 0, "max_pinned_statuses": MOST_PINS},
        },
        "contact_account": facts.contact,
        "rules": rule_entities(face),
        "max_toot_chars": settings.post_characters,
    }


def rule_entities(face: Face) -> list[dict[str, Any]]:
    """The rules. Spec: openapi.json `Rule`; those that we have in all languages are given in all."""
    return [_rule(rule, face) for rule in face.choices.rules]


def _rule(rule: Rule, face: Face) -> dict[str, Any]:
    translations = {}
    for language in LANGUAGES.values() if rule.ready else ():
        with speaking(Reader(language)):
            translations[language.tag] = {"text": rule.words, "hint": ""}
    with speaking(face.usual_reader):
        return {"id": str(rule.id), "text": rule.words, "hint": "", "translations": translations}


def _picture(urls: Urls, face: Face) -> str:
    return f"{urls.origin}{face.badge_path or NO_HEADER}"


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
