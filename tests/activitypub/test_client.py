import asyncio
import hashlib
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from aiohttp import web
from hypothesis import example, given
from hypothesis import strategies as st

from tests.activitypub.hostile import (
    ACTIVITY,
    LOOPBACK,
    POLICY,
    FakeSigner,
    endless_body,
    gzip_bomb,
    head,
    raw_server,
    running_server,
    saying,
    silence,
    slow_drip,
    tls_contexts,
)
from usi_fed.activitypub.addresses import NetworkPolicy, parse_url
from usi_fed.activitypub.answers import is_activity_type
from usi_fed.activitypub.breaker import Breaker
from usi_fed.activitypub.budget import FetchBudget
from usi_fed.activitypub.client import Client
from usi_fed.activitypub.resolver import Dialler, SystemLookup
from usi_fed.activitypub.signer import Dialects
from usi_fed.activitypub.transport import parse_retry_after
from usi_fed.errors import RemoteRefused, RemoteUnavailable

BODY = b'{"type":"Like"}'
SHA256 = hashlib.sha256(BODY).digest()
QUICK = NetworkPolicy(
    "USI-Fed/test",
    allow_http=True,
    allowed_networks=LOOPBACK,
    connect_seconds=0.5,
    fetch_seconds=0.5,
    delivery_seconds=0.5,
)


@pytest.fixture
async def server():
    async with running_server() as running:
        yield running


@pytest.fixture
async def client():
    async with Client(POLICY) as opened:
        yield opened


async def refused(fetch):
    with pytest.raises(RemoteRefused) as caught:
        await fetch
    return caught.value


async def unavailable(fetch):
    with pytest.raises(RemoteUnavailable) as caught:
        await fetch
    return caught.value


def lookup_of(**hosts):
    """A look-up that knows the given hosts; a list of lists answers one after the other."""
    asked = []

    async def lookup(host, port):
        asked.append(host)
        answer = hosts[host.split(".")[0]]
        return answer.pop(0) if isinstance(answer[0], list) else answer

    lookup.asked = asked
    return lookup


# ---- documents ----


async def test_a_document_is_given_under_its_id(server, client):
    uri = server.document("/users/a")
    document = await client.fetch_document(uri)
    assert document.uri == uri
    assert document.json == {"id": uri}
    assert document.headers["content-type"] == ACTIVITY
    assert server.seen[0].headers["Accept"] == "application/activity+json, application/ld+json"
    assert server.seen[0].headers["User-Agent"] == "USI-Fed/test"
    assert server.seen[0].headers["Host"] == server.authority


async def test_the_path_is_asked_for_exactly_as_written(server, client):
    uri = server.url("/a%2Fb/../%7Ec?x=%20y&z")
    await refused(client.fetch_document(uri))
    assert server.paths() == ["/a%2Fb/../%7Ec?x=%20y&z"]


async def test_a_fragment_is_not_sent_and_the_document_may_omit_it(server, client):
    uri = server.document("/users/a")
    assert (await client.fetch_document(uri + "#main-key")).uri == uri
    assert server.paths() == ["/users/a"]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "Application/Activity+JSON; charset=utf-8",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        'application/ld+json;charset=utf-8;profile="https://example.org/x https://www.w3.org/ns/activitystreams"',
    ],
)
def test_activity_media_types_are_recognised(content_type):
    assert is_activity_type(content_type)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/html",
        "application/json",
        "application/ld+json",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams-x"',
        "text/plain; x=application/activity+json",
    ],
)
async def test_a_document_of_another_type_is_refused(server, client, content_type):
    uri = server.document("/a", content_type=content_type)
    await refused(client.fetch_document(uri))


async def test_a_document_with_another_id_is_asked_for_once_more_under_that_id(server, client):
    uri = server.document("/users/a")
    alias = server.document("/@a", {"id": uri})
    assert (await client.fetch_document(alias)).uri == uri
    assert server.paths() == ["/@a", "/users/a"]


async def test_a_document_that_is_not_found_under_its_id_is_refused(server, client):
    other = server.document("/b", {"id": server.url("/c")})
    await refused(client.fetch_document(server.document("/a", {"id": other})))
    assert server.paths() == ["/a", "/b"]


