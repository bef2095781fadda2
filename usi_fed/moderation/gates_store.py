"""All SQL about who may not come in: providers of e-mail, single addresses, networks."""

from datetime import datetime

from sqlalchemy import Connection, delete, or_, select

from usi_fed.clock import new_id
from usi_fed.db.database import insert
from usi_fed.errors import NotFound
from usi_fed.moderation.model import AddressBlock, AddressSeverity, CanonicalEmailBlock, EmailDomainBlock
from usi_fed.moderation.tables import address_blocks, canonical_email_blocks, email_domain_blocks

# ---- providers of e-mail ----


def add_email_domain(connection: Connection, domain: str, now: datetime) -> EmailDomainBlock | None:
    """Take no addresses of a domain any more; None when that is so already."""
    values = EmailDomainBlock(new_id(now), domain, now)._asdict()
    added = insert(connection, email_domain_blocks).values(values).on_conflict_do_nothing()
    row = connection.execute(added.returning(*email_domain_blocks.c)).first()
    return None if row is None else EmailDomainBlock(*row)


def get_email_domain(connection: Connection, block_id: int) -> EmailDomainBlock:
    """The block with this id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(select(email_domain_blocks).where(email_domain_blocks.c.id == block_id)).first()
    if row is None:
        raise NotFound(f"There is no e-mail domain block {block_id}.")
    return EmailDomainBlock(*row)


def email_domains(connection: Connection) -> list[EmailDomainBlock]:
    """Every domain whose addresses are not taken, by name."""
    found = connection.execute(select(email_domain_blocks).order_by(email_domain_blocks.c.domain))
    return [EmailDomainBlock(*row) for row in found]


def remove_email_domain(connection: Connection, domain: str) -> bool:
    """Take the addresses of a domain again; whether they were not taken."""
    gone = delete(email_domain_blocks).where(email_domain_blocks.c.domain == domain)
    return bool(connection.execute(gone).rowcount)


# ---- single addresses ----


def add_canonical_email(
    connection: Connection, email_hash: str, actor_id: int | None, now: datetime
) -> CanonicalEmailBlock:
    """Take an address no more; the block, also when it was there already."""
    values = CanonicalEmailBlock(new_id(now), email_hash, actor_id, now)._asdict()
    connection.execute(insert(connection, canonical_email_blocks).values(values).on_conflict_do_nothing())
    return canonical_emails(connection, email_hash)[0]


def get_canonical_email(connection: Connection, block_id: int) -> CanonicalEmailBlock:
    """The block with this id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(select(canonical_email_blocks).where(canonical_email_blocks.c.id == block_id)).first()
    if row is None:
        raise NotFound(f"There is no e-mail block {block_id}.")
    return CanonicalEmailBlock(*row)


def canonical_emails(connection: Connection, email_hash: str | None = None) -> list[CanonicalEmailBlock]:
    """Every single address that is not taken, the newest first, or the one with this hash."""
    wanted = select(canonical_email_blocks).order_by(canonical_email_blocks.c.id.desc())
    if email_hash is not None:
        wanted = wanted.where(canonical_email_blocks.c.email_hash == email_hash)
    return [CanonicalEmailBlock(*row) for row in connection.execute(wanted)]


def remove_canonical_email(connection: Connection, block_id: int) -> None:
    """Take an address again."""
    connection.execute(delete(canonical_email_blocks).where(canonical_email_blocks.c.id == block_id))


def forget_canonical_of(connection: Connection, actor_id: int) -> None:
    """Take the address again with which somebody was shut out."""
    connection.execute(delete(canonical_email_blocks).where(canonical_email_blocks.c.actor_id == actor_id))


# ---- networks ----


def put_address_block(
    connection: Connection,
    network: str,
    severity: AddressSeverity,
    comment: str,
    expires_at: datetime | None,
    now: datetime,
) -> AddressBlock:
    """What holds for a network from now on."""
    values = AddressBlock(new_id(now), network, severity, comment, expires_at, now)._asdict()
    changed = {name: values[name] for name in ("severity", "comment", "expires_at")}
    statement = insert(connection, address_blocks).values(values)
    statement = statement.on_conflict_do_update(index_elements=["network"], set_=changed)
    return AddressBlock(*connection.execute(statement.returning(*address_blocks.c)).one())


def get_address_block(connection: Connection, block_id: int) -> AddressBlock:
    """The block with this id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(select(address_blocks).where(address_blocks.c.id == block_id)).first()
    if row is None:
        raise NotFound(f"There is no address block {block_id}.")
    return AddressBlock(*row)


def address_blocks_at(connection: Connection, now: datetime) -> list[AddressBlock]:
    """Everything that holds for networks, the newest first."""
    holds = or_(address_blocks.c.expires_at.is_(None), address_blocks.c.expires_at > now)
    found = connection.execute(select(address_blocks).where(holds).order_by(address_blocks.c.id.desc()))
    return [AddressBlock(*row) for row in found]


def remove_address_block(connection: Connection, network: str) -> bool:
    """Drop what holds for a network; whether something did."""
    return bool(connection.execute(delete(address_blocks).where(address_blocks.c.network == network)).rowcount)


def forget_expired_blocks(connection: Connection, now: datetime) -> None:
    """Drop what was for a time that is over."""
    connection.execute(delete(address_blocks).where(address_blocks.c.expires_at <= now))
