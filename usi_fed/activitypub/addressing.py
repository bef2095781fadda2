"""Whom a document is addressed to, and what that means for who may read it."""

from collections.abc import Collection, Mapping
from typing import Literal

from usi_fed.activitypub.lenient import each, is_uri, uri_of

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
MAX_ADDRESSEES = 1000

Visibility = Literal["public", "unlisted", "private", "direct"]
Level = Literal["", "movement", "circle"]
QuotePolicy = Literal["public", "followers", "nobody"]

_LEVELS: tuple[Level, ...] = ("movement", "circle")
# The compact forms that JSON-LD allows, and a mistake that GNU social and old Mastodon relays made.
_PUBLIC_FORMS = frozenset({PUBLIC, "as:Public", "Public", "http://www.w3.org/ns/activitystreams#Public"})


def addressees(value: object) -> tuple[str, ...]:
    """The different URIs in `to` or `cc`, in order; each form of Public becomes `PUBLIC`. At most 1000."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]  # nearly always
    if isinstance(value, str):
        return (PUBLIC,) if value in _PUBLIC_FORMS else (value,) if is_uri(value) else ()
    found: dict[str, None] = {}
    for entry in each(value)[:MAX_ADDRESSEES]:
        if isinstance(entry, list):
            continue
        uri = PUBLIC if isinstance(entry, str) and entry in _PUBLIC_FORMS else uri_of(entry)
        if uri is not None:
            found[uri] = None
    return tuple(found)


def visibility_of(to: Collection[str], cc: Collection[str], followers_uri: str | None) -> Visibility:
    """Who may read what is addressed so, in Mastodon's words.

    `followers_uri` is the author's. A followers' collection in `cc` alone does not make a post followers-only.

    Spec: `../shared/interop/mastodon.md` section 6, "Visibility mapping"
    """
    if PUBLIC in to:
        return "public"
    if PUBLIC in cc:
        return "unlisted"
    return "private" if followers_uri is not None and followers_uri in to else "direct"


def level_of(value: object) -> Level:
    """The level of a post, `usi:level`; empty when it says none that is known. Spec: `docs/vocabulary.md`"""
    for level in _LEVELS:
        if value == level:
            return level
    return ""


def quote_policy_of(approved: Collection[str] | None, followers_uri: str | None) -> QuotePolicy:
    """Who may quote, from the URIs in `interactionPolicy.canQuote.automaticApproval`; None: nothing was said.

    Without a policy nobody may, as Mastodon reads it. Spec: FEP-044f
    """
    if approved is None:
        return "nobody"
    if PUBLIC in approved:
        return "public"
    return "followers" if followers_uri is not None and followers_uri in approved else "nobody"


def quote_approval(document: Mapping[str, object]) -> tuple[str, ...] | None:
    """The URIs whose quotes are approved automatically; None when the document has no such policy."""
    policy = document.get("interactionPolicy")
    rule = policy.get("canQuote") if isinstance(policy, Mapping) else None
    return addressees(rule.get("automaticApproval")) if isinstance(rule, Mapping) else None
