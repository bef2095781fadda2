"""The methods for who looks after the place: what they answer, what they do, and whom they refuse."""

from datetime import timedelta

import pytest

from tests.api.asgi import Browser
from tests.api.conftest import PASSWORD
from tests.api.schema import check_entity
from usi_fed.accounts.join_requests_store import add_request
from usi_fed.accounts.model import JoinRequest
from usi_fed.accounts.notices_store import notices_of
from usi_fed.accounts.store import find_account_by_login
from usi_fed.actors.store import get_actor
from usi_fed.api.admin.table import METHODS
from usi_fed.clock import new_id, now
from usi_fed.db.paging import Window
from usi_fed.moderation.log_store import log_page

ADMIN = "/api/v1/admin"


@pytest.fixture
def officer(house, person):
    async def officer(username, role="moderator", scopes="read write admin:read admin:write"):
        client = await person(username, scopes)
        await house.moderation.set_role(client.actor_id, role, None)
        return client

    return officer


@pytest.fixture
async def olga(officer):
    return await officer("olga")


@pytest.fixture
async def rosa(officer):
    return await officer("rosa", "admin")


@pytest.fixture
async def ada(house, app):
    """A member with an e-mail address."""
    account = await house.accounts.create(
        await house.actors.prepare_local("ada", name="Ada L"), PASSWORD, email="ada@mail.example"
    )
    client = Browser(app, await house.accounts.issue_token(account.actor_id, None, "read write admin:read admin:write"))
    client.actor_id, client.id = account.actor_id, str(account.actor_id)
    return client


async def ok(answer, name=None):
    """The body of an answer that is what the description says; a list is checked one by one."""
    answer = await answer
    assert answer.status == 200, answer.text
    for one in answer.json if isinstance(answer.json, list) else [answer.json]:
        if name:
            check_entity(name, one)
    return answer.json


async def actor_of(house, client):
    return await house.database.read(get_actor, client.actor_id)


async def logged(house):
    return [one.action for one in reversed(await house.database.read(log_page, Window(limit=100)))]


# ---- who may ----


async def test_every_method_is_for_officers_with_the_scope(ada, officer):
    narrow = await officer("nora", scopes="read write")
    for method in METHODS:
        path = method.path.replace("{id}", "1")
        assert (await ada.call(method.verb, path)).status == 403, path
        assert (await narrow.call(method.verb, path)).status == 403, path


async def test_networks_and_deleting_are_for_administrators(olga, rosa, ada):
    assert (await olga.get(f"{ADMIN}/ip_blocks")).status == 403
    assert (await olga.delete(f"{ADMIN}/accounts/{ada.id}")).status == 403
    assert (await rosa.get(f"{ADMIN}/ip_blocks")).json == []


async def test_who_may_do_as_much_is_not_judged(olga, rosa):
    for target in (rosa, olga):
        refused = await olga.post(f"{ADMIN}/accounts/{target.id}/action", {"type": "suspend"})
        assert refused.status == 403


# ---- people ----


async def test_people_are_found_as_on_the_pages(olga, rosa, ada):
    def names(found):
        return [one["username"] for one in found]

    everybody = await ok(olga.get("/api/v2/admin/accounts"), "AdminAccount")
    assert set(names(everybody)) == {"ada", "olga", "rosa"}
    assert names(await ok(olga.get("/api/v2/admin/accounts", {"permissions": "staff"}))) == ["rosa", "olga"]
    assert names(await ok(olga.get("/api/v2/admin/accounts", {"role_ids[]": "3"}))) == ["rosa"]
    assert names(await ok(olga.get("/api/v2/admin/accounts", {"display_name": "ada"}))) == ["ada"]
    assert names(await ok(olga.get("/api/v2/admin/accounts", {"email": "ADA@mail.example"}))) == ["ada"]
    assert names(await ok(olga.get("/api/v2/admin/accounts", {"origin": "remote"}))) == []
    assert names(await ok(olga.get("/api/v2/admin/accounts", {"ip": "192.0.2.7"}))) == []
    assert names(await ok(olga.get("/api/v2/admin/accounts", {"by_domain": "union.example", "username": "ros"}))) == [
        "rosa"
    ]
    assert names(await ok(olga.get(f"{ADMIN}/accounts", {"staff": "true", "local": "true"}))) == ["rosa", "olga"]
    page = await olga.get("/api/v2/admin/accounts", {"limit": "1"})
    assert 'rel="next"' in page.header("link")


