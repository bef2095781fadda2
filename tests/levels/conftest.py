"""Servers of ours that trust some others, and what these get and may fetch."""

from datetime import UTC, datetime

import pytest

from tests.groups.conftest import lite, other_peer, peer, place
from tests.peer import ACTIVITY
from usi_fed.activitypub.addresses import host_of
from usi_fed.activitypub.signatures import sign_cavage
from usi_fed.actors.follows_store import add_follow
from usi_fed.unions.attestations_store import put_trust
from usi_fed.unions.tables import attestations

__all__ = ["lite", "other_peer", "peer", "place"]


@pytest.fixture
def trusts():
    """Has a server trust an actor that it knows."""

    async def trusts(place, actor):
        await place.house.database.write(put_trust, actor.id, None, place.house.clock())

    return trusts


@pytest.fixture
def attests():
    """Has a server know, verified now or `ago`, that one organisation attests another."""

    async def attests(place, approver, subject, ago=None):
        now = place.house.clock()
        seen = now - ago if ago else now
        row = {"subject_id": subject.id, "approver_id": approver.id, "since": seen, "verified_at": seen, "due_at": now}
        row |= {"statement_uri": f"{subject.uri}/s", "stamp_uri": f"{approver.uri}/s"}
        await place.house.database.write(lambda connection: connection.execute(attestations.insert().values(row)))

    return attests


@pytest.fixture
def fan(place):
    """Somebody at a peer who follows one of ours."""

    async def fan(peer, name, of):
        actor = peer.actor(name)
        known = await place.meet(actor.uri)
        await place.house.database.write(
            add_follow, known.id, of.id, f"{actor.uri}#f", accepted=True, at=place.house.clock()
        )
        return actor

    return fan


async def fetch(uri, actor=None):
    """The status and the document that an actor of a peer, or a stranger, gets."""
    headers = {"Accept": ACTIVITY}
    if actor is not None:
        headers |= sign_cavage(actor.key, "GET", uri, datetime.now(UTC), None)
    async with actor.peer.session.get(uri, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.json(content_type=None) if answer.status == 200 else None


def host(peer):
    return host_of(peer.url("/"))
