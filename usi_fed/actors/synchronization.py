"""Followers collection synchronisation: two servers compare what they know of an actor's followers.

Spec: FEP-8fcf; `../shared/interop/mastodon.md` section 8, "Followers synchronisation".
"""

from collections.abc import Iterable
from hashlib import sha256

HEADER = "Collection-Synchronization"
MAX_FOLLOWERS = 25_000
"""Actors with more followers send no header, as Mastodon's do not."""


def followers_digest(uris: Iterable[str]) -> str:
    """The digest of a set of followers: the exclusive or of their SHA-256, in hexadecimal."""
    total = 0
    for uri in uris:
        total ^= int.from_bytes(sha256(uri.encode()).digest(), "big")
    return f"{total:064x}"


def synchronization_url(followers_uri: str) -> str:
    """Where the followers that a signer's server has are listed for it; `followers_uri` is the whole collection."""
    return f"{followers_uri}_synchronization"


def synchronization_header(followers_uri: str, follower_uris: Iterable[str]) -> str:
    """The header's value on a delivery that is for followers only, to the server where these followers live."""
    digest, url = followers_digest(follower_uris), synchronization_url(followers_uri)
    return f'collectionId="{followers_uri}", url="{url}", digest="{digest}"'
