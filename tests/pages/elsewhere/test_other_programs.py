"""Servers that speak Mastodon's API in ways of their own, and such as would have us believe anything."""

from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from aiohttp import web

from tests.api.asgi import Browser
from tests.pages.elsewhere.conftest import choose, depart, path_of
from tests.pages.signing import PASSWORD
from usi_fed.accounts.linked_store import find_foreign_application, linked_of


class Program:
    """A server with one account, and no more than it needs: no metadata, no WebFinger, no revocation."""

    def __init__(self):
        self.authority = ""
        self.account = {"id": "01HX", "username": "rosa", "acct": "rosa", "display_name": "Rosa", "note": "<p>Hi</p>"}
        self.answers = {}
        self.seen = []

    @property
    def url(self):
        return f"http://{self.authority}"

    async def answer(self, request):
        self.seen.append((request.method, request.path, dict(await request.post()) if request.can_read_body else {}))
        if request.path in self.answers:
            made = self.answers[request.path]
            return await made(request) if callable(made) else web.json_response(made)
        if request.path == "/api/v1/apps":
            return web.json_response({"id": 5, "client_id": "us", "client_secret": "s", "vapid_key": None})
        if request.path == "/oauth/token":
            return web.json_response({"access_token": "t", "token_type": "bearer", "created_at": 1})
        if request.path == "/api/v1/accounts/verify_credentials":
            here = {"url": f"{self.url}/@rosa", "avatar": f"{self.url}/avatars/original/missing.png"}
            return web.json_response(here | self.account)
        return web.Response(status=404)

    def agree(self, address):
        assert address.startswith(f"{self.url}/oauth/authorize?")
        asked = dict(parse_qsl(urlsplit(address).query))
        return path_of(f"{asked['redirect_uri']}?{urlencode({'code': 'c', 'state': asked['state']})}")


@asynccontextmanager
async def running_program(host):
    program = Program()
    runner = web.ServerRunner(web.Server(program.answer))
    await runner.setup()
    await web.TCPSite(runner, host, 0).start()
    program.authority = f"{host}:{runner.addresses[0][1]}"
    yield program
    await runner.cleanup()


@pytest.fixture
async def program():
    async with running_program("127.0.0.7") as program:
        yield program


async def link(browser, program):
    address = await depart(browser, "/account/ways", "/account/ways/link", password=PASSWORD, server=program.authority)
    return await browser.get(program.agree(address))


async def test_a_server_without_anything_but_the_api_will_do(house, ada, signed_in, program):
    done = await link(await signed_in(ada), program)
    assert done.header("location") == "/account/ways"
    [linked] = await house.database.read(linked_of, ada.actor_id)
    assert (linked.issuer, linked.subject) == (program.url, "01HX")
    assert linked.label == f"@rosa@{program.authority}"
    _, _, registered = next(one for one in program.seen if one[1] == "/api/v1/apps")
    assert registered["scopes"] == "read:accounts"
    assert registered["redirect_uris"].startswith("http://union.example/log-in/back/_")
    _, _, exchanged = next(one for one in program.seen if one[1] == "/oauth/token")
    assert len(exchanged["code_verifier"]) >= 43
    assert exchanged["redirect_uri"] == registered["redirect_uris"]
    assert any(one[1] == "/oauth/revoke" and one[2]["token"] == "t" for one in program.seen)


async def test_a_number_may_be_a_number(house, ada, signed_in, program):
    program.account["id"] = 12
    await link(await signed_in(ada), program)
    assert [one.subject for one in await house.database.read(linked_of, ada.actor_id)] == ["12"]


STRANGE = {
    "an account of another server": {"acct": "rosa@famous.example"},
    "an address of another server": {"url": "http://famous.example/@rosa"},
    "an identity of another server": {"uri": "http://famous.example/users/rosa"},
    "no address": {"url": ""},
    "no number": {"id": None},
    "a number of another type": {"id": {"a": 1}},
    "an empty number": {"id": ""},
    "an endless number": {"id": "1" * 300},
    "a number with a line break": {"id": "1\n2"},
    "no name": {"acct": "", "username": ""},
    "a name that is none": {"acct": "rosa rosa", "username": "rosa rosa"},
}


