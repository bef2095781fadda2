"""Tables of the accounts' room. Secrets are stored as hashes only."""

from sqlalchemy import Boolean, Column, ForeignKey, LargeBinary, String, Table, Text, UniqueConstraint

from usi_fed.db.columns import BigId, Json, Moment, id_column, metadata

accounts = Table(
    "accounts",
    metadata,
    Column("actor_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("email", Text, unique=True),  # lower case
    Column("password_hash", Text),  # argon2id
    Column("role", String(20), nullable=False, server_default="member"),  # member, moderator, admin
    Column("approved", Boolean, nullable=False, server_default="1"),
    Column("disabled_at", Moment),
    Column("locale", String(20), nullable=False, server_default="en"),
    Column("preferences", Json, nullable=False, server_default="{}"),  # posting defaults, reading choices
    Column("created_at", Moment, nullable=False),
    Column("active_at", Moment),  # the day of the last sign of life
)

sessions = Table(  # of browsers
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),  # SHA-256, hex
    Column("actor_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("browser", String(20)),  # as `browsers.family_of` says it, such as firefox/android; no address is kept
    Column("used_on", Moment),  # the beginning of the day (UTC) on which it was last used
    Column("acting_as", BigId, ForeignKey("actors.id", ondelete="SET NULL"), index=True),  # an organisation of ours
)

applications = Table(
    "applications",
    metadata,
    id_column(),
    Column("client_id", String(64), nullable=False, unique=True),
    Column("secret_hash", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("website", Text),
    Column("redirect_uris", Json, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

authorization_codes = Table(
    "authorization_codes",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("application_id", BigId, ForeignKey("applications.id", ondelete="CASCADE"), nullable=False),
    Column("actor_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("code_challenge", Text),
    Column("code_challenge_method", String(10)),
    Column("expires_at", Moment, nullable=False),
    Column("person_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), index=True),  # who acts for it
)

access_tokens = Table(
    "access_tokens",
    metadata,
    id_column(),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("application_id", BigId, ForeignKey("applications.id", ondelete="CASCADE"), index=True),
    Column("actor_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), index=True),  # NULL: the app's own
    Column("scopes", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("code_hash", String(64), index=True),  # of the authorization code that it came from
    # The officer who let the application act for the organisation `actor_id`; NULL: people for themselves.
    Column("person_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), index=True),
)

idempotency_keys = Table(  # what a client, or a form, calls a request that may be sent again
    "idempotency_keys",
    metadata,
    Column("actor_id", BigId, primary_key=True, autoincrement=False),  # no foreign key: rows last an hour
    Column("key_hash", String(64), primary_key=True),  # SHA-256, hex: a key may have any length
    Column("post_id", BigId),  # NULL while the unit of work lasts, and of other acts; kept when the post is deleted
    Column("created_at", Moment, nullable=False, index=True),
)

form_answers = Table(  # to forms that work once, for whoever presses the button twice
    "form_answers",
    metadata,
    Column("key_hash", String(64), primary_key=True),  # SHA-256, hex: of the form and the browser's secret
    Column("sealed", LargeBinary),  # opens with what the browser sent; NULL while somebody is at it
    Column("expires_at", Moment, nullable=False, index=True),
)

password_tickets = Table(  # links with which a forgotten password is replaced
    "password_tickets",
    metadata,
    Column("code_hash", String(64), primary_key=True),  # SHA-256, hex
    Column("actor_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires_at", Moment, nullable=False),
)

second_steps = Table(  # who types a code of the telephone after the password
    "second_steps",
    metadata,
    Column(
        "actor_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("last_step", BigId, nullable=False, server_default="0"),  # of RFC 6238: no code of it or before it counts
    Column("confirmed", Boolean, nullable=False, server_default="0"),  # a first code has shown that it works
    Column("created_at", Moment, nullable=False),
)

recovery_codes = Table(  # each replaces one code of the telephone
    "recovery_codes",
    metadata,
    Column("code_hash", String(64), primary_key=True),  # SHA-256, hex
    Column("actor_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), nullable=False, index=True),
)

half_sessions = Table(  # browsers whose first step was right
    "half_sessions",
    metadata,
    Column("secret_hash", String(64), primary_key=True),  # SHA-256, hex
    Column("actor_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("tries", BigId, nullable=False, server_default="0"),
    Column("expires_at", Moment, nullable=False),
)

sign_in_links = Table(  # that came by mail
    "sign_in_links",
    metadata,
    Column("code_hash", String(64), primary_key=True),  # SHA-256, hex
    Column("actor_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("browser_hash", String(64), nullable=False),  # of the form cookie of the browser that asked
    Column("destination", Text, nullable=False),  # the page that somebody wanted to see
    Column("expires_at", Moment, nullable=False),
)

passkeys = Table(
    "passkeys",
    metadata,
    id_column(),
    Column("actor_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("credential_id", LargeBinary, nullable=False, unique=True),  # of the device's making
    Column("credential", LargeBinary, nullable=False),  # WebAuthn 6.5.1, without the device's model
    Column("sign_count", BigId, nullable=False),
    Column("name", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("used_on", Moment),  # the beginning of the day (UTC) on which it was last used
)

spent_challenges = Table(  # that a device has answered
    "spent_challenges",
    metadata,
    Column("challenge_hash", String(64), primary_key=True),  # SHA-256, hex
    Column("expires_at", Moment, nullable=False),
)

second_passwords = Table(  # a row tells nothing: see `second_passwords.py`
    "second_passwords",
    metadata,
    Column("actor_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), primary_key=True),
    Column("password_hash", Text, nullable=False),  # argon2id
    Column("sealed_use", LargeBinary, nullable=False),
)

linked_accounts = Table(  # elsewhere, with which somebody signs in here
    "linked_accounts",
    metadata,
    id_column(),
    Column("actor_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),  # fediverse, oidc, oauth2: who says it, and in which way
    Column("issuer", Text, nullable=False),  # the origin or the issuer of the service
    Column("subject", Text, nullable=False),  # what it calls the person, for ever
    Column("label", Text, nullable=False),  # for its owner to know it by
    Column("created_at", Moment, nullable=False),
    Column("used_on", Moment),  # the beginning of the day (UTC) on which it was last used
    UniqueConstraint("kind", "issuer", "subject"),
)

journeys = Table(  # people who are on their way to a service elsewhere, or back with what it said of them
    "journeys",
    metadata,
    Column("key_hash", String(64), primary_key=True),  # SHA-256, hex
    Column("browser_hash", String(64), nullable=False),  # of a cookie of the browser that set out
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)

foreign_applications = Table(  # what this server is called at others, where it asks who somebody is
    "foreign_applications",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("client_id", Text, nullable=False),
    Column("sealed_secret", LargeBinary, nullable=False),
    Column("redirect_uri", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
)

vouchers = Table(  # one-time codes with which an officer lets somebody back in
    "vouchers",
    metadata,
    Column("code_hash", String(64), primary_key=True),  # SHA-256, hex
    Column("actor_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("expires_at", Moment, nullable=False),
)

account_notices = Table(  # what somebody is told at signing in, about the account itself
    "account_notices",
    metadata,
    id_column(),
    Column("actor_id", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(40), nullable=False),  # one of `model.NoticeKind`
    Column("by", Text, nullable=False, server_default=""),  # the handle of an officer, or empty
    Column("at", Moment, nullable=False),
    Column("words", Text, nullable=False, server_default=""),  # what an officer wrote, or empty
)

join_requests = Table(  # who wants an account here and waits for an officer; there is no actor of theirs yet
    "join_requests",
    metadata,
    id_column(),
    Column("username", Text, nullable=False, unique=True),  # lower case
    Column("name", Text, nullable=False),
    Column("email", Text, unique=True),  # lower case
    Column("password_hash", Text),  # argon2id; NULL of who signs in from elsewhere only
    Column("locale", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("elsewhere", Text, nullable=False, server_default=""),  # kind, issuer and subject, as JSON, or empty
    Column("label", Text, nullable=False, server_default=""),  # how the account elsewhere is called, or empty
)

invitations = Table(  # also the one-time set-up link (role admin, one use)
    "invitations",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    Column("invited_by", BigId, ForeignKey("accounts.actor_id", ondelete="CASCADE")),
    Column("role", String(20), nullable=False, server_default="member"),
    Column("uses_left", BigId, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("note", Text, nullable=False, server_default=""),  # for whom it is
    Column("locale", String(20), nullable=False, server_default=""),  # of the page to join on
    Column("organisation_id", BigId, ForeignKey("actors.id", ondelete="SET NULL")),  # in whose name
)