async def test_a_document_claiming_an_id_elsewhere_counts_only_when_given_there(server, client):
    async with running_server() as victim:
        uri = victim.document("/users/v", {"id": victim.url("/users/v"), "name": "true"})
        forged = server.document("/forged", {"id": uri, "name": "forged"})
        document = await client.fetch_document(forged)
        assert (document.uri, document.json["name"]) == (uri, "true")


async def test_a_document_given_by_another_server_than_its_id_names_is_refused(server, client):
    async with running_server() as other:
        uri = server.redirect("/users/a", other.document("/copy", {"id": server.url("/users/a")}))
        await refused(client.fetch_document(uri))


@pytest.mark.parametrize("identity", [None, 1, [], {}, ""])
async def test_a_document_without_an_id_is_refused(server, client, identity):
    await refused(client.fetch_document(server.document("/a", {"id": identity})))


async def test_a_document_without_an_id_is_given_where_none_is_expected(server, client):
    uri = server.document("/page", {"type": "CollectionPage"})
    assert (await client.fetch_document(uri, expect_id=False)).uri == uri


@pytest.mark.parametrize("body", [b'{"a":NaN}', b'{"a":' + b"[" * 9999, b"[]", b"\xff", b""])
async def test_a_document_that_is_not_clean_json_is_refused(server, client, body):
    await refused(client.fetch_document(server.answer("/a", body, headers={"Content-Type": ACTIVITY})))


@pytest.mark.parametrize("status", [201, 204, 206, 304, 400, 401, 403, 404, 410, 418])
async def test_a_final_status_is_told(server, client, status):
    uri = server.answer("/a", status=status, headers={"Content-Type": ACTIVITY})
    assert (await refused(client.fetch_document(uri))).http_status == status


@pytest.mark.parametrize("status", [408, 429, 500, 501, 502, 503, 504, 520])
async def test_a_passing_status_says_when_to_come_back(server, client, status):
    uri = server.answer("/a", status=status, headers={"Retry-After": "120"})
    assert (await unavailable(client.fetch_document(uri))).retry_after == timedelta(seconds=120)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0", timedelta(0)),
        (" 30 ", timedelta(seconds=30)),
        ("99999999999999999999", timedelta(days=1)),
        ("Sun, 01 Nov 2026 12:01:00 GMT", timedelta(minutes=1)),
        ("Sun, 01 Nov 2026 11:00:00 GMT", timedelta(0)),
        ("Fri, 01 Jan 2100 00:00:00 GMT", timedelta(days=1)),
        ("Sun, 01 Nov 2026 12:01:00 -0000", timedelta(minutes=1)),
        ("-5", None),
        ("", None),
        ("soon", None),
        ("٣", None),
        ("Sun, 99 Nov 2026 12:01:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_capped(value, expected):
    assert parse_retry_after(value, lambda: datetime(2026, 11, 1, 12, tzinfo=UTC)) == expected


@given(st.one_of(st.text(), st.from_regex(r"Sun, [0-9]{1,3} Nov [0-9]{1,25} [0-9:]{8} [+-][0-9]{1,9}")))
@example("Sun, 01 Nov 99999999999999999999 00:00:00 GMT")
def test_any_retry_after_is_a_time_within_a_day_or_nothing(value):
    wait = parse_retry_after(value, lambda: datetime(2026, 11, 1, 12, tzinfo=UTC))
    assert wait is None or timedelta(0) <= wait <= timedelta(days=1)


# ---- bodies ----


async def test_an_endless_body_is_cut_off(client):
    async with raw_server(endless_body) as base:
        assert "more than" in str(await refused(client.fetch_document(base + "/a")))


async def test_a_body_announced_as_too_large_is_not_read(client):
    async with raw_server(saying(head("Content-Length: 1000001"))) as base:
        assert "announces" in str(await refused(client.fetch_document(base + "/a")))


async def test_a_gzip_bomb_is_counted_after_decompression(client):
    async with raw_server(gzip_bomb) as base:
        assert "sends more than" in str(await refused(client.fetch_document(base + "/a")))


@pytest.mark.parametrize("speak", [slow_drip, silence])
async def test_the_deadline_covers_the_whole_answer(speak):
    async with raw_server(speak) as base, Client(QUICK) as client:
        assert "in time" in str(await unavailable(client.fetch_document(base + "/a")))


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        head("Content-Length: 50") + b"{}",
        head("Transfer-Encoding: chunked") + b"zz\r\n",
        head("Content-Encoding: gzip", "Content-Length: 4") + b"nope",
        head("X-Long: " + "a" * 100_000),
    ],
)
async def test_broken_http_counts_as_unavailable(client, answer):
    async with raw_server(saying(answer)) as base:
        await unavailable(client.fetch_document(base + "/a"))


