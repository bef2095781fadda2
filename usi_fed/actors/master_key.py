"""Whether the master key is still the one that sealed this server's secrets.

Without it nobody here can sign anything any more, and a new one would only hide that until the last backup with the
old one is gone.
"""

from pathlib import Path

from sqlalchemy import Connection, select

from usi_fed.activitypub.key_safe import KeySafe
from usi_fed.actors.tables import actor_keys
from usi_fed.errors import ConfigurationError

_SEALED = select(actor_keys.c.sealed_private).where(actor_keys.c.sealed_private.is_not(None)).limit(1)
_REMEDY = "Put back the master.key of this server, from a backup if need be: without it its people cannot act."


def a_sealed_secret(connection: Connection) -> bytes | None:
    """Any one of the secrets that were sealed here; None when there is none yet."""
    found: bytes | None = connection.execute(_SEALED).scalar()
    return found


def require_master_key(path: Path, sealed: bytes | None) -> None:
    """See to it that the file at `path` opens what was sealed here. A server without secrets may be without a file.

    Raises:
        ConfigurationError: the file is missing, cannot be read, or holds other keys.
    """
    if not path.exists():
        if sealed is not None:
            raise ConfigurationError([f"{path} is missing, which opens the secrets in the database. {_REMEDY}"])
        return
    safe = KeySafe.open(path)
    if sealed is not None and not safe.can_open(sealed):
        raise ConfigurationError([f"{path} does not open the secrets in the database: it is another one. {_REMEDY}"])
