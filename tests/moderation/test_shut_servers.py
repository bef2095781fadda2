"""Servers that are shut out, through the front door: every way in, and back again when the rule is dropped."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from tests.api.test_media import picture
from tests.moderation.conftest import open_place
from tests.peer import PUBLIC, stamp, until
from usi_fed.activitypub.signatures import sign_cavage
from usi_fed.actors.follows_store import find_follow
from usi_fed.app import Server
from usi_fed.clock import now
from usi_fed.errors import NotFound, RemoteRefused
from usi_fed.moderation.domains import Domains
from usi_fed.posts.store import find_post

NO_FILES = {"emojis": [], "media_attachments": []}


async def signed_get(actor, url):
    headers = sign_cavage(actor.key, "GET", url, now(), None, None, None)
    accept = {"Accept": "application/activity+json"}
    async with actor.peer.session.get(url, headers={**headers, **accept}) as answer:
        return answer.status


async def test_its_deliveries_and_signed_fetches_are_refused(place, ada, eva, rule):
    assert await place.receive(eva, eva.create(eva.note())) == 202
    assert await signed_get(eva, ada.actor.uri) == 200
    await rule()
    assert await place.receive(eva, eva.create(eva.note())) == 403
    assert await signed_get(eva, ada.actor.uri) == 403


async def test_the_key_alone_is_enough_to_be_refused(place, ada, ana, eva, rule):
    await rule()
    assert await ana.peer.post(place.inbox, ana.create(ana.note()), ana, key=eva.key) == 403


async def test_a_rule_holds_for_subdomains_and_a_nearer_one_counts_more(place, ana):
    await place.house.domains.put({"domain": "spam.invalid", "severity": "suspend"}, None)
    await place.house.domains.put({"domain": "good.spam.invalid", "severity": "noop"}, None)
    statuses = {}
    for host in ("spam.invalid", "deep.in.spam.invalid", "good.spam.invalid", "notspam.invalid"):
        actor = f"https://{host}/users/x"
        activity = {"id": f"{actor}#1", "type": "Like", "actor": actor, "object": place.house.urls.instance_actor}
        key = type(ana.key).from_der(f"{actor}#main-key", actor, ana.key.to_der())
        statuses[host] = await ana.peer.post(place.inbox, activity, ana, key=key)
    assert statuses.pop("spam.invalid") == 403 and statuses.pop("deep.in.spam.invalid") == 403
    assert 403 not in statuses.values()


async def test_nothing_of_it_comes_in_through_others(place, ada, ana, eva, rule):
    """Boosts, quotes, answers, collections: each would be a fetch."""
    await place.follow(ada, ana)
    note = eva.note("<p>Buy</p>")
    await rule()
    eva.peer.asked.clear()
    quoting = ana.note("<p>Look</p>", quote=note["id"], quoteUrl=note["id"])
    answers = ana.peer.url("/replies/1")
    ana.peer.documents[answers] = {"id": answers, "type": "Collection", "items": [note["id"]]}
    asking = ana.note("<p>Well?</p>", replies=answers, published=stamp(-timedelta(hours=1)))
    for activity in (
        ana.activity("Announce", note["id"], to=[PUBLIC]),
        ana.create(quoting),
        ana.create(ana.note("<p>No</p>", inReplyTo=note["id"])),
        ana.create(asking),
    ):
        assert await place.receive(ana, activity) == 202
    post = await place.house.database.read(find_post, asking["id"])
    place.house.backfill.soon(post)
    await place.house.backfill.settle()
    assert answers in ana.peer.asked
    with pytest.raises(RemoteRefused):
        await place.house.fetching.fetch_post(note["id"])
    assert eva.peer.asked == []
    assert await place.house.database.read(find_post, note["id"]) is None


async def test_what_is_here_already_is_not_passed_on_any_more(place, ada, ana, eva, rule):
    await place.follow(ada, ana)
    note = eva.note("<p>Buy</p>")
    await place.receive(ana, ana.activity("Announce", note["id"], to=[PUBLIC]))
    assert len((await ada.get("/api/v1/timelines/home")).json) == 1
    await rule()
    assert (await ada.get("/api/v1/timelines/home")).json == []
    await place.receive(ana, ana.activity("Announce", note["id"], to=[PUBLIC]))
    assert (await ada.get("/api/v1/timelines/home")).json == []


async def test_follows_with_it_end_both_ways(place, ada, eva, rule):
    await place.follow(ada, eva)
    await place.receive(eva, eva.activity("Follow", ada.actor.uri))
    known = await place.known(eva)
    follows = [(ada.actor.id, known.id), (known.id, ada.actor.id)]
    assert all([await place.house.database.read(find_follow, *pair) for pair in follows])
    await rule()
    assert not any([await place.house.database.read(find_follow, *pair) for pair in follows])
    me = (await ada.get("/api/v1/accounts/verify_credentials")).json
    assert (me["followers_count"], me["following_count"]) == (0, 0)


async def test_its_files_are_not_shown_even_from_elsewhere(place, eva, rule):
    eva.more["icon"] = {"type": "Image", "url": "http://127.0.0.3:9/a.png", "mediaType": "image/png"}
    known = await place.known(eva)
    await rule("noop", reject_media=True)
    with pytest.raises(NotFound, match="not shown here"):
        await place.house.media.remote(known.id, "icon")
    await rule("suspend", reject_media=False)
    with pytest.raises(NotFound):
        await place.house.media.remote(known.id, "icon")


def with_pictures(eva, media_host):
    """Eva's profile and a post of hers, with files at another host; every address of a file is a real picture."""

    async def give(request):
        return web.Response(body=picture(), content_type="image/png")

    addresses = {name: f"http://{media_host.authority}/{name}.png" for name in ("icon", "image", "flag", "photo")}
    media_host.handlers |= {f"/{name}.png": give for name in addresses}
    files = {name: {"type": "Image", "url": url, "mediaType": "image/png"} for name, url in addresses.items()}
    flag = {"type": "Emoji", "name": ":flag:", "icon": files["flag"]}
    eva.more |= {"icon": files["icon"], "image": files["image"], "tag": [flag], "name": "Eva :flag:"}
    return eva.note("<p>Look :flag:</p>", tag=[flag], attachment=[{**files["photo"], "name": "A strike"}])


