from datetime import timedelta
from xml.etree.ElementTree import fromstring

import pytest

from usi_fed.actors.service import ProfileChange
from usi_fed.actors.store import update_actor
from usi_fed.media.store import add_media
from usi_fed.posts.boosts import add_boost
from usi_fed.posts.model import PollDraft
from usi_fed.posts.store import delete_post

ATOM = "{http://www.w3.org/2005/Atom}"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
EVERY_FEED = ["/@ada.atom", "/@ada.rss", "/tags/strike.atom", "/tags/strike.rss"]


@pytest.fixture
async def ada(person):
    return await person("ada", name="Ada & Co")


@pytest.fixture
def attach(house, clock):
    """Uploads a file of somebody; gives its id for a post."""

    async def attach(owner, kind, mime, **more):
        values = {
            "owner_id": owner.id,
            "kind": kind,
            "mime": mime,
            "created_at": clock(),
            "file": f"{kind}.bin",
            **more,
        }
        return (await house.database.write(add_media, values)).id

    return attach


async def atom(browser, path="/@ada.atom"):
    return fromstring((await browser.get(path)).body)


async def rss(browser, path="/@ada.rss"):
    return fromstring((await browser.get(path)).body).find("channel")


async def test_a_profile_has_an_atom_feed_of_its_posts_newest_first(browser, ada, write):
    first = await write(ada, "We meet at six")
    second = await write(ada, "The **harbour** stands still #Strike", text_type="text/markdown", language="en")
    answer = await browser.get("/@ada.atom")
    assert answer.header("content-type") == "application/atom+xml; charset=utf-8"
    feed = fromstring(answer.body)
    assert feed.findtext(f"{ATOM}id") == "https://union.example/@ada.atom"
    assert feed.findtext(f"{ATOM}title") == "Ada & Co (@ada@union.example)"
    assert feed.findtext(f"{ATOM}updated") == "2026-03-01T12:02:00.000Z"
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}id") for entry in entries] == [second.uri, first.uri]
    assert entries[0].get(LANG) == "en"
    assert entries[0].findtext(f"{ATOM}title") == "The harbour stands still #Strike"
    content = entries[0].find(f"{ATOM}content")
    assert content.get("type") == "html"
    assert "<strong>harbour</strong>" in content.text
    assert entries[0].find(f"{ATOM}category").get("term") == "Strike"
    assert entries[0].find(f"{ATOM}link[@rel='alternate']").get("href") == second.url


async def test_a_profile_has_an_rss_feed_under_mastodons_address(browser, ada, write):
    post = await write(ada, "Η απεργία συνεχίζεται", language="el")
    answer = await browser.get("/@ada.rss")
    assert answer.header("content-type") == "application/rss+xml; charset=utf-8"
    channel = fromstring(answer.body).find("channel")
    assert channel.findtext("title") == "Ada & Co (@ada@union.example)"
    assert channel.findtext("link") == "https://union.example/@ada"
    assert channel.findtext("language") == "el"
    item = channel.find("item")
    assert item.findtext("guid") == post.uri
    assert item.findtext("link") == post.url
    assert item.findtext("pubDate") == "Sun, 01 Mar 2026 12:01:00 GMT"
    assert "Η απεργία" in item.findtext("description")


async def test_languages_are_marked_post_by_post_when_they_differ(browser, ada, write):
    await write(ada, "Bonjour", language="fr")
    await write(ada, "مرحبا", language="ar")
    channel = await rss(browser)
    assert channel.find("language") is None
    assert [item.get(LANG) for item in channel.findall("item")] == ["ar", "fr"]
    assert (await atom(browser)).get(LANG) is None


@pytest.mark.parametrize("how", [{"visibility": "private"}, {"visibility": "direct"}, {"local_only": True}])
@pytest.mark.parametrize("path", EVERY_FEED)
async def test_what_is_not_for_everybody_is_in_no_feed(browser, ada, write, path, how):
    await write(ada, "in the open #strike")
    await write(ada, "confidential #strike", **how)
    text = (await browser.get(path)).text
    assert "in the open" in text
    assert "confidential" not in text


async def test_a_profiles_feed_has_what_it_says_itself(browser, house, ada, person, write, clock):
    bob = await person("bob")
    theirs = await write(bob, "Said by Bob")
    own = await write(ada, "Said by Ada")
    await write(ada, "An answer to Bob", in_reply_to_id=theirs.id)
    await write(ada, "A second thought", in_reply_to_id=own.id)
    await house.database.write(lambda c: add_boost(c, ada, theirs.id, urls=house.urls, now=clock()))
    text = (await browser.get("/@ada.atom")).text
    assert "Said by Ada" in text
    assert "A second thought" in text
    assert "Said by Bob" not in text
    assert "An answer to Bob" not in text


@pytest.mark.parametrize("path", EVERY_FEED)
async def test_behind_a_content_warning_a_feed_shows_the_warning_only(browser, ada, write, attach, path):
    picture = await attach(ada, "image", "image/jpeg")
    await write(ada, "the details #strike", warning="Accident & injuries", media_ids=(picture,))
    answer = await browser.get(path)
    assert "the details" not in answer.text
    assert "image.bin" not in answer.text
    assert "Content warning: Accident &amp; injuries" in answer.text
    fromstring(answer.body)


async def test_our_words_in_a_feed_are_in_the_language_of_the_post(browser, ada, write):
    await write(ada, "secret", warning="Ατύχημα", language="el")
    english = await browser.get("/@ada.atom", headers={"accept-language": "en"})
    french = await browser.get("/@ada.atom", headers={"accept-language": "fr"})
    assert english.body == french.body
    assert "Content warning" not in english.text
    assert "Προειδοποίηση" in english.text


