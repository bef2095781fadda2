"""What officers do about affiliations between organisations of one server, and what is shown, on both databases."""

from datetime import timedelta

import pytest

from tests.asgi import ask
from usi_fed.activitypub.affiliations import parse_claims, verify_affiliation
from usi_fed.activitypub.keys import parse_actor_keys
from usi_fed.activitypub.strict_json import parse_json
from usi_fed.actors.store import update_actor
from usi_fed.app import Doors
from usi_fed.db.paging import Window
from usi_fed.errors import Conflict, InvalidInput, NotAllowed, NotFound
from usi_fed.moderation.log_store import Filter, log_page
from usi_fed.unions.affiliations_store import change_affiliation

ACCEPT = {"accept": "application/activity+json"}


@pytest.fixture
async def ada(member):
    return await member("ada")


@pytest.fixture
async def durban(ada, found):
    return await found("durban", "Branch", owner=ada)


@pytest.fixture
async def dockers(ada, found):
    return await found("dockers", "Union", owner=ada)


@pytest.fixture
def join(house, ada):
    """One organisation belongs to another."""

    async def join(subject, approver):
        offered = await house.affiliations.offer(subject.id, approver.id, ada.id)
        return await house.affiliations.accept(offered.id, ada.id)

    return join


@pytest.fixture
async def get(house):
    doors = Doors(house)

    async def get(uri, headers=ACCEPT):
        answer = await ask(doors, uri.removeprefix(house.urls.origin), headers=headers)
        return answer.status, parse_json(answer.body) if answer.body.startswith(b"{") else {}

    yield get
    await doors.close()


async def test_an_affiliation_is_offered_accepted_and_withdrawn_and_the_log_keeps_who_did_it(
    house, ada, durban, dockers, join
):
    accepted = await join(durban, dockers)
    with pytest.raises(Conflict):
        await house.affiliations.offer(durban.id, dockers.id, ada.id)
    withdrawn = await house.affiliations.withdraw(accepted.id, ada.id, "Fees\nunpaid")
    assert (withdrawn.state, withdrawn.reason) == ("withdrawn", "Fees unpaid")
    for too_late in (house.affiliations.withdraw, house.affiliations.leave, house.affiliations.accept):
        with pytest.raises(Conflict):
            await too_late(accepted.id, ada.id)
    again = await house.affiliations.offer(durban.id, dockers.id, ada.id)
    assert again.offer_uri != accepted.offer_uri and again.offered_at > accepted.offered_at
    lines = await house.database.read(log_page, Window(limit=9), Filter(organisation_id=dockers.id))
    assert [(line.action, line.actor_id) for line in lines][:2] == [
        ("affiliation withdraw", ada.id),
        ("affiliation accept", ada.id),
    ]


async def test_an_offer_that_nobody_answers_is_over_after_its_time_and_another_can_be_made(house, ada, durban, dockers):
    offered = await house.affiliations.offer(durban.id, dockers.id, ada.id)
    assert offered.expires_at - offered.offered_at == timedelta(days=60) and offered.due_at == offered.expires_at
    await house.database.write(change_affiliation, offered, expires_at=house.clock(), due_at=house.clock())
    with pytest.raises(Conflict):
        await house.affiliations.accept(offered.id, ada.id)
    await house.affiliations.tend()
    over = await house.affiliations.get(offered.id)
    assert (over.state, over.due_at) == ("expired", None)
    assert (await house.affiliations.offer(durban.id, dockers.id, ada.id)).state == "offered"


async def test_only_officers_for_it_ask_and_answer(house, member, ada, durban, dockers):
    bob = await member("bob")
    await house.unions.offer_office(dockers.id, bob.id, "communications", None)
    with pytest.raises(NotAllowed):
        await house.affiliations.offer(durban.id, dockers.id, bob.id)
    offered = await house.affiliations.offer(durban.id, dockers.id, ada.id)
    for act in (house.affiliations.accept, house.affiliations.refuse, house.affiliations.leave):
        with pytest.raises(NotAllowed):
            await act(offered.id, bob.id)
    await house.unions.offer_office(dockers.id, bob.id, "international", None)
    assert (await house.affiliations.refuse(offered.id, bob.id, "Who are you?")).decided_by == bob.id


