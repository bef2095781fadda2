"""The profile editor and the choices about privacy, as a browser without scripts uses them."""

import io
import re
from datetime import timedelta

import pytest
from PIL import Image

from tests.api.asgi import Browser
from usi_fed.accounts.store import get_account
from usi_fed.chores import Chores
from usi_fed.outbox.tables import deliveries
from usi_fed.translation import LANGUAGES


def picture(size=(400, 400), kind="PNG", colour="red"):
    held = io.BytesIO()
    Image.new("RGB", size, colour).save(held, kind)
    return held.getvalue()


TEXTS = {
    "display_name": "Ada L.",
    "note": "Weaver & #union",
    "field_name_0": "Site",
    "field_value_0": "https://a.example",
}


async def test_strangers_sign_in_first_and_come_back(app, browser):
    for path in ("/account", "/account/profile", "/account/privacy"):
        answer = await browser.get(path)
        assert (answer.status, answer.header("location")) == (303, f"/log-in?next={path.replace('/', '%2F')}")


async def test_the_overview_leads_to_every_part_and_is_kept_by_no_cache(ada):
    page = await ada.get("/account")
    assert page.header("cache-control") == "no-store"
    for path in re.findall(r'href="(/account/[^"]+)"', page.text):
        assert (await ada.get(path)).status == 200
    assert 'href="/account/profile"' in page.text


async def test_a_profile_is_edited_and_shown(ada):
    answer = await ada.send_files("/account/profile", TEXTS)
    assert (answer.status, answer.header("location")) == (303, "/account/profile?saved=1")
    form = (await ada.get("/account/profile?saved=1")).text
    assert "Saved." in form and 'value="Ada L."' in form and "Weaver &amp; #union</textarea>" in form
    shown = (await ada.get("/@ada")).text
    assert "Ada L." in shown and 'href="https://a.example"' in shown and "/tags/union" in shown


async def test_pictures_come_with_their_descriptions_and_go_again(ada):
    files = [
        ("avatar", "a.png", "image/png", picture()),
        ("header", "h.jpg", "image/jpeg", picture((900, 300), "JPEG")),
    ]
    words = {"avatar_description": "Ada at her loom", "header_description": "The harbour"}
    assert (await ada.send_files("/account/profile", TEXTS | words, files)).status == 303
    actor = await ada.actor()
    assert (actor.icon_description, actor.image_description) == ("Ada at her loom", "The harbour")
    assert 'alt="Ada at her loom"' in (await ada.get("/@ada")).text
    assert (await ada.send_files("/account/profile", TEXTS | words | {"remove_avatar": "1"})).status == 303
    after = await ada.actor()
    assert (after.icon_url, after.icon_description) == (None, "")
    assert (after.image_url, after.image_description) == (actor.image_url, "The harbour")


async def test_a_picture_that_was_replaced_is_erased_after_a_while(ada, house, clock):
    chores = Chores(house.database, house.publisher, house.media, house.blocklists, clock, "here")
    names = []
    for colour in ("red", "blue"):
        await ada.send_files("/account/profile", TEXTS, [("avatar", "a.png", "image/png", picture(colour=colour))])
        names.append((await ada.actor()).icon_url)
    for hours, there in ((23, [True, True]), (2, [False, True])):
        clock.time += timedelta(hours=hours)
        await chores.drain()
        assert [(house.settings.media_dir / name).exists() for name in names] == there


async def test_a_file_that_is_no_picture_is_refused_and_nothing_typed_is_lost(ada):
    files = [("header", "h.png", "image/png", b"not a picture")]
    answer = await ada.send_files("/account/profile", TEXTS | {"bot": "1"}, files)
    assert answer.status == 422
    assert 'id="problem-header">Must be a picture (JPEG' in answer.text
    assert 'value="Ada L."' in answer.text and 'value="https://a.example"' in answer.text
    assert re.search(r'name="bot" value="1" checked', answer.text)
    assert ((await ada.actor()).name, (await ada.actor()).kind) == ("Ada", "Person")


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("display_name", "x" * 101, "May have at most 100 characters"),
        ("note", "x" * 5001, "May have at most 5000 characters"),
        ("field_value_3", "x" * 256, "each with at most 255 characters"),
    ],
)
async def test_what_is_too_long_is_said_beside_it_and_no_picture_is_kept(ada, house, field, value, problem):
    files = [("avatar", "a.png", "image/png", picture())]
    answer = await ada.send_files("/account/profile", TEXTS | {field: value}, files)
    assert (answer.status, problem in answer.text, value in answer.text) == (422, True, True)
    assert (await ada.actor()).name == "Ada"
    assert not list(house.settings.media_dir.glob("*.png"))


async def test_followers_elsewhere_are_told_once(ada, house):
    def rows(connection):
        return connection.execute(deliveries.select()).all()

    before = (await ada.actor()).revision
    await ada.send_files("/account/profile", TEXTS)
    after = (await ada.actor()).revision
    await ada.send_files("/account/profile", TEXTS)
    assert (after, (await ada.actor()).revision) == (before + 1, before + 1)
    assert await house.database.read(rows) == []