def files_of(status):
    """Every address of a file in a status that is not this server's own stand-in."""
    account = status["account"]
    emojis = [one["url"] for one in (*status["emojis"], *account["emojis"])]
    pictures = [account[name] for name in ("avatar", "avatar_static", "header", "header_static")]
    shown = [one["url"] for one in status["media_attachments"]] + emojis + pictures
    return sorted({urlsplit(url).path for url in shown if "/static/" not in url})


async def statuses_of(place, one, paths):
    """The statuses of files that are asked for over HTTP."""
    statuses = []
    for path in paths:
        async with one.peer.session.get(place.house.urls.origin + path) as answer:
            statuses.append(answer.status)
    return statuses


async def test_files_that_are_here_already_are_neither_listed_nor_served_once_media_are_rejected(
    place, ada, ana, eva, rule
):
    note = with_pictures(eva, ana.peer)
    await place.receive(eva, eva.create({**note, "cc": [ada.actor.uri]}))
    edited = {**note, "content": "<p>Look again :flag:</p>", "updated": stamp()}
    await place.receive(eva, eva.activity("Update", edited, to=[PUBLIC]))
    post = await place.house.database.read(find_post, note["id"])
    status = (await ada.get(f"/api/v1/statuses/{post.id}")).json
    files = files_of(status)
    assert len(files) == 4  # of the profile, the emoji, the attachment
    assert await statuses_of(place, eva, files) == [200] * 4
    await rule("noop", reject_media=True)
    assert await statuses_of(place, eva, files) == [404] * 4
    status = (await ada.get(f"/api/v1/statuses/{post.id}")).json
    assert status["content"] == "<p>Look again :flag:</p>" and files_of(status) == []
    history = (await ada.get(f"/api/v1/statuses/{post.id}/history")).json
    assert [(one["media_attachments"], one["emojis"]) for one in history] == [([], [])] * 2
    assert files_of({"account": (await ada.get(f"/api/v1/accounts/{post.author_id}")).json} | NO_FILES) == []
    await place.house.domains.remove("127.0.0.2", None)
    assert files_of((await ada.get(f"/api/v1/statuses/{post.id}")).json) == files


async def test_when_the_rule_is_dropped_all_is_back_but_who_was_judged_alone(place, ada, eva, rule):
    bad = eva.peer.actor("bad")
    for one in (eva, bad):
        await place.receive(one, one.create(one.note(f"<p>{one.name}</p>", cc=[ada.actor.uri])))
    await place.house.moderation.suspend((await place.known(bad)).id, None)
    await rule()
    assert (await ada.get("/api/v1/timelines/public")).json == []
    assert await place.house.domains.remove("127.0.0.2", None)
    assert [one["account"]["username"] for one in (await ada.get("/api/v1/timelines/public")).json] == ["eva"]
    assert (await place.known(bad)).suspended_at is not None


async def test_somebody_freed_alone_feels_the_rule_until_it_is_dropped(place, eva, rule):
    known = await place.known(eva)
    await place.house.moderation.suspend(known.id, None)
    await rule("silence")
    freed = await place.house.moderation.free(known.id, None)
    assert freed.suspended_at is None and freed.silenced_at is not None
    await place.house.domains.remove("127.0.0.2", None)
    assert (await place.known(eva)).silenced_at is None


