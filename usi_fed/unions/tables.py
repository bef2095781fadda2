"""Tables of the unions' room: who acts for an organisation, who belongs to it, what it belongs to, and its pages.

Of offices and memberships nothing is published but the offices of people who want to be named.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from usi_fed.actors.belonging import memberships as memberships  # noqa: PLC0414 - one of this room's, defined below
from usi_fed.actors.belonging import offices as offices  # noqa: PLC0414
from usi_fed.db.columns import BigId, Json, Moment, id_column, metadata

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

post_writers = Table(  # who wrote what an organisation published; for its officers only
    "post_writers",
    metadata,
    Column("post_id", BigId, ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("person_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
)

affiliations = Table(  # that an organisation belongs to another, or wants to, or did; one of the two at least is ours
    "affiliations",
    metadata,
    id_column(),
    Column("subject_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("approver_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("host", Text, nullable=False),  # of the other side; empty when both are ours
    Column("state", String(10), nullable=False),  # offered, accepted, refused, withdrawn, left, expired
    Column("offer_uri", Text, nullable=False, unique=True),
    Column("offered_at", Moment, nullable=False),  # as its statement says: a later one takes the place of an earlier
    Column("expires_at", Moment, nullable=False),
    Column("statement_uri", Text, nullable=False, index=True),
    Column("statement", Json, nullable=False),  # the signed documents, of both sides
    Column("stamp_uri", Text, index=True),
    Column("stamp", Json),
    Column("answer_uri", Text),  # of the Accept or Reject
    Column("end_uri", Text),  # of the Undo or Delete with which it ended
    Column("reason", Text, nullable=False, server_default=""),
    Column("decided_by", BigId),  # who of us answered; NULL: the other side, or the command line
    Column("since", Moment, nullable=False),  # of the state
    Column("confirmed_at", Moment),  # when the other side last showed its part at its own address
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Moment, index=True),  # when to see whether both sides agree; NULL: they do, for good
    UniqueConstraint("subject_id", "approver_id"),
)

attestations = Table(  # what was verified between organisations of other servers, and till when that may be shown
    "attestations",
    metadata,
    Column("subject_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True),
    Column("approver_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("statement_uri", Text, nullable=False, index=True),
    Column("stamp_uri", Text, nullable=False, index=True),
    Column("since", Moment, nullable=False),
    Column("verified_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False, index=True),  # when to verify it again
)

trusted_roots = Table(  # the federations and unions at whose word this server's administrators stop asking
    "trusted_roots",
    metadata,
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True),
    Column("added_by", BigId),  # NULL: the command line
    Column("since", Moment, nullable=False),
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
