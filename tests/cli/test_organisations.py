"""Unions by command: founded, described, given officers, ended."""

import pytest

from usi_fed.cli.house import get_local
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, NotFound


@pytest.fixture
def ana(run):
    """Somebody with an account."""
    run("account", "create", "ana", "--password", "workers unite")


def test_a_union_three_branches_and_five_officers_need_no_settings_file(run, ana):
    for name in ("ben", "cho", "dia", "eli"):
        run("account", "create", name, "--password", "workers unite")
    founded = run("organisation", "found", "dockers", "--kind", "union", "--owner", "ana", "--sector", "transport")
    assert founded == "@dockers@union.example is founded.\n"
    for branch in ("durban", "maputo", "luanda"):
        run("organisation", "found", branch, "--kind", "branch", "--part-of", "dockers", "--owner", "ana")
    for name, person, role in (
        ("dockers", "ben", "treasurer"),
        ("durban", "cho", "secretary"),
        ("maputo", "dia", "steward"),
        ("luanda", "eli", "communications"),
    ):
        assert run("organisation", "office", "give", name, person, role) == f"{person} acts for {name} as {role}.\n"
    told = run("organisation", "list")
    assert "@durban  Branch  part of https://union.example/users/dockers  2 act for it" in told
    assert [line.split()[1] for line in run("organisation", "office", "list", "dockers").splitlines()] == [
        "owner",
        "treasurer",
    ]
    assert run("organisation", "office", "end", "dockers", "ben", "treasurer").startswith("ben no longer acts")
    assert "does not act" in run("organisation", "office", "end", "dockers", "ben", "treasurer", fails=NotFound)


def test_what_an_organisation_says_of_itself_is_changed_and_shown(run, ana):
    run("organisation", "found", "dockers", "--kind", "union", "--owner", "ana", "--theme", "peace")
    run("organisation", "describe", "dockers", "--country", "ZA", "--listed", "--display-name", "Dockers")
    shown = run("organisation", "show", "dockers")
    for line in ("Name: Dockers", "Themes: peace", "Country: ZA", "In directories: yes", "@ana  owner  since"):
        assert line in shown
    run("organisation", "propose", "dockers", "payment", "--url", "https://pay.example/dockers")
    assert "Payments: https://pay.example/dockers" in run("organisation", "show", "dockers")
    assert "witchcraft" in run("organisation", "describe", "dockers", "--sector", "witchcraft", fails=InvalidInput)


def test_what_a_single_officer_proposed_is_confirmed_by_command(run, ana):
    run("organisation", "found", "dockers", "--kind", "union", "--owner", "ana")

    async def propose(house):
        ana, dockers = await get_local(house, "ana"), await get_local(house, "dockers")
        made = await house.unions.propose(dockers.id, "list", {}, ana.id)
        with pytest.raises(NotAllowed):
            await house.unions.confirm(dockers.id, made.id, ana.id)
        return made.id

    number = run.within(propose)
    assert f"list  {number}" in run("organisation", "show", "dockers")
    assert run("organisation", "confirm", "dockers", str(number)) == "list of dockers is done.\n"
    assert "In directories: yes" in run("organisation", "show", "dockers")
    assert "waits" in run("organisation", "confirm", "dockers", str(number), fails=NotFound)


def test_a_deleted_organisation_is_no_more_and_its_name_is_not_given_again(run, ana):
    run("organisation", "found", "dockers", "--kind", "union", "--owner", "ana")
    assert run("organisation", "delete", "dockers", "--yes").startswith("dockers is deleted")
    assert run("organisation", "list") == "There are no organisations here yet.\n"
    assert "deleted" in run("organisation", "show", "dockers", fails=Conflict)
    assert "taken" in run("organisation", "found", "dockers", "--kind", "union", fails=Conflict)


def test_a_person_is_no_organisation_and_the_other_way_round(run, ana):
    run("organisation", "found", "dockers", "--kind", "union")
    assert "is no organisation" in run("organisation", "show", "ana", fails=NotFound)
    assert "must be a person" in run(
        "organisation", "office", "give", "dockers", "dockers", "owner", fails=InvalidInput
    )
