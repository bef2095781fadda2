import gzip
import re
from datetime import timedelta

import pytest

from tests.actors.factories import add_remote
from usi_fed.actors.service import ProfileChange
from usi_fed.actors.store import update_actor
from usi_fed.media.store import add_media
from usi_fed.posts.boosts import add_boost
from usi_fed.posts.model import PollDraft, Wording
from usi_fed.posts.store import add_post, change_post, delete_post
from usi_fed.unions.founding import Description

MOST_BYTES = 50_000
ACTIVITY = {"accept": "application/activity+json"}
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
async def ada(person):
    return await person("ada", name="Ada & Co")


@pytest.fixture
def remote_post(house, clock):
    """Stores a post of somebody elsewhere."""

    async def remote_post(name="zoe", content="<p>From afar</p>", author=None, **more):
        clock.time += timedelta(minutes=1)

        def unit(connection):
            actor = add_remote(connection, name, **(author or {}))
            uri = f"{actor.uri}/posts/{clock().timestamp()}"
            values = {"uri": uri, "url": uri, "kind": "Note", "author_id": actor.id, "local": False}
            values |= {"visibility": "public", "content": content, "published": clock(), **more}
            return add_post(connection, values)

        return await house.database.write(unit)

    return remote_post


def page_of(post):
    return post.url.removeprefix("https://union.example")


async def test_the_page_of_an_organisation_says_what_it_is_below_its_own_lines(house, browser):
    await house.unions.found("dockers", "Dockers", Description("Union", country="ZA"), None, None)
    branch = Description("Branch", parent_uri="https://union.example/users/dockers")
    port = await house.unions.found("port", "Port", branch, None, None)
    line = {"name": "Gate", "value": "Four"}
    await house.publisher.update_profile(port, ProfileChange(fields=[line]))
    page = (await browser.get("/@port", headers=BROWSER)).text
    assert page.index("Gate") < page.index("Part of")
    assert re.search(r'<dt>Part of</dt><dd><a href="/@dockers"><bdi>Dockers</bdi></a></dd>', page)
    assert page.count("Part of") == 1
    assert "South Africa" in (await browser.get("/@dockers", headers=BROWSER)).text


async def test_every_page_forbids_scripts_frames_and_foreign_files(browser, ada, write):
    post = await write(ada, "Hello #strike")
    for path in ("/", "/@ada", page_of(post), "/tags/strike", "/nothing", "/log-in"):
        answer = await browser.get(path)
        policy = answer.header("content-security-policy")
        assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'; media-src 'self'")
        assert "frame-ancestors 'none'" in policy
        assert "<script" not in answer.text
        assert " style=" not in answer.text
        assert answer.header("content-type") == "text/html; charset=utf-8"


async def test_door_says_what_the_server_is_who_runs_it_and_what_is_new(browser, ada, write):
    await write(ada, "We meet at six")
    text = (await browser.get("/")).text
    assert "Dockers &amp; crane drivers" in text
    assert "mailto:office@union.example" in text
    assert ">1 person<" in text
    assert ">1 post<" in text
    assert "We meet at six" in text
    assert "@name@union.example" in text


async def test_door_shows_neither_local_only_nor_hidden_posts(browser, ada, write):
    await write(ada, "for members", local_only=True)
    await write(ada, "for followers", visibility="private")
    await write(ada, "for nobody", visibility="direct")
    text = (await browser.get("/")).text
    assert "for members" not in text
    assert "for followers" not in text
    assert "for nobody" not in text


async def test_profile_shows_the_actor_and_its_public_posts_only(browser, house, ada, write):
    await write(ada, "in the open")
    await write(ada, "for members", local_only=True)
    await write(ada, "for followers", visibility="private")
    text = (await browser.get("/@Ada")).text
    assert "Ada &amp; Co" in text
    assert "@ada@union.example" in text
    assert "in the open" in text
    assert "for members" not in text
    assert "for followers" not in text
    assert '<link rel="alternate" type="application/activity+json" href="https://union.example/users/ada">' in text
    assert '<meta property="og:type" content="profile">' in text


