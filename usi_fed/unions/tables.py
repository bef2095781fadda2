"""Tables of the unions' room: who acts for an organisation, who belongs to it, and the pages of its own.

Of offices and memberships nothing is published but the offices of people who want to be named.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from usi_fed.db.columns import BigId, Moment, id_column, metadata

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

organisation_pages = Table(  # what an organisation says of itself on pages of its own
    "organisation_pages",
    metadata,
    id_column(),
    Column("organisation_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("slug", String(60), nullable=False),  # its name in addresses
    Column("title", Text, nullable=False),
    Column("source", Text, nullable=False),  # Markdown, as typed
    Column("html", Text, nullable=False),  # made by us
    Column("position", Integer, nullable=False),  # in the row of tabs
    Column("is_published", Boolean, nullable=False, server_default="0"),
    Column("is_front", Boolean, nullable=False, server_default="0"),  # its text opens the site
    Column("language", String(35), nullable=False, server_default=""),
    Column("changed_at", Moment, nullable=False),
    Column("changed_by", BigId),
    UniqueConstraint("organisation_id", "slug"),
)
