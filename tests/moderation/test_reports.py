"""Reports, from here and from elsewhere, through the front doors."""

import pytest

from usi_fed.db.paging import Window
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.inbox.handlers.flag import MOST_REPORTS
from usi_fed.moderation.log_store import log_page
from usi_fed.moderation.reports_store import reports_page


async def reports_of(place):
    return await place.house.database.read(reports_page, Window(limit=99))


async def told(client):
    return (await client.checked("GET", "/api/v1/notifications")).copy()


async def test_a_report_from_elsewhere_reaches_the_moderators_and_not_the_reported(place, ada, mo, ana):
    status = (await ada.post("/api/v1/statuses", {"status": "Bad words"})).json
    flag = ana.activity("Flag", [ada.actor.uri, status["uri"]], content="Look <b>here</b>")
    assert await place.receive(ana, flag) == 202
    [report] = await reports_of(place)
    assert (report.target_id, report.post_ids, report.comment) == (ada.actor.id, [int(status["id"])], "Look here")
    [news] = await told(mo)
    assert news["type"] == "admin.report"
    assert news["report"]["target_account"]["acct"] == "ada"
    assert await told(ada) == []


async def test_the_same_report_counts_once(place, ada, ana):
    flag = ana.activity("Flag", [ada.actor.uri], content="Again")
    await place.receive(ana, flag)
    await place.receive(ana, flag)
    assert len(await reports_of(place)) == 1


async def test_a_moderator_is_not_told_of_a_report_about_themselves(place, mo, ana):
    lu = await place.person("lu", "moderator")
    await place.receive(ana, ana.activity("Flag", [mo.actor.uri], content="Unjust"))
    assert await told(mo) == []
    assert [one["type"] for one in await told(lu)] == ["admin.report"]


async def test_reports_of_a_server_with_that_rule_are_not_heard(place, ada, eva, rule):
    await rule("noop", reject_reports=True)
    assert await place.receive(eva, eva.activity("Flag", [ada.actor.uri], content="No")) == 202
    assert await reports_of(place) == []


async def test_one_server_is_heard_so_often_in_an_hour_and_another_all_the_same(place, ada, ana, eva):
    for _ in range(MOST_REPORTS + 3):
        await eva.peer.post(place.inbox, eva.activity("Flag", [ada.actor.uri], content="No"), eva)
    await place.settle()
    assert len(await reports_of(place)) == MOST_REPORTS
    await place.receive(ana, ana.activity("Flag", [ada.actor.uri], content="Yes"))
    assert len(await reports_of(place)) == MOST_REPORTS + 1


async def test_a_forwarded_report_goes_out_in_the_name_of_the_server(place, ada, mo, ana):
    note = ana.note("<p>Adverts</p>", cc=[ada.actor.uri])
    await place.receive(ana, ana.create(note))
    known = await place.known(ana)
    [status] = (await ada.get(f"/api/v1/accounts/{known.id}/statuses")).json
    form = {"account_id": known.id, "status_ids[]": [status["id"]], "comment": "Spam", "forward": "true"}
    report = await ada.checked("POST", "/api/v1/reports", form=form)
    assert report["forwarded"] is True
    await place.settle()
    [flag] = ana.peer.of_kind("Flag")
    assert flag["actor"] == place.house.urls.instance_actor
    assert flag["object"] == [ana.uri, note["id"]] and flag["content"] == "Spam"
    assert ada.actor.uri not in str(flag)
    assert [one["type"] for one in await told(mo)] == ["admin.report"]


async def test_a_report_that_is_not_to_be_forwarded_stays_here(place, ada, ana):
    known = await place.known(ana)
    report = await ada.checked("POST", "/api/v1/reports", form={"account_id": known.id, "comment": "Hm"})
    await place.settle()
    assert report["forwarded"] is False and ana.peer.received == []


async def test_reports_are_taken_in_hand_closed_and_opened_again(place, ada, mo, ana):
    await place.receive(ana, ana.activity("Flag", [ada.actor.uri], content="Look"))
    [report] = await reports_of(place)
    moderation = place.house.moderation
    assert (await moderation.assign(report.id, mo.actor.id, mo.actor.id)).assigned_to == mo.actor.id
    closed = await moderation.resolve(report.id, mo.actor.id)
    assert closed.resolved_by == mo.actor.id and await reports_of(place) == []
    assert await moderation.resolve(report.id, None) == closed
    assert (await moderation.reopen(report.id, None)).resolved_at is None
    entries = await place.house.database.read(log_page, Window())
    assert [(one.actor_id, one.action, one.detail) for one in reversed(entries)] == [
        (mo.actor.id, "report assigned", {"about": "@ada", "to": "@mo"}),
        (mo.actor.id, "report resolved", {"about": "@ada"}),
        (None, "report reopened", {"about": "@ada"}),
    ]


async def test_only_a_moderator_takes_a_report_in_hand(place, ada, ana):
    await place.receive(ana, ana.activity("Flag", [ada.actor.uri], content="Look"))
    [report] = await reports_of(place)
    with pytest.raises(InvalidInput, match="moderator"):
        await place.house.moderation.assign(report.id, ada.actor.id, None)
    with pytest.raises(NotFound):
        await place.house.moderation.resolve(report.id + 1, None)


async def test_a_report_is_no_way_to_have_a_private_post_read(place, ada, ana):
    """Of posts for few, only such are kept as the server that reports has got."""
    form = {"status": "The strike fund is empty", "visibility": "direct"}
    secret = (await ada.checked("POST", "/api/v1/statuses", form=form))["uri"]
    await place.known(ana)
    shared = {"status": f"@ana@{ana.peer.url('').partition('//')[2]} Insult", "visibility": "direct"}
    got = (await ada.checked("POST", "/api/v1/statuses", form=shared))["uri"]
    await place.settle()
    assert [one["object"]["id"] for one in ana.peer.of_kind("Create")] == [got]
    await place.receive(ana, ana.activity("Flag", [ada.actor.uri, secret, got], content="Look"))
    [report] = await reports_of(place)
    assert [copy["uri"] for copy in report.copies] == [got]
    assert "strike fund" not in str(report)