async def test_links_of_a_profile_say_that_they_lead_to_the_same_person(browser, house, ada):
    value = '<a href="https://ada.example/" rel="nofollow noopener">ada.example</a>'
    await house.actors.change_profile(ada, ProfileChange(fields=[{"name": "Web", "value": value}]))
    assert '<a href="https://ada.example/" rel="me nofollow noopener">' in (await browser.get("/@ada")).text


async def test_counts_of_a_person_who_hides_relations_are_hidden(browser, house, ada):
    await house.actors.change_profile(ada, ProfileChange(hides_relations=True))
    text = (await browser.get("/@ada")).text
    assert "Followers are hidden" in text
    assert "0 followers" not in text


async def test_a_profile_is_kept_from_search_engines_unless_it_wants_to_be_found(browser, house, ada):
    assert '<meta name="robots" content="noindex' in (await browser.get("/@ada")).text
    await house.actors.change_profile(ada, ProfileChange(indexable=True))
    assert '<meta name="robots"' not in (await browser.get("/@ada")).text


async def test_profile_goes_on_with_older_posts(browser, ada, write):
    for number in range(17):
        await write(ada, f"message number {number}.")
    first = (await browser.get("/@ada")).text
    assert "number 16." in first
    assert "number 1." not in first
    older = re.search(r'href="(\?max_id=\d+)"', first)[1]
    second = (await browser.get(f"/@ada{older}")).text
    assert "number 1." in second
    assert "number 16." not in second
    assert 'rel="next"' not in second


async def test_a_boost_shows_what_it_passes_on_with_the_boosters_name(browser, house, ada, remote_post, clock):
    post = await remote_post()
    await house.database.write(lambda c: add_boost(c, ada, post.id, urls=house.urls, now=clock()))
    text = (await browser.get("/@ada")).text
    assert "From afar" in text
    assert "</a> boosted</span>" in text
    assert "@zoe@there.example" in text


async def test_pictures_of_others_come_through_us(browser, house, ada, remote_post, clock):
    post = await remote_post(author={"icon_url": "https://there.example/icon.png"})
    media = {"owner_id": post.author_id, "post_id": post.id, "position": 0, "kind": "image", "mime": "image/png"}
    media |= {"remote_url": "https://there.example/a.png", "description": 'A "banner"', "created_at": clock()}
    file = await house.database.write(add_media, media)
    await house.database.write(lambda c: add_boost(c, ada, post.id, urls=house.urls, now=clock()))
    text = (await browser.get("/@ada")).text
    assert f'src="{house.urls.paths.remote_media(post.author_id, "icon")}"' in text
    assert f'src="{house.urls.paths.remote_media(file.id, "preview")}" alt="A &#34;banner&#34;"' in text
    assert "there.example/icon.png" not in text
    assert "there.example/a.png" not in text


async def test_custom_emoji_become_pictures_in_text_but_not_inside_of_tags(browser, house, ada, remote_post, clock):
    content = '<p>:flag: <a href="https://x.example/:flag:" rel="nofollow">a &gt; :flag:</a></p>'
    emojis = [{"shortcode": "flag", "url": "https://there.example/flag.png"}]
    post = await remote_post(content=content, emojis=emojis)
    await house.database.write(lambda c: add_boost(c, ada, post.id, urls=house.urls, now=clock()))
    text = (await browser.get("/@ada")).text
    address = house.urls.paths.foreign_emoji("https://there.example/flag.png", "there.example")
    assert text.count(f'<img class="emoji" src="{address}" alt=":flag:"') == 2
    assert 'href="https://x.example/:flag:"' in text


async def test_pages_show_no_files_of_servers_whose_media_are_rejected(browser, house, ada, remote_post, clock):
    emojis = [{"shortcode": "flag", "url": "https://cdn.example/flag.png"}]
    author = {"icon_url": "https://cdn.example/icon.png", "emojis": emojis, "name": "Zoe :flag:"}
    post = await remote_post(content="<p>:flag:</p>", emojis=emojis, author=author)
    file = {"owner_id": post.author_id, "post_id": post.id, "kind": "image", "mime": "image/png"}
    file |= {"remote_url": "https://cdn.example/a.png", "created_at": clock()}
    await house.database.write(add_media, file)
    await house.database.write(lambda c: add_boost(c, ada, post.id, urls=house.urls, now=clock()))
    assert (await browser.get("/@ada")).text.count("/media/") == 5
    await house.domains.put({"domain": "there.example", "severity": "noop", "reject_media": True}, None)
    text = (await browser.get("/@ada")).text
    assert "/media/" not in text and ":flag:" in text


