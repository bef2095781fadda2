"""Who may not come in: by the provider of their e-mail, by one address, or by the network that they come from."""

import hashlib
from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection

from usi_fed.clock import Clock
from usi_fed.db.database import Database
from usi_fed.errors import InvalidInput, NotAllowed, NotFound
from usi_fed.moderation import gates_store as store
from usi_fed.moderation.domains import parse_rule_domain, require_dot
from usi_fed.moderation.log_store import log_act
from usi_fed.moderation.model import (
    ADDRESS_SEVERITIES,
    AddressBlock,
    AddressSeverity,
    CanonicalEmailBlock,
    Decision,
    EmailDomainBlock,
)
from usi_fed.moderation.networks import NetworkBook, contains, parse_network
from usi_fed.sentences import Sentence

LONGEST_COMMENT = 500
ONE_ADDRESS = "an e-mail address"
"""What the log calls an address: it is in no log."""
NO_ACCESS = Sentence("Whoever looks after this server has shut out the network from which you come.")
_NOT_TAKEN = Sentence("cannot be used here; give another one, or none")
_NOBODY_JOINS = Sentence("Nobody can join from the network from which you come. Ask somebody of this server.")
_OWN = Sentence("must not cover the address from which you come yourself: you would be shut out")
_KNOWN = Sentence("is on the list already")


