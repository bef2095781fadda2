"""Tables of the actors' room."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from usi_fed.db.columns import BigId, Json, Moment, id_column, metadata

actors = Table(
    "actors",
    metadata,
    id_column(),
    Column("uri", Text, nullable=False, unique=True),
    Column("kind", String(20), nullable=False),  # Person, Organization, Group, Application, Service
    Column("username", Text, nullable=False),
    Column("username_key", Text, nullable=False),  # lower case
    Column("domain", Text, nullable=False, server_default=""),  # of the handle; empty: ours
    Column("host", Text, nullable=False, server_default=""),  # host[:port] of the uri; empty: ours
    Column("name", Text, nullable=False, server_default=""),
    Column("summary", Text, nullable=False, server_default=""),  # sanitised HTML
    Column("summary_source", Text, nullable=False, server_default=""),  # as typed, ours only
    Column("url", Text),
    Column("inbox", Text, nullable=False),
    Column("shared_inbox", Text),
    Column("outbox", Text),
    Column("followers_uri", Text),
    Column("following_uri", Text),
    Column("featured_uri", Text),
    Column("icon_url", Text),  # where the picture is at its origin; ours: the file name under media
    Column("icon_description", Text, nullable=False, server_default=""),
    Column("image_url", Text),
    Column("image_description", Text, nullable=False, server_default=""),
    Column("fields", Json, nullable=False, server_default="[]"),  # [{name, value (HTML), source, verified_at}]
    Column("emojis", Json, nullable=False, server_default="[]"),  # [{shortcode, url}]
    Column("also_known_as", Json, nullable=False, server_default="[]"),
    Column("attribution_domains", Json, nullable=False, server_default="[]"),
    Column("implements", Json, nullable=False, server_default="[]"),  # FEP-844e hrefs
    Column("moved_to_uri", Text),
    Column("moved_at", Moment),
    Column("locked", Boolean, nullable=False, server_default="0"),
    Column("discoverable", Boolean, nullable=False, server_default="0"),
    Column("indexable", Boolean, nullable=False, server_default="0"),
    Column("memorial", Boolean, nullable=False, server_default="0"),
    Column("hides_relations", Boolean, nullable=False, server_default="0"),  # followers and following as numbers only
    Column("followers_count", Integer, nullable=False, server_default="0"),
    Column("following_count", Integer, nullable=False, server_default="0"),
    Column("posts_count", Integer, nullable=False, server_default="0"),
    Column("last_post_at", Moment),
    Column("published", Moment, nullable=False),
    Column("fetched_at", Moment),  # others' only
    Column("silenced_at", Moment),
    Column("suspended_at", Moment),  # by our moderators
    Column("suspended_at_origin", Boolean, nullable=False, server_default="0"),
    Column("deleted_at", Moment),
    Column("revision", Integer, nullable=False, server_default="1"),  # grows with every visible change: keys the caches
    Column("concealed", Boolean, nullable=False, server_default="0"),  # as if not there, for who does not belong to it
    UniqueConstraint("username_key", "domain"),
    Index("ix_actors_host", "host"),
)

organisations = Table(  # actors that are no persons, ours and others', as far as `usi:` terms say what they are
    "organisations",
    metadata,
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("kind", String(20), nullable=False),  # one of `OrganisationKind`
    Column("parent_uri", Text, index=True),  # of a branch: the union to which it says that it belongs
    Column("sectors", Json, nullable=False, server_default="[]"),
    Column("themes", Json, nullable=False, server_default="[]"),
    Column("country", String(2), nullable=False, server_default=""),
    Column("region", Text, nullable=False, server_default=""),
    Column("languages", Json, nullable=False, server_default="[]"),
    Column("latitude", Float),  # degrees; of ours rounded, no house can be told from it
    Column("longitude", Float),
    Column("is_listed", Boolean, nullable=False, server_default="0"),  # wants to stand in directories
    Column("facts", Json, nullable=False, server_default="[]"),  # lines of the profile, [{name, value (HTML)}], ours
    Column("payment_url", Text),  # where people give it money; ours
    Column("risk", String(10), nullable=False, server_default=""),  # high: its people are hidden; ours
)

concealments = Table(  # why a person of ours is hidden, once for each reason
    "concealments",
    metadata,
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("because_of", BigId, primary_key=True, index=True, autoincrement=False),  # an organisation, or the person
)

actor_keys = Table(
    "actor_keys",
    metadata,
    id_column(),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("uri", Text, nullable=False, unique=True),  # the key id on the wire
    Column("algorithm", String(10), nullable=False),  # rsa, ed25519
    Column("public", Text, nullable=False),  # PEM for rsa, multibase for ed25519
    Column("sealed_private", LargeBinary),  # ours only, encrypted under the data directory's key
    Column("created_at", Moment, nullable=False),
    Column("retired_at", Moment),  # refused from then on
)

follows = Table(
    "follows",
    metadata,
    id_column(),
    Column("follower_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("target_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("uri", Text, nullable=False),  # of the Follow activity, the latest one
    Column("accepted", Boolean, nullable=False),
    Column("show_boosts", Boolean, nullable=False, server_default="1"),
    Column("notify", Boolean, nullable=False, server_default="0"),
    Column("languages", Json),  # None: all
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("follower_id", "target_id"),
    Index("ix_follows_target", "target_id", "accepted", "id"),
    Index("ix_follows_uri", "uri"),
)

blocks = Table(
    "blocks",
    metadata,
    id_column(),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("target_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("uri", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("actor_id", "target_id"),
)

mutes = Table(
    "mutes",
    metadata,
    id_column(),
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("target_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False),
    Column("notifications", Boolean, nullable=False, server_default="1"),  # hide them too
    Column("expires_at", Moment),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("actor_id", "target_id"),
)

personal_domain_blocks = Table(
    "personal_domain_blocks",
    metadata,
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("created_at", Moment, nullable=False),
)

actor_notes = Table(  # what one person privately remembers about another
    "actor_notes",
    metadata,
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True),
    Column("target_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True),
    Column("comment", Text, nullable=False),
)
