"""Documents of twenty programs, as they were captured: what must come of each.

They are read in place from `../shared/fixtures` and never sent anywhere. Where that folder is missing, the tests skip.
"""

import json
from typing import Any

import pytest

from tests.shared import FIXTURES, needs_fixtures
from tests.wire.reading import actor_in_words, object_in_words
from tests.wire.world import NOW, World, what_comes_of
from usi_fed.activitypub.actor_parsing import ParsedActor
from usi_fed.activitypub.ld_signatures import verify_ld_signature
from usi_fed.activitypub.linked_data import LinkedData
from usi_fed.activitypub.strict_json import parse_json
from usi_fed.activitypub.webfinger import parse_jrd
from usi_fed.db.database import Database
from usi_fed.errors import MalformedActivity, SignatureRejected

pytestmark = needs_fixtures

ACTIVITIES: dict[str, str] = {
    "docs-examples/fep044f-accept-quote-request.json": "ignored: an answer to nothing that was asked",
    "docs-examples/fep044f-quote-request.json": "+ Accept sent",
    "docs-examples/fep0837-accept.json": "ignored: an answer to nothing that was asked",
    "docs-examples/fep0837-offer-agreement.json": "ignored: means nothing here",
    "docs-examples/fep171b-add-create.json": "ignored: not the sender's featured collection",
    "docs-examples/fep400e-add.json": "ignored: not the sender's featured collection",
    "docs-examples/fep7628-move.json": "asks for an actor; then ignored: the new actor is not to be had",
    "docs-examples/fep8b32-create-with-proof.json": "+ direct Note",
    "docs-examples/fepae0c-relay-announce.json": "asks for a post; then ignored: the post is not to be had",
    "docs-examples/fepae0c-relay-follow.json": "ignored: nobody here",
    "docs-examples/fepc0e0-emojireact-custom.json": "+ like",
    "docs-examples/mastodon-block.json": "+ block",
    "friendica/create-article-to-group.json": "asks for an actor; then + unlisted Article “From Friendica to Lemmy”",
    "friendica/dislike.json": "ignored: means nothing here",
    "friendica/undo-dislike.json": "ignored: Undo of Dislike means nothing here",
    "friendica/update-note.json": "+ public Note edited; - public Note",
    "gancio/create-event.json": "+ public Event “Demo event”",
    "gnusocial/create-page.json": "+ public Page “hello, world.”",
    "lemmy/accept-follow.json": "- request",
    "lemmy/add-featured-post.json": "ignored: not the sender's featured collection",
    "lemmy/add-moderator.json": "ignored: not the sender's featured collection",
    "lemmy/announce-create-page.json": "asks for a post; then ignored: the post is not to be had",
    "lemmy/block-user-from-community.json": "ignored: a moderator's Block in a group of another server",
    "lemmy/create-chatmessage.json": "+ direct Note",
    "lemmy/create-comment.json": "+ public Note reply; later FetchPost",
    "lemmy/create-page.json": "+ public Page “test post”",
    "lemmy/delete-note-by-moderator.json": "ignored: an object of another server",
    "lemmy/delete-page.json": "+ tombstone; - public Note",
    "lemmy/dislike-page.json": "ignored: means nothing here",
    "lemmy/flag-page.json": "+ report “report this post” about 1 posts",
    "lemmy/follow-community.json": "+ Accept sent; + follows 2; - follows 1",
    "lemmy/lock-page.json": "ignored: it does not stand in this group",
    "lemmy/undo-delete-page.json": "ignored: Undo of Delete means nothing here",
    "lemmy/update-group.json": "ignored: not here",
    "lotide/create-note-reply.json": "+ unlisted Note reply; later FetchPost",
    "mastodon/accept-follow-ldsig.json": "- request",
    "mastodon/announce-ldsig.json": "asks for a post; then ignored: the post is not to be had",
    "mastodon/create-note-followers-only.json": "asks for an actor; then + direct Note",
    "mastodon/create-note-hashtag.json": "asks for an actor; then + public Note",
    "mastodon/create-note-ldsig-valid.json": "+ public Note",
    "mastodon/create-note-mention-reply.json": "asks for an actor; then + unlisted Note reply; later FetchPost",
    "mastodon/delete-actor.json": "goes on",
    "mastodon/delete-note-tombstone-ldsig.json": "+ tombstone; - public Note",
    "mastodon/flag-object-array.json": "+ report “Please take a look at this user and their posts” about 2 posts",
    "mastodon/follow-ldsig.json": "+ Accept sent; + follows 2; - follows 1",
    "mastodon/like.json": "+ like",
    "mastodon/reject-follow.json": "+ follows 1; - follows 2; - request",
    "mastodon/undo-announce.json": "ignored: nothing to undo",
    "mastodon/undo-follow-ldsig.json": "+ follows 1; - follows 2",
    "mastodon/update-person.json": "asks for its own profile; then nothing new",
    "mbin/flag.json": "+ report “dikjhgasdpas dsaü” about 1 posts",
    "mitra/create-note.json": "+ public Note",
    "mobilizon/create-event-in-group.json": "asks for a post; then ignored: attributed to another actor",
    "mobilizon/invite-to-group.json": "asks for an actor; then ignored: the group is not to be had",
    "mobilizon/join-event.json": "ignored: no group of ours",
    "mobilizon/leave-event.json": "ignored: no group of ours",
    "nodebb/announce-create-note.json": "asks for a post; then ignored: the post is not to be had",
    "nodebb/announce-like.json": "ignored: a wrapped activity that its origin does not confirm",
    "nodebb/announce-note-embedded.json": "asks for a post; then ignored: the post is not to be had",
    "peertube/announce-video.json": "asks for a post; then ignored: the post is not to be had",
    "pleroma/create-note.json": "asks for an actor; then + public Note reply; later FetchPost",
    "prismo/create-article.json": "+ public Article “Introducing: Federated follows!”",
    "smithereen/create-note-comment.json": "asks for an actor; then + public Note reply; later FetchPost",
    "wordpress/announce-update.json": "asks for a post; then ignored: the post is not to be had",
}

