"""What other servers say about affiliations, through the real inbox: what holds counts, all else changes nothing."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from tests.peer import running_peer
from tests.unions.houses import running_house
from usi_fed.activitypub.affiliations import Claim, affiliation_document, claims_document
from usi_fed.activitypub.proofs import create_proof
from usi_fed.actors.follows_store import add_follow
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.clock import now
from usi_fed.unions import affiliation_news
from usi_fed.unions.affiliations_store import affiliations_of
from usi_fed.unions.tables import affiliations, attestations


class Organisation:
    """An organisation of the peer, which may lie."""

    def __init__(self, peer, name, kind="Union"):
        more = {"type": "Group" if kind == "Branch" else "Organization", "usi:kind": kind}
        self.actor = peer.actor(name, **more)
        self.actor.more["usi:affiliations"] = f"{self.uri}/affiliations"
        self.proof_key = self.actor.proof_key()
        self.peer = peer
        self._count = 0

    @property
    def uri(self):
        return self.actor.uri

    def change_key(self):
        """A new key, under the same id as the old one."""
        self.proof_key = self.actor.proof_key()

    def affiliation(self, subject, approver, *, maker=None, key=None, uri=None, at=None, **more):
        """A statement (`maker` None) or a stamp, which the peer serves from now on."""
        self._count += 1
        uri = uri or f"{self.uri}/affiliations/{self._count}"
        made = affiliation_document(uri, subject, approver, at or now(), maker)
        self.peer.documents[uri] = create_proof(made | more, key or self.proof_key, now())
        return self.peer.documents[uri]

    def offer(self, approver, statement=None, **more):
        statement = statement or self.affiliation(self.uri, approver)
        return self.actor.activity("Offer", statement, to=[approver], **more)

    async def post(self, server, activity):
        status = await self.actor.peer.post(server.inbox, activity, self.actor)
        return await server.why(activity["id"]) if status == 202 else status


@pytest.fixture
async def server(tmp_path, _migrated_file):
    async with running_house(tmp_path / "ours", _migrated_file, now) as server:
        yield server


@pytest.fixture
async def any_server(tmp_path, _migrated_file, database_url):
    """The same, once on each database."""
    async with running_house(tmp_path / "ours", _migrated_file, now, database_url) as server:
        yield server


@pytest.fixture
async def peer():
    async with running_peer() as peer:
        yield peer


@pytest.fixture
async def other_peer():
    async with running_peer("127.0.0.2") as peer:
        yield peer


@pytest.fixture
async def union(server):
    return await server.found("dockers", "Union")


@pytest.fixture
def durban(peer):
    return Organisation(peer, "durban", "Branch")


@pytest.fixture
def federation(other_peer):
    return Organisation(other_peer, "federation", "Federation")


async def _count(server):
    return await server.house.database.read(
        lambda connection: connection.execute(select(func.count()).select_from(affiliations)).scalar_one()
    )


async def _only(server, approver):
    [(found, _)] = await server.house.database.read(affiliations_of, None, approver.id)
    return found


async def _asked(server, union, federation):
    """One of ours has asked the federation."""
    far = await server.house.remote_actors.get(federation.uri)
    return await server.house.affiliations.offer(union.id, far.id, None)


def _accept(federation, affiliation, stamp, **more):
    return federation.actor.activity("Accept", affiliation.offer_uri, result=stamp, **more)


async def test_an_offer_whose_statement_holds_waits_for_the_officers(server, union, durban):
    assert await durban.post(server, durban.offer(union.uri)) is None
    assert (await _only(server, union)).state == "offered"


async def test_a_statement_must_be_the_senders_and_about_the_one_who_is_asked(server, union, durban, peer, other_peer):
    cape, far = Organisation(peer, "cape"), Organisation(other_peer, "far")
    lies = {
        "of others": durban.affiliation(cape.uri, union.uri),
        "of another host": durban.affiliation(far.uri, union.uri),
        "by another's key": durban.affiliation(durban.uri, union.uri, key=cape.proof_key),
        "on another host": durban.affiliation(durban.uri, union.uri, uri=far.actor.peer.url("/users/far/s/1")),
        "a stamp, of the asked": durban.affiliation(durban.uri, union.uri, maker=union.uri),
        "altered": durban.affiliation(durban.uri, union.uri) | {"published": "2026-01-01T00:00:00.000Z"},
        "without proof": {n: v for n, v in durban.affiliation(durban.uri, union.uri).items() if n != "proof"},
        "too large": durban.affiliation(durban.uri, union.uri, summary="x" * 30_000),
        "too old": durban.affiliation(durban.uri, union.uri, at=now() - timedelta(days=61)),
        "from the future": durban.affiliation(durban.uri, union.uri, at=now() + timedelta(days=1)),
    }
    for lie, statement in lies.items():
        assert await durban.post(server, durban.offer(union.uri, statement)), lie
    assert await _count(server) == 0


async def test_only_organisations_ask_and_only_unions_and_federations_are_asked(server, union, peer):
    await server.house.actors.create_local("ana")
    branch = await server.found("sheffield", "Branch")
    durban = Organisation(peer, "durban", "Branch")
    for asked in (server.house.urls.actor("ana"), branch.uri, server.house.urls.actor("nobody")):
        assert await durban.post(server, durban.offer(asked)), asked
    person = Organisation(peer, "person")
    person.actor.more["type"] = "Person"
    assert await person.post(server, person.offer(union.uri)) == "only organisations are affiliated"
    assert await _count(server) == 0


async def test_an_offer_in_anothers_name_does_not_even_come_in(server, union, durban, peer):
    cape = Organisation(peer, "cape")
    stolen = cape.offer(union.uri)
    assert await peer.post(server.inbox, stolen, durban.actor) in (401, 403)
    assert await _count(server) == 0


async def test_what_was_refused_or_taken_back_does_not_open_again(server, union, durban):
    offer = durban.offer(union.uri)
    await durban.post(server, offer)
    refused = await _only(server, union)
    await server.house.affiliations.refuse(refused.id, None, "Call us first.")
    assert await durban.post(server, offer) is None
    assert (await _only(server, union)).state == "refused"
    earlier = durban.affiliation(durban.uri, union.uri, at=now() - timedelta(days=1))
    assert await durban.post(server, durban.offer(union.uri, earlier)) == "a later offer has come already"
    again = durban.offer(union.uri)
    assert await durban.post(server, durban.actor.activity("Undo", again)) == "nothing to undo"
    assert await durban.post(server, again) == "taken back already"
    assert (await _only(server, union)).state == "refused"


async def test_nobody_undoes_or_deletes_what_is_anothers(server, union, durban, other_peer):
    await durban.post(server, durban.offer(union.uri))
    known = await server.house.affiliations.accept((await _only(server, union)).id, None)
    eve = Organisation(other_peer, "eve")
    undo = eve.actor.activity("Undo", {"type": "Offer", "id": known.offer_uri, "actor": eve.uri})
    assert await eve.post(server, undo) == "another actor's offer"
    for uri in (known.stamp_uri, known.statement_uri):
        assert await eve.post(server, eve.actor.activity("Delete", uri)) == "an object of another server"
    assert await durban.post(server, durban.actor.activity("Delete", known.stamp_uri))
    assert (await _only(server, union)).state == "accepted"
    assert await durban.post(server, durban.actor.activity("Delete", known.statement_uri)) is None
    assert (await _only(server, union)).state == "left"


async def test_only_who_was_asked_accepts_and_only_with_a_stamp_that_holds(server, union, federation, peer, other_peer):
    asked = await _asked(server, union, federation)
    eve, neighbour = Organisation(peer, "eve"), Organisation(other_peer, "neighbour")
    by_eve = eve.affiliation(union.uri, eve.uri, maker=eve.uri)
    assert await eve.post(server, _accept(eve, asked, by_eve)) == "an answer to nothing that was asked"
    wrong = {
        "on another host": eve.affiliation(union.uri, federation.uri, maker=federation.uri, key=federation.proof_key),
        "by a neighbour's key": federation.affiliation(
            union.uri, federation.uri, maker=federation.uri, key=neighbour.proof_key
        ),
        "of a neighbour": neighbour.affiliation(union.uri, neighbour.uri, maker=neighbour.uri),
        "for somebody else": federation.affiliation(eve.uri, federation.uri, maker=federation.uri),
        "altered": federation.affiliation(union.uri, federation.uri, maker=federation.uri) | {"summary": "more"},
        "none": None,
    }
    for lie, stamp in wrong.items():
        assert await federation.post(server, _accept(federation, asked, stamp)), lie
        assert (await server.house.affiliations.get(asked.id)).state == "offered", lie
    never_made = f"{union.uri}/activities/1"
    stamp = federation.affiliation(union.uri, federation.uri, maker=federation.uri)
    accept = federation.actor.activity("Accept", never_made, result=stamp)
    assert await federation.post(server, accept) == "an answer to nothing that was asked"
    assert await federation.post(server, _accept(federation, asked, stamp)) is None
    assert (await server.house.affiliations.get(asked.id)).state == "accepted"


async def test_followers_are_told_how_the_profile_is_now_and_whose_stamp_is_gone(server, union, federation, peer):
    reader = await server.house.remote_actors.get(Organisation(peer, "reader").uri)
    await server.house.database.write(add_follow, reader.id, union.id, f"{reader.uri}#1", accepted=True, at=now())
    asked = await _asked(server, union, federation)
    stamp = federation.affiliation(union.uri, federation.uri, maker=federation.uri)
    await federation.post(server, _accept(federation, asked, stamp))
    told = [letter.document for letter in await server.sent() if letter.to == reader.host]
    assert [field["name"] for field in told[-1]["object"]["attachment"]] == ["Kind", "Affiliated to"]
    durban = Organisation(peer, "durban", "Branch")
    await durban.post(server, durban.offer(union.uri))
    known = await server.house.affiliations.accept((await _only(server, union)).id, None)
    await server.sent()
    await server.house.affiliations.withdraw(known.id, None)
    told = [letter.document for letter in await server.sent()]
    assert {(one["type"], one["object"]["id"]) for one in told} == {("Delete", known.stamp_uri)}


async def test_a_stamp_that_is_only_named_is_fetched_and_counts_when_it_holds(server, union, federation, other_peer):
    asked = await _asked(server, union, federation)
    neighbour = Organisation(other_peer, "neighbour")
    false = federation.affiliation(union.uri, federation.uri, maker=federation.uri, key=neighbour.proof_key)
    true = federation.affiliation(union.uri, federation.uri, maker=federation.uri)
    for stamp, state in ((false, "offered"), (true, "accepted")):
        assert await federation.post(server, _accept(federation, asked, stamp["id"])) is None
        await server.tend()
        assert (await server.house.affiliations.get(asked.id)).state == state


async def test_a_late_accept_of_what_was_taken_back_is_answered_with_the_undo(server, union, federation):
    asked = await _asked(server, union, federation)
    await server.house.affiliations.leave(asked.id, None)
    first = [letter.document for letter in await server.sent() if letter.document["type"] == "Undo"]
    stamp = federation.affiliation(union.uri, federation.uri, maker=federation.uri)
    assert await federation.post(server, _accept(federation, asked, stamp)) == "taken back already"
    assert [letter.document for letter in await server.sent()] == first
    assert (await server.house.affiliations.get(asked.id)).state == "left"


async def test_an_accept_that_was_withdrawn_before_it_came_does_not_count(server, union, federation):
    asked = await _asked(server, union, federation)
    stamp = federation.affiliation(union.uri, federation.uri, maker=federation.uri)
    await federation.post(server, federation.actor.activity("Delete", stamp["id"]))
    assert await federation.post(server, _accept(federation, asked, stamp)) == "withdrawn already"
    assert (await server.house.affiliations.get(asked.id)).state == "withdrawn"


async def test_an_undone_accept_and_a_reject_with_its_reason_end_it(server, union, federation):
    asked = await _asked(server, union, federation)
    stamp = federation.affiliation(union.uri, federation.uri, maker=federation.uri)
    accept = _accept(federation, asked, stamp)
    await federation.post(server, accept)
    await federation.post(server, federation.actor.activity("Undo", accept))
    assert (await server.house.affiliations.get(asked.id)).state == "withdrawn"
    again = await _asked(server, union, federation)
    assert again.offer_uri != asked.offer_uri
    no = federation.actor.activity("Reject", again.offer_uri, content="Fees \n unpaid")
    assert await federation.post(server, no) is None
    found = await server.house.affiliations.get(again.id)
    assert (found.state, found.reason) == ("refused", "Fees unpaid")


async def test_a_flood_of_offers_is_cut_by_host_and_by_approver(server, union, peer, other_peer, monkeypatch):
    monkeypatch.setattr(affiliation_news, "MOST_OFFERS_OF_HOST", 2)
    monkeypatch.setattr(affiliation_news, "MOST_OPEN_OFFERS", 3)
    near = [Organisation(peer, f"near{number}") for number in range(3)]
    far = [Organisation(other_peer, f"far{number}") for number in range(2)]
    reasons = [await one.post(server, one.offer(union.uri)) for one in near + far]
    assert reasons[2] == "too many offers of this server within an hour"
    assert reasons[4] == "too many offers wait for this organisation"
    assert await _count(server) == 3


# ---- what a third server believes ----


async def test_a_claim_is_believed_only_when_it_holds_at_both_origins(any_server, peer, other_peer):
    server = any_server
    durban, cape = Organisation(peer, "durban", "Branch"), Organisation(peer, "cape")
    federation = Organisation(other_peer, "federation", "Federation")
    known = await server.house.remote_actors.get(durban.uri)

    async def seen(statement, stamp_uri):

        uri = durban.actor.more["usi:affiliations"]
        peer.documents[uri] = claims_document(uri, [Claim(statement, stamp_uri)])
        return [step.approver.uri for path in await server.house.affiliations.verify(known) for step in path.steps]

    statement = durban.affiliation(durban.uri, federation.uri)
    stamp = federation.affiliation(durban.uri, federation.uri, maker=federation.uri)
    assert await seen(statement, stamp["id"]) == [federation.uri]
    wrong_statements = (
        durban.affiliation(durban.uri, federation.uri, key=cape.proof_key),
        durban.affiliation(cape.uri, federation.uri),
        durban.affiliation(cape.uri, federation.uri, maker=durban.uri),
        cape.affiliation(cape.uri, federation.uri),
    )
    for wrong in wrong_statements:
        assert await seen(wrong, stamp["id"]) == []
    wrong_stamps = (
        durban.affiliation(durban.uri, federation.uri, maker=federation.uri, key=federation.proof_key)["id"],
        federation.affiliation(cape.uri, federation.uri, maker=federation.uri)["id"],
        federation.affiliation(durban.uri, federation.uri)["id"],
        f"{federation.uri}/affiliations/99",
    )
    for wrong in wrong_stamps:
        assert await seen(statement, stamp["id"]) == [federation.uri]
        assert await seen(statement, wrong) == []
    other_peer.out_of_order.add(stamp["id"])
    assert await seen(statement, stamp["id"]) == []


async def test_what_was_verified_stays_for_a_week_when_a_server_is_away_and_ends_at_once_by_its_delete(
    tmp_path, _migrated_file, peer, other_peer
):
    moment = [now()]

    def clock() -> datetime:
        return moment[0]

    async with running_house(tmp_path / "third", _migrated_file, clock) as server:
        durban, federation = (
            Organisation(peer, "durban", "Branch"),
            Organisation(other_peer, "federation", "Federation"),
        )
        known = await server.house.remote_actors.get(durban.uri)
        statement = durban.affiliation(durban.uri, federation.uri)
        stamp = federation.affiliation(durban.uri, federation.uri, maker=federation.uri)
        uri = durban.actor.more["usi:affiliations"]

        peer.documents[uri] = claims_document(uri, [Claim(statement, stamp["id"])])
        affiliations = server.house.affiliations
        assert len(await affiliations.verify(known)) == 1
        other_peer.out_of_order.add(stamp["id"])
        moment[0] += timedelta(days=6)
        await server.tend()
        assert len(await affiliations.path_of(known)) == 1
        moment[0] += timedelta(days=1)
        assert await affiliations.path_of(known) == []
        other_peer.out_of_order.clear()
        await server.tend()
        assert len(await affiliations.path_of(known)) == 1
        moment[0] = now()
        await federation.post(server, federation.actor.activity("Delete", stamp["id"]))
        assert await affiliations.path_of(known) == []
        assert await server.house.database.read(_attestations) == 0


async def test_our_profiles_show_nothing_that_was_not_seen_for_a_week_and_show_it_again(
    tmp_path, _migrated_file, other_peer
):
    moment = [now()]
    async with running_house(tmp_path / "ours", _migrated_file, lambda: moment[0]) as server:
        union, federation = await server.found("dockers", "Union"), Organisation(other_peer, "federation", "Federation")
        asked = await _asked(server, union, federation)
        stamp = federation.affiliation(union.uri, federation.uri, maker=federation.uri)
        await federation.post(server, _accept(federation, asked, stamp))
        other_peer.out_of_order.add(stamp["id"])
        shown = []
        for days in (6, 2, 1):
            if days == 1:
                other_peer.out_of_order.clear()
            moment[0] += timedelta(days=days)
            await server.tend()
            shown.append(len((await server.house.database.read(find_organisation, union.id)).facts))
    assert shown == [2, 1, 2]  # the kind is always among them


async def test_new_keys_at_either_end_are_learned_of_their_owners(server, union, peer, other_peer):
    durban, federation = Organisation(peer, "durban", "Branch"), Organisation(other_peer, "federation", "Federation")
    known = await server.house.remote_actors.get(durban.uri)
    await server.house.remote_actors.get(federation.uri)
    for organisation in (durban, federation):
        organisation.change_key()
    assert await durban.post(server, durban.offer(union.uri)) is None
    statement = durban.affiliation(durban.uri, federation.uri)
    stamp = federation.affiliation(durban.uri, federation.uri, maker=federation.uri)
    uri = durban.actor.more["usi:affiliations"]
    peer.documents[uri] = claims_document(uri, [Claim(statement, stamp["id"])])
    [path] = await server.house.affiliations.verify(known)
    assert path.steps[0].approver.uri == federation.uri


async def test_whoever_looks_at_an_organisation_has_its_path_verified(server, peer, other_peer):
    durban, federation = Organisation(peer, "durban", "Branch"), Organisation(other_peer, "federation", "Federation")
    known = await server.house.remote_actors.get(durban.uri)
    statement = durban.affiliation(durban.uri, federation.uri)
    stamp = federation.affiliation(durban.uri, federation.uri, maker=federation.uri)
    uri = durban.actor.more["usi:affiliations"]
    peer.documents[uri] = claims_document(uri, [Claim(statement, stamp["id"])])
    server.house.remote_actors.refresh_soon(known)
    for _ in range(500):
        if paths := await server.house.affiliations.path_of(known):
            break
        await asyncio.sleep(0.01)
    assert [step.approver.uri for step in paths[0].steps] == [federation.uri]


def _attestations(connection):
    return connection.execute(select(func.count()).select_from(attestations)).scalar_one()