async def test_only_administrators_see_e_mail_addresses_and_nobody_network_addresses(olga, rosa, ada):
    seen = {}
    for who in (olga, rosa):
        seen[who] = await ok(who.get(f"{ADMIN}/accounts/{ada.id}"), "AdminAccount")
        assert (seen[who]["ip"], seen[who]["ips"]) == (None, [])
    assert (seen[olga]["email"], seen[rosa]["email"]) == (None, "ada@mail.example")


@pytest.mark.parametrize(
    ("kind", "status", "undo", "action"),
    [
        ("silence", "silenced", "unsilence", "silence"),
        ("suspend", "suspended", "unsuspend", "suspend"),
        ("disable", "disabled", "enable", "account disable"),
    ],
)
async def test_what_is_decided_holds_is_listed_logged_and_ended(house, olga, ada, kind, status, undo, action):
    assert await ok(olga.post(f"{ADMIN}/accounts/{ada.id}/action", {"type": kind, "text": "floods"})) == {}
    [listed] = await ok(olga.get("/api/v2/admin/accounts", {"status": status}), "AdminAccount")
    assert (listed["id"], listed[status]) == (ada.id, True)
    assert ada.id not in [one["id"] for one in await ok(olga.get(f"{ADMIN}/accounts", {"active": "true"}))]
    freed = await ok(olga.post(f"{ADMIN}/accounts/{ada.id}/{undo}"), "AdminAccount")
    assert freed[status] is False
    assert action in await logged(house)


async def test_ending_a_limit_does_not_end_shutting_out(house, olga, ada):
    for kind in ("silence", "suspend"):
        await ok(olga.post(f"{ADMIN}/accounts/{ada.id}/action", {"type": kind}))
    freed = await ok(olga.post(f"{ADMIN}/accounts/{ada.id}/unsilence"), "AdminAccount")
    assert (freed["silenced"], freed["suspended"]) == (False, True)


async def test_a_warning_is_read_by_the_one_concerned(house, olga, ada):
    await ok(olga.post(f"{ADMIN}/accounts/{ada.id}/action", {"type": "none", "text": "Please be kind"}))
    [notice] = await house.database.read(notices_of, ada.actor_id)
    assert (notice.kind, notice.words) == ("warned", "Please be kind")
    refused = await olga.post(f"{ADMIN}/accounts/{ada.id}/action", {"type": "sensitive"})
    assert (refused.status, "type" in refused.json["details"]) == (422, True)


async def test_an_account_is_deleted_only_after_it_was_shut_out(house, rosa, ada):
    assert (await rosa.delete(f"{ADMIN}/accounts/{ada.id}")).status == 403
    await ok(rosa.post(f"{ADMIN}/accounts/{ada.id}/action", {"type": "suspend"}))
    await ok(rosa.delete(f"{ADMIN}/accounts/{ada.id}"), "AdminAccount")
    assert (await actor_of(house, ada)).deleted_at is not None
    assert (await rosa.get(f"{ADMIN}/accounts/{ada.id}")).status == 404


async def test_who_waits_is_listed_and_let_in_or_not(house, olga):
    numbers = {}
    for name in ("nia", "ned"):
        request = JoinRequest(new_id(), name, name.title(), None, "x", "en", "I drive a crane", now())
        numbers[name] = (await house.database.write(add_request, request)).id
    waiting = await ok(olga.get("/api/v2/admin/accounts", {"status": "pending"}), "AdminAccount")
    assert [(one["username"], one["approved"], one["invite_request"]) for one in waiting] == [
        ("ned", False, "I drive a crane"),
        ("nia", False, "I drive a crane"),
    ]
    await ok(olga.get(f"{ADMIN}/accounts/{numbers['nia']}"), "AdminAccount")
    approved = await ok(olga.post(f"{ADMIN}/accounts/{numbers['nia']}/approve"), "AdminAccount")
    assert (approved["username"], approved["approved"]) == ("nia", True)
    await ok(olga.post(f"{ADMIN}/accounts/{numbers['ned']}/reject"), "AdminAccount")
    assert await house.database.read(find_account_by_login, "ned") is None
    assert (await olga.post(f"{ADMIN}/accounts/{numbers['ned']}/approve")).status == 404


# ---- reports ----


