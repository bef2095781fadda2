"""Filters over the client API, versions 1 and 2, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from usi_fed.timelines.filters_store import active_filters

V2, V1 = "/api/v2/filters", "/api/v1/filters"


async def made(client, title="Football", words=("goal",), **more):
    form = {"title": title, "context[]": ["home", "public"], **more}
    form |= {f"keywords_attributes[{number}][keyword]": word for number, word in enumerate(words)}
    return await client.checked("POST", V2, form=form)


async def seen(reader, post_id):
    status = (await reader.get(f"/api/v1/statuses/{post_id}")).json
    return [one["filter"]["title"] for one in status["filtered"]]


async def said(author, text, **more):
    return (await author.post("/api/v1/statuses", {"status": text, **more})).json["id"]


async def test_a_filter_is_made_changed_and_ended(person):
    ada = await person("ada")
    one = await made(ada, words=("goal", "match"), filter_action="hide", expires_in="3600")
    assert (one["filter_action"], one["context"]) == ("hide", ["home", "public"])
    assert [word["keyword"] for word in one["keywords"]] == ["goal", "match"]
    end = datetime.fromisoformat(one["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=58) < end < timedelta(minutes=61)
    assert await ada.checked("GET", V2) == [one]
    first, second = one["keywords"]
    change = {
        "title": "Sport",
        "keywords_attributes[0][id]": first["id"],
        "keywords_attributes[0][_destroy]": "true",
        "keywords_attributes[1][id]": second["id"],
        "keywords_attributes[1][keyword]": "cup",
        "expires_in": "",
    }
    changed = await ada.checked("PUT", f"{V2}/{one['id']}", form=change)
    assert (changed["title"], changed["expires_at"]) == ("Sport", None)
    assert [word["keyword"] for word in changed["keywords"]] == ["cup"]
    assert (await ada.delete(f"{V2}/{one['id']}")).json == {}
    assert await ada.checked("GET", V2) == []


async def test_what_falls_under_it_says_so(person):
    ada, bob = await person("ada"), await person("bob")
    await made(ada, words=("goal", "#cup"))
    assert await seen(ada, await said(bob, "What a GOAL!")) == ["Football"]
    assert await seen(ada, await said(bob, "the #Cup")) == ["Football"]
    assert await seen(ada, await said(bob, "the goalkeeper")) == []
    assert await seen(ada, await said(bob, "x", spoiler_text="goal")) == ["Football"]
    assert await seen(ada, await said(ada, "my goal")) == [], "nobody filters what they wrote themselves"
    assert await seen(bob, await said(bob, "goal")) == []
    boost = (await ada.post(f"/api/v1/statuses/{await said(bob, 'goal again')}/reblog")).json
    assert boost["filtered"] and boost["reblog"]["filtered"]


async def test_a_part_of_a_word_counts_when_wanted(person):
    ada, bob = await person("ada"), await person("bob")
    one = await made(ada)
    word = one["keywords"][0]
    await ada.checked("PUT", f"{V2}/keywords/{word['id']}", form={"whole_word": "false"})
    assert await seen(ada, await said(bob, "the goalkeeper")) == ["Football"]


async def test_words_are_added_and_taken_out_one_by_one(person):
    ada = await person("ada")
    one = await made(ada)
    path = f"{V2}/{one['id']}/keywords"
    word = await ada.checked("POST", path, form={"keyword": "a.b(c"})
    assert len(await ada.checked("GET", path)) == 2
    assert await ada.checked("GET", f"{V2}/keywords/{word['id']}") == word
    assert (await ada.delete(f"{V2}/keywords/{word['id']}")).status == 200
    assert len(await ada.checked("GET", path)) == 1


async def test_a_single_post_is_put_under_a_filter(person):
    ada, bob = await person("ada"), await person("bob")
    one = await made(ada)
    post_id = await said(bob, "harmless")
    path = f"{V2}/{one['id']}/statuses"
    entry = await ada.checked("POST", path, form={"status_id": post_id})
    assert await ada.checked("POST", path, form={"status_id": post_id}) == entry
    assert await ada.checked("GET", path) == [entry]
    assert await seen(ada, post_id) == ["Football"]
    assert (await ada.delete(f"{V2}/statuses/{entry['id']}")).status == 200
    assert await seen(ada, post_id) == []
    hidden = await said(bob, "for nobody", visibility="direct")
    assert (await ada.post(path, {"status_id": hidden})).status == 404


async def test_one_whose_time_is_over_does_nothing(person, house):
    ada = await person("ada")
    one = await made(ada, expires_in="1")
    later = datetime.now(UTC) + timedelta(seconds=2)
    assert await house.database.read(active_filters, ada.actor_id, later) == []
    assert await ada.checked("GET", V2) == [one], "it is still there to be used again"


async def test_version_1_is_one_word(person):
    ada = await person("ada")
    form = {"phrase": "goal", "context[]": ["home"], "irreversible": "true"}
    one = await ada.checked("POST", V1, form=form)
    assert (one["phrase"], one["irreversible"], one["whole_word"]) == ("goal", True, False)
    assert (await ada.get(V1)).json == [one]
    changed = await ada.checked("PUT", f"{V1}/{one['id']}", form={"phrase": "cup", "irreversible": "false"})
    assert (changed["phrase"], changed["irreversible"]) == ("cup", False)
    assert await ada.checked("GET", f"{V1}/{one['id']}") == changed
    assert (await ada.delete(f"{V1}/{one['id']}")).status == 200
    assert await ada.checked("GET", V2) == []


async def test_nobody_sees_or_changes_anothers(person):
    ada, bob = await person("ada"), await person("bob")
    one = await made(ada)
    word = one["keywords"][0]["id"]
    for answer in (
        await bob.get(f"{V2}/{one['id']}"),
        await bob.put(f"{V2}/{one['id']}", {"title": "x"}),
        await bob.delete(f"{V2}/{one['id']}"),
        await bob.post(f"{V2}/{one['id']}/keywords", {"keyword": "x"}),
        await bob.put(f"{V2}/keywords/{word}", {"keyword": "x"}),
        await bob.delete(f"{V2}/keywords/{word}"),
        await bob.get(f"{V1}/{word}"),
        await bob.delete(f"{V1}/{word}"),
    ):
        assert answer.status == 404
    mine = await made(bob)
    stolen = {"keywords_attributes[0][id]": word, "keywords_attributes[0][_destroy]": "true"}
    assert (await bob.put(f"{V2}/{mine['id']}", stolen)).status == 404
    assert await ada.checked("GET", V2) == [one]


@pytest.mark.parametrize(
    "form",
    [
        {"title": "", "context[]": "home"},
        {"title": "x" * 201, "context[]": "home"},
        {"title": "x"},
        {"title": "x", "context[]": "everywhere"},
        {"title": "x", "context[]": "home", "filter_action": "burn"},
        {"title": "x", "context[]": "home", "expires_in": "soon"},
        {"title": "x", "context[]": "home", "expires_in": "99999999999"},
        {"title": "x", "context[]": "home", "keywords_attributes[0][keyword]": ""},
        {"title": "x", "context[]": "home", "keywords_attributes[0][keyword]": "y" * 201},
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_is_left(person, form):
    ada = await person("ada")
    assert (await ada.post(V2, form)).status == 422
    assert await ada.checked("GET", V2) == []