async def test_a_post_shows_its_conversation_in_order(browser, ada, write):
    first = await write(ada, "the question")
    post = await write(ada, "the middle", in_reply_to_id=first.id)
    await write(ada, "the answer", in_reply_to_id=post.id)
    await write(ada, "for followers", in_reply_to_id=post.id, visibility="private")
    answer = await browser.get(page_of(post))
    assert answer.status == 200
    places = [answer.text.index(f"<p>the {word}</p>") for word in ("question", "middle", "answer")]
    assert places == sorted(places)
    assert "for followers" not in answer.text
    assert '<meta property="og:type" content="article">' in answer.text
    assert f'type="application/activity+json" href="{post.uri}"' in answer.text


async def test_limited_and_suspended_people_do_not_appear_in_others_conversations(
    browser, house, ada, write, remote_post, clock
):
    post = await write(ada, "the question")
    reply = {"in_reply_to_id": post.id, "thread_id": post.thread_id}
    await remote_post("lim", "<p>from the limited</p>", {"silenced_at": clock()}, **reply)
    await remote_post("sus", "<p>from the suspended</p>", {"suspended_at": clock()}, **reply)
    await remote_post("kim", "<p>from a friend</p>", **reply)
    text = (await browser.get(page_of(post))).text
    assert "from a friend" in text
    assert "from the limited" not in text
    assert "from the suspended" not in text


async def test_long_conversations_have_pages(browser, ada, write):
    post = await write(ada, "the question")
    for number in range(17):
        await write(ada, f"answer number {number}.", in_reply_to_id=post.id)
    first = (await browser.get(page_of(post))).text
    assert "number 14." in first
    assert "number 15." not in first
    assert "?from=15#answers" in first
    second = (await browser.get(f"{page_of(post)}?from=15")).text
    assert "number 16." in second
    assert "More answers" not in second


@pytest.mark.parametrize("how", [{"visibility": "private"}, {"visibility": "direct"}, {"local_only": True}])
async def test_what_is_not_for_everybody_looks_as_if_it_were_not_there(browser, ada, write, how):
    post = await write(ada, "secret", **how)
    answer = await browser.get(page_of(post))
    missing = await browser.get("/@ada/1")
    assert (answer.status, answer.body) == (404, missing.body)


async def test_a_post_is_found_under_its_authors_name_only(browser, ada, person, write):
    await person("bob")
    post = await write(ada, "mine")
    assert (await browser.get(f"/@bob/{post.id}")).status == 404


async def test_a_deleted_post_is_gone(browser, house, ada, write, clock):
    post = await write(ada, "regret")
    await house.database.write(delete_post, post, ada.uri, clock())
    answer = await browser.get(page_of(post))
    assert answer.status == 410
    assert "This has been deleted" in answer.text


async def test_deleted_and_suspended_people_have_no_page(browser, house, ada, write, clock):
    post = await write(ada, "still stored")
    await house.database.write(update_actor, ada.id, suspended_at=clock())
    assert [(await browser.get(path)).status for path in ("/@ada", page_of(post))] == [403, 403]
    await house.database.write(update_actor, ada.id, deleted_at=clock())
    assert [(await browser.get(path)).status for path in ("/@ada", page_of(post))] == [410, 410]


async def test_a_content_warning_hides_the_post_and_its_preview(browser, ada, write):
    post = await write(ada, "the details", warning="Accident <at> work")
    text = (await browser.get(page_of(post))).text
    assert re.search(r"<details><summary[^>]*>Accident &lt;at&gt; work</summary>.*the details", text, re.DOTALL)
    head = text.partition("</head>")[0]
    assert "the details" not in head
    assert "Content warning: Accident" in head


async def test_a_poll_shows_its_results(browser, house, ada, write, clock):
    poll = PollDraft(("Monday", "Tuesday"), multiple=False, ends_at=clock() + timedelta(days=1))
    post = await write(ada, "When?", poll=poll)
    text = (await browser.get(page_of(post))).text
    assert '<meter min="0" max="100" value="0" aria-label="Monday">' in text
    assert re.search(r"Open until <time [^>]*>2 March 2026, 12:00 UTC", text)
    clock.time += timedelta(days=2)
    assert "Closed" in (await browser.get(page_of(post))).text