async def test_a_report_is_read_sorted_assigned_closed_and_opened(house, olga, ada, person):
    bob = await person("bob")
    status = (await ada.post("/api/v1/statuses", {"status": "Buy pills"})).json
    form = {"account_id": ada.id, "status_ids[]": status["id"], "comment": "spam?", "category": "other"}
    made = (await bob.post("/api/v1/reports", form)).json
    [listed] = await ok(olga.get(f"{ADMIN}/reports"), "AdminReport")
    assert (listed["id"], listed["statuses"][0]["content"]) == (made["id"], "<p>Buy pills</p>")
    assert (listed["account"]["username"], listed["target_account"]["username"]) == ("bob", "ada")
    for query, number in (({"target_account_id": bob.id}, 0), ({"account_id": bob.id}, 1), ({"resolved": "true"}, 0)):
        assert len(await ok(olga.get(f"{ADMIN}/reports", query))) == number
    path = f"{ADMIN}/reports/{made['id']}"
    assert (await ok(olga.put(path, {"category": "spam"}), "AdminReport"))["category"] == "spam"
    assert (await ok(olga.post(f"{path}/assign_to_self"), "AdminReport"))["assigned_account"]["id"] == olga.id
    assert (await ok(olga.post(f"{path}/unassign"), "AdminReport"))["assigned_account"] is None
    await ok(olga.post(f"{ADMIN}/accounts/{ada.id}/action", {"type": "silence", "report_id": made["id"]}))
    closed = await ok(olga.get(path), "AdminReport")
    assert (closed["action_taken"], closed["action_taken_by_account"]["id"]) == (True, olga.id)
    assert (await ok(olga.post(f"{path}/reopen"), "AdminReport"))["action_taken"] is False
    assert (await ok(olga.post(f"{path}/resolve"), "AdminReport"))["action_taken"] is True
    other = {"type": "silence", "report_id": made["id"]}
    assert (await olga.post(f"{ADMIN}/accounts/{bob.id}/action", other)).status == 422


# ---- servers ----


async def test_rules_about_servers_are_made_changed_and_dropped(house, olga):
    form = {"domain": "spam.example", "severity": "suspend", "private_comment": "report 7"}
    made = await ok(olga.post(f"{ADMIN}/domain_blocks", form), "AdminDomainBlock")
    assert not house.domains.is_host_allowed("spam.example")
    assert (await olga.post(f"{ADMIN}/domain_blocks", form)).status == 422
    path = f"{ADMIN}/domain_blocks/{made['id']}"
    changed = await ok(olga.put(path, {"severity": "noop", "reject_media": "true"}), "AdminDomainBlock")
    assert (changed["severity"], changed["reject_media"], changed["private_comment"]) == ("noop", True, "report 7")
    assert [one["id"] for one in await ok(olga.get(f"{ADMIN}/domain_blocks"), "AdminDomainBlock")] == [made["id"]]
    assert (await olga.put(path, {"severity": "allow"})).status == 422
    assert (await olga.get(f"{ADMIN}/domain_allows/{made['id']}")).status == 404
    assert await ok(olga.delete(path)) == {}
    assert (await olga.get(path)).status == 404

    allowed = await ok(olga.post(f"{ADMIN}/domain_allows", {"domain": "good.example"}), "AdminDomainAllow")
    assert await ok(olga.get(f"{ADMIN}/domain_allows"), "AdminDomainAllow") == [allowed]
    assert await ok(olga.get(f"{ADMIN}/domain_blocks")) == []
    assert await ok(olga.delete(f"{ADMIN}/domain_allows/{allowed['id']}")) == {}


@pytest.mark.parametrize("domain", ["com", "union.example", "", "a b"])
async def test_a_rule_that_cannot_be_is_refused(olga, domain):
    assert (await olga.post(f"{ADMIN}/domain_blocks", {"domain": domain})).status == 422


# ---- who may not come in ----


