"""All SQL about the keys of actors, ours and others'."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from usi_fed.activitypub.keys import PublicKey
from usi_fed.actors.model import StoredKey
from usi_fed.actors.tables import actor_keys, actors
from usi_fed.clock import new_id
from usi_fed.db.prepared import Prepared

_FIND = Prepared(
    select(actor_keys, actors.c.uri)
    .join(actors, actors.c.id == actor_keys.c.actor_id)
    .where(actor_keys.c.uri == bindparam("uri"))
)
_KEYS_OF = Prepared(
    select(actor_keys)
    .where(actor_keys.c.actor_id == bindparam("actor_id"), actor_keys.c.retired_at.is_(None))
    .order_by(actor_keys.c.id)
)

_HOLDER = Prepared(select(actor_keys.c.actor_id).where(actor_keys.c.uri == bindparam("uri")))
_ADD = Prepared(actor_keys.insert(), actor_keys.c.keys())


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What became of an actor's keys: those that count now, the ids of those that no longer do.

    `all_replaced`: there were keys, and none of them is left. Then somebody else may own the domain now: treat the
    actor as a new party (`../shared/interop/security.md` section 7).
    """

    kept: tuple[PublicKey, ...]
    gone: tuple[str, ...]
    all_replaced: bool


def find_key(connection: Connection, uri: str) -> tuple[StoredKey, str] | None:
    """The key with this id, retired or not, and the uri of the actor who owns it."""
    row = _FIND.first(connection, {"uri": uri})
    return None if row is None else (StoredKey(*row[:-1]), row[-1])


def keys_of(connection: Connection, actor_id: int) -> list[StoredKey]:
    """The keys that count, the oldest first."""
    return [StoredKey(*row) for row in _KEYS_OF.all(connection, {"actor_id": actor_id})]


def parse_stored_key(key: StoredKey, owner: str) -> PublicKey:
    """The key ready for use; `owner` is its actor's uri."""
    read = PublicKey.from_pem if key.algorithm == "rsa" else PublicKey.from_multibase
    return read(key.uri, owner, key.public)


def add_key(connection: Connection, actor_id: int, key: PublicKey, sealed: bytes | None, at: datetime) -> None:
    """Store a key; `sealed` is its private half when it is one of ours.

    Raises:
        IntegrityError: there is a key with this id.
    """
    _ADD.run(connection, {"id": new_id(), "actor_id": actor_id, "retired_at": None, **_columns(key, sealed, at)})


def put_local_key(connection: Connection, actor_id: int, key: PublicKey, sealed: bytes, at: datetime) -> None:
    """Store a key of ours in place of the one with the same id, if there is one."""
    connection.execute(delete(actor_keys).where(actor_keys.c.uri == key.key_id))
    add_key(connection, actor_id, key, sealed, at)


def retire_key(connection: Connection, uri: str, at: datetime) -> None:
    """Refuse the key from now on; an actor's document that lists it again makes it count again."""
    connection.execute(update(actor_keys).where(actor_keys.c.uri == uri).values(retired_at=at))


def retire_keys_of(connection: Connection, actor_id: int, at: datetime) -> list[str]:
    """Refuse all keys of an actor from now on; the ids of those that counted till now."""
    still = actor_keys.c.actor_id == actor_id, actor_keys.c.retired_at.is_(None)
    counted = list(connection.execute(select(actor_keys.c.uri).where(*still)).scalars())
    connection.execute(update(actor_keys).where(*still).values(retired_at=at))
    return counted


def replace_remote_keys(connection: Connection, actor_id: int, keys: Sequence[PublicKey], at: datetime) -> KeyChange:
    """Make `keys`, from the actor's own document, the only ones that count; the others are retired.

    A key id that another actor of that server already uses stays theirs, unless it is this actor's uri with
    a fragment: then it was theirs wrongly.
    """
    before = {key.uri: key.public for key in keys_of(connection, actor_id)}
    wanted = {key.key_id: key for key in keys}
    holders = _holders(connection, wanted)
    kept = []
    for uri, key in wanted.items():
        holder = holders.get(uri)
        if holder is not None and holder != actor_id:
            if uri.partition("#")[0] != key.owner:
                continue
            connection.execute(delete(actor_keys).where(actor_keys.c.uri == uri))
            holder = None
        kept.append(key)
        if holder is None:
            add_key(connection, actor_id, key, None, at)
        elif before.get(uri) != _public_text(key):
            connection.execute(
                update(actor_keys).where(actor_keys.c.uri == uri).values(**_columns(key, None, at), retired_at=None)
            )
    gone = tuple(uri for uri in before if uri not in wanted)
    for uri in gone:
        retire_key(connection, uri, at)
    after = {_public_text(key) for key in keys}
    return KeyChange(tuple(kept), gone, bool(before) and after.isdisjoint(before.values()))


def _holders(connection: Connection, uris: Iterable[str]) -> dict[str, int]:
    found = ((uri, _HOLDER.first(connection, {"uri": uri})) for uri in uris)
    return {uri: row[0] for uri, row in found if row is not None}


def _columns(key: PublicKey, sealed: bytes | None, at: datetime) -> dict[str, object]:
    return {
        "uri": key.key_id,
        "algorithm": key.algorithm,
        "public": _public_text(key),
        "sealed_private": sealed,
        "created_at": at,
    }


def _public_text(key: PublicKey) -> str:
    return key.to_pem() if key.algorithm == "rsa" else key.to_multibase()
