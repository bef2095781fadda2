"""The pool of connections, against real sockets."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from tests.activitypub.hostile import LOOPBACK, POLICY
from usi_fed.activitypub.addresses import parse_url
from usi_fed.activitypub.connections import Connections
from usi_fed.activitypub.resolver import Dialler, SystemLookup
from usi_fed.errors import RemoteUnavailable

EMPTY = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"


class Peer:
    """A server that answers the n-th request of each connection with the n-th of its answers; b"" hangs up."""

    def __init__(self, *answers):
        self.answers = answers
        self.requests = []
        self.connections = 0
        self.open = 0
        self.tasks = []

    def serve(self, reader, writer):
        self.tasks.append(asyncio.create_task(self.talk(reader, writer)))

    async def talk(self, reader, writer):
        self.connections += 1
        self.open += 1
        number = self.connections
        try:
            for answer in self.answers:
                self.requests.append((number, (await reader.readuntil(b"\r\n\r\n")).split(b" ")[0].decode()))
                if not answer:
                    break
                writer.write(answer)
                await writer.drain()
            else:
                await reader.read()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def serving(peer):
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    async with server:
        yield parse_url(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/inbox", POLICY)
    for task in peer.tasks:
        task.cancel()
    await asyncio.gather(*peer.tasks, return_exceptions=True)


@pytest.fixture
async def make():
    opened = []

    def pool(at_once=10, per_host=4, most_idle=10):
        dial = Dialler(SystemLookup(), LOOPBACK, seconds=2, tls=None)
        opened.append(Connections(dial, at_once=at_once, per_host=per_host, most_idle=most_idle))
        return opened[-1]

    yield pool
    for connections in opened:
        connections.close()


async def ask(pool, url, method="POST"):
    response = await pool.request(method, url, {})
    response.release()
    return response.status


async def until(condition):
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_connection_is_kept_for_the_next_request(make):
    peer, pool = Peer(EMPTY, EMPTY, EMPTY), make()
    async with serving(peer) as url:
        assert [await ask(pool, url) for _ in range(3)] == [202] * 3
    assert peer.requests == [(1, "POST")] * 3


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_kept_connection_that_was_closed_meanwhile_is_replaced_without_a_failure(make, method):
    peer, pool = Peer(EMPTY, b""), make()
    async with serving(peer) as url:
        assert [await ask(pool, url, method) for _ in range(3)] == [202] * 3
    assert peer.requests == [(1, method), (1, method), (2, method), (2, method), (3, method)]


async def test_a_new_connection_that_is_closed_without_an_answer_is_a_failure(make):
    peer, pool = Peer(b""), make()
    async with serving(peer) as url:
        with pytest.raises(RemoteUnavailable, match="broke off"):
            await ask(pool, url)
    assert peer.connections == 1


async def test_a_request_whose_answer_had_begun_is_not_sent_again(make):
    peer, pool = Peer(EMPTY, b"HTTP/1.1 202 Acc", b""), make()
    async with serving(peer) as url:
        await ask(pool, url)
        asked = asyncio.create_task(ask(pool, url))
        await until(lambda: len(peer.requests) == 2)
        pool.close()
        with pytest.raises(RemoteUnavailable):
            await asked
    assert peer.connections == 1


async def test_a_server_that_talks_unasked_loses_its_connection(make):
    peer, pool = Peer(EMPTY + EMPTY, EMPTY), make()
    async with serving(peer) as url:
        assert await ask(pool, url) == 202
        assert await ask(pool, url) == 202
    assert peer.requests == [(1, "POST"), (2, "POST")]


async def test_an_answer_that_was_not_read_to_its_end_costs_the_connection(make):
    peer, pool = Peer(b"HTTP/1.1 400 No\r\nContent-Length: 900\r\n\r\nbecause", EMPTY), make()
    async with serving(peer) as url:
        assert [await ask(pool, url), await ask(pool, url)] == [400, 400]
        await until(lambda: peer.open == 0)
    assert peer.connections == 2


async def test_the_oldest_idle_connection_goes_when_there_are_too_many(make):
    first, second, pool = Peer(EMPTY, EMPTY), Peer(EMPTY, EMPTY), make(most_idle=1)
    async with serving(first) as one, serving(second) as other:
        await ask(pool, one)
        await ask(pool, other)
        await until(lambda: first.open == 0)
        assert second.open == 1


async def test_an_asker_who_gives_up_leaves_its_place_to_the_next(make):
    class Silent(Peer):
        async def talk(self, reader, writer):
            await reader.read()
            writer.close()

    pool = make(at_once=1, per_host=1)
    peer = Peer(EMPTY)
    async with serving(Silent()) as silent, serving(peer) as url:
        waiting = [asyncio.create_task(ask(pool, silent)) for _ in range(2)]
        await asyncio.sleep(0.05)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        async with asyncio.timeout(5):
            assert await ask(pool, url) == 202
