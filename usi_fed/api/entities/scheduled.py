"""ScheduledStatus. Spec: ../shared/mastodon-api/openapi.json `ScheduledStatus`"""

from collections.abc import Mapping
from typing import Any

from usi_fed.api.entities.media import media_entity
from usi_fed.clock import iso
from usi_fed.media.model import Media
from usi_fed.posts.drafts_store import KeptDraft
from usi_fed.urls import Urls


def scheduled_entity(kept: KeptDraft, files: Mapping[int, Media], urls: Urls) -> dict[str, Any]:
    """What will be published, and when; `files` are those that still exist."""
    draft = kept.draft
    quoted, answered = draft["quote_of_id"], draft["in_reply_to_id"]
    return {
        "id": str(kept.id),
        "scheduled_at": iso(kept.scheduled_at) if kept.scheduled_at else None,
        "params": {
            "text": draft["text"],
            "content_type": draft["text_type"],
            "title": draft["title"],
            "spoiler_text": draft["warning"],
            "sensitive": draft["sensitive"],
            "language": draft["language"],
            "visibility": draft["visibility"],
            "local_only": draft["local_only"],
            "usi_level": draft.get("level") or None,
            "usi_circles": [str(group_id) for group_id in draft.get("circles", ())],
            "in_reply_to_id": answered,
            "quoted_status_id": str(quoted) if quoted else None,
            "quote_approval_policy": draft["quote_policy"],
            "media_ids": [str(file_id) for file_id in draft["media_ids"]],
            "poll": _poll(draft["poll"]),
            "scheduled_at": None,
            "idempotency": None,
            "application_id": kept.application_id or 0,
            "with_rate_limit": False,
        },
        "media_attachments": [media_entity(files[one], urls) for one in draft["media_ids"] if one in files],
    }


def _poll(kept: dict[str, Any] | None) -> dict[str, Any] | None:
    if kept is None:
        return None
    return {
        "options": kept["options"],
        "expires_in": kept["seconds"] or 0,
        "multiple": kept["multiple"],
        "hide_totals": kept["hides_totals"],
    }