async def test_a_host_that_does_not_listen_is_unavailable(client):
    async with running_server() as stopped:
        pass
    await unavailable(client.fetch_document(stopped.url("/a")))


# ---- redirects and addresses ----


async def test_a_redirect_within_a_server_is_followed(server, client):
    uri = server.document("/new")
    assert (await client.fetch_document(server.redirect("/old", "/new"))).uri == uri


async def test_a_redirect_loop_is_refused(server, client):
    server.redirect("/b", "/a")
    await refused(client.fetch_document(server.redirect("/a", "/b")))
    assert server.paths() == ["/a", "/b"]


async def test_more_than_three_redirects_are_refused(server, client):
    for number in range(5):
        server.redirect(f"/{number}", f"/{number + 1}")
    await refused(client.fetch_document(server.url("/0")))
    assert server.paths() == ["/0", "/1", "/2", "/3"]


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:{port}/secret",
        "http://[::ffff:127.0.0.1]:{port}/secret",
        "http://[::7f00:1]:{port}/secret",
        "http://[64:ff9b::7f00:1]:{port}/secret",
        "http://0.0.0.0:{port}/secret",
        "http://169.254.169.254/latest/meta-data",
        "http://2130706433:{port}/secret",
        "http://127.1:{port}/secret",
        "http://user@public.example:{port}/secret",
        "http://public.example:25/secret",
        "file:///etc/passwd",
        "ftp://public.example/secret",
        "http://[",
        "http://public.example\\@127.0.0.1:{port}/secret",
        "",
    ],
)
async def test_a_redirect_to_a_forbidden_url_is_refused(server, target):
    policy = NetworkPolicy("USI-Fed/test", allow_http=True, allowed_networks=(ip_network("127.0.0.2/32"),))
    async with (
        running_server("127.0.0.2") as public,
        Client(policy, lookup=lookup_of(public=["127.0.0.2"])) as client,
    ):
        port = server.authority.partition(":")[2]
        public.redirect("/a", target.format(port=port))
        start = "http://public.example:" + public.authority.partition(":")[2] + "/a"
        await refused(client.fetch_document(start))
        assert public.paths() == ["/a"]
    assert server.seen == []


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::ffff:127.0.0.1", "::1", "64:ff9b::7f00:1"])
async def test_a_name_that_leads_to_a_forbidden_address_is_refused(server, address):
    port = server.authority.partition(":")[2]
    policy = NetworkPolicy("USI-Fed/test", allow_http=True)
    async with Client(policy, lookup=lookup_of(inner=[address])) as client:
        error = await refused(client.fetch_document(f"http://inner.example:{port}/a"))
        assert "not public" in str(error)
    assert server.seen == []


async def test_one_forbidden_address_among_good_ones_refuses_the_name(server):
    port = server.authority.partition(":")[2]
    async with Client(POLICY, lookup=lookup_of(mixed=["127.0.0.1", "10.0.0.1"])) as client:
        await refused(client.fetch_document(f"http://mixed.example:{port}/a"))
    assert server.seen == []


async def test_a_name_is_resolved_once_and_the_checked_address_is_used(server):
    port = server.authority.partition(":")[2]
    uri = f"http://rebind.example:{port}/a"
    server.document("/a", {"id": uri})
    lookup = lookup_of(rebind=[["127.0.0.1"], ["10.0.0.1"]])
    async with Client(POLICY, lookup=lookup) as client:
        assert (await client.fetch_document(uri)).uri == uri
    assert lookup.asked == ["rebind.example"]


