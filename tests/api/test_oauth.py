"""Signing in, through the front door: pages, codes, tokens, and every way in which it must not work."""

import asyncio
import base64
import hashlib
import json
import re
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import update

from tests.api.asgi import Browser
from tests.api.conftest import PASSWORD
from tests.api.schema import check
from usi_fed.accounts.tables import applications
from usi_fed.accounts.tickets import is_form_token
from usi_fed.api.cors import CrossOrigin
from usi_fed.app import Doors

REDIRECT = "https://app.example/done"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def app(house):
    """All rooms: people sign in at the page of everybody."""
    return CrossOrigin(Doors(house))


@pytest.fixture
async def ada(person):
    return await person("ada")


@pytest.fixture
def register(browser):
    async def register(redirect_uris=REDIRECT, scopes="read write"):
        form = {"client_name": "Tester", "redirect_uris": redirect_uris, "scopes": scopes}
        return (await browser.post("/api/v1/apps", form)).json

    return register


def authorization(app, **more):
    return {
        "client_id": app["client_id"],
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": "read write",
        "state": "s1",
    } | more


def hidden(page):
    """The hidden fields of the first form on a page."""
    form = page.text.partition("</form>")[0]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
    return {name: unescape(value) for name, value in found}


async def log_in_page(browser, asked):
    """The page that who is not signed in is sent to."""
    return await browser.get((await browser.get("/oauth/authorize", asked)).header("location"))


async def sign_in(browser, asked, password=PASSWORD):
    page = await log_in_page(browser, asked)
    action = unescape(re.search(r'action="([^"]+)"', page.text)[1])
    return await browser.post(action, hidden(page) | {"login": "ada", "password": password})


async def consent(browser, asked, decision="allow"):
    """Go through both pages; gives the answer to the decision."""
    signed_in = await sign_in(browser, asked)
    page = await browser.get(signed_in.header("location"))
    return await browser.post("/oauth/authorize", hidden(page) | {"decision": decision})


def query_of(answer):
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.header("location")).query).items()}


def exchange(app, code, **more):
    return {
        "grant_type": "authorization_code",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": REDIRECT,
        "code": code,
    } | more


@pytest.fixture
async def code_of(browser, ada, register):
    """An application and a code for it."""

    async def code_of(**more):
        app = await register()
        return app, query_of(await consent(browser, authorization(app, **more)))["code"]

    return code_of


# ---- registering ----


@pytest.mark.parametrize(
    "uri", ["icecubesapp://", "com.tapbots.Ivory.10217:/request_token", OUT_OF_BAND, "tusky://oauth", REDIRECT]
)
async def test_the_redirect_addresses_of_real_clients_are_taken(browser, uri):
    document = {"client_name": "App", "redirect_uris": uri}
    app = await browser.checked("POST", "/api/v1/apps", document=document)
    assert app["redirect_uris"] == [uri]
    assert app["client_id"] and app["client_secret"]


async def test_several_redirect_addresses_come_as_a_list_or_as_lines(browser):
    both = [REDIRECT, OUT_OF_BAND]
    listed = await browser.post("/api/v1/apps", document={"client_name": "App", "redirect_uris": both})
    bracketed = await browser.post("/api/v1/apps", {"client_name": "App", "redirect_uris[]": both})
    lines = await browser.post("/api/v1/apps", {"client_name": "App", "redirect_uris": "\n".join(both)})
    assert listed.json["redirect_uris"] == bracketed.json["redirect_uris"] == lines.json["redirect_uris"] == both


@pytest.mark.parametrize(
    "uri",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "/done",
        "https:///x",
        "https://a.example/#x",
        "no scheme",
        "https://evil.example;sandbox/cb",
        "https://a.example,b.example/cb",
        "https://*/cb",
        "https://a.example:port/cb",
        "https://ada@a.example/cb",
        "https://[::1/cb",
        "myapp://[done",
    ],
)
async def test_a_dangerous_or_broken_redirect_address_is_refused(browser, uri):
    answer = await browser.post("/api/v1/apps", document={"client_name": "App", "redirect_uris": [uri]})
    assert answer.status == 422
    assert "redirect_uris" in answer.json["details"]