@pytest.mark.parametrize("lie", STRANGE)
async def test_an_account_that_is_not_of_this_server_opens_nothing(house, ada, signed_in, program, lie):
    program.account |= STRANGE[lie]
    done = await link(await signed_in(ada), program)
    assert (done.status, "cannot be used" in done.text) == (403, True)
    assert await house.database.read(linked_of, ada.actor_id) == []


async def test_a_server_cannot_speak_for_the_people_of_another(house, app, ada, signed_in, program):
    await link(await signed_in(ada), program)
    async with running_program("127.0.0.8") as other:  # with an account of the same number and name
        browser = Browser(app)
        done = await browser.get(other.agree(await depart(browser, server=other.authority)))
    assert done.status == 403
    assert "session" not in browser.cookies


METADATA = {
    "another issuer": {"issuer": "http://famous.example"},
    "no issuer": {"issuer": None},
    "another server's page": {"authorization_endpoint": "http://famous.example/oauth/authorize"},
    "another server's token": {"token_endpoint": "http://127.0.0.9/oauth/token"},
    "another server's revocation": {"revocation_endpoint": "http://127.0.0.9/oauth/revoke"},
    "no address": {"token_endpoint": "javascript:alert(1)"},
}


@pytest.mark.parametrize("lie", METADATA)
async def test_metadata_lead_nobody_to_another_server(app, program, lie):
    program.answers["/.well-known/oauth-authorization-server"] = {"issuer": program.url} | METADATA[lie]
    answer = await choose(Browser(app), server=program.authority)
    assert (answer.status, 'http-equiv="refresh"' in answer.text) == (403, False)
    assert not any(one[1] == "/api/v1/apps" for one in program.seen)


async def test_the_least_is_asked_for_that_the_server_knows(app, program):
    program.answers["/.well-known/oauth-authorization-server"] = {
        "issuer": f"{program.url}/",
        "scopes_supported": ["read", "write", "admin"],
    }
    assert "scope=read&" in await depart(Browser(app), server=program.authority)


async def _redirect(_):
    raise web.HTTPFound("http://127.0.0.9/")


async def _closed(_):
    return web.json_response({"error": "not here"}, status=403)


@pytest.mark.parametrize("answer", [_redirect, _closed, {"client_id": "x"}, {}])
async def test_a_server_at_which_we_cannot_register_is_told(house, app, program, answer):
    program.answers["/api/v1/apps"] = answer
    told = await choose(Browser(app), server=program.authority)
    assert (told.status, "does not answer in a way" in told.text) == (403, True)
    assert await house.database.read(find_foreign_application, program.url) is None


async def test_a_server_that_forgot_us_between_is_asked_anew_the_next_time(house, app, program):
    async def forgotten(_):
        return web.json_response({"error": "invalid_client"}, status=401)

    browser = Browser(app)
    back = program.agree(await depart(browser, server=program.authority))
    program.answers["/oauth/token"] = forgotten
    assert (await browser.get(back)).status == 403
    assert await house.database.read(find_foreign_application, program.url) is None


async def test_the_token_is_given_back_even_when_it_was_of_no_use(app, program):
    program.answers["/api/v1/accounts/verify_credentials"] = _closed
    browser = Browser(app)
    await browser.get(program.agree(await depart(browser, server=program.authority)))
    assert any(one[1] == "/oauth/revoke" for one in program.seen)


class TestLimits:
    @pytest.fixture
    def settings(self, settings):
        return replace(settings, rate_limits=True)

    async def test_one_network_does_not_set_out_without_end(self, app, program):
        statuses = [(await choose(Browser(app), server=program.authority)).status for _ in range(51)]
        assert set(statuses[:50]) == {200}
        assert statuses[50] == 429

    async def test_nor_does_it_come_back_without_end(self, app):
        browser = Browser(app)
        statuses = [(await browser.get("/log-in/back/sso?state=x&code=y")).status for _ in range(51)]
        assert set(statuses[:50]) == {403}
        assert statuses[50] == 429

    async def test_a_wrong_password_counts_as_at_the_door(self, ada, signed_in, program):
        browser = await signed_in(ada)
        answers = [
            await choose(browser, "/account/ways", "/account/ways/link", password="wrong", server=program.authority)
            for _ in range(11)
        ]
        assert [answer.status for answer in answers] == [403] * 10 + [429]