async def test_a_name_that_turns_to_a_forbidden_address_for_the_redirect_is_refused(server):
    port = server.authority.partition(":")[2]
    lookup = lookup_of(first=["127.0.0.1"], second=["10.0.0.1"])
    server.redirect("/a", f"http://second.example:{port}/b")
    async with Client(POLICY, lookup=lookup) as client:
        await refused(client.fetch_document(f"http://first.example:{port}/a"))
    assert server.paths() == ["/a"]


async def test_a_name_without_addresses_is_unavailable():
    async def lookup(host, port):
        raise OSError("no such host")

    async with Client(POLICY, lookup=lookup) as client:
        await unavailable(client.fetch_document("https://nowhere.example/a"))


async def test_a_name_server_that_never_answers_is_unavailable():
    async def lookup(host, port):
        await asyncio.Event().wait()

    async with Client(replace(POLICY, connect_seconds=0.1), lookup=lookup) as client:
        error = await unavailable(client.fetch_document("https://nowhere.example/a"))
        assert "does not resolve" in str(error)


async def test_a_name_is_remembered_for_the_next_connection(server):
    port = server.authority.partition(":")[2]
    for path in ("/a", "/b"):
        server.answer(path, b"{}", headers={"Content-Type": ACTIVITY, "Connection": "close"})
    lookup = lookup_of(known=["127.0.0.1"])
    async with Client(POLICY, lookup=lookup) as client:
        await client.fetch_document(f"http://known.example:{port}/a", expect_id=False)
        await client.fetch_document(f"http://known.example:{port}/b", expect_id=False)
    assert lookup.asked == ["known.example"]


async def test_no_socket_is_opened_to_a_forbidden_address_even_when_the_url_spells_it_out(server):
    dial = Dialler(SystemLookup(), (), seconds=1, tls=None)
    await refused(dial(parse_url(server.url("/a"), POLICY)))
    assert server.seen == []


async def test_blocked_hosts_are_neither_asked_nor_followed_to(server):
    async with running_server("127.0.0.3") as blocked:
        async with Client(POLICY, is_host_allowed=lambda host: host != "127.0.0.3") as client:
            uri = blocked.document("/a")
            await refused(client.fetch_document(uri))
            await refused(client.fetch_document(server.redirect("/a", uri)))
            await refused(client.deliver(uri, BODY, SHA256, FakeSigner()))
        assert blocked.seen == []


