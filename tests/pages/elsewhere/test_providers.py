"""Services that the operator has set: true ones, and ones that lie, are slow, or send rubbish."""

import asyncio
import time

import pytest
from aiohttp import web
from joserfc.jwk import RSAKey

from tests.api.asgi import Browser
from tests.pages.elsewhere.conftest import choose, depart, path_of
from tests.pages.elsewhere.providers import CLIENT_ID, STRANGE
from tests.pages.signing import PASSWORD, token_in
from tests.shared import on_both_databases
from usi_fed.accounts.elsewhere.model import Identity
from usi_fed.accounts.elsewhere.service import linked_account
from usi_fed.accounts.linked_store import add_linked, linked_of
from usi_fed.actors.store import find_local


async def link(browser, provider, name):
    address = await depart(browser, "/account/ways", "/account/ways/link", password=PASSWORD, provider=name)
    return await browser.get(path_of(provider.agree(address)))


async def come_in(browser, provider, name, page="/log-in/elsewhere"):
    """Sign in with a provider."""
    return await browser.get(path_of(provider.agree(await depart(browser, page, provider=name))))


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "PS256"])
@on_both_databases
async def test_an_account_of_a_provider_is_linked_and_signs_in(house, app, ada, signed_in, oidc, algorithm):
    oidc.algorithm = algorithm
    owner = await signed_in(ada)
    assert (await link(owner, oidc, "sso")).header("location") == "/account/ways"
    [linked] = await house.database.read(linked_of, ada.actor_id)
    assert (linked.kind, linked.issuer, linked.subject) == ("oidc", oidc.url, "u-17")
    browser = Browser(app)
    done = await come_in(browser, oidc, "sso")
    assert (done.status, "session" in browser.cookies) == (303, True)
    assert "Union SSO: ana.d@sso" in (await browser.get("/account/ways")).text


async def test_the_log_in_page_offers_the_providers(app, oidc):
    browser = Browser(app)
    page = await browser.get("/log-in?next=%2Fhome")
    assert "Sign in with Union SSO" in page.text and "Sign in with Book" in page.text
    address = await depart(browser, "/log-in", "/log-in/elsewhere?next=%2Fhome", provider="sso")
    assert address.startswith(f"{oidc.url}/authorize?")


async def test_a_provider_that_is_not_set_is_none(app):
    assert (await choose(Browser(app), provider="other")).status == 404


async def test_plain_oauth_signs_in_by_the_fields_that_were_set(house, app, ada, signed_in, oauth2):
    assert (await link(await signed_in(ada), oauth2, "book")).status == 303
    [linked] = await house.database.read(linked_of, ada.actor_id)
    assert (linked.kind, linked.issuer, linked.subject, linked.label) == ("oauth2", oauth2.url, "17", "Book: Ana Book")
    browser = Browser(app)
    assert (await come_in(browser, oauth2, "book")).status == 303
    assert "session" in browser.cookies


async def test_a_mail_address_opens_no_account(house, app, oidc):
    """Not even a verified one: who runs the provider would own every account here."""
    await house.accounts.create(await house.actors.prepare_local("ada"), PASSWORD, email="ada@union.example")
    oidc.claims = {"email": "ada@union.example", "email_verified": True}
    oidc.person |= oidc.claims
    browser = Browser(app)
    assert (await come_in(browser, oidc, "sso")).status == 403
    assert "session" not in browser.cookies


async def test_who_is_known_at_one_is_not_known_at_another(house, app, ada, signed_in, oidc, oauth2):
    oidc.person["sub"] = "17"
    await link(await signed_in(ada), oidc, "sso")
    assert (await come_in(Browser(app), oauth2, "book")).status == 403


