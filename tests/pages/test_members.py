"""What members read and do in the browser, without any script."""

import re

import pytest

from tests.actors.factories import add_remote
from tests.api.asgi import Browser
from tests.api.test_accounts import picture
from usi_fed.actors.follows_store import add_follow, find_follow
from usi_fed.actors.store import get_actor
from usi_fed.app import Doors
from usi_fed.posts.model import PollDraft
from usi_fed.posts.store import get_post

PASSWORD = "correct horse battery"


class Member:
    """Somebody at a browser of their own."""

    def __init__(self, browser, actor):
        self.browser, self.actor = browser, actor

    async def page(self, path):
        answer = await self.browser.get(path)
        assert answer.status == 200, answer.text
        return answer.text

    async def form(self, path, page="/home", **fields):
        token = re.search(r'name="form_token" value="([^"]+)"', await self.page(page))[1]
        return await self.browser.post(path, {"form_token": token, **fields})

    async def compose(self, path="/write", files=(), **fields):
        """Fill in the form that is at a path, and send it."""
        page = await self.page(path)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
        action = path.partition("?")[0]
        return await self.browser.upload("POST", action, files, {**hidden, "act": "publish", **fields})


@pytest.fixture
async def member(house):
    async def member(name):
        account = await house.accounts.create(await house.actors.prepare_local(name), PASSWORD)
        browser = Browser(Doors(house))
        browser.cookies["__Host-session"] = await house.accounts.open_session(account.actor_id)
        return Member(browser, await house.database.read(get_actor, account.actor_id))

    return member


@pytest.fixture
async def ada(member):
    return await member("ada")


@pytest.fixture
async def bob(member):
    return await member("bob")


def id_in(answer):
    assert answer.status == 303, answer.text
    return int(answer.header("location").rpartition("/")[2])


PRIVATE_PAGES = (
    "/home", "/here", "/everywhere", "/messages", "/bookmarks", "/likes", "/notifications", "/requests", "/search",
    "/write", "/lists/1", "/@zoe@there.example",
)  # fmt: skip


@pytest.mark.parametrize("path", PRIVATE_PAGES)
async def test_strangers_are_asked_to_sign_in(browser, house, path):
    await house.database.write(add_remote, "zoe")
    answer = await browser.get(path)
    assert answer.status == 303
    assert answer.header("location").startswith("/log-in?next=%2F")


async def test_a_member_is_led_home_and_a_stranger_to_the_door(browser, ada):
    assert (await ada.browser.get("/")).header("location") == "/home"
    assert "Harbour Union" in await ada.page("/about")
    assert (await browser.get("/")).status == 200


async def test_what_is_written_is_at_home_of_who_follows(ada, bob):
    assert (await ada.form(f"/people/{bob.actor.id}?next=/@bob", act="follow")).header("location") == "/@bob"
    post_id = id_in(await bob.compose(text="The <b>crane</b> stands still", visibility="private"))
    assert "The &lt;b&gt;crane&lt;/b&gt; stands still" in await ada.page("/home")
    assert f'id="p{post_id}"' in await ada.page(f"/@bob/{post_id}")
    assert "Follows you" in await bob.page("/@ada")


async def test_a_limited_post_is_nothing_to_who_does_not_follow(ada, bob, browser):
    post_id = id_in(await bob.compose(text="for followers", visibility="private"))
    for reader in (ada.browser, browser):
        assert (await reader.get(f"/@bob/{post_id}")).status == 404
        assert "for followers" not in (await reader.get("/@bob")).text


async def test_an_answer_names_who_is_answered_and_goes_no_further(ada, bob):
    asked = id_in(await bob.compose(text="@ada come at six?", visibility="direct", warning="secret"))
    page = await ada.page(f"/write?answer={asked}")
    assert ">@bob </textarea>" in page
    assert 'value="direct" checked' in page
    assert 'name="warning" value="secret"' in page
    id_in(await ada.compose(f"/write?answer={asked}", text="@bob yes", visibility="direct"))
    assert "yes" in await bob.page("/messages")
    assert "names you" in await bob.page("/notifications")


