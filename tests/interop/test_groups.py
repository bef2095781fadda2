"""A group of ours with a member at the peer, in both generations of signatures."""

import asyncio
from ipaddress import ip_network

import pytest

from tests.interop.fedify import Peer, PeerPerson
from tests.interop.ours import OurServer, Person
from tests.interop.waiting import eventually
from usi_fed.actors.store import find_actor
from usi_fed.config import Settings
from usi_fed.unions.founding import Description
from usi_fed.wiring import open_house


@pytest.fixture
def group(ours: OurServer, alice: Person, ada: PeerPerson) -> str:
    """The identity of an open group of Alice's, made beside the running server."""
    name = f"readers_{ada.name}_{ada.peer.generation.replace('-', '')[:6]}"

    async def found() -> str:
        settings = Settings(
            domain=ours.domain,
            scheme="http",
            data_dir=ours.folder,
            allow_private_networks=(ip_network("127.0.0.0/8"),),
        )
        async with open_house(settings) as house:
            owner = await house.database.read(find_actor, alice.uri)
            assert owner is not None
            made = await house.unions.found(name, "Readers", Description("Group"), owner.id, owner.id)
            return made.uri

    return asyncio.run(found())


def test_the_peer_joins_posts_is_announced_answered_and_leaves(
    ours: OurServer, alice: Person, peer: Peer, ada: PeerPerson, group: str
) -> None:
    follow = ada.does("follow", target=group)["activity"]
    peer.received("Accept", group, follow)

    note = ada.writes("<p>Who reads what?</p>", mentions=[group])
    peer.received("Announce", group, note)
    wrapped = eventually(lambda: _wrapped(peer, group, note), "the Create comes back as it was")
    assert wrapped["actor"] == ada.uri
    assert wrapped["type"] == "Create"

    topic = alice.find_status(note)
    answer = alice.post("/api/v1/statuses", {"status": "A novel", "in_reply_to_id": topic["id"]})
    create = peer.received("Create", alice.uri, answer["uri"])
    assert create.activity["object"]["audience"] == group
    eventually(lambda: _wrapped(peer, group, answer["uri"]), "the answer is passed on too")

    ada.does("update", object=note, content="<p>Who reads what, and why?</p>")
    eventually(lambda: _wrapped(peer, group, note, "Update"), "the edit is passed on")
    ada.does("undo", activity=follow, receiver=group)
    late = ada.writes("<p>And another</p>", mentions=[group])
    peer.received("Accept", alice.uri, ada.does("follow", target=alice.uri)["activity"])  # so that has been seen too
    announced = [delivery for delivery in peer.deliveries() if delivery.activity.get("actor") == group]
    about = [delivery.object_uri for delivery in announced if delivery.type == "Announce"]
    assert about.count(note) == 1
    assert late not in about


def _wrapped(peer: Peer, group: str, uri: str, kind: str = "Create") -> dict | None:  # type: ignore[type-arg]
    for delivery in peer.deliveries():
        inner = delivery.activity.get("object")
        if delivery.activity.get("actor") == group and isinstance(inner, dict) and inner.get("type") == kind:
            about = inner.get("object")
            if (about.get("id") if isinstance(about, dict) else about) == uri:
                return inner
    return None
