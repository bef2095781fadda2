"""A quote that its author has revoked does not come back, whatever the quoting server does with its own post."""

# ruff: noqa: F811 - fixtures of a neighbour

import asyncio

from tests.api.followed import ada, ana, bob, send, write  # noqa: F401 - fixtures
from tests.peer import CONTEXT, running_peer, stamp, until
from usi_fed.posts.tables import quote_stamps


async def ask(server, ana, status, note):
    """What Ana's server is answered when it asks whether the note may quote the status."""
    ana.peer.received.clear()
    await send(server, ana, ana.activity("QuoteRequest", status["uri"], instrument=note))
    await until(lambda: ana.peer.of_kind("Accept") + ana.peer.of_kind("Reject"))
    [answer] = ana.peer.of_kind("Accept") + ana.peer.of_kind("Reject")
    return answer


async def say(server, ana, ada, kind, note):
    """Ana's server tells how the note is now; the status that we make of it."""
    ana.peer.documents[note["id"]] = {"@context": CONTEXT, **note}
    await send(server, ana, ana.activity(kind, note, to=note["to"], cc=note["cc"]))
    return (await status_is(ada, note, lambda found: found and note["content"] in found[0]["content"]))[0]


async def status_is(ada, note, is_so):
    """The statuses that we have of a note, as soon as something is so of them."""
    for _ in range(1000):
        found = (await ada.get("/api/v2/search", {"q": note["id"]})).json["statuses"]
        if is_so(found):
            return found
        await asyncio.sleep(0.01)
    raise AssertionError(f"it is {found}")


async def answer_of(ana, url):
    async with ana.peer.session.get(url) as answer:
        return answer.status


async def is_accepted(ada, note):
    await status_is(ada, note, lambda found: found[0]["quote"]["state"] == "accepted")


async def revoked(server, ana, ada):
    """A status of Ada's, Ana's note that quotes it, and the stamp that it had."""
    status = await write(ada, "Quote me", quote_approval_policy="public")
    note = ana.note("<p>One</p>", quote=status["uri"])
    note["quoteAuthorization"] = (await ask(server, ana, status, note))["result"]
    quote = await say(server, ana, ada, "Create", note)
    await is_accepted(ada, note)
    await ada.checked("POST", f"/api/v1/statuses/{status['id']}/quotes/{quote['id']}/revoke")
    return status, note


async def test_taking_the_quote_out_and_putting_it_in_again_brings_no_leave(server, ada, ana):
    status, note = await revoked(server, ana, ada)
    stamp_uri = note.pop("quoteAuthorization")
    quote = note.pop("quote")
    await say(server, ana, ada, "Update", {**note, "content": "<p>Two</p>", "updated": stamp()})
    assert (await ask(server, ana, status, note))["type"] == "Reject"
    again = {**note, "content": "<p>Three</p>", "quote": quote, "quoteAuthorization": stamp_uri, "updated": stamp()}
    shown = await say(server, ana, ada, "Update", again)
    assert shown["quote"] == {"state": "revoked", "quoted_status": None}
    assert (await ask(server, ana, status, again))["type"] == "Reject"
    assert await answer_of(ana, stamp_uri) == 404
    assert (await ada.get(f"/api/v1/statuses/{status['id']}")).json["quotes_count"] == 0


async def test_it_stays_so_when_the_quoting_post_was_not_to_be_had_for_a_while(server, ada, ana):
    status, note = await revoked(server, ana, ada)
    del ana.peer.documents[note["id"]]
    async with running_peer("127.0.0.2") as elsewhere:
        hint = ana.activity("Delete", note["id"])
        assert await elsewhere.post(f"{server.origin}/inbox", hint, elsewhere.actor("eva")) == 202
        await status_is(ada, note, lambda found: not found)
    shown = await say(server, ana, ada, "Create", note)
    assert shown["quote"] == {"state": "revoked", "quoted_status": None}
    assert (await ask(server, ana, status, note))["type"] == "Reject"


async def test_another_quote_of_the_same_post_is_allowed_as_ever(server, ada, ana):
    status, _ = await revoked(server, ana, ada)
    other = ana.note("<p>Other</p>", quote=status["uri"])
    answer = await ask(server, ana, status, other)
    assert answer["type"] == "Accept"
    await say(server, ana, ada, "Create", {**other, "quoteAuthorization": answer["result"]})
    await is_accepted(ada, other)


async def test_nothing_is_kept_of_it_when_the_quoted_post_is_deleted(server, ada, ana):
    status, note = await revoked(server, ana, ada)
    await ada.delete(f"/api/v1/statuses/{status['id']}")
    assert await answer_of(ana, note["quoteAuthorization"]) == 404
    assert await server.house.database.read(all_stamps) == []


def all_stamps(connection):
    return connection.execute(quote_stamps.select()).all()


async def test_between_people_of_ours_an_edit_brings_no_leave_either(server, ada, bob, ana):
    status = await write(ada, "Quote me", quote_approval_policy="public")
    quote = await write(bob, "Look", quoted_status_id=status["id"])
    path = f"/api/v1/statuses/{quote['id']}"
    await ada.checked("POST", f"/api/v1/statuses/{status['id']}/quotes/{quote['id']}/revoke")
    for text in ("Look again", "And again"):
        edited = await bob.checked("PUT", path, form={"status": text, "quoted_status_id": status["id"]})
        assert edited["quote"] == {"state": "revoked", "quoted_status": None}
    again = await ada.post(f"/api/v1/statuses/{status['id']}/quotes/{quote['id']}/revoke")
    assert again.json["quote"] == {"state": "revoked", "quoted_status": None}
