"""Where somebody's own server lets them follow or answer what they have found elsewhere.

Their server says so in its WebFinger answers, with an address that has a gap for what it is about.

Spec: FEP-3b86 (Activity Intents); `../shared/interop/mastodon.md` section 3, "subscribe"
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote

from usi_fed.activitypub.addresses import NetworkPolicy, parse_url
from usi_fed.activitypub.webfinger import SUBSCRIBE
from usi_fed.errors import MalformedActivity

_FEP = "https://w3id.org/fep/3b86/"
_GAP = re.compile(r"\{([^{}]*)\}")

# What serves a wish, best first: the link's relation, and the gap that it must have for what the wish is about.
# Mastodon's Create has a gap for a text only, so it answers nothing; its Object opens a post, to be answered there.
_SERVING: dict[str, tuple[tuple[str, str], ...]] = {
    "follow": ((f"{_FEP}Follow", "object"), (f"{_FEP}Object", "object"), (SUBSCRIBE, "uri")),
    "reply": ((f"{_FEP}Create", "inReplyTo"), (f"{_FEP}Object", "object"), (SUBSCRIBE, "uri")),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to do with an actor or a post; `page` is where to come back to."""

    kind: Literal["follow", "reply"]
    uri: str
    page: str


def find_address(jrd: Mapping[str, Any], wish: Wish, policy: NetworkPolicy) -> str | None:
    """Where an untrusted WebFinger answer sends its owner with a wish; None when it names no usable place.

    Everything that is filled in is percent-encoded, so the scheme and host are the template's own; the scheme is one
    that `policy` allows, so never `javascript`.
    """
    for relation, gap in _SERVING[wish.kind]:
        for template in _templates(jrd, relation):
            if f"{{{gap}}}" not in template:
                continue
            try:
                return str(parse_url(_filled(template, wish), policy))
            except MalformedActivity:
                continue
    return None


def _templates(jrd: Mapping[str, Any], relation: str) -> Iterator[str]:
    """The FEP says `template` in its text and `href` in its examples, so both are about."""
    links = jrd.get("links")
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("rel") == relation:
            yield from (link[name] for name in ("template", "href") if isinstance(link.get(name), str))


def _filled(template: str, wish: Wish) -> str:
    values = {
        "object": wish.uri,
        "uri": wish.uri,
        "inReplyTo": wish.uri,
        "type": "Note",
        "on-success": wish.page,
        "on-cancel": wish.page,
    }
    return _GAP.sub(lambda gap: quote(values.get(gap[1], ""), safe=""), template)
