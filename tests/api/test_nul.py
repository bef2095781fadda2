"""NUL characters, which PostgreSQL cannot store, in every kind of text that a client sends."""

import pytest

from tests.api.asgi import Browser
from usi_fed.app import Doors


@pytest.fixture
async def ada(person):
    return await person("ada")


async def test_words_lose_them(ada):
    poll = {"options": ["y\0es", "no"], "expires_in": 3600}
    words = {"status": "str\0ike", "spoiler_text": "c\0w", "poll": poll}
    status = (await ada.call("POST", "/api/v1/statuses", document=words)).json
    assert (status["content"], status["spoiler_text"]) == ("<p>strike</p>", "cw")
    assert status["poll"]["options"][0]["title"] == "yes"
    assert (await ada.get(f"/api/v1/statuses/{status['id']}/source")).json["text"] == "strike"


async def test_other_fields_lose_them(ada, person):
    bob = await person("bob")
    assert (await ada.post("/api/v1/lists", {"title": "a\0b"})).json["title"] == "ab"
    assert (await ada.post(f"/api/v1/accounts/{bob.id}/note", {"comment": "a\0b"})).json["note"] == "ab"
    report = await ada.post("/api/v1/reports", {"account_id": bob.id, "comment": "a\0b"})
    assert (report.status, report.json["comment"]) == (200, "ab")
    application = {"client_name": "a\0b", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob"}
    assert (await ada.post("/api/v1/apps", application)).json["name"] == "ab"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v2/search?q=a%00b", 200),
        ("/api/v1/accounts/search?q=a%00b", 200),
        ("/oauth/authorize?client_id=a%00b&redirect_uri=x&response_type=code", 400),
        ("/authorize_interaction?uri=a%%0000b", 303),
        ("/@a\0b", 404),
        ("/users/a\0b", 404),
        ("/.well-known/webfinger?resource=acct:a%00b@union.example", 400),
    ],
)
async def test_an_address_with_them_breaks_nothing(house, ada, path, status):
    client = Browser(Doors(house), ada.token)
    answer = await client.get(path)
    assert answer.status == status


async def test_a_body_that_is_nested_without_end_is_refused(ada):
    deep = b'{"status": "x", "poll": ' + b"[" * 600 + b"]" * 600 + b"}"
    answer = await ada.call("POST", "/api/v1/statuses", body=deep, headers={"content-type": "application/json"})
    assert answer.status == 422
    assert "nested" in answer.json["error"]