async def test_new_people_of_a_limited_server_are_limited_from_the_start(place, eva, rule):
    await rule("silence")
    assert (await place.known(eva)).silenced_at is not None


async def test_another_process_learns_of_a_rule_without_being_asked(place):
    other = Domains(place.house.database, now, look_again_seconds=0.02)
    await other.load()
    assert other.is_host_allowed("far.example")
    await place.house.domains.put({"domain": "far.example", "severity": "suspend"}, None)
    await until(lambda: not other.is_host_allowed("far.example"))
    await other.close()


async def test_with_an_allow_list_only_listed_servers_are_dealt_with(sqlite_url, tmp_path, ana, eva):
    async with open_place(sqlite_url, tmp_path, federation_mode="allowlist") as place:
        ada = await place.person("ada")
        await place.house.domains.put({"domain": "127.0.0.3", "severity": "allow"}, None)
        assert await place.receive(ana, ana.create(ana.note(cc=[ada.actor.uri]))) == 202
        assert await place.receive(eva, eva.create(eva.note(cc=[ada.actor.uri]))) == 403
        assert await signed_get(ana, ada.actor.uri) == 200
        assert await signed_get(eva, ada.actor.uri) == 403
        async with ana.peer.session.get(ada.actor.uri, headers={"Accept": "application/activity+json"}) as answer:
            assert answer.status == 401
        with pytest.raises(RemoteRefused):
            await place.house.remote_actors.get(eva.uri)
        await place.house.domains.remove("127.0.0.3", None)
        assert await place.receive(ana, ana.create(ana.note(cc=[ada.actor.uri]))) == 403


@asynccontextmanager
async def started_anew(place, **chosen):
    """The server as it is after a start with other settings, while the old one still runs."""
    server = Server(replace(place.house.settings, **chosen))
    waiting, said = asyncio.Queue(), asyncio.Queue()
    living = asyncio.create_task(server({"type": "lifespan"}, waiting.get, said.put))
    waiting.put_nowait({"type": "lifespan.startup"})
    assert await said.get() == {"type": "lifespan.startup.complete"}
    yield server
    waiting.put_nowait({"type": "lifespan.shutdown"})
    await living


async def seen_of(client, actor, post):
    """Who asks for an actor and its post in every way, and gets something."""
    handle = f"{actor.username}@{actor.domain}"
    timelines = ("timelines/home", "timelines/public", "timelines/tag/strike", f"accounts/{actor.id}/statuses")
    lists = {path: await client.get(f"/api/v1/{path}") for path in timelines}
    seen = {path for path, answer in lists.items() if str(post.id) in [one["id"] for one in answer.json]}
    for query in (handle, actor.uri, post.uri):
        found = (await client.get("/api/v2/search", {"q": query, "resolve": "true"})).json
        seen |= {f"search {query}"} if found["accounts"] or found["statuses"] else set()
    for path in (f"statuses/{post.id}", f"statuses/{post.id}/context", f"accounts/lookup?acct={handle}"):
        seen |= {path} if (await client.get(f"/api/v1/{path}")).status == 200 else set()
    profile = (await client.get(f"/api/v1/accounts/{actor.id}")).json
    return seen | ({"profile"} if profile["display_name"] else set())


async def test_an_allow_list_hides_also_who_is_known_from_before_until_they_are_listed(place, ada, ana, eva, rule):
    tag = {"type": "Hashtag", "name": "#strike", "href": ana.peer.url("/tags/strike")}
    posts = {}
    for one in (ana, eva):
        await place.follow(ada, one)
        note = one.note("<p>#strike</p>", tag=[tag])
        await place.receive(one, one.create(note))
        posts[one] = (await place.known(one), await place.house.database.read(find_post, note["id"]))
    everything = await seen_of(ada, *posts[eva])
    assert len(everything) == 11
    await place.house.domains.put({"domain": "127.0.0.3", "severity": "allow"}, None)
    async with started_anew(place, federation_mode="allowlist") as ada.app:
        assert len(await seen_of(ada, *posts[ana])) == 11
        assert await seen_of(ada, *posts[eva]) == set()
        await rule("noop")  # by a command that was not told of the mode
        await until(lambda: place.house.domains.is_host_allowed("127.0.0.2"))
        assert await seen_of(ada, *posts[eva]) == everything
        await place.house.domains.remove("127.0.0.2", None)
        assert await seen_of(ada, *posts[eva]) == set()
    async with started_anew(place) as ada.app:
        assert await seen_of(ada, *posts[eva]) == everything