async def test_results_of_a_poll_that_hides_them_are_secret_until_its_end(browser, ada, write, clock):
    poll = PollDraft(("Monday", "Tuesday"), multiple=False, ends_at=clock() + timedelta(days=1), hides_totals=True)
    post = await write(ada, "When?", poll=poll)
    assert "<meter" not in (await browser.get(page_of(post))).text


async def test_quotes_are_shown_when_they_are_accepted_and_public(browser, house, ada, write):
    quoted = await write(ada, "the original")
    post = await write(ada, "look at this", quote_of_id=quoted.id)
    text = (await browser.get(page_of(post))).text
    assert re.search(r'<blockquote class="quote">.*the original', text, re.DOTALL)
    await house.database.write(change_post, post.id, quote_state="revoked")
    text = (await browser.get(page_of(post))).text
    assert "the original" not in text
    assert "The quoted post is not shown here." in text


async def test_long_articles_stand_in_lists_with_title_and_first_words(browser, ada, write):
    post = await write(ada, "word " * 2000, title="Ten years")
    listed, whole = (await browser.get("/@ada")).text, (await browser.get(page_of(post))).text
    assert "Ten years" in listed
    assert listed.count("word") < 200
    assert "Read all of it" in listed
    assert whole.count("word ") > 1990


async def test_a_full_page_stays_below_fifty_kilobytes(browser, ada, write):
    for _ in range(16):
        await write(ada, "Η ένωση μας. " * 110 + "#strike")
    for path in ("/", "/@ada", "/tags/strike"):
        assert len((await browser.get(path)).body) <= MOST_BYTES


async def test_a_tag_page_shows_posts_with_the_tag_in_any_spelling(browser, ada, write):
    await write(ada, "We stop #Strike")
    await write(ada, "Something else")
    answer = await browser.get("/tags/STRIKE")
    assert "We stop" in answer.text
    assert "Something else" not in answer.text
    assert (await browser.get("/tags/!!")).status == 404


async def test_programs_that_ask_for_activitypub_are_sent_to_the_object(browser, ada, write):
    post = await write(ada, "Hello")
    profile = await browser.get("/@ada", headers=ACTIVITY)
    assert (profile.status, profile.header("location")) == (302, "https://union.example/users/ada")
    answer = await browser.get(page_of(post), headers=ACTIVITY)
    assert (answer.status, answer.header("location")) == (302, post.uri)
    assert answer.header("vary") == "Accept"


async def test_browsers_are_sent_from_the_object_to_its_page(browser, ada, write):
    post = await write(ada, "Hello")
    for uri in (ada.uri, post.uri):
        answer = await browser.get(uri.removeprefix("https://union.example"), headers=BROWSER)
        assert answer.status == 302
    assert answer.header("location") == post.url


async def test_an_unknown_address_is_a_page_for_people_and_json_for_programs(browser):
    page = await browser.get("/no/such/page", headers=BROWSER)
    assert page.status == 404
    assert "There is nothing here" in page.text
    answer = await browser.get("/no/such/page", headers=ACTIVITY)
    assert answer.status == 404
    assert answer.json["error"] == "Record not found"


@pytest.mark.parametrize("path", ["/@ada?max_id=x", "/@ada?max_id=99999999999999999999", "/@ada?max_id=-1"])
async def test_a_page_number_that_is_none_gives_the_first_page(browser, ada, write, path):
    await write(ada, "Hello")
    answer = await browser.get(path)
    assert answer.status == 200
    assert "Hello" in answer.text


async def test_an_id_beyond_every_number_is_nothing(browser, ada):
    assert (await browser.get("/@ada/99999999999999999999")).status == 404


async def test_the_instance_actor_has_no_profile(browser):
    assert (await browser.get("/@union.example")).status == 404
    assert "Harbour Union" in (await browser.get("/about")).text