async def test_neither_cookies_nor_proxies_from_the_environment_are_used(server, client, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    uri = server.answer(
        "/a", b'{"id":"%s"}' % server.url("/a").encode(), headers={"Content-Type": ACTIVITY, "Set-Cookie": "a=b"}
    )
    await client.fetch_document(uri)
    await client.fetch_document(uri)
    assert len(server.seen) == 2
    assert "Cookie" not in server.seen[1].headers


# ---- TLS ----


async def test_the_certificate_must_name_the_host_although_the_address_is_pinned(tmp_path):
    for_server, for_client = tls_contexts("secure.example", tmp_path)
    lookup = lookup_of(secure=["127.0.0.1"], other=["127.0.0.1"])
    async with (
        running_server(tls=for_server) as server,
        Client(POLICY, lookup=lookup, tls=for_client) as client,
    ):
        port = server.authority.partition(":")[2]
        uri = f"https://secure.example:{port}/a"
        server.document("/a", {"id": uri})
        assert (await client.fetch_document(uri)).uri == uri
        await unavailable(client.fetch_document(f"https://other.example:{port}/a"))


async def test_a_certificate_of_unknown_origin_is_not_trusted(tmp_path):
    for_server, _ = tls_contexts("secure.example", tmp_path)
    async with (
        running_server(tls=for_server) as server,
        Client(POLICY, lookup=lookup_of(secure=["127.0.0.1"])) as client,
    ):
        port = server.authority.partition(":")[2]
        await unavailable(client.fetch_document(f"https://secure.example:{port}/a"))
        assert server.seen == []


async def test_a_redirect_away_from_https_is_refused_even_where_http_is_allowed(server, tmp_path):
    for_server, for_client = tls_contexts("secure.example", tmp_path)
    async with (
        running_server(tls=for_server) as secure,
        Client(POLICY, lookup=lookup_of(secure=["127.0.0.1"]), tls=for_client) as client,
    ):
        secure.redirect("/a", server.document("/a"))
        port = secure.authority.partition(":")[2]
        await refused(client.fetch_document(f"https://secure.example:{port}/a"))
        assert server.seen == []


# ---- signatures ----


async def test_fetches_are_signed_by_the_given_signer_anew_for_each_hop(server):
    signer = FakeSigner()
    async with running_server() as other, Client(POLICY, signer) as client:
        target = other.document("/b")
        await client.fetch_document(server.redirect("/a", target), expect_id=False)
        assert [call[:4] for call in signer.calls] == [
            ("GET", server.url("/a"), None, "cavage"),
            ("GET", target, None, "cavage"),
        ]
        assert other.seen[0].headers["Signature"] == f"cavage GET {target}"


def only(dialect, status=401):
    """A handler that takes one signature dialect and refuses the other."""

    async def handler(request):
        accepted = request.headers.get("Signature", "").startswith(dialect)
        if not accepted:
            return web.Response(status=status, body=b"no" * 100_000)
        body = b'{"id":"http://%s%s"}' % (request.host.encode(), request.path.encode())
        return web.Response(body=body, headers={"Content-Type": ACTIVITY})

    return handler


@pytest.mark.parametrize("status", [400, 401])
async def test_a_refused_dialect_is_followed_by_the_other_which_is_remembered(server, status):
    server.on("/a", only("rfc9421", status))
    server.on("/b", only("rfc9421", status))
    async with Client(POLICY, FakeSigner()) as client:
        await client.fetch_document(server.url("/a"))
        await client.fetch_document(server.url("/b"))
        assert server.paths() == ["/a", "/a", "/b"]
        assert dict(client.dialects.items()) == {server.authority: "rfc9421"}


async def test_a_remembered_dialect_is_given_up_when_only_the_other_works(server):
    server.on("/a", only("cavage"))
    dialects = Dialects([(server.authority, "rfc9421")])
    async with Client(POLICY, FakeSigner(), dialects=dialects) as client:
        await client.fetch_document(server.url("/a"))
    assert dialects[server.authority] == "cavage"


async def test_a_host_that_refuses_both_dialects_is_asked_twice_and_teaches_nothing(server):
    server.on("/a", only("none"))
    async with Client(POLICY, FakeSigner()) as client:
        assert (await refused(client.fetch_document(server.url("/a")))).http_status == 401
        assert len(server.seen) == 2
        assert dict(client.dialects.items()) == {}


async def test_an_unsigned_refusal_is_not_asked_again(server, client):
    server.on("/a", only("cavage"))
    assert (await refused(client.fetch_document(server.url("/a")))).http_status == 401
    assert len(server.seen) == 1


# ---- restraint ----


async def test_askers_at_the_same_time_share_one_fetch(server, client):
    uri = server.document("/a")
    documents = await asyncio.gather(*(client.fetch_document(uri) for _ in range(5)))
    assert len(server.seen) == 1
    assert all(document is documents[0] for document in documents)


async def test_askers_with_other_keys_do_not_share(server):
    uri = server.document("/a")
    async with Client(POLICY) as client:
        await asyncio.gather(
            client.fetch_document(uri, signer=FakeSigner("https://a.example/1#main-key")),
            client.fetch_document(uri, signer=FakeSigner("https://a.example/2#main-key")),
        )
    assert len(server.seen) == 2


async def test_an_asker_who_gives_up_does_not_take_the_answer_from_the_others(server, client):
    uri = server.document("/a")
    impatient = asyncio.create_task(client.fetch_document(uri))
    patient = asyncio.create_task(client.fetch_document(uri))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).uri == uri
    assert impatient.cancelled()


async def test_a_failure_is_remembered_unless_the_caller_insists(server, client):
    uri = server.url("/a")
    await refused(client.fetch_document(uri))
    server.document("/a")
    first, second = [await refused(client.fetch_document(uri)) for _ in range(2)]
    assert (first.http_status, second.http_status) == (404, 404)
    assert first is not second
    assert len(server.seen) == 1
    assert (await client.fetch_document(uri, despite_failures=True)).uri == uri
    assert (await client.fetch_document(uri)).uri == uri


