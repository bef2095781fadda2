"""A draft as JSON, for what is kept or published later, and back."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from usi_fed.posts.model import Draft, PollDraft, Wording


def to_json(draft: Draft, now: datetime) -> dict[str, Any]:
    """A draft as it is kept. Of a poll it is kept how long it is open: when it ends is counted from publishing."""
    kept = asdict(draft)
    kept["media_descriptions"] = {str(file_id): words for file_id, words in draft.media_descriptions.items()}
    if draft.poll is not None:
        ends_at = kept["poll"].pop("ends_at")
        kept["poll"]["seconds"] = round((ends_at - now).total_seconds()) if ends_at else None
    return kept


def of_json(kept: dict[str, Any], now: datetime) -> Draft:
    """The draft that was kept, for publishing it at this moment."""
    values = dict(kept)
    values["media_ids"] = tuple(kept["media_ids"])
    values["media_descriptions"] = {int(file_id): words for file_id, words in kept["media_descriptions"].items()}
    values["circles"] = tuple(kept.get("circles", ()))  # drafts of before the levels have none
    values["wordings"] = tuple(Wording(**wording) for wording in kept["wordings"])
    values["poll"] = _poll(kept["poll"], now) if kept["poll"] else None
    return Draft(**values)


def _poll(kept: dict[str, Any], now: datetime) -> PollDraft:
    ends_at = now + timedelta(seconds=kept["seconds"]) if kept["seconds"] else None
    return PollDraft(tuple(kept["options"]), kept["multiple"], ends_at, kept["hides_totals"])
