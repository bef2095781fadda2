"""Who may not come in: by the provider of their e-mail, by one address, or by their network."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network

import pytest

from tests.api.asgi import Browser
from tests.pages.moderation.conftest import PASSWORD
from tests.pages.moderation.test_joining import ASKED, ask, waiting
from usi_fed.accounts.store import find_account_by_login
from usi_fed.accounts.tables import accounts
from usi_fed.app import Doors
from usi_fed.clock import now
from usi_fed.config import Settings
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.moderation.domains import Domains
from usi_fed.moderation.gates import Gates, canonical_email, canonical_hash
from usi_fed.moderation.model import ADDRESS_SEVERITIES, Decision
from usi_fed.moderation.networks import parse_network, warnings_about
from usi_fed.moderation.tables import audit_log, canonical_email_blocks
from usi_fed.wiring import open_house

BY = Decision(None, "spam")
HERE = "192.0.2.7"
"""Where the tests' browsers come from."""


@pytest.fixture
def settings(tmp_path, database_url):
    return Settings(
        domain="union.example", scheme="http", data_dir=tmp_path, database_url=database_url, rate_limits=False
    )


@pytest.fixture
async def house(settings):
    async with open_house(replace(settings, registrations="open")) as house:
        yield house


@pytest.fixture
def browser(house):
    return Browser(Doors(house))


async def people(house):
    return await house.database.read(lambda connection: connection.execute(accounts.select()).all())


# ---- e-mail ----


@pytest.mark.parametrize("email", ["nia@spam.example", "nia@MX.Spam.example", "nia@spam.example."])
async def test_nobody_joins_with_an_address_of_a_blocked_domain_or_below_it(house, browser, email):
    await house.gates.block_email_domain("spam.example", BY)
    refused = await ask(browser, email=email)
    assert (refused.status, "Cannot be used here" in refused.text, await people(house)) == (422, True, [])
    assert (await ask(browser, email="nia@notspam.example")).status == 303


async def test_an_invitation_a_request_and_an_arrival_are_refused_alike(house, settings):
    await house.gates.block_email_domain("spam.example", BY)
    code = await house.accounts.invite()
    invitation = await house.accounts.find_invitation(code)
    with pytest.raises(InvalidInput, match="email"):
        await house.joining.accept(invitation, code, "nia", "", PASSWORD, "nia@spam.example", HERE)
    assert await house.accounts.find_invitation(code) is not None, "it can be used with another address"
    async with open_house(replace(settings, registrations="approval")) as asking:
        assert (await ask(Browser(Doors(asking)), email="nia@spam.example")).status == 422
        assert await waiting(asking) == []


async def test_whoever_sets_the_server_up_is_not_kept_out(house):
    await house.gates.block_email_domain("spam.example", BY)
    code = await house.accounts.invite_first_admin()
    invitation = await house.accounts.find_invitation(code)
    made = await house.joining.accept(invitation, code, "nia", "", PASSWORD, "nia@spam.example", HERE)
    assert made.role == "admin"


async def test_a_domain_is_on_the_list_once_and_can_be_taken_off(house, browser):
    await house.gates.block_email_domain("@Spam.example", BY)
    with pytest.raises(InvalidInput):
        await house.gates.block_email_domain("spam.example", BY)
    await house.gates.allow_email_domain("spam.example", BY)
    with pytest.raises(NotFound):
        await house.gates.allow_email_domain("spam.example", BY)
    assert (await ask(browser, email="nia@spam.example")).status == 303


@pytest.mark.parametrize("typed", ["com", "", "a b", "spam.example:8080"])
async def test_what_is_no_domain_is_refused(house, typed):
    with pytest.raises(InvalidInput):
        await house.gates.block_email_domain(typed, BY)


def test_the_canonical_form_is_what_reaches_the_same_person():
    assert canonical_email(" A.Da+Union@Mail.example") == "ada@mail.example"
    assert canonical_hash("ada@mail.example") == canonical_hash("a.d.a+x@mail.example") != canonical_hash("b@c.example")


async def test_who_was_shut_out_does_not_come_back_with_the_same_address_and_it_is_kept_nowhere(house, browser):
    draft = await house.actors.prepare_local("ada")
    ada = await house.accounts.create(draft, PASSWORD, email="ada@mail.example")
    await house.moderation.suspend(ada.actor_id, None, "spam", blocks_email=True)
    refused = await ask(browser, email="a.da+2@mail.example")
    assert (refused.status, "Cannot be used here" in refused.text) == (422, True)

    def stored(connection):
        return str(
            connection.execute(canonical_email_blocks.select()).all() + connection.execute(audit_log.select()).all()
        )

    assert "mail.example" not in await house.database.read(stored)
    await house.moderation.free(ada.actor_id, None)
    assert (await ask(browser, email="a.da+2@mail.example")).status == 303, "freed, also the address"


async def test_the_address_of_a_deleted_account_stays_shut_out_and_names_nobody(house, browser):
    draft = await house.actors.prepare_local("ada")
    ada = await house.accounts.create(draft, PASSWORD, email="ada@mail.example")
    await house.moderation.delete(ada.actor_id, None, "spam", blocks_email=True)
    assert (await ask(browser, email="ada@mail.example")).status == 422
    [row] = await house.database.read(lambda connection: connection.execute(canonical_email_blocks.select()).all())
    assert row.actor_id is None


# ---- networks ----


async def block(house, severity, network="192.0.2.0/24", **more):
    return await house.gates.block_network(network, severity, "", more.get("expires_at"), BY, more.get("own", ""))


