"""The weekly mail about groups."""

from datetime import timedelta

import pytest

from tests.pages.groups.conftest import press
from tests.peer import until
from tests.post_office import open_post_office, with_mail
from usi_fed.accounts.store import change_account
from usi_fed.config import Settings


@pytest.fixture
async def office_of_mail():
    async with open_post_office() as office:
        yield office


@pytest.fixture
def settings(tmp_path, database_url, office_of_mail):
    return with_mail(Settings(domain="union.example", data_dir=tmp_path, database_url=database_url), office_of_mail)


async def test_who_wants_it_gets_one_mail_a_week_with_what_is_new_and_no_hidden_name(
    house, ada, member, found, choir, joins, writes, clock, office_of_mail
):
    mia = await member("mia")
    await house.database.write(change_account, mia.actor_id, email="mia@home.example")
    night = await found("night", "Group", "Night shift")
    for group in (choir, night):
        await joins(ada, group)
        await joins(mia, group)
    await press(mia, "/groups", mail="yes")
    assert 'value="no"' in (await mia.get("/groups")).text
    clock.time += timedelta(minutes=1)
    await writes(ada, "@choir We sing")
    await writes(ada, "@night We meet at the gate")
    await house.groups.set_up(night.id, None, concealed=True)
    await house.digests.send_due()
    clock.time += timedelta(days=7, minutes=1)
    await house.digests.send_due()
    await house.digests.send_due()
    await until(lambda: office_of_mail.mails)
    [mail] = office_of_mail.mails
    text = mail.get_content()
    assert (mail["To"], mail["Subject"]) == ("mia@home.example", "New in your groups")
    assert "We sing: 1 new post" in text and "https://union.example/groups" in text
    assert "ight" not in text and "gate" not in text
