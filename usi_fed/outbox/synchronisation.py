"""Tells a follower's server which of its people we count as followers, so that it can repair differences.

Spec: FEP-8fcf, `../shared/interop/mastodon.md` section 8
"""

from collections.abc import Iterable
from functools import reduce
from hashlib import sha256

HEADER = "Collection-Synchronization"
MOST_FOLLOWERS = 25_000
_NOTHING = bytes(32)


def followers_digest(follower_uris: Iterable[str]) -> str:
    """The exclusive or of the SHA-256 of each follower's identity, in hexadecimal."""
    hashes = (sha256(uri.encode()).digest() for uri in follower_uris)
    return reduce(lambda one, other: bytes(a ^ b for a, b in zip(one, other, strict=True)), hashes, _NOTHING).hex()


def synchronisation_header(followers_uri: str, follower_uris: Iterable[str]) -> str:
    """The value of the header for one receiving host; the list is at `<followers_uri>_synchronization`."""
    url = f"{followers_uri}_synchronization"
    return f'collectionId="{followers_uri}", url="{url}", digest="{followers_digest(follower_uris)}"'
