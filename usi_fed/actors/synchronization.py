"""Followers collection synchronisation: two servers compare what they know of an actor's followers.

Spec: FEP-8fcf; `../shared/interop/mastodon.md` section 8, "Followers synchronisation".
"""

from collections.abc import Iterable
from hashlib import sha256

from sqlalchemy import Connection

from usi_fed.actors.follows_store import followers_of_host
from usi_fed.actors.model import Actor

HEADER = "Collection-Synchronization"
MAX_FOLLOWERS = 25_000
"""Actors with more followers send no header, as Mastodon's do not."""


def followers_digest(uris: Iterable[str]) -> str:
    """The digest of a set of followers: the exclusive or of their SHA-256, in hexadecimal."""
    total = 0
    for uri in uris:
        total ^= int.from_bytes(sha256(uri.encode()).digest(), "big")
    return f"{total:064x}"


def synchronization_url(actor: Actor) -> str:
    """Where the followers that a signer's server has are listed for it."""
    return f"{actor.uri}/followers_synchronization"


def synchronization_header(connection: Connection, actor: Actor, host: str) -> str:
    """The value of the header on a delivery to `host` that is for followers only."""
    digest = followers_digest(followers_of_host(connection, actor.id, host))
    return f'collectionId="{actor.followers_uri}", url="{synchronization_url(actor)}", digest="{digest}"'