async def test_an_organisation_is_never_called_a_machine(member):
    union = await member("harbour", kind="Organization")
    assert 'name="bot"' not in (await union.get("/account/profile")).text
    await union.send_files("/account/profile", TEXTS | {"bot": "1"})
    assert (await union.actor()).kind == "Organization"


async def test_forms_of_others_change_nothing(ada, member):
    eve = await member("eve")
    stolen = await eve.form_token("/account/profile")
    answer = await ada.upload("POST", "/account/profile", [], TEXTS | {"form_token": stolen})
    assert (answer.status, 'value="Ada L."' in answer.text) == (403, True)
    refused = await ada.post("/account/privacy", {"form_token": stolen, "locked": "1"})
    assert refused.status == 403
    assert ((await ada.actor()).name, (await ada.actor()).locked) == ("Ada", False)


async def test_what_was_typed_outlives_a_session(ada, app, house):
    token = await ada.form_token("/account/profile")
    ada.cookies.clear()
    lost = await ada.upload("POST", "/account/profile", [], TEXTS | {"form_token": token})
    assert (lost.status, "You are signed out" in lost.text) == (403, True)
    ada.cookies["__Host-session"] = await house.accounts.open_session(ada.actor_id)
    again = await ada.upload("POST", "/account/profile", [], TEXTS | {"form_token": token})
    assert (again.status, 'value="Ada L."' in again.text) == (403, True)
    fresh = re.search(r'name="form_token" value="([^"]+)"', again.text)[1]
    assert (await ada.upload("POST", "/account/profile", [], TEXTS | {"form_token": fresh})).status == 303


async def test_choices_are_kept_and_taken_back(ada, house):
    wanted = {"visibility": "private", "quote_policy": "nobody", "language": "el", "sensitive": "1"}
    ticks = dict.fromkeys(("locked", "discoverable", "indexable", "hide_collections"), "1")
    assert (await ada.send("/account/privacy", wanted | ticks)).status == 303
    actor = await ada.actor()
    assert all((actor.locked, actor.discoverable, actor.indexable, actor.hides_relations))
    page = (await ada.get("/account/privacy")).text
    assert 'id="visibility-private" name="visibility" value="private" checked' in page
    assert '<option value="el" selected>' in page
    client = Browser(ada.app, await house.accounts.issue_token(ada.actor_id, None, "read"))
    chosen = (await client.get("/api/v1/preferences")).json
    assert chosen["posting:default:visibility"] == "private"
    assert (chosen["posting:default:sensitive"], chosen["posting:default:language"]) == (True, "el")
    assert chosen["posting:default:quote_policy"] == "nobody"
    assert (await ada.send("/account/privacy", {"visibility": "public", "quote_policy": "public"})).status == 303
    actor = await ada.actor()
    assert not any((actor.locked, actor.discoverable, actor.indexable, actor.hides_relations))
    kept = (await house.database.read(get_account, ada.actor_id)).preferences
    assert (kept["visibility"], kept["sensitive"], kept["language"]) == ("public", False, None)


@pytest.mark.parametrize(("field", "value"), [("visibility", "secret"), ("quote_policy", ""), ("language", "?")])
async def test_a_choice_that_is_not_offered_is_refused_and_the_others_are_not_kept(ada, field, value):
    form = {"visibility": "public", "quote_policy": "public", "language": "", "locked": "1"} | {field: value}
    answer = await ada.send("/account/privacy", form)
    assert (answer.status, f'id="problem-{field}">Must be one of those' in answer.text) == (422, True)
    assert (await ada.actor()).locked is False


async def test_a_language_that_was_chosen_elsewhere_stays_chosen(ada, house):
    client = Browser(ada.app, await house.accounts.issue_token(ada.actor_id, None, "write"))
    await client.patch("/api/v1/accounts/update_credentials", {"source[language]": "pt-BR"})
    assert '<option value="pt-BR" selected>' in (await ada.get("/account/privacy")).text


@pytest.mark.parametrize("tag", LANGUAGES)
async def test_the_names_of_languages_are_the_readers(ada, tag):
    await ada.post("/language?next=/account", {"form_token": await ada.form_token("/account"), "to": tag})
    page = (await ada.get("/account/privacy")).text
    names = {"en": "Greek", "el": "Ελληνικά", "pt-BR": "grego", "ar": "اليونانية", "es": "griego", "fr": "grec"}
    assert f'<option value="el">{names[tag]}</option>' in page


async def test_a_name_with_markup_stays_text_in_the_form(ada):
    await ada.send_files("/account/profile", TEXTS | {"display_name": '"><script>x</script>', "note": "</textarea><b>"})
    page = (await ada.get("/account/profile")).text
    assert "<script>" not in page and "</textarea><b>" not in page