HOSTILE = {
    "wrong nonce": {"claims": {"nonce": "other"}},
    "no nonce": {"left_out": ("nonce",)},
    "wrong audience": {"claims": {"aud": "another client"}},
    "more audiences without a party": {"claims": {"aud": [CLIENT_ID, "another"]}},
    "another party": {"claims": {"aud": [CLIENT_ID, "another"], "azp": "another"}},
    "no audience": {"left_out": ("aud",)},
    "wrong issuer": {"claims": {"iss": "http://127.0.0.9"}},
    "no issuer": {"left_out": ("iss",)},
    "expired": {"claims": {"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200}},
    "no expiry": {"left_out": ("exp",)},
    "made in the future": {"claims": {"iat": int(time.time()) + 3600, "exp": int(time.time()) + 7200}},
    "expiry of another type": {"claims": {"exp": "never"}},
    "issuer of another type": {"claims": {"iss": {"a": 1}}},
    "no subject": {"left_out": ("sub",)},
    "empty subject": {"claims": {"sub": ""}},
    "subject of another type": {"claims": {"sub": ["u-17"]}},
    "endless subject": {"claims": {"sub": "u" * 256}},
    "wrong token hash": {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}},
    "no algorithm": {"header": {"alg": "none"}},
    "key not in the set": {"signing_key": STRANGE},
    "another key by a known name": {
        "signing_key": RSAKey.import_key({**STRANGE.as_dict(private=True), "kid": "rsa-1"})
    },
    "public key as secret": {"header": {"alg": "HS256"}},
    "empty key set": {"key_set": []},
    "rubbish in the key set": {"key_set": [{"kty": "RSA", "kid": "rsa-1"}]},
    "secrets in the key set": {"key_set": [{"kty": "oct", "kid": "rsa-1", "k": "AAAA"}]},
}


@pytest.mark.parametrize("lie", HOSTILE)
async def test_an_id_token_that_does_not_hold_lets_nobody_in(house, app, ada, oidc, lie):
    identity = Identity("oidc", oidc.url, "u-17", "Union SSO: Ana")
    await house.database.write(add_linked, linked_account(ada.actor_id, identity, house.clock()))
    for name, value in HOSTILE[lie].items():
        setattr(oidc, name, value)
    browser = Browser(app)
    done = await come_in(browser, oidc, "sso")
    assert (done.status, "cannot be used" in done.text) == (403, True)
    assert "session" not in browser.cookies
    assert "nonce" not in done.text


async def test_a_new_key_of_the_provider_is_fetched_and_not_all_the_time(house, app, ada, signed_in, oidc):
    await link(await signed_in(ada), oidc, "sso")
    oidc.signing_key = STRANGE
    for _ in range(3):
        assert (await come_in(Browser(app), oidc, "sso")).status == 403
    assert oidc.seen.count("/keys") == 1


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "http://127.0.0.9"},
        {"issuer": None},
        {"token_endpoint": ""},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "file:///etc/passwd"},
        {"token_endpoint": "http://10.0.0.1/token"},
    ],
)
async def test_a_provider_that_says_odd_things_of_itself_is_not_gone_to(app, oidc, discovery):
    oidc.discovery = discovery
    answer = await choose(Browser(app), provider="sso")
    assert (answer.status, 'http-equiv="refresh"' in answer.text) == (403, False)
    assert "Union SSO does not answer in a way" in answer.text


async def _slow(_):
    await asyncio.sleep(30)


async def _rubbish(_):
    return web.Response(body=b"\xff<html>", content_type="application/json")


async def _list(_):
    return web.json_response(["no object"])


async def _elsewhere(_):
    raise web.HTTPFound("http://127.0.0.9/")


async def _endless(_):
    return web.Response(body=b"[" * 1_000_001, content_type="application/json")


async def _broken(_):
    return web.Response(status=500)


async def _empty(_):
    return web.json_response({})


async def _breaking(_):
    return web.json_response({"access_token": "a\r\nX: y", "id_token": "x.y.z"})


@pytest.mark.parametrize("answer", [_rubbish, _list, _elsewhere, _endless, _broken, _empty, _breaking])
@pytest.mark.parametrize("name", ["sso", "book"])
async def test_rubbish_of_a_provider_changes_nothing(house, app, ada, signed_in, oidc, oauth2, name, answer):
    provider = {"sso": oidc, "book": oauth2}[name]
    owner = await signed_in(ada)
    provider.answers["/token"] = answer
    done = await link(owner, provider, name)
    assert done.status == 403
    assert "Nothing has been changed here" in done.text
    assert await house.database.read(linked_of, ada.actor_id) == []


