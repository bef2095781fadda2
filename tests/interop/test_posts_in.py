"""Create, Update and Delete that the peer sends: notes, replies, articles, polls."""

from tests.interop.fedify import PeerPerson
from tests.interop.ours import Person
from tests.interop.waiting import eventually


def test_a_note_of_somebody_we_follow_comes_home(alice: Person, ada: PeerPerson) -> None:
    alice.follows(ada.uri)

    uri = ada.writes("<p>Fair pay at <em>every</em> dock.</p>", summary="Pay")

    status = alice.status_at_home(uri)
    assert status["content"] == "<p>Fair pay at <em>every</em> dock.</p>"
    assert (status["spoiler_text"], status["sensitive"]) == ("Pay", True)
    assert (status["visibility"], status["account"]["acct"]) == ("public", ada.handle)


def test_a_dangerous_note_is_made_harmless(alice: Person, ada: PeerPerson) -> None:
    alice.follows(ada.uri)

    uri = ada.writes('<p onclick="steal()">Hello<script>steal()</script></p>')

    assert alice.status_at_home(uri)["content"] == "<p>Hello</p>"


def test_each_visibility_is_understood(alice: Person, ada: PeerPerson) -> None:
    alice.follows(ada.uri)
    uris = {
        visibility: ada.writes(f"<p>{visibility}</p>", visibility=visibility, mentions=[alice.uri])
        for visibility in ("public", "unlisted", "private", "direct")
    }

    def seen() -> dict[str, str]:
        notices = alice.get("/api/v1/notifications", limit="40")
        return {n["status"]["uri"]: n["status"]["visibility"] for n in notices if n["type"] == "mention"}

    eventually(lambda: set(uris.values()) <= set(seen()), "a mention for each note")
    assert {visibility: seen()[uri] for visibility, uri in uris.items()} == {name: name for name in uris}


def test_a_mention_notifies_the_mentioned(alice: Person, ada: PeerPerson) -> None:
    uri = ada.writes(f'<p><a class="mention" href="{alice.uri}">@alice</a> hello</p>', mentions=[alice.uri])

    status = alice.notification("mention", ada.handle)["status"]

    assert status["uri"] == uri
    assert [mention["acct"] for mention in status["mentions"]] == ["alice"]


def test_a_reply_stands_below_our_post(alice: Person, ada: PeerPerson) -> None:
    question = alice.post("/api/v1/statuses", {"status": "Who comes to the picket line?"})

    reply = ada.writes("<p>We all do.</p>", inReplyTo=question["uri"], mentions=[alice.uri])

    def below() -> list[str]:
        context = alice.get(f"/api/v1/statuses/{question['id']}/context")
        return [status["uri"] for status in context["descendants"]]

    eventually(lambda: reply in below(), "the reply in the context of our post")
    assert alice.get(f"/api/v1/statuses/{question['id']}")["replies_count"] == 1


def test_an_update_changes_the_note_and_keeps_its_history(alice: Person, ada: PeerPerson) -> None:
    alice.follows(ada.uri)
    uri = ada.writes("<p>Meeting on Monday</p>")
    status_id = alice.status_at_home(uri)["id"]

    ada.does("update", object=uri, content="<p>Meeting on Tuesday</p>")

    eventually(lambda: alice.get(f"/api/v1/statuses/{status_id}")["edited_at"], "the note is changed")
    assert alice.get(f"/api/v1/statuses/{status_id}")["content"] == "<p>Meeting on Tuesday</p>"
    history = alice.get(f"/api/v1/statuses/{status_id}/history")
    assert [version["content"] for version in history] == ["<p>Meeting on Monday</p>", "<p>Meeting on Tuesday</p>"]


def test_a_deleted_note_is_gone(alice: Person, ada: PeerPerson) -> None:
    alice.follows(ada.uri)
    uri = ada.writes("<p>Never mind</p>")
    status_id = alice.status_at_home(uri)["id"]

    ada.does("delete", object=uri)

    eventually(lambda: not alice.has_status(status_id), "the note is gone")


def test_an_article_comes_home_with_its_title(alice: Person, ada: PeerPerson) -> None:
    alice.follows(ada.uri)

    uri = ada.writes("<p>Two hundred years ago…</p>", kind="Article", title="A history of the dockers")

    assert "A history of the dockers" in alice.status_at_home(uri)["content"]


def test_a_question_is_a_poll_and_its_counts_follow(alice: Person, ada: PeerPerson) -> None:
    alice.follows(ada.uri)
    uri = ada.writes("<p>Strike?</p>", kind="Question", options=["Yes", "No"])
    status = alice.status_at_home(uri)
    assert [option["title"] for option in status["poll"]["options"]] == ["Yes", "No"]

    ada.does("update", object=uri, votes={"Yes": 7, "No": 2})

    def counts() -> list[int]:
        return [option["votes_count"] for option in alice.get(f"/api/v1/polls/{status['poll']['id']}")["options"]]

    eventually(lambda: counts() == [7, 2], "the counts of the peer")


def test_a_note_that_nobody_delivered_is_found_by_its_uri(alice: Person, ada: PeerPerson) -> None:
    uri = ada.writes("<p>Nobody here follows me</p>")

    assert alice.find_status(uri)["content"] == "<p>Nobody here follows me</p>"


def test_a_changed_profile_is_shown(alice: Person, ada: PeerPerson) -> None:
    account_id = alice.follows(ada.uri)

    ada.does("profile", displayName="Ada of the docks", summary="<p>Shop steward</p>")

    def name() -> str:
        return str(alice.get(f"/api/v1/accounts/{account_id}")["display_name"])

    eventually(lambda: name() == "Ada of the docks", "the new name")
    assert alice.get(f"/api/v1/accounts/{account_id}")["note"] == "<p>Shop steward</p>"


def test_whoever_leaves_takes_everything_along(alice: Person, ada: PeerPerson) -> None:
    alice.follows(ada.uri)
    status_id = alice.status_at_home(ada.writes("<p>Farewell</p>"))["id"]

    ada.does("leave")

    eventually(lambda: not alice.has_status(status_id), "the posts of an account that is gone")