WORLDS = {
    "lemmy/follow-community.json": World(actors=("object",)),
    "lemmy/accept-follow.json": World(actors=("object.actor",), asked_to_follow="object"),
    "mastodon/accept-follow-ldsig.json": World(actors=("object.actor",), asked_to_follow="object"),
    "mastodon/follow-ldsig.json": World(actors=("object",)),
    "mastodon/undo-follow-ldsig.json": World(actors=("object.object",), is_follower=True),
    "mastodon/reject-follow.json": World(actors=("object.actor",), asked_to_follow="object"),
    "mastodon/like.json": World(posts=("object",)),
    "mastodon/flag-object-array.json": World(actors=("object.0",), posts=("object.1", "object.2")),
    "lemmy/flag-page.json": World(posts=("object",)),
    "mbin/flag.json": World(actors=("object.1",), posts=("object.0",)),
    "mastodon/delete-note-tombstone-ldsig.json": World(senders_posts=("object",)),
    "lemmy/delete-page.json": World(senders_posts=("object",)),
    "docs-examples/mastodon-block.json": World(actors=("object",)),
    "docs-examples/fep044f-quote-request.json": World(posts=("object",)),
    "friendica/update-note.json": World(senders_posts=("object",)),
    "docs-examples/fepc0e0-emojireact-custom.json": World(posts=("object",)),
}

OBJECTS = {
    "bookwyrm/quotation-custom-type.json": "no post",
    "discourse/note-topic.json": "direct Note “Our next meeting”",
    "docs-examples/fep044f-note-interaction-policy.json": "public Note may be quoted by 1",
    "docs-examples/fep044f-quote-authorization.json": "no post",
    "docs-examples/fep044f-quote-note-compat.json": "public Note quotes",
    "docs-examples/fep0837-proposal.json": "no post",
    "docs-examples/fep8a8e-event-capacity.json": "direct Event “New years party”",
    "docs-examples/fep8a8e-event-external-join.json": "direct Event “New years party”",
    "docs-examples/fep8a8e-event-hybrid.json": "direct Event “Discussion about the Fediverse”",
    "docs-examples/fep9967-question.json": "public Question asks 2",
    "docs-examples/fep9967-vote-note.json": "direct Note reply “Answer 1” a vote",
    "docs-examples/fepb2b8-article-preview.json": "direct Article “Long-form text with preview” 1 files",
    "docs-examples/mastodon-blurhash.json": "direct Note 1 files",
    "docs-examples/mastodon-focalpoint.json": "direct Note 1 files",
    "docs-examples/mastodon-question.json": "direct Question asks 3",
    "lemmy/collection-followers-count-only.json": "no post",
    "lemmy/collection-moderators.json": "no post",
    "lemmy/collection-outbox.json": "no post",
    "lemmy/note-comment.json": "public Note reply in fr names 2",
    "lemmy/page.json": "public Page “Post title” in fr 1 files names 1",
    "mastodon/collection-featured.json": "no post",
    "mastodon/note-direct-message.json": "direct Note reply in es names 1",
    "mastodon/note-mentioning-group.json": "public Note in it names 1",
    "mastodon/note-reply-with-language.json": "unlisted Note reply in en names 1",
    "mobilizon/collection-members.json": "no post",
    "mobilizon/event.json": "public Event “Caledonian scottish dance class” in en 1 files 3 tags",
    "nodebb/article.json": "public Article “Welcome to your NodeBB!”",
    "nodebb/context-conversation.json": "no post",
    "nodebb/context-orderedcollection.json": "no post",
    "peertube/video.json": "public Video “Mesa, Wayland & X.org in trouble, Debian” in en",
    "pleroma/chat-message.json": "direct Note",
    "security/note-spoofed-attribution-cross-host.json": "public Note of somebody elsewhere",
}