async def test_made_up_scopes_are_refused_and_the_answer_names_the_field(browser):
    form = {"client_name": "App", "redirect_uris": REDIRECT, "scopes": "read everything"}
    answer = await browser.post("/api/v1/apps", form)
    assert answer.status == 422
    assert answer.json["details"]["scopes"]


# ---- the whole way ----


async def test_a_person_signs_in_and_the_application_gets_a_token_that_works(browser, ada, code_of):
    app, code = await code_of()
    token = await browser.checked("POST", "/oauth/token", form=exchange(app, code))
    assert token["token_type"] == "Bearer"
    assert token["scope"] == "read write"
    client = Browser(browser.app, token["access_token"])
    assert (await client.checked("GET", "/api/v1/apps/verify_credentials"))["name"] == "Tester"
    assert (await client.checked("GET", "/oauth/userinfo"))["preferred_username"] == "ada"


async def test_the_state_comes_back_unchanged(browser, ada, register):
    asked = authorization(await register(), state='a "b" & c')
    assert query_of(await consent(browser, asked))["state"] == 'a "b" & c'


async def test_the_token_request_may_be_json_and_the_secret_may_come_by_basic_authentication(browser, code_of):
    app, code = await code_of()
    form = exchange(app, code)
    secret = base64.b64encode(f"{form.pop('client_id')}:{form.pop('client_secret')}".encode()).decode()
    answer = await browser.post("/oauth/token", document=form, headers={"authorization": f"Basic {secret}"})
    assert answer.status == 200


async def test_out_of_band_the_page_shows_the_code(browser, ada, register):
    app = await register(OUT_OF_BAND)
    page = await consent(browser, authorization(app, redirect_uri=OUT_OF_BAND))
    code = re.search(r'name="code" value="([^"]+)"', page.text)[1]
    answer = await browser.post("/oauth/token", exchange(app, code, redirect_uri=OUT_OF_BAND))
    assert answer.status == 200


async def test_the_address_may_have_a_slash_at_its_end(browser, register):
    asked = authorization(await register())
    answer = await browser.get("/oauth/authorize/", asked)
    assert (answer.status, answer.header("location").partition("?")[0]) == (302, "/log-in")


async def test_force_login_asks_for_the_password_again(browser, ada, register):
    asked = authorization(await register())
    await sign_in(browser, asked)
    assert "Allow <em>" in (await browser.get("/oauth/authorize", asked)).text
    assert 'type="password"' in (await log_in_page(browser, asked | {"force_login": "true"})).text
    again = await sign_in(browser, asked | {"force_login": "true"})
    assert "Allow <em>" in (await browser.get(again.header("location"))).text


async def test_the_page_in_a_pop_up_keeps_its_opener(browser, ada, register):
    asked = authorization(await register())
    signed_in = await sign_in(browser, asked)
    for page in (await browser.get("/oauth/authorize", asked), await browser.get("/log-in?again=1"), signed_in):
        assert page.header("cross-origin-opener-policy") is None
    assert (await browser.get("/home")).header("cross-origin-opener-policy") == "same-origin"


async def test_a_person_may_refuse(browser, ada, register):
    answer = await consent(browser, authorization(await register()), decision="deny")
    assert query_of(answer)["error"] == "access_denied"


async def test_the_enter_key_means_to_allow(browser, ada, register):
    """Browsers take the first button for it."""
    signed_in = await sign_in(browser, authorization(await register()))
    page = await browser.get(signed_in.header("location"))
    assert re.findall(r'<button type="submit" name="decision" value="(\w+)"', page.text) == ["allow", "deny"]


async def test_an_application_gets_a_token_of_its_own(browser, register):
    app = await register()
    form = {"grant_type": "client_credentials", "client_id": app["client_id"], "client_secret": app["client_secret"]}
    token = (await browser.post("/oauth/token", form)).json
    assert token["scope"] == "read"
    client = Browser(browser.app, token["access_token"])
    assert (await client.get("/api/v1/apps/verify_credentials")).status == 200


