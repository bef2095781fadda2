"""What everybody sees of affiliations: paths, marks, names that look alike, and links that Mastodon verifies."""

import re
from datetime import timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.pages.organisations.conftest import press
from usi_fed.activitypub.strict_json import parse_json
from usi_fed.actors.store import update_actor
from usi_fed.unions.affiliations_store import change_affiliation

TRUSTED = '<span class="marks"><span>Trusted here</span></span>'


@pytest.fixture
def join(house):
    """One organisation belongs to another."""

    async def join(subject, approver):
        offered = await house.affiliations.offer(subject.id, approver.id, None)
        return await house.affiliations.accept(offered.id, None)

    return join


@pytest.fixture
async def path(found, dockers, join):
    """A branch that a union attests, which a federation attests."""
    durban = await found("durban", "Branch", "Durban branch", parent_uri=dockers.uri, is_listed=True)
    ports = await found("ports", "Federation", "Ports International")
    accepted = await join(durban, dockers)
    await join(dockers, ports)
    return durban, dockers, ports, accepted


def words(page):
    """What is read on a page, in one line."""
    return " ".join(LexborHTMLParser(page.text).body.text(separator=" ").split())


async def test_a_profile_shows_the_path_with_domains_and_whom_this_server_trusts(house, browser, ada, path):
    *_, ports, accepted = path
    shown = words(await browser.get("/@durban"))
    row = "Durban branch attested by Dockers Union ( union.example ) attested by Ports International ( union.example )"
    assert f"{row} verified on" in shown and "Trusted here" not in shown
    await house.affiliations.trust(ports.id, None)
    for who in (browser, ada):
        assert f"{row} Trusted here verified on" in words(await who.get("/@durban"))
    await house.affiliations.withdraw(accepted.id, None)
    assert "attested by" not in words(await browser.get("/@durban"))


async def test_lists_show_who_attests_in_short(house, browser, ada, path):
    *_, ports, _ = path
    await house.affiliations.trust(ports.id, None)
    for page in (await browser.get("/organisations"), await ada.get("/search?q=durban")):
        assert "attested by Dockers Union ( union.example ) Trusted here" in words(page)


async def test_what_is_only_claimed_is_said_as_such(browser, found):
    await found("accra", "Branch", parent_uri="https://far.example/users/union")
    shown = words(await browser.get("/@accra"))
    assert "Says it is part of" in shown and "attested by" not in shown


async def test_who_looks_like_an_attested_one_is_flagged_with_domain_and_attesters(house, browser, found, path):
    false = await found("durban_", "Branch")
    await house.database.write(update_actor, false.id, name="Durban br\N{CYRILLIC SMALL LETTER A}nch")
    shown = words(await browser.get("/@durban_"))
    assert "Nobody attests this organisation, and its name is like that of another one." in shown
    assert "Durban branch ( union.example ): attested by @dockers@union.example" in shown
    assert "name is like" not in words(await browser.get("/@durban"))


async def test_mastodon_verifies_the_field_of_a_branch(house, browser, path):
    """Its rule: a field that is one link with its address as text, and behind it a rel=me link with the profile's
    address, letter by letter (`../shared/interop/mastodon.md` 2, "attachment")."""
    durban, *_ = path
    actor = parse_json((await house.actors.served.document(durban.uri)).body)
    verified = []
    for field in actor["attachment"]:
        [*nodes] = LexborHTMLParser(f"<body>{field['value']}").body.iter(include_text=True)
        address = nodes[0].attributes.get("href") if len(nodes) == 1 and nodes[0].tag == "a" else None
        if address is not None and address == nodes[0].text():
            page = await browser.get(address.removeprefix("https://union.example"), headers={"accept": "text/html"})
            links = LexborHTMLParser(page.text).css('a[rel~="me"],link[rel~="me"]')
            verified += [field["name"] for link in links if link.attributes["href"] == actor["url"]]
    assert verified == ["Affiliated to"]


async def test_a_path_that_was_not_verified_for_a_week_is_not_shown(house, browser, path):
    *_, accepted = path
    old = {"host": "far.example", "confirmed_at": house.clock() - timedelta(days=8)}
    await house.database.write(change_affiliation, accepted, **old)
    assert "attested by" not in words(await browser.get("/@durban"))


async def test_an_invitation_in_the_name_of_a_union_shows_its_badge_and_path(house, browser, member, office, path):
    _, dockers, *_ = path
    await house.administration.choose({"inviters": "everybody"}, None)
    sam = await member("sam")
    refused = await press(sam, "/invitations", uses="1", days="7", organisation="dockers")
    assert (refused.status, "In whose name" in refused.text) == (422, False)
    await office(dockers, sam, "steward")
    made = await press(sam, "/invitations", uses="1", days="7", organisation="dockers")
    link = re.search(r"https://union.example(/join/[\w-]+)", made.text).group(1)
    shown = words(await browser.get(link))
    assert "Dockers Union @dockers@union.example invites you" in shown and "@sam" not in shown
    assert "Dockers Union attested by Ports International ( union.example )" in shown
