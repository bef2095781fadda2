"""OAuth scopes: which exist, and what covers what.

Those of Mastodon, and two of our own for what it has no methods for (`usi_fed/api/usi`).

Spec: ../shared/mastodon-api/openapi.json `OAuthScope`
"""

from collections.abc import Collection

_AREAS = ("accounts", "blocks", "bookmarks", "favourites", "filters", "follows", "lists", "mutes", "notifications")
_ADMIN = ("accounts", "reports", "domain_allows", "domain_blocks", "ip_blocks", "email_domain_blocks")

DEFAULT_SCOPES = "read"
SUPPORTED_SCOPES: tuple[str, ...] = (
    "profile",
    "read",
    *(f"read:{area}" for area in (*_AREAS, "search", "statuses")),
    "write",
    *(f"write:{area}" for area in (*_AREAS, "conversations", "media", "reports", "statuses")),
    "follow",
    "push",
    "admin:read",
    *(f"admin:read:{area}" for area in (*_ADMIN, "canonical_email_blocks")),
    "admin:write",
    *(f"admin:write:{area}" for area in (*_ADMIN, "canonical_email_blocks")),
    "usi:read",
    "usi:write",
)
_KNOWN = frozenset(SUPPORTED_SCOPES)
# The old scope of the relation methods, still what every client asks for.
_FOLLOW = frozenset(f"{verb}:{area}" for verb in ("read", "write") for area in ("blocks", "follows", "mutes"))


def are_known(scopes: str) -> bool:
    """Whether every scope in a space separated list exists."""
    return _KNOWN.issuperset(scopes.split())


def is_covered(needed: str, granted: Collection[str]) -> bool:
    """Whether one of the granted scopes includes the needed one: `read` includes `read:statuses`."""
    if needed in granted:
        return True
    broader, _, _ = needed.rpartition(":")
    if broader and is_covered(broader, granted):
        return True
    return (needed in _FOLLOW and "follow" in granted) or (needed == "profile" and is_covered("read:accounts", granted))


def are_covered(asked: str, granted: str) -> bool:
    """Whether each scope of one space separated list is included in the other list."""
    allowed = granted.split()
    return all(is_covered(scope, allowed) for scope in asked.split())
