"""Lists, filters, and whom a member does not want to hear of, in the browser."""

import re
from datetime import timedelta

import pytest

from tests.actors.factories import add_remote
from tests.pages.test_members import id_in
from usi_fed.actors.blocks_store import domain_blocks
from usi_fed.actors.follows_store import add_follow, find_follow
from usi_fed.posts.store import add_post
from usi_fed.timelines.filters_store import filters_of
from usi_fed.timelines.lists_store import lists_of, lists_with, members_of

PLACES = {f"in-{name}": "on" for name in ("home", "notifications", "public", "thread", "account")}


@pytest.mark.parametrize("path", ["/lists", "/filters", "/hidden", "/drafts", "/people/1/mute", "/filters/1"])
async def test_strangers_are_asked_to_sign_in(browser, path):
    assert (await browser.get(path)).status == 303


@pytest.mark.parametrize(
    "path", ["/lists", "/filters", "/hidden", "/people/1/mute", "/people/1/lists", "/lists/1/edit"]
)
async def test_another_site_sends_no_form(ada, path):
    assert (await ada.browser.post(path, {"title": "x", "form_token": "forged"})).status == 403


# ---- lists ----


async def made(somebody, house, title="Dockers"):
    await somebody.form("/lists", title=title)
    return next(one for one in await house.database.read(lists_of, somebody.actor.id) if one.title == title)


async def test_a_list_is_made_once_renamed_and_deleted(ada, house):
    one = await made(ada, house, "<b>Dockers")
    again = await ada.form("/lists", title="<b>Dockers")
    assert again.header("location") == f"/lists/{one.id}/edit"
    assert len(await house.database.read(lists_of, ada.actor.id)) == 1
    assert "&lt;b&gt;Dockers" in await ada.page("/lists")
    page = f"/lists/{one.id}/edit"
    await ada.form(page, act="save", title="Crane drivers", policy="none", exclusive="on")
    [changed] = await house.database.read(lists_of, ada.actor.id)
    assert (changed.title, changed.replies_policy, changed.exclusive) == ("Crane drivers", "none", True)
    assert 'value="none" checked' in await ada.page(page)
    await ada.form(page, act="remove")
    assert await house.database.read(lists_of, ada.actor.id) == []


@pytest.mark.parametrize("title", ["", "   ", "x" * 256])
async def test_a_list_needs_a_name(ada, house, title):
    answer = await ada.form("/lists", title=title)
    assert answer.status == 422 and "Give it a name" in answer.text
    one = await made(ada, house)
    assert (await ada.form(f"/lists/{one.id}/edit", act="save", title=title)).status == 422
    assert (await ada.form(f"/lists/{one.id}/edit", act="save", title="x", policy="all")).status == 422


async def test_people_are_put_in_and_taken_out_on_the_page_of_the_list(ada, bob, house):
    one = await made(ada, house)
    page = f"/lists/{one.id}/edit"
    unknown = await ada.form(page, act="add", name='@bob"><script>')
    assert unknown.status == 422 and "You follow nobody" in unknown.text and "<script>" not in unknown.text
    assert (await ada.form(page, act="add", name="bob")).status == 422
    await ada.form(f"/people/{bob.actor.id}", act="follow")
    assert (await ada.form(page, act="add", name="@bob@union.example")).status == 303
    assert [who.id for who in await house.database.read(members_of, one.id, None)] == [bob.actor.id]
    id_in(await bob.compose(text="from the harbour"))
    assert "from the harbour" in await ada.page(f"/lists/{one.id}")
    await ada.form(page, take=str(bob.actor.id))
    assert await house.database.read(members_of, one.id, None) == []


async def test_people_are_put_in_and_taken_out_on_their_own_page(ada, bob, house):
    one, other = await made(ada, house), await made(ada, house, "Friends")
    assert f'name="list-{one.id}"' not in await ada.page("/@bob")
    assert (await ada.form(f"/people/{bob.actor.id}/lists", **{f"list-{one.id}": "on"})).status == 404
    await ada.form(f"/people/{bob.actor.id}", act="follow")
    answer = await ada.form(f"/people/{bob.actor.id}/lists?next=/@bob", **{f"list-{one.id}": "on"})
    assert answer.header("location") == "/@bob"
    assert f'name="list-{one.id}" checked' in await ada.page("/@bob")
    await ada.form(f"/people/{bob.actor.id}/lists", **{f"list-{other.id}": "on", "list-999": "on"})
    assert [found.id for found in await house.database.read(lists_with, ada.actor.id, bob.actor.id)] == [other.id]