async def test_a_host_that_keeps_failing_is_left_alone(server):
    async with Client(POLICY, breaker=Breaker(threshold=2)) as client:
        for number in range(3):
            uri = server.answer(f"/{number}", status=503)
            await unavailable(client.fetch_document(uri))
        assert len(server.seen) == 2


async def test_a_host_whose_bodies_never_end_in_time_is_left_alone():
    async with raw_server(slow_drip) as base, Client(QUICK, breaker=Breaker(threshold=2)) as client:
        for number in range(2):
            await unavailable(client.fetch_document(f"{base}/{number}"))
        assert "paused" in str(await unavailable(client.fetch_document(f"{base}/3")))


async def test_a_failure_of_a_paused_host_is_not_held_against_the_uri(server):
    uri = server.answer("/a", status=503)
    async with Client(POLICY, breaker=Breaker(threshold=1)) as client:
        await unavailable(client.fetch_document(uri))
        client.breaker.succeeded(server.authority)
        server.document("/a")
        assert (await client.fetch_document(uri)).uri == uri


async def test_an_answer_between_failures_starts_the_count_anew(server):
    async with Client(POLICY, breaker=Breaker(threshold=2)) as client:
        for number in range(3):
            await unavailable(client.fetch_document(server.answer(f"/{number}", status=503)))
            await refused(client.fetch_document(server.url(f"/{number}/missing")))
            await unavailable(client.fetch_document(server.answer(f"/{number}/again", status=503)))
            await client.fetch_document(server.document(f"/{number}/found"))
    assert len(server.seen) == 12


async def test_a_final_answer_does_not_count_against_the_host(server):
    async with Client(POLICY, breaker=Breaker(threshold=2)) as client:
        for number in range(4):
            await refused(client.fetch_document(server.url(f"/{number}")))
        assert len(server.seen) == 4


async def test_a_forbidden_address_does_not_count_against_the_host(server):
    async with Client(POLICY, breaker=Breaker(threshold=1), lookup=lookup_of(x=["10.0.0.1"])) as client:
        await refused(client.fetch_document("https://x.example/1"))
        assert not client.breaker.is_paused("x.example")


async def test_not_more_than_four_fetches_of_one_host_run_at_once(server, client):
    running, most = 0, 0

    async def handler(request):
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.01)
        running -= 1
        return web.Response(body=b"{}", headers={"Content-Type": ACTIVITY})

    uris = [server.on(f"/{number}", handler) for number in range(12)]
    await asyncio.gather(*(client.fetch_document(uri, expect_id=False) for uri in uris))
    assert most == 4


async def test_a_spent_budget_refuses_further_fetches(server, client):
    budget = FetchBudget(max_fetches=2)
    await client.fetch_document(server.document("/a"), budget=budget)
    await client.fetch_document(server.document("/b"), budget=budget)
    await refused(client.fetch_document(server.document("/c"), budget=budget))
    assert budget.fetches_left == 0
    assert server.paths() == ["/a", "/b"]


async def test_a_budget_of_time_ends_a_fetch_and_those_after_it(server):
    async with raw_server(silence) as base, Client(POLICY) as client:
        budget = FetchBudget(within=timedelta(seconds=0.1))
        assert "in time" in str(await unavailable(client.fetch_document(base + "/a", budget=budget)))
        await unavailable(client.fetch_document(server.document("/b"), budget=budget))
    assert server.seen == []


# ---- other kinds ----


async def test_json_of_a_wanted_type_is_given(server, client):
    url = server.document("/nodeinfo", {"version": "2.0"}, "application/json; charset=utf-8")
    document = await client.fetch_json(url, "application/json", ["application/json"])
    assert document.json == {"version": "2.0"}
    assert server.seen[0].headers["Accept"] == "application/json"


async def test_json_of_another_type_is_refused(server, client):
    url = server.document("/nodeinfo", {}, "text/html")
    await refused(client.fetch_json(url, "application/json", ["application/json"]))


