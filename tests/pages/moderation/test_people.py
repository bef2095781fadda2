"""People in moderation: finding them, what may be known of them, what is decided about them."""

import pytest

from tests.api.asgi import Browser
from tests.pages.moderation.conftest import PASSWORD
from usi_fed.accounts.store import get_account
from usi_fed.actors.service import ProfileChange
from usi_fed.actors.store import get_actor
from usi_fed.app import Doors


def page_of(person):
    return f"/moderation/people/{person.actor_id}"


async def account_of(house, person):
    return await house.database.read(get_account, person.actor_id)


async def found(olga, **asked):
    return (await olga.get("/moderation/people", asked)).text.partition("</form>")[2].partition("<main")[2]


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ({"q": "ada"}, True),
        ({"q": "@ADA"}, True),
        ({"q": "@ada@union.example"}, True),
        ({"q": "Ada@mail.example"}, True),
        ({"q": "ada@mail.exampl"}, False),
        ({"q": "%"}, False),
        ({"q": "ada", "host": "here"}, True),
        ({"q": "ada", "host": "far.example"}, False),
        ({"q": "ada", "state": "limited"}, False),
        ({"state": "officers"}, False),
        ({"q": "ada", "state": "nonsense"}, True),
        ({}, True),
    ],
)
async def test_people_are_found(ada, olga, asked, is_found):
    assert (f'href="{page_of(ada)}"' in await found(olga, **asked)) is is_found


async def test_people_elsewhere_are_found_by_server_and_state(house, olga, peer):
    ana = await house.remote_actors.get(peer.actor("ana").uri)
    path = f'href="/moderation/people/{ana.id}"'
    assert path in await found(olga, host=ana.host)
    assert path not in await found(olga)
    await house.moderation.silence(ana.id, None)
    assert path in await found(olga, state="limited")


async def test_moderators_know_no_address_of_mail_and_administrators_do(ada, olga, rosa):
    assert "ada@mail.example" not in (await olga.get(page_of(ada))).text
    assert "ada@mail.example" in (await rosa.get(page_of(ada))).text


async def test_somebody_is_limited_and_that_ends(house, ada, olga, logged):
    assert (await olga.send(f"{page_of(ada)}/limit", reason="Floods")).header("location") == f"{page_of(ada)}?done=1"
    assert (await ada.actor()).silenced_at
    page = await olga.get(page_of(ada))
    assert "Limited since" in page.text and f"{page_of(ada)}/free" in page.text
    await olga.send(f"{page_of(ada)}/free", reason="Promised not to")
    assert not (await ada.actor()).silenced_at
    assert await logged() == [(olga.actor_id, "silence", "@ada"), (olga.actor_id, "free", "@ada")]


async def test_two_clicks_decide_once(ada, olga, logged):
    path = f"{page_of(ada)}/limit"
    form = {**await olga.form_of(path), "reason": "Floods"}
    assert [(await olga.post(path, form)).status for _ in range(2)] == [303, 303]
    assert len(await logged()) == 1


@pytest.mark.parametrize("act", ["limit", "shut-out", "free", "disable", "enable", "warn"])
async def test_nothing_is_decided_without_a_reason(house, ada, olga, act, logged):
    before = await ada.actor(), await account_of(house, ada)
    for reason in ("", "  ", "x" * 501):
        page = await olga.send(f"{page_of(ada)}/{act}", reason=reason, words="You must not")
        assert (page.status, "Must have 1 to 500 characters" in page.text) == (422, True)
    assert (await ada.actor(), await account_of(house, ada)) == before
    assert await logged() == []


async def test_who_is_shut_out_is_signed_out(house, ada, olga):
    await olga.send(f"{page_of(ada)}/shut-out", reason="Spies")
    assert (await ada.get("/home")).status == 303
    assert (await ada.actor()).suspended_at
    refused = await olga.send(f"{page_of(ada)}/enable", reason="x")
    assert (refused.status, "End that first" in refused.text) == (409, True)


async def test_signing_in_is_stopped_and_let_again(house, ada, olga, logged):
    await olga.send(f"{page_of(ada)}/disable", reason="Stolen telephone")
    assert (await ada.get("/home")).status == 303
    await olga.send(f"{page_of(ada)}/enable", reason="Has a new one")
    assert (await account_of(house, ada)).may_sign_in
    assert [one[1] for one in await logged()] == ["account disable", "account enable"]


async def test_a_warning_is_read_at_the_next_signing_in(house, ada, olga, logged):
    assert (await olga.send(f"{page_of(ada)}/warn", reason="Rude", words="")).status == 422
    await olga.send(f"{page_of(ada)}/warn", reason="Rude", words="Please be <kind>")
    browser = Browser(Doors(house))
    form = {"login": "ada", "password": PASSWORD}
    page = (await browser.get("/log-in")).text.partition('name="form_token" value="')[2].partition('"')[0]
    told = await browser.post("/log-in", {"form_token": page, **form})
    assert told.header("location").startswith("/account/notices")
    notices = (await ada.get("/account/notices")).text
    assert "Please be &lt;kind&gt;" in notices and "olga" not in notices and "choose a new password" not in notices
    assert await logged() == [(olga.actor_id, "warn", "@ada")]


@pytest.mark.parametrize("act", ["limit", "shut-out", "disable", "warn", "free"])
@pytest.mark.parametrize(("by", "whom"), [("olga", "rosa"), ("olga", "olga"), ("rosa", "rosa")])
async def test_who_may_do_as_much_is_not_judged(house, olga, rosa, by, whom, act, logged):
    people = {"olga": olga, "rosa": rosa}
    refused = await people[by].send(f"{page_of(people[whom])}/{act}", reason="x", words="y")
    assert (refused.status, "an administrator has to decide" in refused.text) == (403, True)
    assert await logged() == []


