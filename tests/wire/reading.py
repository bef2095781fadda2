"""What we read in a captured document, in a few words."""

from collections.abc import Mapping
from typing import Any

from usi_fed.activitypub.actor_parsing import ParsedActor
from usi_fed.activitypub.addressing import visibility_of
from usi_fed.activitypub.objects import ParsedObject
from usi_fed.errors import MalformedActivity


def object_in_words(document: Mapping[str, Any]) -> str:
    """A post: who may read it, what it is, and what comes with it."""
    parsed = ParsedObject.parse(document)
    if parsed.kind is None:
        return "no post"
    visibility = visibility_of(parsed.to, parsed.cc, f"{parsed.author}/followers")
    details = {
        "reply": parsed.in_reply_to,
        f"“{parsed.name[:40]}”": parsed.name,
        f"in {parsed.language}": parsed.language,
        f"{len(parsed.attachments)} files": parsed.attachments,
        f"names {len(parsed.mentions)}": parsed.mentions,
        f"{len(parsed.hashtags)} tags": parsed.hashtags,
        f"asks {len(parsed.poll.options) if parsed.poll else 0}": parsed.poll,
        "quotes": parsed.quote_uri,
        "a vote": parsed.is_vote,
        "of somebody elsewhere": parsed.attributed_to and not parsed.vouches_for_author(),
        f"may be quoted by {len(parsed.quote_approval or ())}": parsed.quote_approval,
    }
    return " ".join([visibility, parsed.kind, *(words for words, is_so in details.items() if is_so)])


def actor_in_words(document: Mapping[str, Any]) -> str:
    """An actor: what it is, and how many keys it vouches for."""
    try:
        parsed = ParsedActor.parse(document)
    except MalformedActivity as error:
        return f"refused: {error}"
    return f"{parsed.kind} keys {len(parsed.keys)}"
