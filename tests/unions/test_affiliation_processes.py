"""Three servers as operators run them: a branch, a union under a federation, and one that knows neither."""

import asyncio
import re

import pytest

from tests.interop.ours import running_server
from tests.interop.waiting import eventually
from usi_fed.config import load_settings
from usi_fed.unions.founding import Description
from usi_fed.wiring import open_house


def _found(server, *organisations):
    """Make organisations, each a user name and a kind."""

    async def found():
        async with open_house(load_settings(server.environment)) as house:
            for username, kind in organisations:
                await house.unions.found(username, username.title(), Description(kind), None, None)

    asyncio.run(found())


def _affiliation(server, *arguments):
    return server.run("affiliation", *arguments)


def _number(server, organisation, state):
    """The number of the only affiliation of an organisation, once it is in this state."""
    pattern = re.compile(rf"^(\d+)  \S+ \S+  {state}  ", re.MULTILINE)
    return eventually(lambda: pattern.search(_affiliation(server, "list", organisation)), f"{organisation}: {state}")[1]


@pytest.mark.postgresql
def test_a_third_server_sees_the_path_and_its_end(tmp_path, postgresql_url):
    folders = [tmp_path / name for name in ("branch", "union", "third")]
    for folder in folders:
        folder.mkdir()
    with (
        running_server(folders[0]) as branch,
        running_server(folders[1], USI_FED_DATABASE_URL=postgresql_url) as union,
        running_server(folders[2]) as third,
    ):
        _found(branch, ("durban", "Branch"))
        _found(union, ("dockers", "Union"), ("transport", "Federation"))
        _affiliation(union, "offer", "dockers", "transport")
        _affiliation(union, "accept", _number(union, "transport", "offered"))
        _affiliation(branch, "offer", "durban", f"dockers@{union.domain}")
        joined = rf"offered  is joined by @durban@{re.escape(branch.domain)}"
        listed = eventually(
            lambda: re.search(rf"(\d+)  \S+ \S+  {joined}", _affiliation(union, "list", "dockers")), "offer"
        )
        assert _affiliation(third, "verify", f"durban@{branch.domain}").startswith("Nobody attests")
        _affiliation(union, "accept", listed[1])
        _number(branch, "durban", "accepted")
        above = f"attested by @dockers@{union.domain} - attested by @transport@{union.domain}"
        nobody = "nobody whom this server trusts"
        assert _affiliation(third, "verify", f"durban@{branch.domain}") == f"{above}; {nobody}"
        _affiliation(third, "trust", f"transport@{union.domain}")
        trusted = f"{above}; this server trusts @transport@{union.domain}"
        assert _affiliation(third, "verify", f"durban@{branch.domain}") == trusted
        _affiliation(union, "withdraw", listed[1], "--reason", "Fees unpaid")
        assert _affiliation(third, "verify", f"durban@{branch.domain}").startswith("Nobody attests")
