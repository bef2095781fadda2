"""Who belongs to an organisation: the two tables that say it, and the rule who may read what is for its own people.

They are the unions' to write (`unions/`). What they mean for who may read a post is asked in rooms below.
"""

from collections.abc import Iterable

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    exists,
    literal,
    or_,
    select,
)
from sqlalchemy.types import Boolean

from usi_fed.actors.tables import actors
from usi_fed.db.columns import BigId, Moment, metadata

MOST_ASKED = 100

UNREADING_ROLES = ("supporter",)
"""The offices that do not let anybody read what is not public; see `unions/roles.py`."""

offices = Table(  # who acts for one of our organisations, as what
    "offices",
    metadata,
    Column("organisation_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("role", String(20), primary_key=True),  # one of `roles.Role`
    Column("is_shown", Boolean, nullable=False, server_default="0"),  # the person wants to be named in public
    Column("given_by", BigId),  # NULL: the command line
    Column("since", Moment, nullable=False),
)

memberships = Table(  # who belongs to one of our organisations and groups, or wants to, or must not
    "memberships",
    metadata,
    Column("organisation_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True),
    Column("person_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("state", String(10), nullable=False),  # asked, invited, member, banned
    Column("uri", Text, index=True),  # of the Join, Follow or Invite with which it began
    Column("words", Text, nullable=False, server_default=""),  # what the person said when asking; why banned
    Column("decided_by", BigId),  # who invited, let in or banned; NULL: nobody had to
    Column("since", Moment, nullable=False),
    Column("until", Moment),  # when a ban ends
    Index("ix_memberships_state", "organisation_id", "state"),
)


def belongs(connection: Connection, person_id: int, organisation_id: int) -> bool:
    """Whether somebody may read what is for an organisation's own people."""
    return bool(connection.execute(select(belongs_to(person_id, literal(organisation_id)))).scalar())


def has_members_here(connection: Connection, organisation_uris: Iterable[str]) -> bool:
    """Whether somebody of this server is a member of one of these organisations."""
    wanted = list(organisation_uris)[:MOST_ASKED]
    person = actors.alias("person")
    statement = (
        select(memberships.c.person_id)
        .join(actors, actors.c.id == memberships.c.organisation_id)
        .join(person, person.c.id == memberships.c.person_id)
        .where(actors.c.uri.in_(wanted), memberships.c.state == "member", person.c.host == "")
    )
    return connection.execute(statement.limit(1)).first() is not None


def belongs_to(
    person_id: int | BindParameter[int] | ColumnElement[int], organisation_id: ColumnElement[int]
) -> ColumnElement[bool]:
    """The condition that somebody may read what is for an organisation's own people.

    These are its members, who acts for it with an office that lets one read, and itself.
    """
    is_member = (
        exists()
        .where(memberships.c.organisation_id == organisation_id, memberships.c.person_id == person_id)
        .where(memberships.c.state == "member")
        .correlate_except(memberships)
    )
    is_officer = (
        exists()
        .where(offices.c.organisation_id == organisation_id, offices.c.person_id == person_id)
        .where(*(offices.c.role != role for role in UNREADING_ROLES))
        .correlate_except(offices)
    )
    return or_(is_member, is_officer, organisation_id == person_id)
