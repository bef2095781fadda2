"""Backups on a page: made once beside all other work, fetched by who knows the password, whole."""

import asyncio
from datetime import timedelta
from random import randbytes

import pytest

from tests.pages.administration.conftest import press
from tests.pages.signing import PASSWORD
from usi_fed.errors import InvalidInput
from usi_fed.upkeep import backups_store
from usi_fed.upkeep.archive import open_archive, verify_archive
from usi_fed.upkeep.backups import Backups
from usi_fed.upkeep.tables import backups

PAGE = "/administration/backups"
WORDS = "four words of a song"


@pytest.fixture
def files(settings):
    def files():
        return sorted((settings.data_dir / "backups").glob("*"))

    return files


async def asked(house):
    return await house.database.read(lambda connection: connection.execute(backups.select()).all())


async def test_it_is_asked_for_once_made_by_the_worker_and_fetched(olga, house, files, acts, tmp_path):
    assert "No backup has been made yet" in (await olga.get(PAGE)).text
    token = await olga.form_token(PAGE)
    for _ in range(2):
        assert (await olga.post(PAGE, {"form_token": token})).status == 303
    assert "A backup is being made" in (await olga.get(PAGE)).text
    assert len(await asked(house)) == 1
    await house.backups.drain()
    page = (await olga.get(PAGE)).text
    assert "The last backup was made on" in page and "Fetch the backup" in page
    fetched = await press(olga, PAGE, f"{PAGE}/download", password=PASSWORD, passphrase="")
    assert fetched.header("content-disposition").startswith('attachment; filename="union.example-usi-fed-2026-03-01')
    assert fetched.header("cache-control") == "no-store"
    copy = tmp_path / "copy"
    copy.write_bytes(fetched.body)
    assert verify_archive(copy, None).rows["accounts"] == 1
    [file] = files()
    assert file.stat().st_mode & 0o777 == 0o600
    assert [action for action, _ in await acts()] == ["backup make", "backup fetch"]


async def test_it_can_be_locked_on_its_way_out(olga, house, tmp_path):
    await house.administration.ask_backup(olga.actor_id)
    await house.backups.drain()
    fetched = await press(olga, PAGE, f"{PAGE}/download", password=PASSWORD, passphrase=WORDS)
    copy = tmp_path / "copy"
    copy.write_bytes(fetched.body)
    assert verify_archive(copy, WORDS.encode()).origin == "https://union.example"
    with pytest.raises(InvalidInput):
        verify_archive(copy, b"other words of a song")


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"password": "wrong horse battery"}, 403, "password"),
        ({"password": ""}, 403, "password"),
        ({"password": PASSWORD, "passphrase": "short"}, 422, "passphrase"),
    ],
)
async def test_nobody_fetches_it_without_the_password(olga, house, acts, fields, status, field):
    await house.administration.ask_backup(olga.actor_id)
    await house.backups.drain()
    refused = await press(olga, PAGE, f"{PAGE}/download", **fields)
    assert (refused.status, f'id="problem-{field}"' in refused.text) == (status, True)
    assert "backup fetch" not in [action for action, _ in await acts()]


async def test_the_newest_stays_and_none_is_in_another(olga, house, files, clock):
    for _ in range(2):
        clock.time += timedelta(hours=1)
        await house.administration.ask_backup(olga.actor_id)
        await house.backups.drain()
    [file] = files()
    assert "140000" in file.name
    with open_archive(file, None) as members:
        names = [member.name for member in members]
    assert "files/master.key" in names
    assert not [name for name in names if "backup" in name]


async def test_it_is_taken_off_the_server(olga, house, files):
    await house.administration.ask_backup(olga.actor_id)
    await house.backups.drain()
    assert (await press(olga, PAGE, f"{PAGE}/remove")).status == 303
    assert files() == [] and await asked(house) == []
    gone = await olga.post(f"{PAGE}/download", {"form_token": await olga.form_token(PAGE), "password": PASSWORD})
    assert (gone.status, "not here any more" in gone.text) == (404, True)


async def test_one_that_kills_whoever_makes_it_is_given_up(olga, house, clock):
    await house.administration.ask_backup(olga.actor_id)
    [one] = await asked(house)
    for _ in range(3):
        await house.database.write(backups_store.start, one.id, clock())
    await house.backups.drain()
    assert "could not be made" in (await olga.get(PAGE)).text
    await house.administration.ask_backup(olga.actor_id)
    await house.backups.drain()
    assert "Fetch the backup" in (await olga.get(PAGE)).text


async def test_a_folder_that_cannot_be_written_to_is_told(olga, house, settings):
    (settings.data_dir / "backups").write_text("a file in its place")
    await house.administration.ask_backup(olga.actor_id)
    await house.backups.drain()
    assert "could not be made" in (await olga.get(PAGE)).text


async def test_it_is_not_begun_when_it_would_fill_the_disk(olga, house, monkeypatch, files):
    monkeypatch.setattr("usi_fed.upkeep.backups.free_bytes", lambda _: 100 << 20)
    await house.administration.ask_backup(olga.actor_id)
    await house.backups.drain()
    assert "not enough room" in (await olga.get(PAGE)).text
    assert files() == []


async def test_of_two_processes_one_makes_it(olga, house, settings, clock, files):
    await house.administration.ask_backup(olga.actor_id)
    other = Backups(settings, house.database, clock, holder="elsewhere-1/7/x")
    await asyncio.gather(house.backups.drain(), other.drain())
    [one] = await asked(house)
    assert (one.state, one.tries, len(files())) == ("done", 1, 1)


async def test_one_that_is_stopped_leaves_nothing_and_is_made_later(olga, house, files, settings):
    (settings.data_dir / "large").write_bytes(randbytes(8 << 20))  # so that it is stopped in the midst of it
    await house.administration.ask_backup(olga.actor_id)
    making = asyncio.create_task(house.backups.drain())
    while not files():
        await asyncio.sleep(0)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    assert (await asked(house))[0].state == "asked"
    assert files() == []  # not even a half one that a thread still writes
    await house.backups.drain()
    assert (await asked(house))[0].state == "done"
    assert [file.suffix for file in files()] == [".backup"]
