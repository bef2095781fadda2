"""What stands between a viewer and others."""

from datetime import timedelta

from tests.actors.factories import START, add_local, add_remote
from usi_fed.actors import blocks_store, follows_store
from usi_fed.actors.relationships_store import Relationship, relationships, set_note
from usi_fed.db.database import Database


async def test_every_flag_is_told_for_the_right_actor(database: Database) -> None:
    ada = await database.write(add_local, "ada")
    names = ("followed", "fan", "asked", "asking", "blocked", "blocker", "muted", "noted", "stranger")
    one = {name: (await database.write(add_remote, name)).id for name in names}
    hidden = (await database.write(add_remote, "hidden", "hidden.example")).id
    add = follows_store.add_follow
    await database.write(
        add, ada.id, one["followed"], "u:1", accepted=True, at=START, show_boosts=False, notify=True, languages=["de"]
    )
    await database.write(add, one["fan"], ada.id, "u:2", accepted=True, at=START)
    await database.write(add, ada.id, one["asked"], "u:3", accepted=False, at=START)
    await database.write(add, one["asking"], ada.id, "u:4", accepted=False, at=START)
    await database.write(blocks_store.add_block, ada.id, one["blocked"], "u:5", START)
    await database.write(blocks_store.add_block, one["blocker"], ada.id, "u:6", START)
    end = START + timedelta(hours=1)
    await database.write(blocks_store.add_mute, ada.id, one["muted"], at=START, notifications=False, expires_at=end)
    await database.write(blocks_store.add_domain_block, ada.id, "hidden.example", START)
    await database.write(set_note, ada.id, one["noted"], "met at the congress")

    found = await database.read(relationships, ada.id, [*one.values(), hidden], START)
    assert found == [
        Relationship(one["followed"], following=True, notifying=True, languages=["de"]),
        Relationship(one["fan"], followed_by=True),
        Relationship(one["asked"], requested=True),
        Relationship(one["asking"], requested_by=True),
        Relationship(one["blocked"], blocking=True),
        Relationship(one["blocker"], blocked_by=True),
        Relationship(one["muted"], muting=True, muting_expires_at=end),
        Relationship(one["noted"], note="met at the congress"),
        Relationship(one["stranger"]),
        Relationship(hidden, domain_blocking=True),
    ]


async def test_an_empty_note_forgets_it(database: Database) -> None:
    ada, bob = await database.write(add_local, "ada"), await database.write(add_remote, "bob")
    await database.write(set_note, ada.id, bob.id, "x")
    await database.write(set_note, ada.id, bob.id, "y")
    assert (await database.read(relationships, ada.id, [bob.id], START))[0].note == "y"
    await database.write(set_note, ada.id, bob.id, "")
    assert (await database.read(relationships, ada.id, [bob.id], START))[0].note == ""