async def test_the_metadata_say_how_to_sign_in(browser):
    path, ours = "/.well-known/oauth-authorization-server", {"usi:read", "usi:write"}
    answer = await browser.get(path)
    metadata = answer.json
    assert ours < set(metadata["scopes_supported"])
    published = {**metadata, "scopes_supported": [one for one in metadata["scopes_supported"] if one not in ours]}
    check("GET", path, replace(answer, body=json.dumps(published).encode()))
    assert metadata["token_endpoint"] == "https://union.example/oauth/token"
    assert metadata["code_challenge_methods_supported"] == ["S256"]


# ---- what must not work ----


async def test_a_redirect_address_that_was_not_registered_gets_no_redirect(browser, ada, register):
    asked = authorization(await register(), redirect_uri="https://evil.example/done")
    answer = await browser.get("/oauth/authorize", asked)
    assert answer.status == 400
    assert answer.header("location") is None


async def test_an_unknown_application_gets_no_redirect(browser, ada, register):
    answer = await browser.get("/oauth/authorize", authorization({"client_id": "made-up"}))
    assert answer.status == 400


async def test_what_is_missing_is_named(browser):
    told = "The address lacks client_id, redirect_uri, response_type: open this page from the application"
    answer = await browser.get("/oauth/authorize")
    assert (answer.status, told in answer.text) == (400, True)


@pytest.mark.parametrize("kind", ["token", 'x"\\', ""])
async def test_another_response_type_is_refused(browser, ada, register, kind):
    answer = await browser.get("/oauth/authorize", authorization(await register(), response_type=kind))
    assert query_of(answer)["error"] == "unsupported_response_type"


async def test_a_scope_beyond_the_registered_ones_is_refused(browser, ada, register):
    asked = authorization(await register(scopes="read"), scope="read write")
    assert query_of(await browser.get("/oauth/authorize", asked))["error"] == "invalid_scope"


async def test_a_code_works_once(browser, code_of):
    app, code = await code_of()
    assert (await browser.post("/oauth/token", exchange(app, code))).status == 200
    again = await browser.post("/oauth/token", exchange(app, code))
    assert (again.status, again.json["error"]) == (400, "invalid_grant")


async def test_of_several_who_bring_a_code_at_once_one_gets_a_token(browser, code_of):
    app, code = await code_of()
    answers = await asyncio.gather(*(browser.post("/oauth/token", exchange(app, code)) for _ in range(8)))
    assert sorted(answer.status for answer in answers) == [200] + [400] * 7


async def test_a_code_that_comes_again_ends_the_token_that_it_gave(browser, ada, code_of):
    """Somebody else has the code: nobody can say who of the two got the token."""
    app, code = await code_of()
    token = (await browser.post("/oauth/token", exchange(app, code))).json["access_token"]
    client = Browser(browser.app, token)
    assert (await client.get("/oauth/userinfo")).status == 200
    assert (await browser.post("/oauth/token", exchange(app, code))).status == 400
    assert (await client.get("/oauth/userinfo")).status == 401
    assert (await ada.get("/oauth/userinfo")).status == 200


async def test_another_application_cannot_end_a_token_with_its_code(browser, code_of, register):
    app, code = await code_of()
    client = Browser(browser.app, (await browser.post("/oauth/token", exchange(app, code))).json["access_token"])
    assert (await browser.post("/oauth/token", exchange(await register(), code))).status == 400
    assert (await client.get("/oauth/userinfo")).status == 200


async def test_a_code_is_for_the_application_that_asked(browser, code_of, register):
    _, code = await code_of()
    other = await register()
    answer = await browser.post("/oauth/token", exchange(other, code))
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")


async def test_a_code_is_for_the_redirect_address_of_the_request(browser, code_of):
    app, code = await code_of()
    answer = await browser.post("/oauth/token", exchange(app, code, redirect_uri=OUT_OF_BAND))
    assert (answer.status, answer.json["error"]) == (400, "invalid_grant")


async def test_a_wrong_client_secret_is_refused(browser, code_of):
    app, code = await code_of()
    answer = await browser.post("/oauth/token", exchange(app, code, client_secret="wrong"))
    assert (answer.status, answer.json["error"]) == (401, "invalid_client")


