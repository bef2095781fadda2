"""Tables of sealed notes. What is in them tells an administrator who may read how many notes, and nothing of them."""

from sqlalchemy import Column, ForeignKey, LargeBinary, String, Table

from usi_fed.db.columns import BigId, Moment, metadata

sealing_keys = Table(  # with which boxes are closed for somebody
    "sealing_keys",
    metadata,
    Column("person_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("public", LargeBinary, nullable=False),
    Column("wrapped", LargeBinary, nullable=False),  # the private key, under a passphrase that is not kept
    Column("made_at", Moment, nullable=False),
)

paper_keys = Table(  # of organisations; the private one is on paper only
    "paper_keys",
    metadata,
    Column(
        "organisation_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    Column("public", LargeBinary, nullable=False),
    Column("made_at", Moment, nullable=False),
)

sealed_notes = Table(
    "sealed_notes",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=False),  # random: other ids tell the moment
    Column("organisation_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("day", Moment, nullable=False),  # the beginning of the day (UTC) on which it was written
)

sealed_boxes = Table(  # the key of a note, once for each reader
    "sealed_boxes",
    metadata,
    Column("note_id", BigId, ForeignKey("sealed_notes.id", ondelete="CASCADE"), primary_key=True),
    Column("reader_id", BigId, primary_key=True, index=True),  # a person, or the organisation: its paper key
    Column("box", LargeBinary, nullable=False),
)

sealed_openings = Table(  # private keys that are in use in a browser, for a quarter of an hour
    "sealed_openings",
    metadata,
    Column("key_hash", String(64), primary_key=True),  # SHA-256, hex, of a key that only the browser has
    Column("person_id", BigId, ForeignKey("actors.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("wrapped", LargeBinary, nullable=False),
    Column("expires_at", Moment, nullable=False, index=True),
)
