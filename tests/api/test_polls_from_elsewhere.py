"""Polls of other servers, as clients show them."""

from datetime import timedelta

from tests.actors.factories import add_remote
from usi_fed.posts.store import add_post
from usi_fed.posts.tables import polls


async def test_the_emojis_of_a_poll_are_those_of_its_post(house, person):
    """A client finds `:crane:` in an option only when the poll lists it."""
    ada, moment = await person("ada"), house.clock()

    def unit(connection):
        zoe = add_remote(connection, "zoe")
        uri = f"{zoe.uri}/posts/1"
        values = {"uri": uri, "url": uri, "kind": "Question", "author_id": zoe.id, "local": False}
        values |= {"visibility": "public", "content": "<p>Which?</p>", "published": moment}
        emojis = [{"shortcode": "crane", "url": "https://there.example/crane.png"}]
        post = add_post(connection, {**values, "emojis": emojis})
        options = [{"title": ":crane:", "votes": 2}, {"title": "none", "votes": 1}]
        row = {"post_id": post.id, "multiple": False, "ends_at": moment + timedelta(days=1), "options": options}
        connection.execute(polls.insert().values(row))
        return post

    post = await house.database.write(unit)
    status = await ada.checked("GET", f"/api/v1/statuses/{post.id}")
    assert [emoji["shortcode"] for emoji in status["poll"]["emojis"]] == ["crane"]
    assert status["poll"]["emojis"] == status["emojis"]
    alone = await ada.checked("GET", f"/api/v1/polls/{post.id}")
    assert alone["emojis"] == status["emojis"]