async def test_a_full_page_of_long_posts_in_six_languages_stays_below_fifty_kilobytes(browser, ada, write):
    """With its style sheet; the other languages are one link away."""
    words = "Η ένωση συνεχίζει τον αγώνα. " * 48  # 1400 letters, two bytes each
    others = [Wording(one, words) for one in ("en", "fr", "es", "pt", "ar")]
    for _ in range(20):
        post = await write(ada, f"{words} #strike", language="el", wordings=tuple(others))
        await write(ada, "Έτσι είναι, συνάδελφοι! " * 29, in_reply_to_id=post.id)
    sheet = len((await browser.get("/static/site.css")).body)
    for path in ("/", "/about", "/@ada", "/tags/strike", page_of(post)):
        answer = await browser.get(path)
        assert answer.status == 200
        assert len(answer.body) + sheet <= MOST_BYTES, path
        assert 'hreflang="fr"' in answer.text, path


async def test_a_profile_whose_posts_did_not_fit_goes_on_with_the_next_one(browser, ada, write):
    for number in range(30):
        await write(ada, f"number {number}. " + "Ελλάδα " * 80)
    seen, path = [], "/@ada"
    while path:
        text = (await browser.get(path)).text
        seen += [int(one) for one in re.findall(r"<p[^>]*>number (\d+)\.", text)]
        link = re.search(r'rel="next" href="(\?max_id=\d+)"', text)
        path = f"/@ada{link[1]}" if link else ""
    assert seen == list(reversed(range(30)))


async def test_answers_that_did_not_fit_come_with_the_next_page(browser, ada, write):
    post = await write(ada, "the question")
    for number in range(20):
        await write(ada, f"answer {number}. " + "Ελλάδα " * 80, in_reply_to_id=post.id)
    seen, query = [], ""
    while query is not None:
        text = (await browser.get(f"{page_of(post)}{query}")).text
        seen += [int(one) for one in re.findall(r"<p[^>]*>answer (\d+)\.", text)]
        link = re.search(r'rel="next" href="(\?from=\d+)#answers"', text)
        query = link[1] if link else None
    assert seen == list(range(20))


async def test_a_link_shows_a_post_in_the_language_it_names(browser, ada, write):
    words = [Wording("fr", "Nous continuons. " * 600)]
    post = await write(ada, "We go on. " * 900, language="en", wordings=tuple(words))
    listed = (await browser.get("/@ada")).text
    assert "Nous continuons" not in listed
    assert f'href="/@ada/{post.id}?in=fr"' in listed
    usual, french = (await browser.get(page_of(post))).text, (await browser.get(f"{page_of(post)}?in=fr")).text
    assert usual.count("We go on") > 890 and usual.count("Nous continuons") == 0
    assert french.count("Nous continuons") > 590 and french.count("We go on") < 20
    assert (await browser.get(f"{page_of(post)}?in=%22%3E%3Cb%3E")).text.count("We go on") > 890


async def test_who_asks_for_it_gets_open_pages_packed(browser, ada, write):
    await write(ada, "Hello " * 100)
    plain = await browser.get("/@ada")
    assert plain.header("content-encoding") is None
    assert "Accept-Encoding" in plain.header("vary")
    for path in ("/@ada", "/static/site.css"):
        whole = (await browser.get(path)).body
        answer = await browser.get(path, headers={"accept-encoding": "br, gzip;q=0.9"})
        assert answer.header("content-encoding") == "gzip"
        assert gzip.decompress(answer.body) == whole
        assert len(answer.body) < len(whole) / 2
        assert int(answer.header("content-length")) == len(answer.body)
        refused = await browser.get(path, headers={"accept-encoding": "gzip;q=0"})
        assert refused.header("content-encoding") is None
    tag = answer.header("etag")
    again = await browser.get("/static/site.css", headers={"accept-encoding": "gzip", "if-none-match": tag})
    assert again.status == 304


async def test_pages_with_a_forms_token_are_not_packed_and_each_has_another(browser):
    first = await browser.get("/log-in", headers={"accept-encoding": "gzip"})
    again = await browser.get("/log-in", headers={"accept-encoding": "gzip"})
    assert first.header("content-encoding") is None
    tokens = [re.search(r'name="form_token" value="([^"]+)"', one.text)[1] for one in (first, again)]
    assert tokens[0] != tokens[1]
