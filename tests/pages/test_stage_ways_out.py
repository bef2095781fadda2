"""What leads out of a stage leads nowhere, and looks as if it did; what everybody sees is the same there."""

# ruff: noqa: F811 - fixtures of a neighbour

import re
from dataclasses import replace

import pytest

from tests import libretranslate
from tests.api.asgi import Browser
from tests.pages.signing import PASSWORD
from tests.pages.test_second_password import SECOND, ada, app, compose, log_in, stage  # noqa: F401 - fixtures
from usi_fed.accounts.store import change_account
from usi_fed.accounts.tickets import form_token
from usi_fed.api.methods import Caller
from usi_fed.api.table import METHODS
from usi_fed.errors import RemoteUnavailable
from usi_fed.setting_values import networks
from usi_fed.sign_in_settings import Provider


@pytest.fixture
def service():
    with libretranslate.running() as service:
        yield service


@pytest.fixture
def settings(settings, service):
    return replace(
        settings,
        translation_url=service.url,
        mail_url="smtp://127.0.0.1:1",
        mail_from="office@union.example",
        allow_private_networks=networks("127.0.0.0/8"),
        sign_in=(
            Provider(
                name="sso",
                kind="oauth2",
                title="Congress",
                issuer="https://sso.example",
                client_id="a",
                client_secret="b",
                authorize_url="https://sso.example/authorize",
                token_url="https://sso.example/token",
                user_url="https://sso.example/user",
            ),
        ),
    )


async def translate(browser, house, language="el"):
    page = await browser.get("/@ada")
    post = re.search(r"/@ada/(\d+)", page.text)[1]
    token = form_token(browser.cookies["__Host-session"])
    answer = await browser.post(f"/posts/{post}/translate", {"form_token": token})
    shown = await browser.get(answer.header("location").partition("#")[0])
    return (await browser.get(f"/@ada/{post}")).text, answer, shown


async def test_what_is_written_there_is_given_to_no_machine(house, app, ada, service):
    await house.database.write(change_account, ada.actor_id, locale="el")
    asked = []
    for password in (PASSWORD, SECOND):
        browser, _ = await log_in(app, password)
        assert (await compose(browser, "they made me write this", language="en")).status == 303
        page, answer, shown = await translate(browser, house)
        assert "/translate" in page and answer.status == 303
        asked.append((len(service.asked), answer.header("location").partition("translated=")[2].partition("#")[0]))
        assert shown.status == 200
        service.asked.clear()
    assert asked == [(1, "yes"), (0, "failed")]


async def test_a_client_of_a_stage_reaches_not_even_what_the_operator_has_chosen(house, app, ada, stage):
    assert (await stage.get("/home")).status == 200
    there = next(iter(app.stages._open.values())).result().doors.state.house
    for url in (house.settings.sign_in[0].token_url, "https://sso.example/"):
        with pytest.raises(RemoteUnavailable, match="out of reach"):
            await there.client.call(url, {"code": "x"}, is_chosen=True)
    with pytest.raises(RemoteUnavailable, match="out of reach"):
        await there.client.fetch_document("https://elsewhere.example/users/eva")
    for password in (PASSWORD, SECOND):
        browser, _ = await log_in(app, password)
        page = await browser.get("/account/ways")
        assert page.status == 200 and "Congress" in page.text


PUBLIC = sorted(
    {method.path for method in METHODS if method.verb == "GET" and method.caller is Caller.ANYBODY}
    | {"/about", "/nodeinfo/2.0", "/nodeinfo/2.1", "/.well-known/nodeinfo", "/.well-known/host-meta", "/look.css"}
    | {"/robots.txt", "/users/ada", "/users/ada/outbox", "/users/ada/followers", "/actor", "/healthz", "/nowhere.txt"}
)


def plain(answer):
    """What is not of the visitor: of a page, its figures and its posts."""
    if "<html" not in answer.text:
        return answer.status, answer.body
    counts = re.findall(r'(?s)class="counts">.*?</p>|<article class="post[^>]*id="p\d+"', answer.text)
    return answer.status, counts


async def test_every_public_address_answers_as_to_a_stranger(house, app, person, write, ada, stage):
    """Also when much has happened since the stage was set up, and on it."""
    assert (await stage.get("/home")).status == 200
    bob = await person("bob")
    for number in range(3):
        post = await write(bob, f"news {number} #harbour")
    assert (await compose(stage, "they made me write this #harbour")).status == 303
    stranger = Browser(app)
    ids = {"{name}": "harbour", "{acct}": "bob"}
    for path in PUBLIC:
        for number in (bob.id, post.id):
            place = re.sub(r"\{\w+\}", lambda found, number=number: ids.get(found[0], str(number)), path)
            for query in ("", f"acct=bob&id[]={number}&q=bob&local=true"):
                there, here = [await browser.get(f"{place}?{query}") for browser in (stage, stranger)]
                assert plain(there) == plain(here), (place, query)
                assert "made me write" not in there.text
    numbers = (await stage.get("/api/v1/instance")).json["stats"]
    assert numbers["status_count"] == 3


async def test_what_was_written_there_is_found_under_its_address_in_the_api(house, app, ada, stage):
    assert (await compose(stage, "they made me write this")).status == 303
    number = re.search(r"/@ada/(\d+)", (await stage.get("/@ada")).text)[1]
    assert (await stage.get(f"/api/v1/statuses/{number}")).status == 200
    assert (await Browser(app).get(f"/api/v1/statuses/{number}")).status == 404


async def test_no_mail_leaves_and_the_same_is_offered(house, app, ada):
    pages = []
    for password in (PASSWORD, SECOND):
        browser, _ = await log_in(app, password)
        told = [(await browser.get(path)).text for path in ("/forgotten", "/log-in/link", "/log-in")]
        pages.append([re.sub(r'value="[0-9a-f]{16}\.[0-9a-f]{64}"', "", text) for text in told])
    assert pages[0] == pages[1]
