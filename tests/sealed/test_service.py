"""Sealed notes, as their service has them, on both databases."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.unions.conftest import START
from usi_fed.db.paging import Window
from usi_fed.errors import InvalidInput, NotAllowed, NotFound
from usi_fed.moderation.log_store import Filter, log_page
from usi_fed.outbox.tables import activities
from usi_fed.posts.tables import posts
from usi_fed.sealed.boxes import WrongKey
from usi_fed.sealed.service import OPEN_FOR
from usi_fed.unions.memberships_store import put_membership
from usi_fed.unions.model import Membership

PASSPHRASE = "the sea is wide"
SECRET = "The foreman of shed seven takes money"


@pytest.fixture
async def branch(house, member, found):
    """A branch with an owner, a steward with a key, and a member."""
    owner, steward, docker = await member("ada"), await member("steve"), await member("dora")
    actor = await found("dockers", "Branch", owner=owner)
    await house.unions.offer_office(actor.id, steward.id, "steward", None)
    belongs = Membership(actor.id, docker.id, "member", None, "", owner.id, START, None)
    await house.database.write(put_membership, belongs)
    await house.sealed_notes.make_key(steward.id, PASSPHRASE)
    return actor, owner, steward, docker


async def opened(house, person, passphrase=PASSPHRASE):
    opening = await house.sealed_notes.unlock(person.id, passphrase)
    return await house.sealed_notes.opened(person.id, opening)


async def test_a_member_writes_to_a_steward_who_reads_it_and_nobody_else_does(house, branch):
    actor, owner, steward, docker = branch
    await house.sealed_notes.write(actor.id, docker, "Shed seven", SECRET, [steward.id])
    [note] = await house.sealed_notes.read(actor.id, steward.id, await opened(house, steward))
    assert (note.title, note.text, note.by, note.readers) == ("Shed seven", SECRET, "dora", ("steve",))
    assert await house.sealed_notes.count(actor.id, owner.id) == 0
    assert await house.sealed_notes.count(actor.id, docker.id) == 0


async def test_neither_the_database_nor_what_goes_out_has_a_word_of_it(house, branch, tmp_path):
    actor, _, steward, docker = branch
    await house.sealed_notes.write(actor.id, docker, "Shed seven", SECRET, [steward.id])
    for file in Path(tmp_path).glob("usi-fed.db*"):  # with PostgreSQL there is none
        assert SECRET.encode() not in file.read_bytes()

    def count(connection):
        return [connection.scalar(select(func.count()).select_from(table)) for table in (posts, activities)]

    assert await house.database.read(count) == [0, 0]


async def test_who_wrote_stands_in_no_row(house, branch):
    actor, _, steward, docker = branch
    before = await house.database.read(log_page, Window(), Filter(organisation_id=actor.id))
    await house.sealed_notes.write(actor.id, docker, "Shed seven", SECRET, [steward.id])
    assert await house.database.read(log_page, Window(), Filter(organisation_id=actor.id)) == before


async def test_an_opening_is_written_down(house, branch):
    actor, _, steward, docker = branch
    await house.sealed_notes.write(actor.id, docker, "Shed seven", SECRET, [steward.id])
    await house.sealed_notes.read(actor.id, steward.id, await opened(house, steward))
    [line] = await house.database.read(log_page, Window(), Filter(organisation_id=actor.id, areas=("sealed",)))
    assert (line.action, line.actor_id, line.detail) == ("sealed open", steward.id, {"number": 1})


async def test_a_wrong_passphrase_opens_nothing(house, branch):
    _, _, steward, _ = branch
    with pytest.raises(WrongKey):
        await house.sealed_notes.unlock(steward.id, "the sea is deep")


async def test_an_opening_ends_after_a_while_and_by_locking(house, branch, clock):
    _, owner, steward, _ = branch
    opening = await house.sealed_notes.unlock(steward.id, PASSPHRASE)
    assert await house.sealed_notes.opened(owner.id, opening) is None
    await house.sealed_notes.lock(steward.id)
    assert await house.sealed_notes.opened(steward.id, opening) is None
    opening = await house.sealed_notes.unlock(steward.id, PASSPHRASE)
    clock.time += OPEN_FOR + timedelta(seconds=1)
    assert await house.sealed_notes.opened(steward.id, opening) is None


async def test_who_has_no_office_any_more_reads_nothing(house, branch):
    actor, _, steward, docker = branch
    await house.sealed_notes.write(actor.id, docker, "Shed seven", SECRET, [steward.id])
    private = await opened(house, steward)
    await house.unions.end_office(actor.id, steward.id, "steward", steward.id)
    with pytest.raises(NotFound):
        await house.sealed_notes.read(actor.id, steward.id, private)


async def test_strangers_write_nothing_and_learn_nothing(house, branch, member):
    actor, _, steward, _ = branch
    stranger = await member("eve")
    with pytest.raises(NotFound):
        await house.sealed_notes.write(actor.id, stranger, "Shed seven", SECRET, [steward.id])
    with pytest.raises(NotFound):
        await house.sealed_notes.count(actor.id, stranger.id)


async def test_only_who_has_a_key_and_may_read_is_a_reader(house, branch, member):
    actor, owner, steward, docker = branch
    offered = await house.sealed_notes.possible_readers(actor.id)
    assert [(person.username, has_key) for person, has_key in offered] == [("ada", False), ("steve", True)]
    for readers in ([owner.id], [steward.id, (await member("eve")).id], []):
        with pytest.raises(InvalidInput, match="readers"):
            await house.sealed_notes.write(actor.id, docker, "Shed seven", SECRET, readers)


async def test_a_reader_shares_a_note_and_shreds_it_for_all(house, branch):
    actor, owner, steward, docker = branch
    await house.sealed_notes.make_key(owner.id, PASSPHRASE)
    await house.sealed_notes.write(actor.id, docker, "Shed seven", SECRET, [steward.id])
    private = await opened(house, steward)
    [note] = await house.sealed_notes.read(actor.id, steward.id, private)
    with pytest.raises(NotFound):
        await house.sealed_notes.shred(actor.id, owner.id, note.id)
    await house.sealed_notes.share(actor.id, steward.id, private, note.id, owner.id)
    [shared] = await house.sealed_notes.read(actor.id, owner.id, await opened(house, owner))
    assert shared.text == SECRET
    await house.sealed_notes.shred(actor.id, owner.id, note.id)
    assert await house.sealed_notes.count(actor.id, steward.id) == 0


async def test_the_key_on_paper_opens_what_was_written_since(house, branch):
    actor, owner, steward, docker = branch
    await house.sealed_notes.write(actor.id, docker, "Before", SECRET, [steward.id])
    with pytest.raises(NotAllowed):
        await house.sealed_notes.make_paper_key(actor.id, steward.id)
    paper = await house.sealed_notes.make_paper_key(actor.id, owner.id)
    await house.sealed_notes.write(actor.id, docker, "Since", SECRET, [steward.id])
    notes = await house.sealed_notes.read_by_paper(actor.id, owner.id, paper.upper())
    assert [note.title for note in notes] == ["Since"]
    await house.sealed_notes.make_paper_key(actor.id, owner.id)
    with pytest.raises(WrongKey):
        await house.sealed_notes.read_by_paper(actor.id, owner.id, paper)


async def test_another_passphrase_keeps_the_notes_and_a_new_key_does_not(house, branch):
    actor, _, steward, docker = branch
    await house.sealed_notes.write(actor.id, docker, "Shed seven", SECRET, [steward.id])
    await house.sealed_notes.change_passphrase(steward.id, PASSPHRASE, "the sea is deep")
    assert (
        len(await house.sealed_notes.read(actor.id, steward.id, await opened(house, steward, "the sea is deep"))) == 1
    )
    await house.sealed_notes.make_key(steward.id, PASSPHRASE)
    assert await house.sealed_notes.read(actor.id, steward.id, await opened(house, steward)) == []