async def test_media_is_written_to_a_file(server, client):
    url = server.answer("/a.png", b"x" * 300_000, headers={"Content-Type": "image/png"})
    file = io.BytesIO()
    media = await client.fetch_media(url, file, max_bytes=300_000, deadline=timedelta(seconds=5))
    assert (media.url, media.content_type, media.size_bytes) == (url, "image/png", 300_000)
    assert file.getvalue() == b"x" * 300_000


async def test_media_larger_than_the_limit_is_refused(client):
    async with raw_server(gzip_bomb) as base:
        fetch = client.fetch_media(base + "/a.png", io.BytesIO(), max_bytes=300_000, deadline=timedelta(seconds=5))
        await refused(fetch)


async def test_media_that_drips_is_stopped_by_its_deadline(client):
    async with raw_server(slow_drip) as base:
        fetch = client.fetch_media(base + "/a.png", io.BytesIO(), max_bytes=300_000, deadline=timedelta(seconds=0.3))
        await unavailable(fetch)


# ---- deliveries ----


async def test_a_delivery_is_signed_and_its_answer_told(server, client):
    signer = FakeSigner()
    inbox = server.answer("/inbox", status=202)
    headers = {"Collection-Synchronization": "x"}
    answer = await client.deliver(inbox, BODY, SHA256, signer, headers)
    assert (answer.status, answer.retry_after, answer.detail) == (202, None, "")
    extra = {"Content-Type": ACTIVITY, **headers}
    assert signer.calls == [("POST", inbox, SHA256, "cavage", extra)]
    request = server.seen[0]
    assert (request.method, request.body) == ("POST", BODY)
    assert request.headers["Signature"] == f"cavage POST {inbox}"
    assert request.headers["Content-Type"] == ACTIVITY
    assert request.headers["Collection-Synchronization"] == "x"


async def test_a_refused_delivery_brings_the_beginning_of_the_reason(server, client):
    inbox = server.answer("/inbox", b"no " * 1000, status=503, headers={"Retry-After": "7"})
    answer = await client.deliver(inbox, BODY, SHA256, FakeSigner())
    assert (answer.status, answer.retry_after) == (503, timedelta(seconds=7))
    assert answer.detail == ("no " * 1000)[:1000]


async def test_a_delivery_is_never_redirected(server, client):
    inbox = server.redirect("/inbox", "/other", 307)
    assert (await client.deliver(inbox, BODY, SHA256, FakeSigner())).status == 307
    assert server.paths() == ["/inbox"]


async def test_a_delivery_knocks_twice_and_remembers(server, client):
    server.on("/inbox", only("rfc9421"))
    for _ in range(2):
        assert (await client.deliver(server.url("/inbox"), BODY, SHA256, FakeSigner())).status == 200
    assert len(server.seen) == 3
    assert [request.body for request in server.seen] == [BODY] * 3


async def test_deliveries_do_not_ask_the_breaker_of_fetches(server):
    async with Client(POLICY, breaker=Breaker(threshold=1)) as client:
        await unavailable(client.fetch_document(server.answer("/a", status=500)))
        inbox = server.answer("/inbox", status=202)
        assert (await client.deliver(inbox, BODY, SHA256, FakeSigner())).status == 202


async def test_a_silent_inbox_is_unavailable():
    async with raw_server(silence) as base, Client(QUICK) as client:
        await unavailable(client.deliver(base + "/inbox", BODY, SHA256, FakeSigner()))


async def test_a_dripping_body_does_not_take_back_an_accepted_delivery():
    async with raw_server(slow_drip) as base, Client(QUICK) as client:
        assert (await client.deliver(base + "/inbox", BODY, SHA256, FakeSigner())).status == 200


async def test_an_inbox_at_a_forbidden_address_is_refused(server):
    async with Client(POLICY, lookup=lookup_of(inner=["10.0.0.1"])) as client:
        await refused(client.deliver("https://inner.example/inbox", BODY, SHA256, FakeSigner()))


async def test_a_client_that_is_not_open_says_so():
    with pytest.raises(RuntimeError):
        await Client(POLICY).fetch_document("https://a.example/")
