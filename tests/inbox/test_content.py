"""What a document may hold to hurt readers, our network or our database; all of it comes through the front door."""

from typing import Any

import pytest
from sqlalchemy import select

from tests.inbox.conftest import House
from tests.peer import Peer, PeerActor
from usi_fed.actors.model import Actor
from usi_fed.media.tables import media
from usi_fed.posts.polls_store import find_poll

SCRIPT = '<img src=x onerror="alert(1)"><script>alert(1)</script><a href="javascript:alert(1)">x</a>'
INSIDE = (
    "http://169.254.169.254/latest/meta-data",
    "http://10.0.0.1/",
    "http://[::1]:6379/",
    "http://0.0.0.0:8000/",
    "http://localhost:22/",
    "file:///etc/passwd",
    "gopher://10.0.0.1:70/",
)


async def _take(house: House, ana: PeerActor, bo: Actor, **more: Any) -> Any:
    await house.follow(bo, ana)
    note = ana.note(**more)
    assert await ana.peer.post(house.inbox, ana.create(note), ana) == 202
    await house.settle()
    return await house.post(note["id"])


async def test_nothing_that_runs_gets_into_any_text_of_a_post(house: House, ana: PeerActor, bo: Actor) -> None:
    post = await _take(
        house,
        ana,
        bo,
        type="Question",
        content=SCRIPT,
        summary=SCRIPT,
        contentMap={SCRIPT: SCRIPT},
        oneOf=[{"type": "Note", "name": SCRIPT}, {"type": "Note", "name": "No"}],
        tag=[{"type": "Emoji", "name": SCRIPT, "icon": {"url": "https://a.example/x.png"}}],
        url="javascript:alert(1)",
    )
    assert post is not None
    assert post.content == "x"
    assert post.emojis == []
    assert post.language is None
    assert post.url.startswith("http://")
    for text in (post.warning, post.title):
        assert "<" not in text
    poll = await house.read(find_poll, post.id)
    # Plain text: whoever shows it escapes it.
    assert poll.options[0]["title"] == SCRIPT


async def test_a_title_is_plain_text(house: House, ana: PeerActor, bo: Actor) -> None:
    post = await _take(house, ana, bo, type="Article", name=f"Strike{SCRIPT}")
    assert post is not None
    assert post.title.startswith("Strike")
    assert "<" not in post.title


async def test_a_profile_is_cleaned_like_a_post(house: House, ana: PeerActor, bo: Actor) -> None:
    await house.follow(bo, ana)
    ana.more = {
        "name": f"Ana{SCRIPT}",
        "summary": f"<p>Hello</p>{SCRIPT}",
        "attachment": [{"type": "PropertyValue", "name": SCRIPT, "value": SCRIPT}],
        "icon": {"type": "Image", "url": "javascript:alert(1)"},
    }
    assert await ana.peer.post(house.inbox, ana.activity("Update", ana.document()), ana) == 202
    await house.settle()
    actor = await house.actor(ana.uri)
    assert actor is not None
    assert actor.icon_url is None
    for text in (actor.summary, *(str(field["value"]) for field in actor.fields)):
        assert "script" not in text
        assert "onerror" not in text


@pytest.mark.parametrize("target", INSIDE)
async def test_no_address_in_a_note_leads_into_our_own_network(
    house: House, ana: PeerActor, bo: Actor, target: str
) -> None:
    """Everything that we would fetch for a note is asked for through the one door, which refuses these."""
    post = await _take(
        house,
        ana,
        bo,
        inReplyTo=target,
        quote=target,
        context=target,
        replies={"id": target, "first": {"type": "CollectionPage", "items": [target], "next": target}},
        attachment=[{"type": "Image", "mediaType": "image/png", "url": target, "icon": {"url": target}}],
        tag=[{"type": "Mention", "href": target, "name": "@x"}],
        url=target,
    )
    assert post is not None
    assert post.in_reply_to_id is None
    assert post.quote_of_id is None


async def test_a_file_of_no_web_address_is_left_out(house: House, ana: PeerActor, bo: Actor) -> None:
    files = [{"type": "Image", "url": url} for url in ("data:image/png;base64,AA", "javascript:1", "//a.example/x")]
    post = await _take(house, ana, bo, attachment=files)
    assert post is not None
    rows = select(media.c.id).where(media.c.post_id == post.id)
    assert await house.read(lambda connection: connection.execute(rows).all()) == []


async def test_html_that_would_cost_much_is_set_aside_and_the_next_note_arrives(
    house: House, ana: PeerActor, bo: Actor
) -> None:
    assert await _take(house, ana, bo, content="<b>" * 50_000) is None
    assert await _take(house, ana, bo) is not None


async def test_nul_characters_and_long_texts_are_stored_on_each_database(any_house: House, peer: Peer) -> None:
    bo, ana = await any_house.actors.create_local("bo"), peer.actor("ana")
    nul = "a\x00b"
    post = await _take(
        any_house,
        ana,
        bo,
        content=f"<p>{nul}</p>",
        summary=nul,
        tag=[{"type": "Hashtag", "name": f"#{nul}"}, {"type": "Hashtag", "name": "#" + "x" * 5000}],
        attachment=[{"type": "Image", "url": "https://a.example/x.png", "name": nul * 9000, "mediaType": nul}],
        conversation=nul,
        **{f"key{nul}": nul},
    )
    assert post is not None
    assert post.content == "<p>ab</p>"
    follow = ana.activity("Follow", bo.uri, summary=nul)
    assert await peer.post(any_house.inbox, {**follow, "id": f"{follow['id']}\x00"}, ana) == 202
    await any_house.settle()
    assert len(peer.of_kind("Accept")) == 1


async def test_further_languages_are_kept_safe_and_bounded(house: House, ana: PeerActor, bo: Actor) -> None:
    many = {f"{first}{second}": f"<p>{first}{second}</p>" for first in "bcd" for second in "xyz"}
    post = await _take(
        house,
        ana,
        bo,
        content="<p>Hello</p>",
        contentMap={"es": f"Hola{SCRIPT}", "en": "<p>Hello</p>", "not a language": "x", "ES": "again", **many},
        summary="News",
        summaryMap={"en": "News", "es": "Noticias"},
    )
    assert (post.content, post.language, post.warning) == ("<p>Hello</p>", "en", "News")
    spanish = post.wordings[0]
    assert spanish == {"language": "es", "content": "Holax", "title": "", "warning": "Noticias"}
    languages = [one["language"] for one in post.wordings]
    assert len(languages) == len(set(languages)) <= 8 and "en" not in languages


async def test_further_languages_that_are_no_text_or_too_long_are_left_out(
    house: House, ana: PeerActor, bo: Actor
) -> None:
    translations = {"en": "<p>Hi</p>", "fr": {"x": 1}, "de": "<b>" * 150, "es": "x" * 250_000, "el": "late"}
    post = await _take(house, ana, bo, content="<p>Hi</p>", contentMap=translations)
    assert (post.content, post.language) == ("<p>Hi</p>", "en")
    assert "es" not in [one["language"] for one in post.wordings]
    post = await _take(house, ana, bo, content="<p>Alone</p>", contentMap=["en", "es"])
    assert (post.content, post.wordings) == ("<p>Alone</p>", [])
