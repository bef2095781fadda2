"""Affiliations by command, on a server of its own."""

import re

import pytest
from click.testing import CliRunner

from usi_fed.cli import usi_fed
from usi_fed.cli.house import in_house
from usi_fed.errors import Conflict, InvalidInput, NotFound
from usi_fed.unions.founding import Description


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Calls a command of `usi-fed affiliation`; the server has a branch and a union."""
    monkeypatch.setenv("USI_FED_DOMAIN", "union.example")
    monkeypatch.setenv("USI_FED_DATA_DIR", str(tmp_path / "data"))

    def call(*arguments, fails=None):
        result = CliRunner().invoke(usi_fed, arguments)
        assert result.exception is None if fails is None else isinstance(result.exception, fails), result.output
        return result.output if fails is None else str(result.exception)

    call("account", "create", "ana", "--password", "workers unite")

    async def found(house):
        for name, kind in (("durban", "Branch"), ("dockers", "Union")):
            await house.unions.found(name, name.title(), Description(kind), None, None)

    in_house(found)
    return lambda *arguments, fails=None: call("affiliation", *arguments, fails=fails)


def test_offers_are_made_refused_and_taken_back_and_everybody_can_ask_who_is_attested(run):
    assert run("list", "durban") == "There are none.\n"
    number = re.search(r"@dockers is asked; this is number (\d+)", run("offer", "durban", "dockers"))[1]
    assert re.fullmatch(rf"{number}  \S+ \S+  offered  is joined by @durban\n", run("list", "dockers"))
    assert run("refuse", number, "--reason", "Call us") == f"Number {number} is refused now.\n"
    assert "does not wait" in run("accept", number, fails=Conflict)
    number = re.search(r"number (\d+)", run("offer", "durban", "@dockers@union.example"))[1]
    assert run("leave", number) == f"Number {number} is left now.\n"
    assert run("verify", "durban") == "Nobody attests durban.\n"
    assert "union or a federation" in run("offer", "dockers", "ana", fails=InvalidInput)


def test_an_administrator_chooses_whom_to_trust(run):
    assert run("trust") == "Nobody is trusted.\n"
    assert run("trust", "dockers") == "@dockers\n"
    assert run("distrust", "dockers") == "dockers is not trusted any more.\n"
    assert "not trusted here" in run("distrust", "dockers", fails=NotFound)