async def test_administrators_give_and_take_roles(house, ada, rosa, logged):
    path = f"{page_of(ada)}/role"
    assert (await rosa.send(path, reason="Elected", role="moderator")).status == 303
    assert (await account_of(house, ada)).role == "moderator"
    assert (await ada.get("/moderation")).status == 200
    await rosa.send(path, reason="Term is over", role="member")
    assert (await ada.get("/moderation")).status == 403
    assert (await rosa.send(path, reason="x", role="king")).status == 422
    assert [one[1] for one in await logged()] == ["account role", "account role"]


async def test_moderators_give_no_roles(house, ada, olga):
    assert f"{page_of(ada)}/role" not in (await olga.get(page_of(ada))).text
    refused = await olga.send(f"{page_of(ada)}/role", reason="x", role="admin")
    assert (refused.status, "Only administrators" in refused.text) == (403, True)
    assert (await account_of(house, ada)).role == "member"


async def test_the_last_administrator_stays_one(house, ada, rosa):
    path = f"{page_of(rosa)}/role"
    refused = await rosa.send(path, reason="Tired", role="member")
    assert (refused.status, "only administrator" in refused.text) == (403, True)
    await rosa.send(f"{page_of(ada)}/role", reason="Elected", role="admin")
    assert (await rosa.send(path, reason="Tired", role="member")).status == 303
    assert (await account_of(house, rosa)).role == "member"


async def test_somebody_elsewhere_has_no_account_to_be_shut(house, olga, rosa, peer):
    ana = await house.remote_actors.get(peer.actor("ana").uri)
    for act in ("disable", "enable", "warn"):
        assert (await olga.send(f"/moderation/people/{ana.id}/{act}", reason="x", words="y")).status == 404
    assert (await rosa.send(f"/moderation/people/{ana.id}/role", reason="x", role="admin")).status == 404
    await olga.send(f"/moderation/people/{ana.id}/shut-out", reason="Spam")
    assert (await house.database.read(get_actor, ana.id)).suspended_at


@pytest.mark.parametrize("path", ["/moderation/people/1", "/moderation/people/x", "/moderation/reports/1"])
async def test_whom_nobody_knows(olga, path):
    assert (await olga.get(path)).status == 404


async def test_an_act_that_is_none(ada, olga):
    assert (await olga.get(f"{page_of(ada)}/burn")).status == 404


async def test_names_are_text(house, someone, olga):
    mallory = await someone("mallory")
    await house.publisher.update_profile(await mallory.actor(), ProfileChange(name="<script>alert(1)</script>"))
    for path in (page_of(mallory), f"{page_of(mallory)}/limit", "/moderation/people?q=mallory"):
        page = await olga.get(path)
        assert "<script>" not in page.text and "&lt;script&gt;" in page.text


async def test_an_administrator_deletes_an_account_after_typing_its_name(house, ada, olga, rosa, logged):
    page = f"{page_of(ada)}/delete"
    assert f'href="{page}"' in (await rosa.get(page_of(ada))).text
    refused = await rosa.send(page, reason="asked for it", name="adam")
    assert refused.status == 422
    assert 'id="problem-name"' in refused.text and "asked for it" in refused.text
    assert (await ada.actor()).deleted_at is None
    sent = {**await rosa.form_of(page), "reason": "asked for it", "name": "@Ada"}
    assert (await rosa.post(page, sent)).status == 303
    assert (await rosa.post(page, sent)).status in (303, 404)
    assert (await ada.actor()).deleted_at is not None
    assert [one for one in await logged() if one[1] == "account delete"] == [(rosa.actor_id, "account delete", "@ada")]
    assert (await ada.get("/home")).status == 303


@pytest.mark.parametrize("act", ["delete", "applications"])
async def test_moderators_neither_delete_nor_end_applications(house, ada, olga, rosa, act):
    page = f"{page_of(ada)}/{act}"
    assert f'href="{page}"' not in (await olga.get(page_of(ada))).text
    assert (await olga.get(page)).status == 403
    form = await olga.form_of(f"{page_of(ada)}/limit")
    assert (await olga.post(page, {**form, "reason": "so", "name": "ada"})).status == 403
    assert (await rosa.post(page, {"reason": "so", "name": "ada"})).status == 403
    assert (await ada.actor()).deleted_at is None


@pytest.mark.parametrize("act", ["delete", "applications"])
async def test_administrators_do_not_judge_each_other(house, someone, rosa, act):
    page = f"{page_of(await someone('vera', 'admin'))}/{act}"
    assert (await rosa.send(page, reason="so", name="vera", **{"application-1": "on"})).status == 403


async def test_an_administrator_takes_back_the_access_of_single_applications(house, ada, rosa, logged):
    secrets = [await house.accounts.issue_token(ada.actor_id, None, "read") for _ in range(2)]
    page = f"{page_of(ada)}/applications"
    tokens = [one.id for one in await house.accounts.applications_of(ada.actor_id)]
    text = (await rosa.get(page)).text
    assert all(f'name="application-{one}"' in text for one in tokens)
    nothing = await rosa.send(page, reason="lost telephone")
    assert nothing.status == 422 and 'id="problem-applications"' in nothing.text
    other = await house.accounts.issue_token(rosa.actor_id, None, "read")
    own = (await house.accounts.applications_of(rosa.actor_id))[0].id
    ticked = {f"application-{tokens[0]}": "on", f"application-{own}": "on"}
    assert (await rosa.send(page, reason="lost telephone", **ticked)).status == 303
    assert await house.accounts.find_token(secrets[0]) is None
    assert await house.accounts.find_token(secrets[1]) is not None
    assert await house.accounts.find_token(other) is not None
    assert (rosa.actor_id, "account applications", "@ada") in await logged()