async def test_the_right_verifier_opens_a_code_with_a_challenge(browser, code_of):
    app, code = await code_of(code_challenge=CHALLENGE, code_challenge_method="S256")
    assert (await browser.post("/oauth/token", exchange(app, code, code_verifier=VERIFIER))).status == 200


@pytest.mark.parametrize("more", [{}, {"code_verifier": "w" * 64}])
async def test_a_wrong_or_missing_verifier_is_refused(browser, code_of, more):
    app, code = await code_of(code_challenge=CHALLENGE, code_challenge_method="S256")
    assert (await browser.post("/oauth/token", exchange(app, code, **more))).status == 400


@pytest.mark.parametrize("method", [{}, {"code_challenge_method": "plain"}])
async def test_a_plain_challenge_is_refused(browser, ada, register, method):
    asked = authorization(await register(), code_challenge=CHALLENGE, **method)
    assert query_of(await browser.get("/oauth/authorize", asked))["error"] == "invalid_request"


async def test_a_wrong_password_shows_the_form_again_and_signs_nobody_in(browser, ada, register):
    answer = await sign_in(browser, authorization(await register()), password="wrong horse battery")
    assert answer.status == 403
    assert 'role="alert"' in answer.text
    assert "__Host-session" not in browser.cookies


async def test_a_log_in_without_the_forms_token_is_refused(browser, ada, register):
    asked = authorization(await register())
    page = await log_in_page(browser, asked)
    action = unescape(re.search(r'action="([^"]+)"', page.text)[1])
    answer = await browser.post(action, {"login": "ada", "password": PASSWORD, "form_token": "forged"})
    assert answer.status == 403
    assert "__Host-session" not in browser.cookies


async def test_a_consent_that_another_site_sends_is_refused(browser, ada, register):
    asked = authorization(await register())
    await sign_in(browser, asked)
    answer = await browser.post("/oauth/authorize", asked | {"decision": "allow"})
    assert answer.status == 303
    assert urlsplit(answer.header("location")).path == "/oauth/authorize"
    assert "code" not in query_of(answer)


async def test_somebody_who_was_disabled_meanwhile_cannot_consent(browser, house, ada, register):
    asked = authorization(await register())
    signed_in = await sign_in(browser, asked)
    page = await browser.get(signed_in.header("location"))
    await house.moderation.disable(ada.actor_id, None)
    answer = await browser.post("/oauth/authorize", hidden(page) | {"decision": "allow"})
    assert urlsplit(answer.header("location")).path == "/oauth/authorize"
    assert urlsplit((await browser.get(answer.header("location"))).header("location")).path == "/log-in"


async def test_the_token_of_a_disabled_account_is_refused(house, ada):
    assert (await ada.get("/oauth/userinfo")).status == 200
    await house.moderation.disable(ada.actor_id, None)
    assert (await ada.get("/oauth/userinfo")).status == 401


async def test_a_revoked_token_is_refused_at_once(browser, code_of):
    app, code = await code_of()
    token = (await browser.post("/oauth/token", exchange(app, code))).json["access_token"]
    client = Browser(browser.app, token)
    assert (await client.get("/oauth/userinfo")).status == 200
    form = {"client_id": app["client_id"], "client_secret": app["client_secret"], "token": token}
    assert (await browser.post("/oauth/revoke", form)).status == 200
    assert (await client.get("/oauth/userinfo")).status == 401


async def test_an_application_cannot_revoke_anothers_token(browser, code_of, register):
    app, code = await code_of()
    token = (await browser.post("/oauth/token", exchange(app, code))).json["access_token"]
    other = await register()
    form = {"client_id": other["client_id"], "client_secret": other["client_secret"], "token": token}
    assert (await browser.post("/oauth/revoke", form)).status == 400
    assert (await Browser(browser.app, token).get("/oauth/userinfo")).status == 200


async def test_a_token_without_the_scope_is_refused(person):
    client = await person("bob", scopes="write")
    answer = await client.get("/oauth/userinfo")
    assert (answer.status, answer.json["error"]) == (403, "This action is outside the authorized scopes")


