"""What was chosen on a page counts for the doctor at the command line, too."""

import asyncio
from datetime import UTC, datetime

from usi_fed.config import Settings
from usi_fed.db.engine import open_database
from usi_fed.instance.store import choose
from usi_fed.upkeep.checkup import as_chosen
from usi_fed.upkeep.doctor import check_settings
from usi_fed.upkeep.findings import Grade


def test_a_contact_address_that_was_chosen_on_a_page_is_one(tmp_path, database_url):
    settings = Settings(domain="here.example", data_dir=tmp_path, database_url=database_url)
    assert check_settings(as_chosen(settings)).grade is Grade.WARNING
    asyncio.run(put(database_url, {"contact_email": "a@here.example", "name": "Ours"}))
    chosen = as_chosen(settings)
    assert (check_settings(chosen).grade, chosen.name) == (Grade.OK, "Ours")


def test_without_a_database_the_settings_count(tmp_path):
    settings = Settings(domain="here.example", data_dir=tmp_path, name="Ours")
    assert as_chosen(settings) == settings


async def put(url, changes):
    database = open_database(url)
    await database.open()
    await database.write(choose, changes, datetime(2026, 1, 1, tzinfo=UTC))
    await database.close()