async def test_nobody_sees_or_changes_anothers_list(ada, bob, house):
    one = await made(ada, house)
    assert (await bob.browser.get(f"/lists/{one.id}/edit")).status == 404
    for fields in ({"act": "remove"}, {"act": "save", "title": "mine"}, {"act": "add", "name": "bob"}):
        assert (await bob.form(f"/lists/{one.id}/edit", **fields)).status == 404
    assert await house.database.read(lists_of, ada.actor.id) == [one]


# ---- filters ----


async def filtering(somebody, words="football", **more):
    fields = {"title": "Sport", "words": words, "whole": "on", "action": "warn", "hours": "", **PLACES, **more}
    return await somebody.form("/filters", **fields)


async def test_such_posts_are_folded_wherever_the_filter_counts(ada, bob):
    await ada.form(f"/people/{bob.actor.id}", act="follow")
    assert (await filtering(ada)).status == 303
    post_id = id_in(await bob.compose(text="@ada FOOTBALL tonight #sport"))
    answer = id_in(await bob.compose(f"/write?answer={post_id}", text="more football"))
    for path in ("/home", "/here", "/@bob", "/tags/sport", "/notifications", f"/@bob/{post_id}"):
        page = await ada.page(path)
        shown = answer if path == f"/@bob/{post_id}" else post_id
        part = page.partition(f'id="p{shown}"')[2].partition("</article>")[0]
        assert '<details class="filtered"><summary>Filtered: Sport</summary>' in part, path
        assert "ootball" in part.lower()
    assert "Filtered" not in await bob.page("/here")
    assert "Filtered" not in (await ada.page(f"/@bob/{answer}")).partition(f'id="p{answer}"')[2]


async def test_such_posts_are_not_shown_when_wanted(ada, bob):
    await ada.form(f"/people/{bob.actor.id}", act="follow")
    await filtering(ada, action="hide")
    post_id = id_in(await bob.compose(text="@ada football tonight"))
    id_in(await bob.compose(text="something else"))
    for path in ("/home", "/here", "/@bob", "/notifications"):
        assert "football" not in await ada.page(path), path
    assert "something else" in await ada.page("/home")
    assert "football" in await ada.page(f"/@bob/{post_id}"), "who opens it has asked for it"


async def test_a_filter_counts_only_where_it_is_to(ada, bob):
    fields = dict.fromkeys(("in-public",), "on")
    await ada.form("/filters", title="Sport", words="football", whole="on", action="hide", hours="", **fields)
    await ada.form(f"/people/{bob.actor.id}", act="follow")
    id_in(await bob.compose(text="football"))
    assert "football" in (await ada.page("/home")).partition("<main")[2]
    assert "football" not in (await ada.page("/here")).partition("<main")[2]


async def test_words_in_warnings_polls_and_other_languages_count(ada, bob):
    await filtering(ada, "football\nΠοδόσφαιρο", action="hide")
    id_in(await bob.compose(text="one", warning="football"))
    id_in(await bob.compose(text="two", **{"option-0": "football", "option-1": "chess"}))
    id_in(await bob.compose(text="three", language="en", **{"language-0": "el", "text-0": "ποδόσφαιρο"}))
    id_in(await bob.compose(text="footballer"))
    page = (await ada.page("/here")).partition("<main")[2]
    assert page.count('<article class="post') == 1 and "footballer" in page


async def test_it_is_changed_and_ended(ada, bob, house, clock):
    await filtering(ada, "one\none\n\n two ")
    await filtering(ada, "one")
    [one] = await house.database.read(filters_of, ada.actor.id)
    assert [word.keyword for word in one.keywords] == ["one"], "the same name once more changes it"
    page = await ada.page(f"/filters/{one.id}")
    assert ">one</textarea>" in page
    fields = {"title": "Sport", "words": "cup", "action": "hide", "hours": "24", "in-home": "on"}
    await ada.form(f"/filters/{one.id}", act="save", **fields)
    [one] = await house.database.read(filters_of, ada.actor.id)
    assert (one.action, one.contexts, one.expires_at) == ("hide", ("home",), clock() + timedelta(days=1))
    assert not one.keywords[0].whole_word
    await ada.form(f"/filters/{one.id}", act="save", **{**fields, "hours": "same"})
    [again] = await house.database.read(filters_of, ada.actor.id)
    assert again.expires_at == one.expires_at
    await ada.form(f"/people/{bob.actor.id}", act="follow")
    id_in(await bob.compose(text="the cup"))
    assert "the cup" not in await ada.page("/home")
    clock.time += timedelta(days=2)
    assert "the cup" in await ada.page("/home") and "ended" in await ada.page("/filters")
    assert (await bob.form(f"/filters/{one.id}", act="remove")).status == 404
    await ada.form(f"/filters/{one.id}", act="remove")
    assert await house.database.read(filters_of, ada.actor.id) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": ""}, "Give it a name"),
        ({"words": " \n "}, "at least one word"),
        ({"words": "x" * 201}, "A word may have"),
        ({"words": "\n".join(map(str, range(101)))}, "at most 100 words"),
        (dict.fromkeys((), "") | {"hours": "99"}, "Choose how long"),
    ],
)
async def test_what_is_missing_is_said_and_what_was_typed_comes_back(ada, house, fields, words):
    answer = await filtering(ada, **{"words": "</textarea><script>", **fields})
    assert answer.status == 422 and words in answer.text and "<script>" not in answer.text
    assert await house.database.read(filters_of, ada.actor.id) == []


