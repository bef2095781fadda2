"""Profiles: looking at them, changing one's own."""

import io

import pytest
from PIL import Image


@pytest.fixture
async def ada(person):
    return await person("ada")


@pytest.fixture
async def bob(person):
    return await person("bob")


def picture(size=(500, 500), kind="PNG"):
    buffer = io.BytesIO()
    Image.new("RGB", size, "red").save(buffer, kind)
    return buffer.getvalue()


async def test_ones_own_account_has_its_source_and_role(ada):
    own = await ada.checked("GET", "/api/v1/accounts/verify_credentials")
    assert own["acct"] == "ada" and own["uri"] == "https://union.example/users/ada"
    assert own["source"]["privacy"] == "public"
    assert own["role"]["permissions"] == "0"


async def test_a_profile_is_changed_and_what_was_typed_is_kept(ada):
    form = {
        "display_name": "Ada <b>L.</b>",
        "note": "I speak for #workers & all",
        "locked": "true",
        "bot": "true",
        "discoverable": "true",
        "hide_collections": "true",
        "fields_attributes[0][name]": "Site",
        "fields_attributes[0][value]": "https://ada.example",
        "fields_attributes[1][name]": "Job",
        "fields_attributes[1][value]": "Weaver",
        "source[privacy]": "unlisted",
        "source[sensitive]": "true",
        "source[language]": "de",
    }
    own = await ada.checked("PATCH", "/api/v1/accounts/update_credentials", form=form)
    assert own["display_name"] == "Ada <b>L.</b>"
    assert own["locked"] and own["bot"] and own["discoverable"] and own["hide_collections"]
    assert "&amp; all" in own["note"] and own["source"]["note"] == "I speak for #workers & all"
    assert [field["name"] for field in own["fields"]] == ["Site", "Job"]
    assert 'href="https://ada.example"' in own["fields"][0]["value"]
    assert own["source"]["fields"][0]["value"] == "https://ada.example"
    assert (own["source"]["privacy"], own["source"]["sensitive"], own["source"]["language"]) == ("unlisted", True, "de")
    chosen = await ada.checked("GET", "/api/v1/preferences")
    assert chosen["posting:default:visibility"] == "unlisted"
    status = (await ada.post("/api/v1/statuses", {"status": "Hello"})).json
    assert (status["visibility"], status["sensitive"], status["language"]) == ("unlisted", True, "de")


async def test_what_is_not_given_stays(ada):
    await ada.patch("/api/v1/accounts/update_credentials", {"display_name": "Ada", "locked": "true"})
    own = (await ada.patch("/api/v1/accounts/update_credentials", {"note": "x"})).json
    assert own["display_name"] == "Ada" and own["locked"] is True


async def test_pictures_are_uploaded_and_taken_away(ada):
    files = [("avatar", "a.png", "image/png", picture()), ("header", "h.png", "image/png", picture((1500, 500)))]
    answer = await ada.upload("PATCH", "/api/v1/accounts/update_credentials", files)
    assert answer.status == 200
    assert answer.json["avatar"].startswith("https://union.example/media/")
    assert answer.json["header"].startswith("https://union.example/media/")
    without = await ada.checked("DELETE", "/api/v1/profile/avatar")
    assert without["avatar"] == "https://union.example/static/avatar.png"
    assert without["header"] == answer.json["header"]


async def test_something_else_than_a_picture_is_refused(ada):
    files = [("header", "a.png", "image/png", b"not a picture")]
    answer = await ada.upload("PATCH", "/api/v1/accounts/update_credentials", files)
    assert answer.status == 422
    assert set(answer.json["details"]) == {"header"}


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"display_name": "x" * 101}, "display_name"),
        ({"note": "x" * 5001}, "note"),
        ({"locked": "perhaps"}, "locked"),
        ({"source[privacy]": "secret"}, "source.privacy"),
        ({"source[language]": "?"}, "source.language"),
        ({f"fields_attributes[{number}][name]": "x" for number in range(9)}, "fields_attributes"),
    ],
)
async def test_a_value_that_cannot_be_is_refused_by_name(ada, form, field):
    answer = await ada.patch("/api/v1/accounts/update_credentials", form)
    assert answer.status == 422
    assert field in answer.json["details"]


