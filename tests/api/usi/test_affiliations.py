"""Affiliations through the JSON API."""

V1 = "/api/usi/v1"
OF = f"{V1}/organisations"


async def _found(admin, username, kind):
    made = await admin.post(OF, document={"username": username, "kind": kind})
    assert made.status == 201, made.text
    return made.json


async def test_a_branch_asks_a_union_attests_and_everybody_sees_the_path_till_it_ends(admin, browser, dockers):
    await _found(admin, "durban", "Branch")
    asked = await admin.post(f"{OF}/durban/affiliations", document={"approver": "dockers"})
    assert (asked.status, asked.json["state"]) == (201, "offered")
    assert (await admin.post(f"{OF}/durban/affiliations", document={"approver": dockers["uri"]})).status == 409
    one = f"{OF}/dockers/affiliations/{asked.json['id']}"
    assert (await browser.get(f"{OF}/durban/affiliations")).json == []
    assert (await admin.post(f"{one}/accept")).json["state"] == "accepted"
    assert (await admin.post(f"{V1}/trusted", document={"organisation": "dockers"})).status == 201
    for shown in (await browser.get(f"{OF}/durban/affiliations"), await admin.post(f"{OF}/durban/affiliations/verify")):
        [path] = shown.json
        assert [step["organisation"]["handle"] for step in path["steps"]] == ["dockers"]
        assert path["trusted"]["handle"] == "dockers"
    listed = (await admin.get(f"{OF}/dockers/affiliations/asked")).json
    assert [(one["subject"]["handle"], one["state"]) for one in listed] == [("durban", "accepted")]
    ended = await admin.post(f"{one}/withdraw", document={"reason": "Fees unpaid"})
    assert (ended.json["state"], ended.json["reason"]) == ("withdrawn", "Fees unpaid")
    assert (await browser.get(f"{OF}/durban/affiliations")).json == []


async def test_requests_are_refused_and_taken_back(admin, dockers):
    await _found(admin, "durban", "Branch")
    for who, act, state in (("dockers", "refuse", "refused"), ("durban", "leave", "left")):
        asked = (await admin.post(f"{OF}/durban/affiliations", document={"approver": dockers["id"]})).json
        other = "durban" if who == "dockers" else "dockers"
        assert (await admin.post(f"{OF}/{other}/affiliations/{asked['id']}/{act}")).status == 404
        assert (await admin.post(f"{OF}/{who}/affiliations/{asked['id']}/{act}")).json["state"] == state


async def test_only_officers_and_administrators_may(admin, member, browser, dockers):
    eve = await member("eve")
    await _found(admin, "durban", "Branch")
    asked = (await admin.post(f"{OF}/durban/affiliations", document={"approver": "dockers"})).json
    for call in (
        eve.get(f"{OF}/dockers/affiliations/asked"),
        eve.post(f"{OF}/durban/affiliations", document={"approver": "dockers"}),
        eve.post(f"{OF}/dockers/affiliations/{asked['id']}/accept"),
        eve.get(f"{V1}/trusted"),
        eve.post(f"{V1}/trusted", document={"organisation": "dockers"}),
        eve.delete(f"{V1}/trusted/{dockers['id']}"),
    ):
        assert (await call).status == 403
    assert (await browser.post(f"{OF}/dockers/affiliations/{asked['id']}/accept")).status == 401
    assert (await admin.post(f"{OF}/durban/affiliations", document={"approver": "nobody"})).status == 422


async def test_names_that_look_alike_are_listed_and_trust_ends(admin, browser, dockers):
    await _found(admin, "dockers_", "Union")
    [alike] = (await browser.get(f"{OF}/dockers_/lookalikes")).json
    assert (alike["organisation"]["handle"], alike["attested"], alike["paths"]) == ("dockers", False, [])
    await admin.post(f"{V1}/trusted", document={"organisation": "dockers"})
    assert [one["organisation"]["handle"] for one in (await admin.get(f"{V1}/trusted")).json] == ["dockers"]
    assert (await admin.delete(f"{V1}/trusted/{dockers['id']}")).status == 200
    assert (await admin.get(f"{V1}/trusted")).json == []
