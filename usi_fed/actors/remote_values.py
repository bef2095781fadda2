"""From what another server says of its actor to what we store of it."""

from datetime import datetime
from typing import Any

from usi_fed.activitypub.actor_parsing import MAX_NAME_LETTERS, ParsedActor, ParsedField
from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.handles import Handle
from usi_fed.actors.model import Actor
from usi_fed.errors import MalformedActivity
from usi_fed.text.emoji import find_emojis
from usi_fed.text.plain import clean_name
from usi_fed.text.sanitise import sanitise


def remote_values(parsed: ParsedActor, handle: Handle, known: Actor | None, now: datetime) -> dict[str, Any]:
    """The columns for `store.upsert_remote`; all HTML in them is safe.

    A field whose link was verified stays verified while its value is the same.
    """
    verified = {(field["name"], field["value"]): field.get("verified_at") for field in known.fields} if known else {}
    return {
        "uri": parsed.uri,
        "kind": parsed.kind,
        "username": handle.user,
        "domain": handle.domain.lower(),
        "host": host_of(parsed.uri),
        "name": clean_name(parsed.name, MAX_NAME_LETTERS),
        "summary": _safe_html(parsed.summary),
        "url": parsed.url,
        "inbox": parsed.inbox,
        "shared_inbox": parsed.shared_inbox,
        "outbox": parsed.outbox,
        "followers_uri": parsed.followers,
        "following_uri": parsed.following,
        "featured_uri": parsed.featured,
        "icon_url": parsed.icon.url if parsed.icon else None,
        "icon_description": parsed.icon.description if parsed.icon else "",
        "image_url": parsed.image.url if parsed.image else None,
        "image_description": parsed.image.description if parsed.image else "",
        "fields": [_field(field, verified) for field in parsed.fields],
        "emojis": [{"shortcode": emoji.shortcode, "url": emoji.image_url} for emoji in find_emojis(list(parsed.tags))],
        "also_known_as": list(parsed.also_known_as),
        "attribution_domains": list(parsed.attribution_domains),
        "implements": list(parsed.implements),
        "moved_to_uri": parsed.moved_to,
        "locked": parsed.locked,
        "discoverable": parsed.discoverable,
        "indexable": parsed.indexable,
        "memorial": parsed.memorial,
        "suspended_at_origin": parsed.suspended,
        "published": parsed.published or (known.published if known else now),
        "fetched_at": now,
    }


def _field(field: ParsedField, verified: dict[tuple[str, str], str | None]) -> dict[str, Any]:
    name, value = clean_name(field.name, MAX_NAME_LETTERS), _safe_html(field.value)
    return {"name": name, "value": value, "verified_at": verified.get((name, value))}


def _safe_html(html: str) -> str:
    """Sanitised HTML; nothing in place of what was built to harm, for the actor is needed all the same."""
    try:
        return sanitise(html)
    except MalformedActivity:
        return ""
