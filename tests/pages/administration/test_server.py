"""How the server shows itself: chosen on a page, shown everywhere, in every process."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.api.asgi import Browser
from tests.pages.administration.conftest import fill, picture
from tests.post_office import open_post_office
from usi_fed.app import Doors
from usi_fed.config import load_settings
from usi_fed.instance.service import Instance
from usi_fed.instance.store import choices
from usi_fed.wiring import open_house

SERVER, LOOK, RULES = "/administration/server", "/administration/look", "/administration/rules"
SAID = {
    "name": "Crane Union",
    "description": "We lift <everything> & more",
    "greeting": "Stronger\ntogether",
    "about": "## Who we are\n\nSee [our page](https://crane.example) and **join**",
    "language": "el",
    "time_zone": "Europe/Athens",
    "contact_email": "crane@union.example",
    "contact": "",
    "registrations": "approval",
    "inviters": "everybody",
}


async def test_what_is_chosen_is_shown_everywhere(olga, house, acts):
    saved = await fill(olga, SERVER, **{**SAID, "contact": str(olga.actor_id)})
    assert saved.header("location") == f"{SERVER}?saved=1"
    stranger = Browser(Doors(house))
    about = (await stranger.get("/about", headers={"accept-language": "en"})).text
    for words in ("Crane Union", "We lift &lt;everything&gt; &amp; more", "Stronger", "crane@union.example", "@olga@"):
        assert words in about
    assert 'href="https://crane.example"' in about and "Who we are</h2>" in about
    assert '<html lang="el"' in (await stranger.get("/")).text
    v2, v1 = (await stranger.get("/api/v2/instance")).json, (await stranger.get("/api/v1/instance")).json
    assert (v2["title"], v2["description"], v2["languages"]) == ("Crane Union", SAID["description"], ["el"])
    assert (v2["contact"]["email"], v2["contact"]["account"]["username"]) == ("crane@union.example", "olga")
    assert (v1["title"], v1["email"], v1["invites_enabled"]) == ("Crane Union", "crane@union.example", True)
    long = (await stranger.get("/api/v1/instance/extended_description")).json
    assert "<strong>join</strong>" in long["content"]
    info = (await stranger.get("/nodeinfo/2.1")).json["metadata"]
    directory = f"https://{house.settings.domain}/organisations"
    assert info == {"nodeName": "Crane Union", "nodeDescription": SAID["description"], "organisations": directory}
    actor = await stranger.get("/actor", headers={"accept": "application/activity+json"})
    assert (actor.json["name"], actor.json["summary"]) == (
        "Crane Union",
        "<p>We lift &lt;everything&gt; &amp; more</p>",
    )
    assert [action for action, _ in await acts()] == ["server change"]


async def test_what_the_settings_say_counts_again_when_it_is_typed(olga, house):
    await fill(olga, SERVER, **SAID)
    await fill(olga, SERVER, **{**SAID, "name": " ", "description": "", "language": "en"})
    chosen = await house.database.read(choices)
    assert "name" not in chosen and "language" not in chosen
    assert chosen["description"] == ""
    assert house.instance.face.name == "Harbour Union"


async def test_what_nobody_has_set_is_not_said_to_come_from_a_file(olga, house, settings, clock, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ours = {f"USI_FED_{name.upper()}": str(getattr(settings, name)) for name in ("domain", "data_dir", "database_url")}
    (tmp_path / "other.toml").write_text('language = "el"')
    file = {"USI_FED_CONFIG": str(tmp_path / "other.toml")}

    async def notes(environment):
        async with open_house(load_settings(environment), clock=clock) as other:
            olga.app = Doors(other)
            return [field_note(await olga.get(f"/administration/set-up/{step}"), name) for step, name in FIELDS]

    begins = "Every new server begins with this, till you choose something else."
    assert await notes(ours) == [begins] * 3
    assert await notes(ours | file | {"USI_FED_NAME": "Ours"}) == [
        "This comes from the environment variable USI_FED_NAME, till you choose something else.",
        "This comes from the configuration file, till you choose something else.",
        begins,
    ]
    olga.app = Doors(house)
    await fill(olga, SERVER, **SAID)
    assert await notes(ours | file | {"USI_FED_NAME": "Ours"}) == [
        "What is chosen here counts; the environment variable USI_FED_NAME says: <bdi>Ours</bdi>",
        "What is chosen here counts; the configuration file says: <bdi>Ελληνικά</bdi>",
        "",
    ]


FIELDS = (("name", "name"), ("language", "language"), ("language", "time_zone"))


def field_note(page, name):
    """What stands under a field besides its own hint."""
    hint = re.search(rf'id="{name}-hint">(.*?)</p>', page.text, re.S)[1]
    return hint.partition(".")[2].strip()


async def test_where_leaving_quickly_leads_is_chosen_on_a_page(olga, house, acts):
    assert await house.database.read(choices) == {}
    for wrong in ("weather", "javascript:alert(1)", "https://a b.example", "ftp://weather.example"):
        answer = await fill(olga, SERVER, **{**SAID, "leave_url": wrong})
        assert (answer.status, 'id="problem-leave_url"' in answer.text) == (422, True)
    await fill(olga, SERVER, **{**SAID, "leave_url": " https://weather.example/today "})
    assert (await acts())[-1][0] == "server change" and "leave_url" in (await acts())[-1][1]
    assert 'value="https://weather.example/today"' in (await olga.get(SERVER)).text
    left = await olga.post("/leave", {}, headers={"sec-fetch-site": "same-origin"})
    assert left.header("refresh") == "0; url=https://weather.example/today"
    olga.cookies["__Host-session"] = await house.accounts.open_session(olga.actor_id)
    await fill(olga, SERVER, **{**SAID, "leave_url": ""})
    left = await olga.post("/leave", {}, headers={"sec-fetch-site": "same-origin"})
    assert left.header("location") == "/calendar"


async def test_another_process_sees_it_within_seconds_and_asks_for_nothing_at_a_request(olga, house, settings):
    other = Instance(settings, house.urls, house.database, look_again_seconds=0.02)
    await other.load()
    try:
        await fill(olga, SERVER, **SAID)
        async with asyncio.timeout(5):
            while other.face.name != "Crane Union":
                await asyncio.sleep(0.01)
        assert other.face == house.instance.face
    finally:
        await other.close()


async def test_it_is_there_again_after_a_new_start(olga, house, settings):
    await fill(olga, SERVER, **SAID)
    async with open_house(settings) as again:
        assert again.instance.face == house.instance.face


async def test_mails_are_from_the_server_by_its_new_name(olga, settings, clock):
    async with open_post_office() as office:
        wanted = replace(settings, mail_url=office.url, mail_from="server@union.example")
        async with open_house(wanted, clock=clock) as house:
            olga.app = Doors(house)
            await fill(olga, SERVER, **SAID)
            await house.recovery.ask("olga", "192.0.2.1")
            await house.recovery.close()
    assert office.mails[0]["from"] == "Crane Union <server@union.example>"
    assert "Crane Union" in office.mails[0]["subject"]


@pytest.mark.parametrize(
    ("field", "typed", "problem"),
    [
        ("name", "x" * 61, "at most 60 characters"),
        ("description", "x" * 301, "at most 300 characters"),
        ("about", "x" * 10_001, "at most 10000 characters"),
        ("about", "#a " * 3300, "nested too deeply, or too long"),
        ("contact_email", "nobody", "must be an e-mail address"),
        ("language", "tlh", "one of those that are offered"),
        ("time_zone", "Mars/Base", "one of those that are offered"),
        ("contact", "1", "one of those that are offered"),
        ("inviters", "nobody", "one of those that are offered"),
        ("registrations", "whoever", "one of those that are offered"),
    ],
)
async def test_what_is_wrong_is_said_beside_it_and_what_was_typed_stays(olga, house, field, typed, problem):
    answer = await fill(olga, SERVER, **{**SAID, field: typed})
    assert answer.status == 422
    beside = answer.text.partition(f'id="problem-{field}">')[2].partition("</p>")[0]
    assert problem.casefold() in beside.casefold()
    assert "Stronger\ntogether" in answer.text
    assert await house.database.read(choices) == {}


async def test_hostile_values_stay_words(olga, house):
    hostile = {
        "name": "Crane\u202e Union\u200b",
        "about": '<script>alert(1)</script> <img src=x onerror=alert(1)> [x](javascript:alert(1)) <b onclick="x">b</b>',
        "greeting": "</p><script>alert(1)</script>",
    }
    await fill(olga, SERVER, **{**SAID, **hostile})
    about = (await Browser(Doors(house)).get("/about")).text
    assert "<script" not in about and "onerror=alert(1)>" not in about and 'href="javascript' not in about
    assert house.instance.face.name == "Crane Union"
    assert (await fill(olga, SERVER, **{**SAID, "greeting": "a\0b"})).status == 303


async def test_a_member_who_is_no_officer_any_more_is_not_named(olga, member, house):
    max_ = await member("max", role="moderator")
    await fill(olga, SERVER, **{**SAID, "contact": str(max_.actor_id)})
    stranger = Browser(Doors(house))
    assert "@max@union.example" in (await stranger.get("/about")).text
    await house.moderation.set_role(max_.actor_id, "member", None)
    assert "@max@union.example" not in (await stranger.get("/about")).text


# ---- colour and badge ----


async def test_a_colour_is_a_small_sheet_of_its_own(olga, house):
    stranger = Browser(Doors(house))
    assert (await stranger.get("/look.css")).status == 404
    await fill(olga, LOOK, colour="blue")
    path = house.instance.face.look.url
    assert f'href="{path}"' in (await stranger.get("/about")).text
    sheet = await stranger.get(path)
    assert (sheet.status, sheet.header("content-type")) == (200, "text/css; charset=utf-8")
    assert "--accent:#1d4ed8" in sheet.text and "immutable" in sheet.header("cache-control")
    again = await stranger.get("/look.css", headers={"if-none-match": sheet.header("etag")})
    assert (again.status, again.body) == (304, b"")
    await fill(olga, LOOK, colour="red")
    assert "look.css" not in (await stranger.get("/about")).text


async def test_a_badge_is_made_safe_shown_everywhere_and_gives_its_colour(olga, house):
    stranger = Browser(Doors(house))
    saved = await fill(olga, LOOK, [("badge", "b.svg.png", "image/png", picture("#118833"))], colour="badge")
    assert saved.status == 303
    path = house.instance.face.badge_path
    assert (await stranger.get(path)).status == 200
    assert house.instance.face.choices.badge_colour == "#118833"
    assert path in (await stranger.get("/about")).text
    assert (await stranger.get("/api/v2/instance")).json["thumbnail"]["url"] == f"https://union.example{path}"
    actor = await stranger.get("/actor", headers={"accept": "application/activity+json"})
    assert actor.json["icon"]["url"] == f"https://union.example{path}"


@pytest.mark.parametrize(
    ("files", "fields", "field"),
    [
        ([("badge", "b.png", "image/png", b"no picture")], {"colour": "blue"}, "badge"),
        ([("badge", "b.png", "image/png", picture("grey"))], {"colour": "badge"}, "colour"),
        ([], {"colour": "badge"}, "colour"),
        ([], {"colour": "url(https://evil.example)"}, "colour"),
        ([], {}, "colour"),
    ],
)
async def test_a_look_that_cannot_be_is_refused(olga, house, files, fields, field):
    answer = await fill(olga, LOOK, files, **fields)
    assert (answer.status, f'id="problem-{field}"' in answer.text) == (422, True)
    assert await house.database.read(choices) == {}


async def test_a_badge_that_was_replaced_is_erased_and_one_that_is_shown_is_not(olga, house, settings, clock):
    badges = []
    for colour in ("green", "blue"):
        await fill(olga, LOOK, [("badge", "b.png", "image/png", picture(colour))], colour="red")
        badges.append(house.instance.face.choices.badge)
    old, badge = badges
    # Somebody has the same picture as their own, and takes it away again.
    for files in ([("avatar", "b.png", "image/png", picture("blue"))], []):
        await fill(
            olga, "/account/profile", files, display_name="Olga", note="", **({} if files else {"remove_avatar": "1"})
        )
    clock.time += timedelta(days=3)
    await house.media.tidy()
    assert not (settings.media_dir / old).exists()
    assert (settings.media_dir / badge).exists()
    await fill(olga, LOOK, colour="red", remove_badge="1")
    assert house.instance.face.badge_path == ""


# ---- rules ----


async def test_rules_are_shown_in_the_readers_language_and_keep_their_numbers(olga, house):
    await fill(
        olga, RULES, rule_respect="1", rule_spam="1", own="No talk of the\ttender\n\nNo talk of the tender\nBe on time"
    )
    stranger = Browser(Doors(house))
    rules = await stranger.checked("GET", "/api/v1/instance/rules")
    assert [rule["text"] for rule in rules][2:] == ["No talk of the tender", "Be on time"]
    assert set(rules[0]["translations"]) == {"en", "el", "pt-BR", "ar", "es", "fr"}
    assert (await stranger.get("/api/v2/instance")).json["rules"] == rules
    greek = (await stranger.get("/about", headers={"accept-language": "el"})).text
    assert rules[0]["translations"]["el"]["text"] in greek and "Be on time" in greek
    await fill(olga, RULES, rule_spam="1", own="Be on time\nBring cake")
    after = {rule["text"]: rule["id"] for rule in (await stranger.get("/api/v1/instance/rules")).json}
    before = {rule["text"]: rule["id"] for rule in rules}
    assert after["Be on time"] == before["Be on time"] and after["Bring cake"] not in before.values()


@pytest.mark.parametrize("own", ["x" * 301, "\n".join(f"rule {number}" for number in range(31))])
async def test_rules_have_an_end(olga, house, own):
    answer = await fill(olga, RULES, own=own)
    assert (answer.status, 'id="problem-own"' in answer.text) == (422, True)
    assert house.instance.face.choices.rules == ()