async def test_anybody_may_look_at_a_profile(ada, browser):
    account = await browser.checked("GET", f"/api/v1/accounts/{ada.id}")
    assert account["username"] == "ada" and "source" not in account
    assert account["avatar"] == "https://union.example/static/avatar.png"


@pytest.mark.parametrize("name", ["1", "99999999999999999999", "ada", "-1"])
async def test_nobody_is_not_found(browser, name):
    assert (await browser.get(f"/api/v1/accounts/{name}")).status == 404


async def test_several_accounts_are_read_at_once(ada, bob, browser):
    found = await browser.checked("GET", "/api/v1/accounts", {"id[]": [bob.id, "1", ada.id]})
    assert [account["acct"] for account in found] == ["bob", "ada"]


@pytest.mark.parametrize("typed", ["ada", "@ada", "Ada@union.example", "@ada@UNION.example"])
async def test_a_handle_is_looked_up_as_people_type_it(ada, browser, typed):
    assert (await browser.checked("GET", "/api/v1/accounts/lookup", {"acct": typed}))["id"] == ada.id


async def test_an_unknown_handle_is_not_found(browser):
    assert (await browser.get("/api/v1/accounts/lookup", {"acct": "nobody@union.example"})).status == 404


async def test_a_profiles_posts_can_be_chosen(ada, bob):
    status = (await ada.post("/api/v1/statuses", {"status": "one #strike"})).json
    theirs = (await bob.post("/api/v1/statuses", {"status": "theirs"})).json
    reply = (await ada.post("/api/v1/statuses", {"status": "re", "in_reply_to_id": theirs["id"]})).json
    boost = (await ada.post(f"/api/v1/statuses/{theirs['id']}/reblog")).json
    await ada.post(f"/api/v1/statuses/{status['id']}/pin")

    async def ids(**choice):
        return [one["id"] for one in await bob.checked("GET", f"/api/v1/accounts/{ada.id}/statuses", choice)]

    assert await ids() == [boost["id"], reply["id"], status["id"]]
    assert await ids(exclude_replies=True) == [boost["id"], status["id"]]
    assert await ids(exclude_reblogs="1") == [reply["id"], status["id"]]
    assert await ids(pinned="true") == [status["id"]]
    assert await ids(tagged="Strike") == [status["id"]]
    assert await ids(only_media="true") == []


async def test_the_number_of_followers_is_that_of_the_list(ada, bob):
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    followers = await ada.checked("GET", f"/api/v1/accounts/{ada.id}/followers")
    following = await ada.checked("GET", f"/api/v1/accounts/{bob.id}/following")
    assert [account["acct"] for account in followers] == ["bob"]
    assert [account["acct"] for account in following] == ["ada"]
    assert (await ada.get(f"/api/v1/accounts/{ada.id}")).json["followers_count"] == 1
    assert (await ada.get(f"/api/v1/accounts/{bob.id}")).json["following_count"] == 1


async def test_who_hides_their_relations_shows_them_to_nobody_else(ada, bob):
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    await ada.patch("/api/v1/accounts/update_credentials", {"hide_collections": "true"})
    assert (await bob.get(f"/api/v1/accounts/{ada.id}/followers")).json == []
    assert [one["acct"] for one in (await ada.get(f"/api/v1/accounts/{ada.id}/followers")).json] == ["bob"]


async def test_familiar_followers_are_those_whom_one_follows_oneself(ada, bob, person):
    eve = await person("eve")
    await eve.post(f"/api/v1/accounts/{bob.id}/follow")
    await bob.post(f"/api/v1/accounts/{ada.id}/follow")
    [found] = await eve.checked("GET", "/api/v1/accounts/familiar_followers", {"id[]": ada.id})
    assert found["id"] == ada.id
    assert [account["acct"] for account in found["accounts"]] == ["bob"]


@pytest.mark.parametrize("what", ["featured_tags", "endorsements"])
async def test_what_an_account_does_not_feature_is_an_empty_list(ada, what):
    assert await ada.checked("GET", f"/api/v1/accounts/{ada.id}/{what}") == []


async def test_whoever_wants_to_be_found_is_in_the_directory(ada, bob, browser):
    await ada.patch("/api/v1/accounts/update_credentials", {"discoverable": "true"})
    found = await browser.checked("GET", "/api/v1/directory", {"local": "true"})
    assert [account["acct"] for account in found] == ["ada"]
