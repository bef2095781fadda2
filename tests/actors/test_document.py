"""What other servers read about our actors."""

from tests.actors.conftest import House
from usi_fed.activitypub.actor_parsing import ParsedActor
from usi_fed.activitypub.contexts import needs_normalising
from usi_fed.actors import keys_store
from usi_fed.actors.document import Document, actor_document
from usi_fed.actors.model import Actor
from usi_fed.actors.service import ProfileChange


async def _document(house: House, actor: Actor) -> Document:
    keys = await house.database.read(keys_store.keys_of, actor.id)
    return actor_document(actor, keys, house.urls)


async def test_a_profile_is_told_in_full_and_reads_back(house: House) -> None:
    ada = await house.actors.create_local("ada", name="Ada", discoverable=True, indexable=True, locked=True)
    change = ProfileChange(
        summary="<p>Hi</p>",
        icon_url="aa.webp",
        icon_description="a face",
        image_url="bb.png",
        fields=[{"name": "Site", "value": "<a>x</a>", "source": "x", "verified_at": None}],
        also_known_as=["https://old.example/users/ada"],
        attribution_domains=["news.example"],
        emojis=[{"shortcode": "cat", "url": "https://here.example/media/cat.png"}],
    )
    document = await _document(house, await house.actors.change_profile(ada, change))
    read = ParsedActor.parse(document)
    assert (read.uri, read.kind, read.username, read.webfinger) == (ada.uri, "Person", "ada", "ada@here.example")
    assert (read.name, read.summary, read.url) == ("Ada", "<p>Hi</p>", ada.url)
    assert (read.discoverable, read.indexable, read.locked, read.memorial) == (True, True, True, False)
    assert read.icon == ("https://here.example/media/aa.webp", "a face")
    assert document["icon"]["mediaType"] == "image/webp"
    assert document["icon"]["name"] == document["icon"]["summary"] == "a face"
    assert read.fields == (("Site", "<a>x</a>"),)
    assert read.also_known_as == ("https://old.example/users/ada",)
    assert read.attribution_domains == ("news.example",)
    assert read.shared_inbox == "https://here.example/inbox"
    assert (read.outbox, read.followers, read.following) == (ada.outbox, ada.followers_uri, ada.following_uri)
    assert read.featured == ada.featured_uri
    assert read.implements[0] == "https://datatracker.ietf.org/doc/html/rfc9421"
    assert [key.algorithm for key in read.keys] == ["rsa", "ed25519"]
    assert document["tag"][0]["name"] == ":cat:"
    assert document["interactionPolicy"]["canFeature"]["automaticApproval"]
    assert not needs_normalising(document)


async def test_an_actor_without_a_name_is_called_by_its_user_name(house: House) -> None:
    ada = await house.actors.create_local("ada")
    document = await _document(house, ada)
    assert document["name"] == "ada"
    assert "icon" not in document
    assert "movedTo" not in document


async def test_where_an_actor_has_moved_is_told(house: House) -> None:
    ada = await house.actors.create_local("ada")
    moved = ada._replace(moved_to_uri="https://new.example/users/ada")
    assert (await _document(house, moved))["movedTo"] == "https://new.example/users/ada"


async def test_of_a_suspended_actor_little_is_told(house: House) -> None:
    ada = await house.actors.create_local("ada", name="Ada", discoverable=True)
    ada = await house.actors.change_profile(ada, ProfileChange(summary="<p>Hi</p>", icon_url="aa.png"))
    document = await _document(house, ada._replace(suspended_at=house.clock()))
    assert document["suspended"] is True
    assert (document["name"], document["summary"], document["discoverable"]) == ("", "", False)
    assert "icon" not in document
    assert ParsedActor.parse(document).suspended


async def test_the_instance_actor_has_only_what_mastodons_has_and_what_the_program_can_do(house: House) -> None:
    document = await _document(house, await house.actors.ensure_instance_actor())
    expected = {"@context", "id", "type", "preferredUsername", "inbox", "outbox", "url", "endpoints"}
    assert document.keys() == expected | {"manuallyApprovesFollowers", "publicKey", "assertionMethod", "implements"}
    assert document["publicKey"]["owner"] == "https://here.example/actor"