async def test_news_are_counted_until_they_were_looked_at(ada, bob):
    await ada.form(f"/people/{bob.actor.id}", act="follow")
    assert '<span class="news">1 ' in await bob.page("/home")
    assert "follows you" in await bob.page("/notifications")
    assert 'class="news"' not in await bob.page("/home")


@pytest.mark.parametrize(
    ("act", "back", "words"),
    [
        ("like", "unlike", "Take the like back"),
        ("boost", "unboost", "Take the boost back"),
        ("bookmark", "unbookmark", "Remove the bookmark"),
        ("mute", "unmute", "Hear of this conversation again"),
    ],
)
async def test_what_was_done_with_a_post_can_be_taken_back(ada, bob, act, back, words):
    post_id = id_in(await bob.compose(text="hello"))
    page = f"/@bob/{post_id}"
    assert (await ada.form(f"/posts/{post_id}?next=/home%23p{post_id}", act=act)).header("location") == (
        f"/home#p{post_id}"
    )
    assert words in await ada.page(page)
    await ada.form(f"/posts/{post_id}", act=back)
    assert words not in await ada.page(page)


async def test_own_posts_are_pinned_corrected_and_deleted(ada, browser):
    post_id = id_in(await ada.compose(text="frist"))
    await ada.form(f"/posts/{post_id}", act="pin")
    assert "Pinned" in (await browser.get("/@ada")).text
    assert ">frist</textarea>" in await ada.page(f"/posts/{post_id}/edit")
    assert id_in(await ada.compose(f"/posts/{post_id}/edit", text="first")) == post_id
    assert "first" in (await browser.get(f"/@ada/{post_id}")).text
    await ada.form(f"/posts/{post_id}", act="delete")
    assert (await browser.get(f"/@ada/{post_id}")).status == 410


@pytest.mark.parametrize("query", ["", "?max_id=9", "/history"])
async def test_who_deletes_a_post_on_its_own_page_comes_to_their_profile(ada, bob, query):
    post_id = id_in(await ada.compose(text="frist"))
    gone = await ada.form(f"/posts/{post_id}?next=/@ada/{post_id}{query}%23p{post_id}", act="delete")
    assert gone.header("location") == "/@ada?deleted"
    assert "Your post is deleted." in await ada.page("/@ada?deleted")
    assert "is deleted" not in await ada.page("/@ada") + await bob.page("/@ada?deleted")


async def test_who_deletes_an_answer_below_a_post_stays_there(ada, bob):
    asked = id_in(await bob.compose(text="Who comes?"))
    post_id = id_in(await ada.compose(f"/write?answer={asked}", text="@bob I do"))
    gone = await ada.form(f"/posts/{post_id}?next=/@bob/{asked}%23p{post_id}", act="delete")
    assert gone.header("location") == f"/@bob/{asked}#p{post_id}"


async def test_nobody_changes_what_another_wrote(ada, bob):
    post_id = id_in(await bob.compose(text="mine"))
    assert (await ada.browser.get(f"/posts/{post_id}/edit")).status == 404
    assert (await ada.form(f"/posts/{post_id}", act="delete")).status == 404
    assert (await ada.form(f"/posts/{post_id}", act="pin")).status == 404
    assert "mine" in await ada.page(f"/@bob/{post_id}")


async def test_a_poll_is_made_and_voted_on(ada, bob):
    fields = {"option-0": "Strike", "option-1": "Wait", "poll_days": "7"}
    post_id = id_in(await bob.compose(text="What now?", **fields))
    page = await ada.page(f"/@bob/{post_id}")
    assert 'type="radio" name="choice" value="1"' in page
    await ada.form(f"/posts/{post_id}", act="vote", choice="1")
    page = await ada.page(f"/@bob/{post_id}")
    assert "1 person voted" in page and "(your vote)" in page and 'value="vote"' not in page
    assert (await ada.form(f"/posts/{post_id}", act="vote", choice="0")).status == 422
    assert 'value="vote"' not in await bob.page(f"/@bob/{post_id}"), "nobody votes in their own poll"


