"""Which other servers are known here, and what ties there are to them. All SQL of it."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from usi_fed.actors.tables import actors, follows
from usi_fed.moderation.rulebook import without_port
from usi_fed.moderation.rules_store import count_people


@dataclass(frozen=True, slots=True)
class KnownServer:
    """Another server, and how many of its people are known here."""

    host: str
    people: int


@dataclass(frozen=True, slots=True)
class Ties:
    """Follows with servers: `going` our members follow people there, `coming` people there follow ours."""

    going: int = 0
    coming: int = 0

    @property
    def both(self) -> int:
        """All of them."""
        return self.going + self.coming

    def __add__(self, other: "Ties") -> "Ties":
        """Two servers' ties together."""
        return Ties(self.going + other.going, self.coming + other.coming)


def known_servers(connection: Connection, words: str, after: str, limit: int) -> list[KnownServer]:
    """Servers whose host has the words, by host; those behind `after`."""
    statement = select(actors.c.host, func.count()).where(actors.c.host != "", actors.c.host > after)
    if words:
        statement = statement.where(actors.c.host.contains(words, autoescape=True))
    rows = connection.execute(statement.group_by(actors.c.host).order_by(actors.c.host).limit(limit))
    return [KnownServer(*row) for row in rows]


def ties_of_hosts(connection: Connection) -> dict[str, Ties]:
    """The follows between our people and each host that has some, requests among them."""
    found: dict[str, Ties] = {}
    local, remote = actors.alias("local"), actors.alias("remote")
    for ours, theirs, is_going in (("follower_id", "target_id", True), ("target_id", "follower_id", False)):
        pairs = follows.join(local, local.c.id == follows.c[ours]).join(remote, remote.c.id == follows.c[theirs])
        statement = (
            select(remote.c.host, func.count())
            .select_from(pairs)
            .where(local.c.host == "", remote.c.host != "")
            .group_by(remote.c.host)
        )
        for host, number in connection.execute(statement):
            ties = Ties(going=number) if is_going else Ties(coming=number)
            found[host] = found.get(host, Ties()) + ties
    return found


def ties_of_domains(connection: Connection) -> dict[str, Ties]:
    """As `ties_of_hosts`, for each domain with its subdomains together, as rules hold for them."""
    found: dict[str, Ties] = {}
    for host, ties in ties_of_hosts(connection).items():
        domain = without_port(host)
        while domain:
            found[domain] = found.get(domain, Ties()) + ties
            domain = domain.partition(".")[2]
    return found


def people_below(connection: Connection, domain: str, *, exactly: bool = False) -> int:
    """How many people of a domain and, unless `exactly` it is meant, of its subdomains are known here."""
    return sum(
        one
        for host, one in count_people(connection).items()
        if (without_port(host) == domain if exactly else is_below(host, domain))
    )


def is_below(host: str, domain: str) -> bool:
    """Whether a host, which may have a port, is a domain or one of its subdomains."""
    name = without_port(host)
    return name == domain or name.endswith(f".{domain}")
