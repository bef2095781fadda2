"""Rules about other servers in the browser, what they would cost, and the log of all of it."""

import pytest

from tests.actors.factories import add_remote
from usi_fed.actors.follows_store import find_follow
from usi_fed.moderation.rules_store import rules

PAGE = "/moderation/server?domain="


async def rules_of(house):
    return {rule.domain: rule for rule in await house.database.read(rules)}


@pytest.fixture
async def ana(house, ada, peer):
    """Somebody of another server whom ada follows."""
    ana = await house.remote_actors.get(peer.actor("ana").uri)
    await house.publisher.follow(await ada.actor(), ana.id)
    return ana


async def decide(officer, domain, **fields):
    """Fill in the form for a rule, and say yes to what it would do."""
    asked = {"domain": domain, "reason": "Spam", "public_comment": "", "private_comment": "", **fields}
    price = await officer.send(f"{PAGE}{domain}", **asked)
    if price.status != 200:
        return price
    return await officer.post(
        "/moderation/server", {**await officer.form_of(f"{PAGE}{domain}"), **asked, "sure": "yes"}
    )


async def test_what_a_rule_would_cost_is_told_before_it_is_made(house, ada, olga, ana):
    price = await olga.send(f"{PAGE}127.0.0.3", domain="127.0.0.3", severity="suspend", reason="Spam")
    assert price.status == 200 and "1 follow would end" in price.text and 'name="sure" value="yes"' in price.text
    assert await rules_of(house) == {}
    limit = await olga.send(f"{PAGE}127.0.0.3", domain="127.0.0.3", severity="silence", reason="Spam")
    assert "No follow would end" in limit.text


async def test_a_server_is_shut_out_and_free_again(house, ada, olga, ana, logged):
    done = await decide(olga, "127.0.0.3", severity="suspend", private_comment="See report 7", reject_media="1")
    assert (done.status, done.header("location")) == (303, "/moderation/server?domain=127.0.0.3&done=1")
    [rule] = (await rules_of(house)).values()
    assert (rule.severity, rule.private_comment, rule.reject_media, rule.source_id) == (
        "suspend",
        "See report 7",
        True,
        None,
    )
    assert await house.database.read(find_follow, ada.actor_id, ana.id) is None
    assert "127.0.0.3" in (await olga.get("/moderation/rules")).text
    assert (await decide(olga, "127.0.0.3", severity="free")).status == 303
    assert await rules_of(house) == {}
    assert [one for one in await logged() if one[1].startswith("domain")] == [
        (olga.actor_id, "domain suspend", "127.0.0.3"),
        (olga.actor_id, "domain free", "127.0.0.3"),
    ]


async def test_known_servers_are_listed_with_what_ties_us(olga, ana):
    page = (await olga.get("/moderation/servers")).text
    assert ana.host in page and "1 follow from here" in page
    assert ana.host not in (await olga.get("/moderation/servers?q=spam")).text
    assert ana.host not in (await olga.get(f"/moderation/servers?after={ana.host}")).text
    assert (await olga.get(f"{PAGE}{ana.host}")).status == 200


@pytest.mark.parametrize(
    "domain", ["union.example", "example", "com", "", "a b", "<b>.example", "x" * 300 + ".example"]
)
async def test_no_rule_for_ourselves_or_for_half_the_world(house, olga, domain, logged):
    form = await olga.form_of(f"{PAGE}spam.example")
    sent = {**form, "domain": domain, "severity": "suspend", "reason": "x", "sure": "yes"}
    answer = await olga.post("/moderation/server", sent)
    assert answer.status == 422 and "<b>.example" not in answer.text
    assert await rules_of(house) == {} and await logged() == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"reason": ""}, "1 to 500"),
        ({"severity": "burn"}, "one of those"),
        ({"public_comment": "x" * 501}, "at most 500"),
    ],
)
async def test_what_cannot_be_taken_comes_back_as_typed(house, olga, fields, problem):
    page = await decide(olga, "spam.example", **{"severity": "suspend", "private_comment": "kept", **fields})
    assert (page.status, problem in page.text, 'value="kept"' in page.text) == (422, True, True)
    assert await rules_of(house) == {}


async def test_the_rules_go_along_without_what_is_for_us_only(house, olga):
    await decide(olga, "spam.example", severity="suspend", public_comment="Adverts", private_comment="Told by Jo")
    file = await olga.get("/moderation/rules.csv")
    assert file.header("content-type").startswith("text/csv") and "attachment" in file.header("content-disposition")
    assert "spam.example,suspend,false,false,Adverts,false" in file.text and "Jo" not in file.text


# ---- the log ----


@pytest.fixture
async def much(house, ada, olga, rosa):
    """Things that were decided, by two officers and by command."""
    await house.moderation.silence(ada.actor_id, olga.actor_id, "Floods")
    await house.moderation.free(ada.actor_id, rosa.actor_id, "Is sorry")
    await house.domains.put({"domain": "spam.example", "severity": "suspend"}, olga.actor_id, reason="<Spam>")
    await house.domains.put({"domain": "loud.example", "severity": "silence"}, None)


@pytest.mark.parametrize(
    ("asked", "shown", "hidden"),
    [
        ({}, ["Limited", "Floods", "@rosa", "spam.example", "The server or its operator"], []),
        ({"area": "domain"}, ["spam.example", "loud.example"], ["Floods"]),
        ({"area": "person"}, ["Floods", "Is sorry"], ["loud.example"]),
        ({"q": "SPAM"}, ["spam.example"], ["loud.example", "Floods"]),
        ({"q": "nothing"}, ["Nothing of the sort stands in the log."], ["Floods"]),
        ({"area": "nonsense", "who": "x", "max_id": "x"}, ["Floods"], []),
    ],
)
async def test_the_log_is_filtered(olga, much, asked, shown, hidden):
    page = (await olga.get("/moderation/log", asked)).text.partition("</form>")[2]
    assert [words for words in shown if words not in page] == []
    assert [words for words in hidden if words in page] == []
    assert "<Spam>" not in page


async def test_the_log_of_one_officer(olga, rosa, much):
    page = (await olga.get("/moderation/log", {"who": rosa.actor_id})).text
    assert "Is sorry" in page and "Floods" not in page


async def test_the_log_has_pages(house, olga):
    for number in range(55):
        await house.domains.put({"domain": f"s{number}.example", "severity": "noop"}, olga.actor_id)
    first = (await olga.get("/moderation/log")).text
    assert "s54.example" in first and "s4.example" not in first
    older = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = (await olga.get(f"/moderation/log{older}")).text
    assert "s4.example" in second and "s54.example" not in second


async def test_a_server_of_a_single_word_can_be_looked_at_when_it_is_known(house, olga):
    path = "/moderation/server?domain=workshop:8443"
    refused = await olga.get(path)
    assert refused.status == 422 and "domain with a dot" in refused.text
    await house.database.write(add_remote, "zoe", "workshop:8443")
    answer = await olga.get(path)
    assert answer.status == 200
    assert (await olga.get("/moderation/server?domain=shop")).status == 422