async def test_who_is_hidden_no_organisation_or_no_union_takes_no_part(house, ada, durban, dockers, found):
    branch = await found("cape", "Branch", owner=ada)
    for subject, approver in ((ada, dockers), (durban, branch), (durban, ada), (dockers, dockers)):
        with pytest.raises((InvalidInput, NotAllowed)):
            await house.affiliations.offer(subject.id, approver.id, None)
    await house.database.write(update_actor, durban.id, concealed=True)
    with pytest.raises(InvalidInput, match="hidden"):
        await house.affiliations.offer(durban.id, dockers.id, None)


async def test_statement_and_stamp_can_be_fetched_and_verified_until_it_ends(house, ada, durban, dockers, join, get):
    accepted = await join(durban, dockers)
    _, actor = await get(durban.uri)
    _, collection = await get(actor["usi:affiliations"])
    [claim] = parse_claims(collection)
    assert claim.stamp_uri == accepted.stamp_uri
    _, stamp = await get(claim.stamp_uri)
    for document, maker in ((claim.statement, durban), (stamp, dockers)):
        _, about_maker = await get(maker.uri)
        parsed = verify_affiliation(document, maker.uri, parse_actor_keys(about_maker), house.clock())
        assert (parsed.subject, parsed.approver, parsed.maker) == (durban.uri, dockers.uri, maker.uri)
    assert (stamp, claim.statement) == (accepted.stamp, accepted.statement)
    await house.affiliations.leave(accepted.id, ada.id)
    assert (await get(claim.stamp_uri))[0] == (await get(accepted.statement_uri))[0] == 410
    assert (await get(actor["usi:affiliations"]))[1]["items"] == []
    assert (await get(f"{dockers.uri}/affiliations/77"))[0] == 404


async def test_new_keys_of_an_organisation_leave_its_stamps_valid(house, durban, dockers, join, get):
    accepted = await join(durban, dockers)
    await house.publisher.rotate_keys(dockers)
    _, stamp = await get(accepted.stamp_uri)
    _, about_maker = await get(dockers.uri)
    verify_affiliation(stamp, dockers.uri, parse_actor_keys(about_maker), house.clock())
    assert stamp["proof"] != accepted.stamp["proof"]


async def test_the_profile_shows_to_everybody_where_it_belongs_with_a_link_that_can_be_checked(
    house, ada, durban, dockers, join, get
):
    accepted = await join(durban, dockers)
    _, actor = await get(durban.uri)
    kind, field = actor["attachment"]
    assert (kind["name"], field["name"]) == ("Kind", "Affiliated to")
    assert f'href="{dockers.url}"' in field["value"] and 'rel="me ' in field["value"]
    assert (
        field["value"]
        .replace('<span class="invisible">', "")
        .replace("</span><span>", "")
        .endswith(f">{dockers.url}</span></a>")
    )
    await house.affiliations.withdraw(accepted.id, ada.id)
    assert (await get(durban.uri))[1]["attachment"] == [kind]


async def test_the_path_leads_up_to_whom_this_server_trusts_and_circles_are_cut(
    house, ada, durban, dockers, found, join
):
    federation = await found("transport", "Federation", owner=ada)
    for subject, approver in ((durban, dockers), (dockers, federation), (federation, dockers)):
        await join(subject, approver)
    [path] = await house.affiliations.path_of(durban)
    assert [step.approver.id for step in path.steps] == [dockers.id, federation.id]
    assert path.trusted is None
    await house.affiliations.trust(federation.id, ada.id)
    [path] = await house.affiliations.verify(durban)
    assert path.trusted is not None and path.trusted.id == federation.id
    with pytest.raises(InvalidInput):
        await house.affiliations.trust(durban.id, ada.id)
    await house.affiliations.distrust(federation.id, ada.id)
    with pytest.raises(NotFound):
        await house.affiliations.distrust(federation.id, ada.id)


async def test_who_looks_like_an_attested_organisation_is_told_from_it(house, ada, durban, dockers, found, join):
    await join(durban, dockers)
    false = await found("durban_", "Branch", owner=ada)
    false = await house.database.write(update_actor, false.id, name="Durb\N{CYRILLIC SMALL LETTER A}n")
    [alike] = await house.affiliations.lookalikes_of(false)
    assert (alike.actor.id, alike.is_attested) == (durban.id, True)
    [alike] = await house.affiliations.lookalikes_of(durban)
    assert (alike.actor.id, alike.is_attested) == (false.id, False)
    assert await house.affiliations.lookalikes_of(dockers) == []