async def test_recordings_are_enclosures_that_podcast_programs_play(browser, ada, write, attach):
    picture = await attach(ada, "image", "image/jpeg", description="A red banner")
    sound = await attach(ada, "audio", "audio/mpeg", size_bytes=4321, duration_seconds=61.4)
    await write(ada, "Episode one", media_ids=(picture, sound))
    item = (await rss(browser)).find("item")
    assert item.find("enclosure").attrib == {
        "url": "https://union.example/media/audio.bin",
        "length": "4321",
        "type": "audio/mpeg",
    }
    assert item.findtext(f"{ITUNES}duration") == "61"
    assert 'alt="A red banner"' in item.findtext("description")
    links = (await atom(browser)).findall(f"{ATOM}entry/{ATOM}link[@rel='enclosure']")
    assert [link.get("type") for link in links] == ["image/jpeg", "audio/mpeg"]
    assert links[1].get("length") == "4321"


async def test_sensitive_files_are_not_handed_out(browser, ada, write, attach):
    sound = await attach(ada, "audio", "audio/mpeg", size_bytes=1)
    await write(ada, "Listen", media_ids=(sound,), sensitive=True)
    text = (await browser.get("/@ada.rss")).text
    assert "Listen" in text
    assert "audio.bin" not in text
    assert "Sensitive media" in text


async def test_a_poll_shows_its_answers(browser, ada, write, clock):
    await write(
        ada, "When?", poll=PollDraft(("Monday", "Tuesday"), multiple=False, ends_at=clock() + timedelta(days=1))
    )
    assert "<li>Monday</li><li>Tuesday</li>" in (await rss(browser)).findtext("item/description")


@pytest.mark.parametrize("path", EVERY_FEED)
async def test_an_unchanged_feed_is_not_sent_again(browser, house, ada, write, path):
    post = await write(ada, "News of the #strike")
    first = await browser.get(path)
    assert first.header("cache-control") == "public, max-age=300"
    known = {"if-none-match": first.header("etag")}
    again = await browser.get(path, headers=known)
    assert (again.status, again.body) == (304, b"")
    assert again.header("etag") == first.header("etag")
    await house.database.write(delete_post, post, ada.uri, house.clock())
    changed = await browser.get(path, headers=known)
    assert changed.status == 200
    assert "News" not in changed.text


async def test_an_empty_feed_stays_the_same(browser, ada, clock):
    first = await browser.get("/tags/nothing.atom")
    clock.time += timedelta(days=1)
    assert (await browser.get("/tags/nothing.atom")).header("etag") == first.header("etag")
    assert fromstring(first.body).findtext(f"{ATOM}updated") == "1970-01-01T00:00:00.000Z"


@pytest.mark.parametrize("path", EVERY_FEED)
async def test_a_feed_is_the_same_for_who_is_signed_in(browser, house, ada, write, path):
    await write(ada, "Hello #strike")
    stranger = await browser.get(path)
    account = await house.accounts.create(await house.actors.prepare_local("eve"), "correct horse battery")
    browser.cookies["__Host-session"] = await house.accounts.open_session(account.actor_id)
    member = await browser.get(path)
    assert (member.body, member.header("cache-control")) == (stranger.body, stranger.header("cache-control"))


async def test_feeds_go_on_with_older_posts(browser, ada, write):
    for number in range(17):
        await write(ada, f"message number {number}.")
    feed = await atom(browser)
    older = feed.find(f"{ATOM}link[@rel='next']").get("href")
    second = await browser.get(older.removeprefix("https://union.example"))
    assert "number 16." not in second.text
    assert "number 1." in second.text
    assert fromstring(second.body).find(f"{ATOM}link[@rel='self']").get("href") == older


async def test_characters_that_xml_cannot_carry_are_left_out(browser, house, ada, write):
    await house.database.write(update_actor, ada.id, name="A\x0bda\ufffe")
    await write(ada, "Hello")
    assert (await atom(browser)).findtext(f"{ATOM}title") == "Ada (@ada@union.example)"


async def test_who_has_no_page_has_no_feed(browser, house, ada, clock):
    for ending in (".atom", ".rss"):
        assert (await browser.get(f"/@nobody{ending}")).status == 404
        assert (await browser.get(f"/@union.example{ending}")).status == 404
        assert (await browser.get(f"/tags/!!{ending}")).status == 404
    await house.database.write(update_actor, ada.id, suspended_at=clock())
    assert (await browser.get("/@ada.rss")).status == 403
    await house.database.write(update_actor, ada.id, deleted_at=clock())
    assert (await browser.get("/@ada.rss")).status == 410


async def test_pages_name_their_feeds(browser, ada):
    profile, tag = (await browser.get("/@ada")).text, (await browser.get("/tags/Απεργία")).text
    for ending, kind in (("atom", "application/atom+xml"), ("rss", "application/rss+xml")):
        assert f'<link rel="alternate" type="{kind}" title="Ada &amp; Co (@ada@union.example)"' in profile
        assert f'href="/@ada.{ending}"' in profile
        assert f'href="/tags/%CE%B1%CF%80%CE%B5%CF%81%CE%B3%CE%AF%CE%B1.{ending}"' in tag


async def test_a_profiles_words_describe_its_feed(browser, house, ada):
    await house.actors.change_profile(ada, ProfileChange(summary="Cranes & ropes"))
    assert (await rss(browser)).findtext("description") == "Cranes & ropes"
    assert (await atom(browser)).findtext(f"{ATOM}subtitle") == "Cranes & ropes"
