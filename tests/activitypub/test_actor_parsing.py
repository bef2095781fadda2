"""Actors of all kinds of servers are read, and what an actor may not claim is left out."""

import pytest

from tests.activitypub.wire_fixtures import fixture
from usi_fed.activitypub.actor_parsing import MAX_FIELDS, MAX_SUMMARY_LETTERS, ParsedActor
from usi_fed.errors import MalformedActivity

ANA = "https://there.example/users/ana"


def _document(**more):
    return {"id": ANA, "type": "Person", "inbox": f"{ANA}/inbox", "preferredUsername": "ana", **more}


def _parse(**more):
    return ParsedActor.parse(_document(**more))


@pytest.mark.parametrize(
    ("name", "kind", "username", "keys", "fields"),
    [
        ("discourse/actor-group-category", "Group", "threadiverse-wg", 1, 0),
        ("friendica/actor-organization", "Organization", "informapirata", 1, 2),
        ("gancio/actor-application", "Application", "gancio", 1, 1),
        ("gnusocial/actor-group", "Group", "hackers", 0, 0),
        ("hollo/actor-person-multikey", "Person", "hongminhee", 2, 0),
        ("lemmy/actor-application-site", "Application", "enterprise.lemmy.ml", 1, 0),
        ("lemmy/actor-group", "Group", "tenforward", 1, 0),
        ("lemmy/actor-person", "Person", "picard", 1, 0),
        ("lotide/actor-group", "Group", "Iotide", 1, 0),
        ("mastodon/actor-person", "Person", "mastodon", 1, 0),
        ("mastodon/actor-person-attribution-domains", "Person", "julian", 1, 4),
        ("mastodon/actor-person-ldsig-key", "Person", "grishka", 1, 2),
        ("mbin/actor-application", "Application", "fedia.io", 1, 0),
        ("mbin/actor-person", "Person", "Fitik", 1, 0),
        ("mobilizon/actor-group", "Group", "contribateliers", 1, 0),
        ("mobilizon/actor-person", "Person", "sanof44", 1, 0),
        ("nodebb/actor-group-category", "Group", "activitypub", 1, 0),
        ("peertube/actor-group-channel", "Group", "thelinuxexperiment_channel", 1, 0),
        ("pleroma/actor-person", "Person", "lanodan", 1, 0),
        ("smithereen/actor-person", "Person", "grishka", 1, 0),
        ("wordpress/actor-group-blog", "Group", "dbzer0.com", 1, 1),
    ],
)
def test_actors_of_other_software_are_read(name, kind, username, keys, fields):
    document = fixture(f"{name}.json")
    actor = ParsedActor.parse(document)
    assert (actor.uri, actor.kind, actor.username) == (document["id"], kind, username)
    assert (len(actor.keys), len(actor.fields)) == (keys, fields)
    assert actor.inbox == document["inbox"]


def test_all_that_mastodon_says_is_read():
    actor = ParsedActor.parse(fixture("mastodon/actor-person-attribution-domains.json"))
    assert actor.attribution_domains[:2] == ("fietkau.me", "fietkau.science")
    assert (actor.discoverable, actor.indexable, actor.memorial, actor.locked) == (True, True, False, False)
    assert actor.url == "https://fietkau.social/@julian"
    assert actor.featured == "https://fietkau.social/users/julian/collections/featured"
    assert actor.shared_inbox == "https://fietkau.social/inbox"
    assert actor.published is not None


def test_of_several_pictures_the_widest_is_taken():
    actor = ParsedActor.parse(fixture("peertube/actor-group-channel.json"))
    assert actor.icon is not None
    assert actor.icon.url.endswith("13b0214b-edc0-4c5b-a04d-be648a3a370a.jpg")


@pytest.mark.parametrize(
    "icon",
    [
        "https://there.example/a.png",
        {"url": "https://there.example/a.png"},
        {"type": "Image", "url": {"type": "Link", "href": "https://there.example/a.png"}},
        [{"type": "Link", "href": "https://there.example/a.png"}],
        [None, {"url": ["https://there.example/a.png"]}],
    ],
)
def test_a_picture_may_be_written_in_many_ways(icon):
    actor = _parse(icon=icon)
    assert actor.icon is not None
    assert actor.icon.url == "https://there.example/a.png"


def test_a_pictures_description_is_its_summary_or_its_name():
    picture = {"url": "https://there.example/a.png", "name": "n"}
    assert _parse(icon=picture).icon.description == "n"
    assert _parse(icon={**picture, "summary": "s"}).icon.description == "s"


def test_null_and_missing_values_are_the_same():
    names = ("icon", "image", "followers", "endpoints", "attachment", "tag", "name", "summary", "url", "published")
    assert _parse(**dict.fromkeys(names)) == _parse()
    assert _parse().followers is None
    assert _parse().url == ANA


def test_the_first_known_type_of_several_counts():
    assert _parse(type=["x:Robot", "Service", "Person"]).kind == "Service"


def test_collections_of_another_origin_are_not_the_actors():
    theirs = "https://victim.example/users/bo/followers"
    actor = _parse(followers=theirs, following=theirs, outbox=theirs, featured=theirs)
    assert (actor.followers, actor.following, actor.outbox, actor.featured) == (None, None, None, None)
    assert _parse(followers=f"{ANA}/followers").followers == f"{ANA}/followers"


def test_a_page_on_another_host_is_not_shown():
    assert _parse(url="https://bank.example/login").url == ANA
    assert _parse(url=[{"type": "Link", "href": "https://there.example/@ana"}]).url == "https://there.example/@ana"


def test_the_webfinger_property_may_stand_for_the_name():
    document = _document(webfinger="acct:ana@handles.example")
    del document["preferredUsername"]
    assert ParsedActor.parse(document).username == "ana"


def test_lengths_and_numbers_are_capped():
    field = {"type": "PropertyValue", "name": "n", "value": "v" * 5000}
    actor = _parse(attachment=[field] * 99, summary="s" * 99_999)
    assert len(actor.fields) == MAX_FIELDS
    assert len(actor.fields[0].value) == 2047
    assert len(actor.summary) == MAX_SUMMARY_LETTERS


def test_capabilities_of_the_generator_are_read():
    links = [{"href": "https://a.example/1"}, "https://a.example/2", {"href": 5}, None]
    actor = _parse(generator={"type": "Application", "implements": links})
    assert actor.implements == ("https://a.example/1", "https://a.example/2")


@pytest.mark.parametrize(
    "change",
    [
        {"id": None},
        {"id": "acct:ana@there.example"},
        {"inbox": None},
        {"inbox": "javascript:alert(1)"},
        {"inbox": "https://elsewhere.example/inbox"},
        {"type": "Note"},
        {"type": None},
        {"preferredUsername": None},
        {"preferredUsername": "a b"},
        {"preferredUsername": "<b>"},
    ],
)
def test_what_is_no_usable_actor_is_refused(change):
    with pytest.raises(MalformedActivity):
        _parse(**change)
