"""Tables of the unions' room: who acts for an organisation, who belongs to it, what waits. Never published."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from usi_fed.db.columns import BigId, Json, Moment, id_column, metadata

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

office_offers = Table(  # what somebody was asked to become, until they answer
    "office_offers",
    metadata,
    id_column(),
    Column("organisation_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("role", String(20), nullable=False),
    Column("offered_by", BigId),  # NULL: the command line
    Column("expires_at", Moment, nullable=False),
    UniqueConstraint("organisation_id", "person_id", "role"),
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

proposals = Table(  # acts of an organisation that need two people, and what became of them
    "proposals",
    metadata,
    id_column(),
    Column("organisation_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(30), nullable=False),  # a name in the table of acts
    Column("payload", Json, nullable=False, server_default="{}"),
    Column("proposed_by", BigId),  # NULL: the command line
    Column("proposed_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("decided_by", BigId),  # NULL: nobody yet, or the command line
    Column("decided_at", Moment),
    Column("state", String(10), nullable=False),  # open, done, refused, lapsed
    Index("ix_proposals_organisation", "organisation_id", "id"),
    Index("ix_proposals_state", "state", "expires_at"),
)

neighbours = Table(  # servers that were asked whether they have a directory of organisations
    "neighbours",
    metadata,
    Column("host", Text, primary_key=True),  # host[:port], as in `actors`
    Column("directory_uri", Text),  # NULL: it has none
    Column("due_at", Moment, nullable=False),  # when it is asked again
)