class Gates:
    """What stands at the door. Networks are held in memory, and read anew when another process has changed them.

    Visitors' addresses are compared and forgotten: none is stored or logged. `by` None is the command line.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._book = NetworkBook()

    async def load(self) -> None:
        """Read anew what holds for networks."""
        self._book = NetworkBook(await self._database.read(store.address_blocks_at, self._clock()))

    # ---- asking ----

    async def check_email(self, email: str | None) -> None:
        """See to it that an account may be made with an e-mail address; none is always good.

        The same is said of a provider and of one address: nobody learns who was shut out.

        Raises:
            InvalidInput: moderators do not take it.
        """
        if email is not None and await self._database.read(is_refused, email):
            raise InvalidInput("email", _NOT_TAKEN)

    def check_network(self, address: str) -> None:
        """See to it that accounts are made from a network address at all.

        Raises:
            NotAllowed: moderators let nobody join from there.
        """
        if self._severity_of(address) in ("sign_up_block", "no_access"):
            raise NotAllowed(_NOBODY_JOINS)

    def asks_first(self, address: str) -> bool:
        """Whether an officer looks first at who joins from a network address."""
        return self._severity_of(address) == "sign_up_requires_approval"

    def keeps_out(self, address: str) -> bool:
        """Whether pages and applications answer nothing to a network address."""
        return self._severity_of(address) == "no_access"

    def _severity_of(self, address: str) -> AddressSeverity | None:
        return self._book.severity_of(address, self._clock())

    # ---- providers of e-mail ----

    async def block_email_domain(self, domain: str, decision: Decision) -> EmailDomainBlock:
        """Let nobody join with an address of a domain, or of one below it.

        Raises:
            InvalidInput: it is no domain, or a single word, or is on the list already.
        """
        clean = _email_domain(domain)
        return await self._database.write(_block_domain, clean, decision, self._clock())

    async def allow_email_domain(self, domain: str, decision: Decision) -> None:
        """Take the addresses of a domain again.

        Raises:
            InvalidInput: it is no domain.
            NotFound: it is not on the list.
        """
        await self._database.write(_allow_domain, _email_domain(domain), decision, self._clock())

    # ---- single addresses ----

    async def block_email(self, email: str | None, email_hash: str | None, decision: Decision) -> CanonicalEmailBlock:
        """Let nobody join with an address, or with the one that has this hash; only the hash is kept.

        Raises:
            InvalidInput: it is neither an address nor a hash.
        """
        wanted = (email_hash or "").strip().lower() if email is None else canonical_hash(email)
        if len(wanted) != 64 or not set(wanted) <= set("0123456789abcdef"):
            raise InvalidInput("canonical_email_hash", Sentence("must be 64 digits from 0 to f"))
        return await self._database.write(_block_email, wanted, decision, self._clock())

    async def allow_email(self, block_id: int, decision: Decision) -> None:
        """Take an address again.

        Raises:
            NotFound: there is no such block.
        """
        await self._database.write(_allow_email, block_id, decision, self._clock())

    # ---- networks ----

    async def block_network(
        self,
        network: str,
        severity: str,
        comment: str,
        expires_at: datetime | None,
        decision: Decision,
        own_address: str = "",
    ) -> AddressBlock:
        """Say what holds for a network; `own_address` is where whoever says so comes from.

        Raises:
            InvalidInput: it is no network, the severity is unknown, the comment too long, the time over, or whoever
                says so would be shut out.
        """
        clean = parse_network(network)
        known = next((one for one in ADDRESS_SEVERITIES if one == severity), None)
        if known is None:
            raise InvalidInput("severity", f"must be one of {', '.join(ADDRESS_SEVERITIES)}")
        if known == "no_access" and contains(clean, own_address):
            raise InvalidInput("ip", _OWN)
        if len(comment.strip()) > LONGEST_COMMENT:
            raise InvalidInput("comment", Sentence("may have at most %(most)s characters", most=LONGEST_COMMENT))
        if expires_at is not None and expires_at <= self._clock():
            raise InvalidInput("expires_in", Sentence("must be in the future"))
        values = (str(clean), known, comment.strip(), expires_at)
        made = await self._database.write(_block_network, *values, decision, self._clock())
        await self.load()
        return made

    async def free_network(self, network: str, decision: Decision) -> None:
        """Drop what holds for a network.

        Raises:
            InvalidInput: it is no network.
            NotFound: nothing holds for it.
        """
        await self._database.write(_free_network, str(parse_network(network)), decision, self._clock())
        await self.load()


def canonical_email(email: str) -> str:
    """An address without what its provider does not look at: letters' case, dots, and what follows a plus.

    Spec: Mastodon's `canonical_email_blocks`; the same hash is the same address there.
    """
    local, _, domain = email.strip().lower().rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def canonical_hash(email: str) -> str:
    """What is kept of an address: SHA-256 of its canonical form, in hexadecimal.

    Raises:
        InvalidInput: it is no address.
    """
    if not email.strip().rpartition("@")[0]:
        raise InvalidInput("email", Sentence("must be an e-mail address such as ada@union.example"))
    return hashlib.sha256(canonical_email(email).encode("utf-8", "replace")).hexdigest()


def is_refused(connection: Connection, email: str) -> bool:
    """Whether nobody joins with an address, for itself or for its provider."""
    domain = email.rpartition("@")[2].strip().rstrip(".").lower()
    with suppress(InvalidInput):  # no name of the internet, but perhaps of a mail server's own network
        domain = parse_rule_domain(domain)
    refused = {one.domain for one in store.email_domains(connection)}
    steps = domain.split(".")
    is_of_provider = any(".".join(steps[at:]) in refused for at in range(len(steps)))
    return is_of_provider or bool(store.canonical_emails(connection, canonical_hash(email)))


def _email_domain(text: str) -> str:
    domain = parse_rule_domain(text.strip().rpartition("@")[2])
    require_dot("domain", domain)
    return domain


def _block_domain(connection: Connection, domain: str, decision: Decision, now: datetime) -> EmailDomainBlock:
    made = store.add_email_domain(connection, domain, now)
    if made is None:
        raise InvalidInput("domain", _KNOWN)
    log_act(connection, decision.by, "email block", domain, now, reason=decision.reason)
    return made


def _allow_domain(connection: Connection, domain: str, decision: Decision, now: datetime) -> None:
    if not store.remove_email_domain(connection, domain):
        raise NotFound(f"{domain} is not on the list.")
    log_act(connection, decision.by, "email free", domain, now, reason=decision.reason)


def _block_email(connection: Connection, email_hash: str, decision: Decision, now: datetime) -> CanonicalEmailBlock:
    made = store.add_canonical_email(connection, email_hash, None, now)
    log_act(connection, decision.by, "email block", ONE_ADDRESS, now, reason=decision.reason)
    return made


def _allow_email(connection: Connection, block_id: int, decision: Decision, now: datetime) -> None:
    store.get_canonical_email(connection, block_id)
    store.remove_canonical_email(connection, block_id)
    log_act(connection, decision.by, "email free", ONE_ADDRESS, now, reason=decision.reason)


def _block_network(
    connection: Connection,
    network: str,
    severity: AddressSeverity,
    comment: str,
    expires_at: datetime | None,
    decision: Decision,
    now: datetime,
) -> AddressBlock:
    made = store.put_address_block(connection, network, severity, comment, expires_at, now)
    log_act(connection, decision.by, "address block", network, now, severity=severity, reason=decision.reason)
    return made


def _free_network(connection: Connection, network: str, decision: Decision, now: datetime) -> None:
    if not store.remove_address_block(connection, network):
        raise NotFound(f"Nothing holds for {network}.")
    log_act(connection, decision.by, "address free", network, now, reason=decision.reason)