async def test_correcting_the_words_of_a_poll_leaves_the_poll_and_the_votes(ada, bob):
    post_id = id_in(await bob.compose(text="What now", **{"option-0": "Strike", "option-1": "Wait"}))
    await ada.form(f"/posts/{post_id}", act="vote", choice="1")
    await bob.compose(f"/posts/{post_id}/edit", text="What now?")
    page = await ada.page(f"/@bob/{post_id}")
    assert "What now?" in page and "1 person voted" in page and "(your vote)" in page


async def test_of_several_choices_each_is_counted(ada, write, person):
    carl = await person("carl")
    post = await write(carl, "Which days?", poll=PollDraft(("Monday", "Friday", "Sunday"), True, None))
    assert (await ada.form(f"/posts/{post.id}", act="vote", **{"choice-0": "on", "choice-2": "on"})).status == 303
    assert (await ada.page(f"/@carl/{post.id}")).count("(your vote)") == 2


async def test_the_same_form_twice_makes_one_post(ada):
    page = await ada.page("/write")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    fields = {**hidden, "text": "once", "act": "publish"}
    first, second = [await ada.browser.upload("POST", "/write", (), fields) for _ in range(2)]
    assert id_in(first) == id_in(second)


async def test_what_was_typed_comes_back_with_what_is_wrong(ada):
    answer = await ada.compose(text="x" * 5001, warning="long", visibility="unlisted", local_only="on")
    assert answer.status == 422
    assert "x" * 5001 in answer.text
    assert 'value="long"' in answer.text and 'value="unlisted" checked' in answer.text
    assert 'name="local_only" checked' in answer.text
    assert "at most 5000" in answer.text


async def test_who_was_signed_out_meanwhile_loses_nothing(ada, house):
    page = await ada.page("/write")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    await house.accounts.close_session(ada.browser.cookies["__Host-session"])
    answer = await ada.browser.upload("POST", "/write", (), {**hidden, "text": "a long speech", "act": "publish"})
    assert answer.status == 403
    assert ">a long speech</textarea>" in answer.text and "You are signed out" in answer.text
    ada.browser.cookies["__Host-session"] = await house.accounts.open_session(ada.actor.id)
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
    id_in(await ada.browser.upload("POST", "/write", (), {**hidden, "text": "a long speech", "act": "publish"}))


async def test_pictures_are_asked_words_for_and_go_without_when_wanted(ada, browser):
    file = ("upload-0", "crane.png", "image/png", picture())
    asked = await ada.compose(files=[file], text="Look")
    assert asked.status == 422
    assert "needs your words for them" in asked.text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', asked.text))
    [number] = [name.removeprefix("file-") for name in hidden if name.startswith("file-")]
    described = {**hidden, f"description-{number}": "A crane", "text": "Look", "act": "publish"}
    post_id = id_in(await ada.browser.upload("POST", "/write", (), described))
    assert 'alt="A crane"' in (await browser.get(f"/@ada/{post_id}")).text
    asked = await ada.compose(files=[file], text="Again")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', asked.text))
    id_in(await ada.browser.upload("POST", "/write", (), {**hidden, "text": "Again", "act": "publish"}))


async def test_a_file_that_cannot_be_taken_is_named_and_the_rest_stays(ada):
    files = [("upload-0", "good.png", "image/png", picture()), ("upload-1", "bad.exe", "image/png", b"MZ")]
    answer = await ada.compose(files=files, text="Look", **{"words-0": "good"})
    assert answer.status == 422
    assert "bad.exe: " in answer.text
    assert answer.text.count('name="file-') == 1 and ">good</textarea>" in answer.text