# ---- muted, blocked, servers ----


async def test_a_mute_has_an_end_and_can_be_undone(ada, bob, clock):
    answer = await ada.form(f"/people/{bob.actor.id}/mute", until="2026-03-05", notifications="on")
    assert answer.header("location") == "/@bob"
    page = await ada.page("/hidden")
    assert "@bob@union.example" in page and re.search(r"until 6 March 2026\D+00:00", page)
    await ada.form(f"/people/{bob.actor.id}?next=/hidden", act="unmute")
    assert "@bob@" not in await ada.page("/hidden")
    await ada.form(f"/people/{bob.actor.id}/mute", until="2026-03-05")
    clock.time += timedelta(days=9)
    assert "@bob@" not in await ada.page("/hidden")


@pytest.mark.parametrize("until", ["2026-02-28", "2099-01-01", "soon", "9999-12-31"])
async def test_a_mute_ends_on_a_day_that_can_be(ada, bob, until):
    answer = await ada.form(f"/people/{bob.actor.id}/mute", until=until)
    assert answer.status == 422 and "Choose a day" in answer.text
    assert "<span>Muted</span>" not in await ada.page("/@bob")


async def test_nobody_mutes_themselves_or_nobody(ada):
    assert (await ada.form(f"/people/{ada.actor.id}/mute")).status == 422
    assert (await ada.form("/people/1/mute")).status == 404


async def test_blocks_are_listed_and_undone(ada, bob):
    await ada.form(f"/people/{bob.actor.id}", act="block")
    assert 'value="unblock"' in await ada.page("/hidden")
    await ada.form(f"/people/{bob.actor.id}?next=/hidden", act="unblock")
    assert 'value="unblock"' not in await ada.page("/hidden")


async def test_a_server_is_hidden_for_oneself_only(ada, bob, house, clock):
    zoe = await house.database.write(add_remote, "zoe")
    await house.database.write(add_follow, ada.actor.id, zoe.id, f"{ada.actor.uri}#f", accepted=True, at=clock())
    page = await ada.page("/@zoe@there.example")
    link = re.search(r'href="(/hidden\?server=there.example)#servers"', page)[1]
    assert 'value="there.example"' in await ada.page(link)
    assert (await ada.form("/hidden", act="hide", server="https://There.example/")).status == 303
    assert await house.database.read(domain_blocks, ada.actor.id) == ["there.example"]
    assert await house.database.read(domain_blocks, bob.actor.id) == []
    assert await house.database.read(find_follow, ada.actor.id, zoe.id) is None
    assert "<bdi>there.example</bdi>" in await ada.page("/hidden")
    await ada.form("/hidden", act="show", server="there.example")
    assert await house.database.read(domain_blocks, ada.actor.id) == []


@pytest.mark.parametrize("server", ["", "not a name", '"><script>', "union.example", "x" * 400])
async def test_what_is_no_other_server_is_not_hidden(ada, house, server):
    answer = await ada.form("/hidden", act="hide", server=server)
    assert answer.status == 422 and "<script>" not in answer.text
    assert await house.database.read(domain_blocks, ada.actor.id) == []


async def test_nothing_of_a_hidden_server_is_in_conversations(ada, house, write, person, clock):
    carl = await person("carl")
    post = await write(carl, "Who comes?")
    zoe = await house.database.write(add_remote, "zoe")
    values = {
        "uri": "https://there.example/1",
        "kind": "Note",
        "author_id": zoe.id,
        "local": False,
        "visibility": "public",
        "content": "<p>I do</p>",
        "published": clock(),
        "in_reply_to_id": post.id,
        "in_reply_to_uri": post.uri,
        "thread_id": post.thread_id,
    }
    await house.database.write(add_post, values)
    assert "I do" in await ada.page(f"/@carl/{post.id}")
    await ada.form("/hidden", act="hide", server="there.example")
    assert "I do" not in await ada.page(f"/@carl/{post.id}")