ACTORS = {
    "discourse/actor-group-category.json": "Group keys 1",
    "docs-examples/fep0ea0-payment-link-actor.json": "refused: not a user name",
    "docs-examples/fep521a-actor-multikey.json": "refused: not a user name",
    "friendica/actor-organization.json": "Organization keys 1",
    "gancio/actor-application.json": "Application keys 1",
    "gnusocial/actor-group.json": "Group keys 0",
    "hollo/actor-person-multikey.json": "Person keys 2",
    "lemmy/actor-application-site.json": "Application keys 1",
    "lemmy/actor-group.json": "Group keys 1",
    "lemmy/actor-person.json": "Person keys 1",
    "lotide/actor-group.json": "Group keys 1",
    "mastodon/actor-person-attribution-domains.json": "Person keys 1",
    "mastodon/actor-person-ldsig-key.json": "Person keys 1",
    "mastodon/actor-person.json": "Person keys 1",
    "mbin/actor-application.json": "Application keys 1",
    "mbin/actor-person.json": "Person keys 1",
    "mobilizon/actor-group.json": "Group keys 1",
    "mobilizon/actor-person.json": "Person keys 1",
    "nodebb/actor-group-category.json": "Group keys 1",
    "peertube/actor-group-channel.json": "Group keys 1",
    "pleroma/actor-person.json": "Person keys 1",
    "smithereen/actor-person.json": "Person keys 1",
    "wordpress/actor-group-blog.json": "Group keys 1",
}

HANDLES = ("friendica/webfinger.json", "lemmy/webfinger.json", "mastodon/webfinger.json", "wordpress/webfinger.json")

# Read by the rooms that need them; here it counts only that they are proper JSON.
OTHERS = (
    "docs-examples/fep2677-nodeinfo-application-link.json",
    "nodeinfo/discovery-both-versions.json",
    "nodeinfo/nodeinfo-2.1-mobilizon.json",
    "nodeinfo/wordpress-event-federation.json",
)

REFUSED = ("security/create-note-ldsig-tampered.json", "security/note-spoofed-attribution-cross-host.json")
# The id of the example has no scheme.
UNUSABLE = ("docs-examples/fep1b12-announce-add-moderator.json",)


def _document(name: str) -> dict[str, Any]:
    return parse_json((FIXTURES / name).read_bytes())


def test_every_document_has_an_expectation() -> None:
    present = {str(path.relative_to(FIXTURES)) for path in FIXTURES.glob("*/*.json")}
    expected = {*ACTIVITIES, *OBJECTS, *ACTORS, *HANDLES, *OTHERS, *REFUSED, *UNUSABLE}
    assert present == expected


@pytest.mark.parametrize("name", ACTIVITIES)
async def test_an_activity_has_its_effect(sqlite_database: Database, name: str) -> None:
    world = WORLDS.get(name, World())
    assert await sqlite_database.write(what_comes_of, _document(name), world) == ACTIVITIES[name]


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_read(name: str) -> None:
    assert object_in_words(_document(name)) == OBJECTS[name]


@pytest.mark.parametrize("name", ACTORS)
def test_an_actor_is_read(name: str) -> None:
    document = _document(name)
    assert actor_in_words(document) == ACTORS[name]
    if not ACTORS[name].startswith("refused"):
        assert ParsedActor.parse(document).username == document["preferredUsername"]


@pytest.mark.parametrize("name", HANDLES)
def test_a_handle_is_read(name: str) -> None:
    document = _document(name)
    answer = parse_jrd(document)
    assert answer.subject.acct.lower() == document["subject"].lower()
    assert answer.actor_uri in {link.get("href") for link in document["links"] if link["rel"] == "self"}


@pytest.mark.parametrize("name", OTHERS)
def test_another_document_is_json(name: str) -> None:
    assert _document(name) == json.loads((FIXTURES / name).read_text())


@pytest.mark.parametrize("name", UNUSABLE)
async def test_an_activity_without_a_proper_id_is_refused(sqlite_database: Database, name: str) -> None:
    with pytest.raises(MalformedActivity):
        await sqlite_database.write(what_comes_of, _document(name), World())


async def test_a_changed_activity_is_not_what_was_signed() -> None:
    genuine, tampered = _document("mastodon/create-note-ldsig-valid.json"), _document(REFUSED[0])
    keys = ParsedActor.parse(_document("mastodon/actor-person-ldsig-key.json")).keys
    linked_data = LinkedData()
    try:
        await verify_ld_signature(genuine, keys[0], NOW, linked_data)
        with pytest.raises(SignatureRejected):
            await verify_ld_signature(tampered, keys[0], NOW, linked_data)
    finally:
        await linked_data.close()


async def test_a_post_on_one_server_by_an_author_of_another_is_not_taken(sqlite_database: Database) -> None:
    note = _document(REFUSED[1])
    for actor in (note["attributedTo"], "https://info.pleroma.site/users/anybody"):
        create = {"id": f"{actor}#1", "type": "Create", "actor": actor, "object": note, "to": note["to"]}
        outcome = await sqlite_database.write(what_comes_of, create, World())
        assert outcome.startswith("ignored: ")
