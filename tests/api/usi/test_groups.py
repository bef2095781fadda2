"""Groups through the JSON API: belonging, topics, and what those do who look after one."""

import pytest

V1 = "/api/usi/v1"


@pytest.fixture
async def choir(admin):
    """A group of Ada's."""
    made = await admin.post(f"{V1}/organisations", document={"username": "choir", "kind": "Group", "name": "Choir"})
    assert made.status == 201, made.text
    return f"{V1}/groups/{made.json['id']}"


@pytest.fixture
async def mia(member):
    return await member("mia", "usi:read usi:write read write")


async def _writes(client, text, **more):
    made = await client.post("/api/v1/statuses", {"status": text, **more})
    assert made.status == 200, made.text
    return made.json["id"]


async def test_a_member_joins_reads_and_sees_what_is_new(admin, mia, member, choir):
    nia = await member("nia", "usi:read usi:write write")
    assert (await mia.get(choir)).json["state"] == "stranger"
    for who in (mia, nia):
        assert (await who.post(f"{choir}/join", document={})).json["state"] == "member"
    topic = await _writes(nia, "@choir We sing")
    [shown] = (await mia.get(f"{choir}/topics")).json
    assert (shown["id"], shown["title"], shown["unread"], shown["posts"]) == (topic, "We sing", 1, 1)
    [mine] = (await mia.get(f"{V1}/groups")).json
    assert (mine["state"], mine["unread"]) == ("member", 1)
    assert (await mia.post(f"{choir}/topics/{topic}/read")).json["unread"] == 0
    assert (await mia.get(f"{V1}/groups")).json[0]["unread"] == 0
    assert (await mia.post(f"{choir}/leave")).json["state"] == "stranger"
    assert (await mia.get(f"{V1}/groups")).json == []


async def test_topics_are_paged_by_the_moment_of_the_latest_post(browser, mia, choir):
    await mia.post(f"{choir}/join", document={})
    made = [await _writes(mia, f"@choir Song {number}") for number in range(3)]
    first = await browser.get(f"{choir}/topics", {"limit": "2"})
    assert [one["id"] for one in first.json] == made[:0:-1]
    rest = await browser.get(first.header("link").partition("<https://union.example")[2].partition(">")[0])
    assert [one["id"] for one in rest.json] == made[:1]


async def test_who_looks_after_it_decides_about_posts_and_people(admin, mia, member, choir):
    assert (await admin.patch(choir, document={"admission": "ask", "how": "Saturdays"})).json["admission"] == "ask"
    post, other = await _writes(mia, "@choir May I?"), await _writes(mia, "@choir Boots")
    assert {one["id"] for one in (await admin.get(f"{choir}/queue")).json} == {post, other}
    assert (await admin.post(f"{choir}/queue/{post}/accept")).status == 200
    assert (await admin.post(f"{choir}/queue/{other}/refuse", document={"reason": "No ads"})).status == 200
    assert (await admin.post(f"{choir}/topics/{post}/summary", document={"text": "**Yes**"})).json["summary"] == (
        "<p><strong>Yes</strong></p>"
    )
    assert (await admin.post(f"{choir}/topics/{post}/lock", document={"locked": True})).json["locked"] is True
    assert (await admin.post(f"{choir}/topics/{post}/pin", document={"pinned": True})).json["pinned"] == 1
    assert (await admin.delete(f"{choir}/posts/{post}")).status == 200
    assert (await mia.get(f"{choir}/topics")).json == []
    assert (await mia.post(f"{choir}/join", document={"words": "bass"})).json["state"] == "asked"
    members = f"{V1}/organisations/choir/members"
    assert [one["words"] for one in (await admin.get(members, {"state": "asked"})).json] == ["bass"]
    assert (await admin.post(f"{choir}/members/{mia.id}/admit")).status == 200
    assert (await admin.post(f"{choir}/bans", document={"person": "mia", "reason": "Boots"})).status == 201
    assert (await mia.get(choir)).json["state"] == "banned"
    assert (await admin.delete(f"{choir}/bans/{mia.id}")).status == 200
    assert (await admin.post(f"{choir}/invitations", document={"person": "mia"})).status == 201
    assert (await mia.post(f"{choir}/invitation", document={"accept": True})).json["state"] == "member"


async def test_a_report_is_settled_in_the_group(admin, mia, member, choir):
    nia = await member("nia", "write")
    await mia.post(f"{choir}/join", document={})
    post = await _writes(mia, "@choir Boots")
    reported = {"account_id": mia.id, "status_ids": [post], "comment": "Look"}
    assert (await nia.post("/api/v1/reports", document=reported)).status == 200
    [report] = (await admin.get(f"{choir}/reports")).json
    assert (report["comment"], report["posts"]) == ("Look", [post]) and "nia" not in str(report)
    assert (await admin.post(f"{choir}/reports/{report['id']}/settle")).status == 200
    assert (await admin.get(f"{choir}/reports")).json == []
    assert (await mia.get(f"{choir}/reports")).status == 403


async def test_a_hidden_group_is_nothing_to_strangers(house, browser, admin, mia, choir):
    number = int(choir.rpartition("/")[2])
    assert (await admin.patch(f"{V1}/organisations/choir", document={"concealed": True})).status == 200
    nowhere = number + 1
    for who in (browser, mia):
        for path in ("", "/topics"):
            there, not_there = await who.get(choir + path), await who.get(f"{V1}/groups/{nowhere}{path}")
            assert (there.status, there.text) == (404, not_there.text)
    for path, document in (
        ("/api/v1/accounts/%s/follow", {}),
        ("/api/v1/accounts/%s/block", {}),
        ("/api/v1/accounts/%s/mute", {}),
        ("/api/v1/accounts/%s/note", {"comment": "x"}),
        (f"{V1}/groups/%s/join", {}),
    ):
        there, not_there = [await mia.post(path % one, document=document) for one in (number, nowhere)]
        assert (there.status, there.text) == (404, not_there.text), path
    for one in (number, nowhere):
        assert (await mia.post("/api/v1/reports", document={"account_id": str(one)})).status == 404
        assert (await mia.get("/api/v1/accounts", {"id[]": str(one)})).json == []
    assert len((await admin.get("/api/v1/accounts", {"id[]": str(number)})).json) == 1
