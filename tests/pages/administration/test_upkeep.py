"""Storage, health and keys."""

from dataclasses import replace

import pytest

from tests.pages.administration.conftest import fill, picture, press
from tests.pages.signing import PASSWORD
from usi_fed.actors.keys_store import keys_of
from usi_fed.actors.store import find_actor
from usi_fed.app import Doors
from usi_fed.media.store import put_cached
from usi_fed.upkeep import doctor
from usi_fed.upkeep.checkup import Checkup
from usi_fed.upkeep.findings import fault, ok, warning

STORAGE, HEALTH, KEYS = "/administration/storage", "/administration/health", "/administration/keys"


async def test_it_says_what_takes_how_much_room(olga, house, settings, clock):
    path = settings.media_dir / "incoming-picture"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture())
    await house.media.upload(await olga.actor(), path)
    await house.database.write(put_cached, "a" * 64, "foreign.png", "image/png", 3_500_000, clock())
    page = (await olga.get(STORAGE)).text
    assert "3.5 MB" in page and "1 file" in page and "Free on the disk" in page


async def test_files_of_others_are_dropped_and_ours_stay(olga, house, settings, clock, acts):
    foreign = settings.media_dir / "cache" / "foreign.png"
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"x")
    await fill(olga, "/administration/look", [("badge", "b.png", "image/png", picture())], colour="red")
    await house.database.write(put_cached, "a" * 64, "foreign.png", "image/png", 1, clock())
    assert (await press(olga, STORAGE, f"{STORAGE}/clear")).status == 303
    assert not foreign.exists()
    assert (await olga.get(house.instance.face.badge_path)).status == 200
    assert ("cache clear", "files of other servers") in await acts()


async def test_the_doctor_is_asked_once_for_many_and_the_worst_stands_first(olga, house, settings):
    asked = []

    def doctor(shown):
        asked.append(shown)
        yield ok("All is well.")
        yield warning("The disk is <nearly> full.", "Make room.")
        yield fault("The clock is wrong.", "Set it.")

    olga.app = Doors(replace(house, checkup=Checkup(settings, house.instance, doctor)))
    pages = [(await olga.get(HEALTH)).text for _ in range(2)]
    assert pages[0].index("The clock is wrong.") < pages[0].index("&lt;nearly&gt;") < pages[0].index("All is well.")
    assert "Set it." in pages[0] and "Python" in pages[0] and ("SQLite" in pages[0] or "PostgreSQL" in pages[0])
    assert len(asked) == 1
    await house.administration.choose({"contact_email": "crane@union.example"}, olga.actor_id)
    await olga.get(HEALTH)
    assert [shown.contact_email for shown in asked] == ["office@union.example", "crane@union.example"]


async def public_keys(house, actor):
    return {key.algorithm: key.public for key in await house.database.read(keys_of, actor.id)}


@pytest.mark.parametrize("typed", ["ada", "@ada", "@ada@union.example"])
async def test_an_account_gets_new_keys(olga, member, house, acts, typed):
    ada = await (await member("ada")).actor()
    before = await public_keys(house, ada)
    done = await press(olga, KEYS, whose="account", username=typed, password=PASSWORD)
    assert done.status == 303
    after = await public_keys(house, ada)
    assert after.keys() == before.keys() and not set(after.values()) & set(before.values())
    assert ("keys rotate", "@ada") in await acts()


async def test_the_server_itself_gets_new_keys(olga, house):
    actor = await house.database.read(find_actor, house.urls.instance_actor)
    before = await public_keys(house, actor)
    assert (await press(olga, KEYS, whose="server", username="", password=PASSWORD)).status == 303
    assert await public_keys(house, actor) != before


@pytest.mark.parametrize(
    ("fields", "field", "status"),
    [
        ({"username": "ada", "password": "wrong horse battery"}, "password", 403),
        ({"username": "nobody", "password": PASSWORD}, "username", 422),
        ({"username": "", "password": PASSWORD}, "username", 422),
    ],
)
async def test_keys_stay_when_something_is_wrong(olga, member, house, fields, field, status):
    ada = await (await member("ada")).actor()
    before = await public_keys(house, ada)
    refused = await press(olga, KEYS, whose="account", **fields)
    assert (refused.status, f'id="problem-{field}"' in refused.text) == (status, True)
    assert await public_keys(house, ada) == before


async def test_health_says_sizes_as_the_reader_writes_them(olga, monkeypatch):
    monkeypatch.setattr(doctor.check_disk, "__defaults__", (lambda folder: 8_300_000_000,))
    assert "8.3 GB are free" in (await olga.get(HEALTH)).text
    olga.cookies["__Host-language"] = "el"
    await olga.send("/language?next=/home", {"to": "el"}, page=KEYS)
    page = (await olga.get(HEALTH)).text
    assert "8,3" in page and "8.3" not in page