async def test_a_slow_provider_is_not_waited_for(house, app, oidc, monkeypatch):
    monkeypatch.setattr("usi_fed.activitypub.client.CALL_SECONDS", 0.3)
    browser = Browser(app)
    address = await depart(browser, provider="sso")
    oidc.answers["/token"] = _slow
    done = await browser.get(path_of(oidc.agree(address)))
    assert (done.status, "does not answer at the moment" in done.text) == (403, True)


async def test_a_code_of_another_browser_is_refused_by_the_provider_itself(app, oidc):
    """PKCE: a code that was stolen on the way does not fit to what the thief began."""
    first, second = Browser(app), Browser(app)
    stolen = path_of(oidc.agree(await depart(first, provider="sso")))
    own = path_of(oidc.agree(await depart(second, provider="sso")))
    code = stolen.partition("code=")[2]
    done = await second.get(own.replace(own.partition("code=")[2], code))
    assert (done.status, "cannot be used" in done.text) == (403, True)


async def test_who_does_not_agree_is_told_so(app, oidc):
    oidc.refuses = "access_denied"
    done = await come_in(Browser(app), oidc, "sso")
    assert "You did not allow Union SSO" in done.text and "<b>x" not in done.text


async def test_the_user_info_is_of_the_same_person(house, app, ada, signed_in, oidc):
    oidc.person = {"sub": "u-17"}
    owner = await signed_in(ada)
    oidc.answers["/user"] = lambda request: _json({"sub": "u-18", "name": "Eve"})
    assert (await link(owner, oidc, "sso")).status == 403


async def _json(document):
    return web.json_response(document)


# ---- who may join ----


@pytest.fixture
def chosen(request):
    return getattr(request, "param", {"sso": {}, "book": {}})


JOINS = {"sso": {"joins": True}, "book": {}}
MEMBERS = {
    "sso": {"joins": True, "claim": "membership.state", "claim_value": "active"},
    "book": {"claim": "groups", "claim_value": "members"},
}


async def test_without_joins_nobody_makes_an_account(house, app, ada, oidc):
    browser = Browser(app)
    assert (await come_in(browser, oidc, "sso")).status == 403
    assert await house.database.read(find_local, "ana_d") is None


@pytest.mark.parametrize("chosen", [JOINS], indirect=True)
async def test_with_joins_its_people_make_accounts_without_an_invitation(house, app, ada, oidc):
    browser = Browser(app)
    form = (await come_in(browser, oidc, "sso")).header("location")
    page = await browser.get(form)
    assert 'value="ana_d"' in page.text
    done = await browser.post(form, {"form_token": token_in(page), "username": "ana"})
    assert done.status == 303
    actor = await house.database.read(find_local, "ana")
    assert [one.subject for one in await house.database.read(linked_of, actor.id)] == ["u-17"]


@pytest.mark.parametrize("chosen", [JOINS], indirect=True)
async def test_nobody_joins_before_the_server_is_set_up(house, app, oidc):
    browser = Browser(app)
    form = (await come_in(browser, oidc, "sso")).header("location")
    done = await browser.post(form, {"form_token": token_in(await browser.get(form)), "username": "ana"})
    assert (done.status, "Nobody has set this server up yet." in done.text) == (403, True)
    assert await house.database.read(find_local, "ana") is None


@pytest.mark.parametrize("chosen", [MEMBERS], indirect=True)
@pytest.mark.parametrize(
    ("membership", "comes_in"),
    [
        ({"state": "active"}, True),
        ({"state": ["retired", "active"]}, True),
        ({"state": "lapsed"}, False),
        (None, False),
    ],
)
async def test_only_who_the_service_calls_a_member_comes_in(house, app, ada, oidc, membership, comes_in):
    oidc.person["membership"] = membership  # in the user info only
    done = await come_in(Browser(app), oidc, "sso")
    assert done.status == (303 if comes_in else 403)
    assert ("does not say that you may come in" in done.text) is not comes_in


@pytest.mark.parametrize("chosen", [MEMBERS], indirect=True)
async def test_who_is_no_member_any_more_does_not_sign_in(house, app, ada, signed_in, oauth2):
    await link(await signed_in(ada), oauth2, "book")
    assert (await come_in(Browser(app), oauth2, "book")).status == 303
    oauth2.person["groups"] = ["former members"]
    browser = Browser(app)
    assert (await come_in(browser, oauth2, "book")).status == 403
    assert "session" not in browser.cookies