async def test_providers_of_e_mail_and_addresses(olga):
    made = await ok(olga.post(f"{ADMIN}/email_domain_blocks", {"domain": "spam.example"}), "AdminEmailDomainBlock")
    assert await ok(olga.get(f"{ADMIN}/email_domain_blocks"), "AdminEmailDomainBlock") == [made]
    assert await ok(olga.get(f"{ADMIN}/email_domain_blocks/{made['id']}")) == made
    assert await ok(olga.delete(f"{ADMIN}/email_domain_blocks/{made['id']}")) == {}
    assert (await olga.get(f"{ADMIN}/email_domain_blocks/{made['id']}")).status == 404

    path = f"{ADMIN}/canonical_email_blocks"
    one = await ok(olga.post(path, {"email": "A.da+x@mail.example"}), "AdminCanonicalEmailBlock")
    assert await ok(olga.post(path, {"canonical_email_hash": one["canonical_email_hash"]})) == one
    assert await ok(olga.post(f"{path}/test", {"email": "ada@mail.example"}), "AdminCanonicalEmailBlock") == [one]
    assert await ok(olga.post(f"{path}/test", {"email": "bob@mail.example"})) == []
    assert await ok(olga.get(path)) == [one] and await ok(olga.get(f"{path}/{one['id']}")) == one
    assert await ok(olga.delete(f"{path}/{one['id']}")) == {}
    assert await ok(olga.get(path)) == []
    for wrong in ({}, {"email": "ada"}, {"canonical_email_hash": "ab"}):
        assert (await olga.post(path, wrong)).status == 422


async def test_networks(rosa):
    form = {"ip": "198.51.100.7/24", "severity": "sign_up_block", "comment": "spam", "expires_in": "3600"}
    made = await ok(rosa.post(f"{ADMIN}/ip_blocks", form), "AdminIpBlock")
    assert (made["ip"], made["expires_at"] is not None) == ("198.51.100.0/24", True)
    path = f"{ADMIN}/ip_blocks/{made['id']}"
    changed = await ok(rosa.put(path, {"severity": "no_access"}), "AdminIpBlock")
    assert (changed["severity"], changed["comment"], changed["expires_at"]) == ("no_access", "spam", made["expires_at"])
    moved = await ok(rosa.put(path, {"ip": "203.0.113.0/24"}), "AdminIpBlock")
    assert await ok(rosa.get(f"{ADMIN}/ip_blocks"), "AdminIpBlock") == [moved]
    own = await rosa.post(f"{ADMIN}/ip_blocks", {"ip": "192.0.2.0/24", "severity": "no_access"})
    assert (own.status, "ip" in own.json["details"]) == (422, True)
    assert await ok(rosa.delete(f"{ADMIN}/ip_blocks/{moved['id']}")) == {}
    assert (await rosa.get(path)).status == 404


# ---- numbers ----


async def test_numbers_and_what_is_talked_about(house, olga, ada):
    await ada.post("/api/v1/statuses", {"status": "Down tools #strike"})
    today = now().date()
    span = {"start_at": str(today - timedelta(days=2)), "end_at": str(today)}
    asked = {**span, "keys[]": ["new_users", "active_users", "opened_reports"]}
    measures = await ok(olga.post(f"{ADMIN}/measures", asked), "AdminMeasure")
    assert [(one["key"], one["total"], len(one["data"])) for one in measures] == [
        ("new_users", "2", 3),
        ("opened_reports", "0", 3),
    ]
    asked = {**span, "keys[]": ["languages", "servers", "software_versions"]}
    dimensions = await ok(olga.post(f"{ADMIN}/dimensions", asked), "AdminDimension")
    assert [one["key"] for one in dimensions] == ["languages", "servers", "software_versions"]
    assert dimensions[0]["data"] == [{"key": "en", "human_key": "English", "value": "2"}]
    for frequency, periods in (("day", 3), ("month", len({today.month, (today - timedelta(days=2)).month}))):
        cohorts = await ok(olga.post(f"{ADMIN}/retention", {**span, "frequency": frequency}), "AdminCohort")
        assert [len(one["data"]) for one in cohorts] == list(range(periods, 0, -1))
        assert cohorts[-1]["data"] == [{"date": cohorts[-1]["period"], "rate": 1.0, "value": "2"}]
    [tag] = await ok(olga.get(f"{ADMIN}/trends/tags"), "AdminTag")
    assert check_entity("Tag", tag)["name"] == "strike"
    assert await ok(olga.get(f"{ADMIN}/trends/links")) == await ok(olga.get(f"{ADMIN}/trends/statuses")) == []


@pytest.mark.parametrize(
    "span", [{}, {"start_at": "x", "end_at": "y"}, {"start_at": "2026-05-02", "end_at": "2026-05-01"}]
)
async def test_a_span_that_is_none_is_refused(olga, span):
    for name in ("measures", "dimensions", "retention"):
        assert (await olga.post(f"{ADMIN}/{name}", span)).status == 422