async def test_from_a_network_with_no_access_pages_and_applications_get_nothing(house, browser):
    await block(house, "no_access")
    page = await browser.get("/about", headers={"accept": "text/html"})
    assert (page.status, "shut out the network" in page.text) == (403, True)
    for path in ("/", "/log-in", "/join", "/api/v1/instance", "/oauth/authorize"):
        assert (await browser.get(path)).status == 403, path
    assert (await browser.post("/log-in", {})).status == 403


async def test_other_servers_and_what_a_page_needs_are_not_shut_out(house, browser):
    await house.accounts.create(await house.actors.prepare_local("ada"), PASSWORD)
    await block(house, "no_access")
    for path in ("/static/site.css", "/look.css", "/favicon.ico", "/healthz", "/actor", "/.well-known/nodeinfo"):
        assert (await browser.get(path)).status != 403, path
    found = await browser.get("/.well-known/webfinger?resource=acct:ada@union.example")
    assert found.status == 200
    uri = next(link["href"] for link in found.json["links"] if link["rel"] == "self")
    accepts = {"accept": "application/activity+json"}
    assert (await browser.get(uri.removeprefix("http://union.example"), headers=accepts)).status == 200
    assert (await browser.get("/@ada", headers=accepts)).status != 403


async def test_others_are_let_in_and_a_block_ends_with_its_time(settings):
    moment = now()
    async with open_house(settings, clock=lambda: moment) as house:
        browser = Browser(Doors(house))
        await block(house, "no_access", "198.51.100.0/24")
        assert (await browser.get("/about")).status == 200
        await block(house, "no_access", expires_at=moment + timedelta(hours=1))
        assert (await browser.get("/about")).status == 403
        moment += timedelta(hours=1)
        assert (await browser.get("/about")).status == 200


async def test_nobody_joins_from_a_network_that_is_blocked_for_that(house, browser):
    await block(house, "sign_up_block")
    refused = await ask(browser)
    assert (refused.status, "Nobody can join from the network" in refused.text) == (403, True)
    code = await house.accounts.invite()
    form = {"form_token": await_token(await browser.get(f"/join/{code}")), **ASKED}
    assert (await browser.post(f"/join/{code}", form)).status == 403
    assert await people(house) == []


def await_token(page):
    return page.text.partition('name="form_token" value="')[2].partition('"')[0]


async def test_where_an_officer_looks_first_an_open_server_asks(house, browser):
    await block(house, "sign_up_requires_approval")
    assert 'name="reason"' in (await browser.get("/join")).text
    asked = await ask(browser)
    assert (asked.status, asked.header("location")) == (303, "/join/asked")
    assert [one.username for one in await waiting(house)] == ["nia"]
    assert await house.database.read(find_account_by_login, "nia") is None


async def test_the_strictest_block_counts(house, browser):
    await block(house, "no_access", "192.0.2.0/30")
    await block(house, "sign_up_block", "192.0.2.7")
    await block(house, "sign_up_requires_approval", "192.0.0.0/8")
    assert (await browser.get("/join")).status == 200
    assert (await ask(browser)).status == 403


async def test_nobody_shuts_themselves_out(house):
    for own in (HERE, f"::ffff:{HERE}"):
        with pytest.raises(InvalidInput, match="from which you come"):
            await block(house, "no_access", own=own)
    assert (await block(house, "sign_up_block", own=HERE)).network == "192.0.2.0/24"


@pytest.mark.parametrize(
    ("typed", "network"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("192.0.2.7/24", "192.0.2.0/24"),
        ("2001:DB8::1/32", "2001:db8::/32"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
    ],
)
def test_a_network_is_written_in_one_way(typed, network):
    assert str(parse_network(typed)) == network


@pytest.mark.parametrize("typed", ["", "spam.example", "192.0.2.0/33", "0.0.0.0/0", "::/0", "300.1.1.1"])
def test_what_is_no_network_is_refused(typed):
    with pytest.raises(InvalidInput):
        parse_network(typed)


@pytest.mark.parametrize(("typed", "number"), [("127.0.0.0/16", 1), ("::1", 1), ("10.0.0.0/8", 1), ("192.0.2.0/24", 0)])
def test_whom_else_a_network_covers_is_said(typed, number):
    proxies = (ip_network("10.1.0.1/32"), ip_network("127.0.0.1/32"))
    assert len(warnings_about(parse_network(typed), proxies)) == number


async def test_another_process_hears_of_it(house):
    other = Gates(house.database, now)
    await other.load()
    watching = Domains(house.database, now, look_again_seconds=0.01)
    watching.when_news.append(other.load)
    await watching.load()
    await block(house, "no_access")
    async with asyncio.timeout(10):
        while not other.keeps_out(HERE):
            await asyncio.sleep(0.01)
    await watching.close()


async def test_what_holds_and_why_is_in_the_log_and_no_visitor_is(house, browser):
    for severity in ADDRESS_SEVERITIES:
        await block(house, severity)
    await browser.get("/about")
    await house.gates.free_network("192.0.2.0/24", BY)
    with pytest.raises(NotFound):
        await house.gates.free_network("192.0.2.0/24", BY)
    rows = await house.database.read(lambda connection: connection.execute(audit_log.select()).all())
    acts = [(row.action, row.target) for row in rows if row.action.startswith("address")]
    assert acts == [("address block", "192.0.2.0/24")] * 3 + [("address free", "192.0.2.0/24")]
    assert HERE not in str(rows)
