"""Members at their browsers before a server on each of the two databases, and organisations for which they act."""

import pytest

from tests.pages.account.conftest import Member
from tests.pages.administration.conftest import press, token_of
from tests.pages.signing import PASSWORD
from usi_fed.app import Doors
from usi_fed.config import Settings
from usi_fed.unions.founding import Description
from usi_fed.unions.offices_store import put_office

__all__ = ["press", "token_of"]


@pytest.fixture
def settings(tmp_path, database_url):
    return Settings(domain="union.example", data_dir=tmp_path, database_url=database_url, rate_limits=False)


@pytest.fixture
def member(house):
    async def member(username, role="member", **wishes):
        draft = await house.actors.prepare_local(username, **wishes)
        account = await house.accounts.create(draft, PASSWORD, role=role)
        browser = Member(Doors(house))
        browser.house, browser.actor_id = house, account.actor_id
        browser.cookies["__Host-session"] = await house.accounts.open_session(account.actor_id)
        return browser

    return member


@pytest.fixture
async def ada(member):
    """She owns what is founded here."""
    return await member("ada")


@pytest.fixture
def found(house, ada):
    async def found(username, kind="Union", name="", **description):
        made = Description(kind, **description)
        return await house.unions.found(username, name or username.title(), made, ada.actor_id, None)

    return found


@pytest.fixture
async def dockers(found):
    return await found("dockers", name="Dockers Union")


@pytest.fixture
def office(house):
    """Gives somebody an office without asking them."""

    async def office(organisation, person, role):
        given = (organisation.id, person.actor_id, role, None, house.clock())
        await house.database.write(put_office, *given)

    return office