async def test_a_token_in_the_address_is_not_looked_at(browser, ada):
    assert (await browser.get("/oauth/userinfo", {"access_token": ada.token})).status == 401


async def test_an_applications_own_token_is_nobodys(browser, register):
    app = await register()
    form = {"grant_type": "client_credentials", "client_id": app["client_id"], "client_secret": app["client_secret"]}
    token = (await browser.post("/oauth/token", form)).json["access_token"]
    for path in ("/api/v1/timelines/home", "/api/v1/announcements"):
        answer = await Browser(browser.app, token).get(path)
        assert (answer.status, answer.json["error"]) == (422, "This method requires an authenticated user")


async def test_without_a_token_there_is_nobody(browser):
    answer = await browser.get("/oauth/userinfo")
    assert (answer.status, answer.json["error"]) == (401, "The access token is invalid")


# ---- headers ----


async def test_the_pages_have_a_strict_policy_and_keep_their_opener(browser, ada, register):
    asked = authorization(await register())
    await sign_in(browser, asked)
    page = await browser.get("/oauth/authorize", asked)
    policy = page.header("content-security-policy")
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "script" not in policy
    assert page.header("cross-origin-opener-policy") is None
    assert page.header("cache-control") == "no-store"


async def test_the_consent_page_may_lead_to_the_application(browser, ada, register):
    asked = authorization(await register())
    page = await browser.get((await sign_in(browser, asked)).header("location"))
    assert page.header("content-security-policy").endswith("form-action 'self' https://app.example")


@pytest.mark.parametrize(
    ("redirect", "target"),
    [
        ("http://127.0.0.1:8080/done", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/done", "http://[::1]:8080"),
        ("my.app://done", "my.app:"),
    ],
)
async def test_the_policy_names_only_a_host_and_a_port_or_a_scheme(browser, ada, register, redirect, target):
    asked = authorization(await register(redirect), redirect_uri=redirect)
    page = await browser.get((await sign_in(browser, asked)).header("location"))
    assert page.header("content-security-policy").endswith(f"form-action 'self' {target}")


async def test_an_address_registered_before_hosts_were_checked_adds_nothing_to_the_policy(
    browser, house, ada, register
):
    app = await register()
    evil = "https://evil.example;sandbox/done"
    stored = update(applications).where(applications.c.client_id == app["client_id"]).values(redirect_uris=[evil])
    await house.database.write(lambda connection: connection.execute(stored))
    page = await browser.get((await sign_in(browser, authorization(app, redirect_uri=evil))).header("location"))
    assert page.status == 200
    assert page.header("content-security-policy").endswith("form-action 'self'")


async def test_whoever_is_asked_for_consent_can_sign_out_instead(browser, ada, register):
    page = await browser.get((await sign_in(browser, authorization(await register()))).header("location"))
    [token] = re.findall(r'action="/log-out">\s*<input type="hidden" name="form_token" value="([^"]+)"', page.text)
    assert is_form_token(token, browser.cookies["__Host-session"])


async def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(browser, ada, register):
    answer = await sign_in(browser, authorization(await register()))
    cookie = answer.header("set-cookie")
    assert cookie.startswith("__Host-session=")
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Secure" in cookie


async def test_what_an_application_calls_itself_is_escaped(browser, ada):
    form = {"client_name": "<script>x</script>", "redirect_uris": REDIRECT, "scopes": "read write"}
    app = (await browser.post("/api/v1/apps", form)).json
    page = await browser.get((await sign_in(browser, authorization(app))).header("location"))
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text


async def test_programs_from_other_origins_may_ask_for_tokens(browser):
    answer = await browser.call("OPTIONS", "/oauth/token", headers={"origin": "https://phanpy.example"})
    assert answer.status == 204
    assert answer.header("access-control-allow-origin") == "*"
    assert "Authorization" in answer.header("access-control-allow-headers")


async def test_the_log_in_pages_are_not_open_to_other_origins(browser):
    answer = await browser.get("/oauth/authorize", headers={"origin": "https://evil.example"})
    assert answer.header("access-control-allow-origin") is None
