"""The pages about e-mail domains and networks."""

from usi_fed.moderation.gates_store import address_blocks_at, email_domains

DOMAINS, NETWORKS = "/moderation/e-mail-domains", "/moderation/addresses"


async def test_an_e_mail_domain_is_put_on_the_list_and_taken_off(house, olga, logged):
    assert f'href="{DOMAINS}"' in (await olga.get("/moderation")).text
    assert (await olga.send(DOMAINS, domain="spam.example", reason="")).status == 422
    assert (await olga.send(DOMAINS, domain="com", reason="spam")).status == 422
    assert (await olga.send(DOMAINS, domain="Spam.example", reason="spam")).header("location") == f"{DOMAINS}?done=1"
    assert [one.domain for one in await house.database.read(email_domains)] == ["spam.example"]
    again = await olga.send(DOMAINS, domain="spam.example", reason="spam")
    assert (again.status, "Is on the list already" in again.text) == (422, True)
    for _ in range(2):  # twice: somebody else was quicker
        assert (await olga.send(DOMAINS, remove="spam.example", reason="sorry")).status == 303
    assert await house.database.read(email_domains) == []
    assert await logged() == [
        (olga.actor_id, "email block", "spam.example"),
        (olga.actor_id, "email free", "spam.example"),
    ]
    assert "Takes no e-mail addresses of" in (await olga.get("/moderation/log?area=gate")).text


async def test_networks_are_for_administrators(olga, rosa):
    assert (await olga.get(NETWORKS)).status == 403
    assert NETWORKS not in (await olga.get("/moderation")).text
    assert NETWORKS in (await rosa.get("/moderation")).text
    form = await rosa.form_of(NETWORKS)
    assert (await olga.post(NETWORKS, {**form, "ip": "198.51.100.0/24"})).status == 403


async def test_a_rule_for_a_network_is_made_changed_and_dropped(house, rosa, clock):
    rule = {"ip": "198.51.100.9/24", "severity": "sign_up_block", "days": "3", "comment": "spam", "reason": "spam"}
    for wrong in ({"ip": "x"}, {"severity": "x"}, {"days": "0"}, {"days": "x"}, {"reason": ""}, {"ip": "0.0.0.0/0"}):
        assert (await rosa.send(NETWORKS, **{**rule, **wrong})).status == 422, wrong
    assert (await rosa.send(NETWORKS, **rule)).status == 303
    page = await rosa.get(NETWORKS)
    assert "198.51.100.0/24" in page.text and "spam" in page.text
    await rosa.send(NETWORKS, **{**rule, "severity": "no_access", "days": ""})
    [one] = await house.database.read(address_blocks_at, clock())
    assert (one.severity, one.expires_at) == ("no_access", None)
    assert (await rosa.send(NETWORKS, remove="198.51.100.0/24", reason="over")).status == 303
    assert await house.database.read(address_blocks_at, clock()) == []


async def test_whoever_would_be_shut_out_or_covers_the_server_itself_is_told(house, rosa, clock):
    own = {"ip": "192.0.2.0/24", "severity": "no_access", "reason": "x"}
    refused = await rosa.send(NETWORKS, **own)
    assert (refused.status, "from which you come yourself" in refused.text) == (422, True)
    loopback = {"ip": "127.0.0.1", "severity": "sign_up_block", "reason": "x"}
    warned = await rosa.send(NETWORKS, **loopback)
    assert (warned.status, "the machine of the server itself" in warned.text) == (422, True)
    assert await house.database.read(address_blocks_at, clock()) == []
    assert (await rosa.send(NETWORKS, **loopback, sure="1")).status == 303


async def test_who_is_shut_out_or_deleted_can_be_kept_from_coming_back(house, rosa, ada):
    page = f"/moderation/people/{ada.actor_id}/shut-out"
    assert 'name="blocks_email"' in (await rosa.get(page)).text
    assert (await rosa.send(page, reason="spam", blocks_email="1")).status == 303
    assert "1 single address" in (await rosa.get(DOMAINS)).text