async def test_it_is_said_where_a_post_will_go(ada, house, clock):
    zoe = await house.database.write(add_remote, "zoe")
    await house.database.write(add_follow, zoe.id, ada.actor.id, f"{zoe.uri}#f", accepted=True, at=clock())
    limited = await ada.compose(text="@x@else.example hi", visibility="private", act="check")
    assert "to 2 other servers" in limited.text
    assert "<bdi>else.example</bdi>, <bdi>there.example</bdi>" in limited.text
    assert "may fetch it" not in limited.text
    message = await ada.compose(text="@x@else.example hi", visibility="direct", act="check")
    assert "to 1 other server<" in message.text and "there.example" not in message.text
    here = await ada.compose(text="@x@else.example hi", local_only="on", act="check")
    assert "not be sent to any other server" in here.text


async def test_a_post_of_this_server_only_stays_here(ada, browser, house):
    post_id = id_in(await ada.compose(text="among us", local_only="on"))
    assert (await house.database.read(get_post, post_id)).local_only
    assert "Only on this server" in await ada.page(f"/@ada/{post_id}")
    assert (await browser.get(f"/@ada/{post_id}")).status == 404


@pytest.mark.parametrize("path", ["/posts/1", "/people/1"])
async def test_another_site_sends_no_form(ada, path):
    answer = await ada.browser.post(path, {"act": "like", "form_token": "forged"})
    assert answer.status == 403
    assert "open for too long" in answer.text


async def test_another_site_writes_nothing(ada, browser):
    answer = await ada.browser.upload("POST", "/write", (), {"text": "not mine", "act": "publish", "form_token": "x"})
    assert answer.status == 403
    assert "not mine" not in (await browser.get("/@ada")).text


async def test_a_button_that_is_none_is_told(ada, bob):
    post_id = id_in(await bob.compose(text="hello"))
    assert (await ada.form(f"/posts/{post_id}", act="explode")).status == 422
    assert (await ada.form(f"/people/{bob.actor.id}", act="explode")).status == 422
    assert (await ada.form("/people/1", act="follow")).status == 404
    assert (await ada.form(f"/people/{ada.actor.id}", act="mute")).status == 422


async def test_requests_are_answered(ada, bob, house, clock):
    uri = f"{ada.actor.uri}#1"
    await house.database.write(add_follow, ada.actor.id, bob.actor.id, uri, accepted=False, at=clock())
    assert 'value="accept"' in await bob.page("/requests")
    await bob.form(f"/people/{ada.actor.id}?next=/requests", act="accept")
    assert (await house.database.read(find_follow, ada.actor.id, bob.actor.id)).accepted
    assert "Nobody is waiting" in await bob.page("/requests")


async def test_block_and_mute_are_shown_and_ended(ada, bob):
    for act, back, word in (("mute", "unmute", "Muted"), ("block", "unblock", "Blocked")):
        await ada.form(f"/people/{bob.actor.id}", act=act)
        assert f"<span>{word}</span>" in await ada.page("/@bob")
        await ada.form(f"/people/{bob.actor.id}", act=back)
        assert f"<span>{word}</span>" not in await ada.page("/@bob")


async def test_people_tags_and_posts_are_found(ada, bob):
    id_in(await bob.compose(text="About the #crane strike"))
    await ada.form(f"/people/{bob.actor.id}", act="follow")
    assert 'href="/@bob"' in await ada.page("/search?q=bo")
    assert 'href="/tags/crane"' in await ada.page("/search?q=%23cra")
    assert (await ada.browser.get("/search?q=@bob@union.example")).header("location") == "/@bob"
    page = await ada.page("/search?q=%3Cscript%3Ealert(1)%3C/script%3E")
    assert "<script>" not in page and "Nothing was found" in page


async def test_a_list_is_only_its_owners(ada, bob, house):
    assert (await ada.browser.get("/lists/12345")).status == 404


async def test_pages_are_turned(ada, write, person):
    carl = await person("carl")
    for number in range(16):
        await write(carl, f"number {number}")
    page = await ada.page("/here")
    assert "number 15" in page and "number 0<" not in page
    older = re.search(r'rel="next" href="(\?max_id=\d+)"', page)[1]
    page = await ada.page(f"/here{older}")
    assert "number 0<" in page and 'href="/here">Newest' in page
