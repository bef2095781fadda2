import asyncio
import gzip
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.activitypub.hostile import POLICY
from usi_fed.activitypub.addresses import parse_url
from usi_fed.activitypub.http1 import MAX_HEAD_BYTES, READ_AHEAD_BYTES, Response, request_head
from usi_fed.errors import RemoteUnavailable

URL = parse_url("http://durban.example/inbox?a=%20b", POLICY)
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nX-Trailer: 1\r\n\r\n"


class Wire:
    """A connection that only remembers what the response asks of it."""

    def __init__(self):
        self.is_closed = self.is_held = False
        self.loop = asyncio.new_event_loop()

    def close(self):
        self.is_closed = True

    def hold(self):
        self.is_held = True

    def go_on(self):
        self.is_held = False


def answered(*parts, ended=False):
    """The response after these parts have arrived, and whether its connection may be used again."""
    released = []
    response = Response(URL, Wire())
    response.when_released = lambda _, is_reusable: released.append(is_reusable)
    for part in parts:
        response.feed(part)
    if ended:
        response.end()

    async def read():
        await response.read_head()
        return b"".join([piece async for piece in response.pieces()])

    loop = response._connection.loop
    try:
        body = loop.run_until_complete(asyncio.wait_for(read(), 1))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
        response.release()
    return response, body, released[0]


def failing(*parts, ended=False):
    with pytest.raises(RemoteUnavailable) as caught:
        answered(*parts, ended=ended)
    return str(caught.value)


def test_status_headers_and_body_are_read_and_the_connection_stays():
    response, body, is_reusable = answered(PLAIN)
    assert (response.status, body, is_reusable) == (200, b"hello", True)
    assert response.headers == {"content-type": "text/plain", "content-length": "5"}


@given(st.sampled_from([PLAIN, CHUNKED]), st.lists(st.integers(0, 130), max_size=6))
def test_it_does_not_matter_in_which_parts_an_answer_arrives(answer, cuts):
    marks = sorted({0, *(min(cut, len(answer)) for cut in cuts), len(answer)})
    parts = [answer[start:end] for start, end in itertools.pairwise(marks)]
    response, body, is_reusable = answered(*parts)
    assert (response.status, body, is_reusable) == (200, b"hello", True)
    assert "x-trailer" not in response.headers


@given(st.lists(st.binary(max_size=60), max_size=5))
def test_whatever_arrives_there_is_an_answer_or_a_clear_failure(parts):
    response = Response(URL, Wire())
    for part in parts:
        response.feed(part)
    response.end()
    loop = response._connection.loop
    try:
        loop.run_until_complete(asyncio.wait_for(response.read_head(), 1))
    except RemoteUnavailable as error:
        assert "durban.example" in str(error)
    finally:
        loop.close()


def test_an_interim_answer_is_passed_over():
    hints = b"HTTP/1.1 103 Early Hints\r\nContent-Type: text/html\r\n\r\n"
    response, body, is_reusable = answered(hints + PLAIN)
    assert (response.status, body, is_reusable) == (200, b"hello", True)
    assert response.headers["content-type"] == "text/plain"


def test_interim_answers_without_end_are_a_failure():
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: " + b"a" * 1000 + b"\r\n\r\n"
    assert "without end" in failing(*[hint] * (MAX_HEAD_BYTES // len(hint) + 2))


def test_a_body_without_a_length_lasts_until_the_connection_ends():
    _, body, is_reusable = answered(b"HTTP/1.1 200 OK\r\n\r\nhel", b"lo", ended=True)
    assert (body, is_reusable) == (b"hello", False)


@pytest.mark.parametrize("answer", [b"", PLAIN[:20], PLAIN[:-1], CHUNKED[:-9]])
def test_an_answer_that_breaks_off_is_a_failure(answer):
    assert "broke off" in failing(answer, ended=True)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello",
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
def test_what_can_be_read_in_two_ways_or_is_no_http_is_a_failure(answer):
    assert "no proper HTTP" in failing(answer, ended=True)


def test_a_connection_is_not_used_again_when_a_second_answer_follows():
    _, body, is_reusable = answered(PLAIN + PLAIN)
    assert (body, is_reusable) == (b"hello", False)


@pytest.mark.parametrize("header", [b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n"])
def test_a_connection_that_the_other_side_gives_up_is_not_used_again(header):
    _, body, is_reusable = answered(header + b"Content-Length: 5\r\n\r\nhello")
    assert (body, is_reusable) == (b"hello", False)


def test_no_more_is_read_ahead_than_agreed():
    response = Response(URL, Wire())
    response.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + b"x" * READ_AHEAD_BYTES)
    assert response._connection.is_held
    response._connection.loop.close()


def _packed(body, name=b"gzip"):
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %d\r\n\r\n%s" % (name, len(body), body)


def test_a_gzip_body_is_unpacked():
    assert answered(_packed(gzip.compress(b"hello" * 100_000)))[1] == b"hello" * 100_000


@pytest.mark.parametrize(
    "answer",
    [_packed(gzip.compress(b"hello", mtime=0)[:-4]), _packed(b"hello"), _packed(b"\x8b\x02\x80hello\x03", b"br")],
)
def test_a_body_that_cannot_be_unpacked_is_a_failure(answer):
    assert "durban.example" in failing(answer)


def test_a_request_names_its_host_and_the_length_of_its_body():
    head = request_head("POST", URL, {"Accept": "*/*"}, b"four")
    assert head == b"POST /inbox?a=%20b HTTP/1.1\r\nHost: durban.example\r\nAccept: */*\r\nContent-Length: 4\r\n\r\n"


@pytest.mark.parametrize("value", ["a\nX-Evil: 1", "a\r\nX-Evil: 1", "a\rb", "a\0b"])
def test_no_header_can_begin_another_one(value):
    with pytest.raises(ValueError, match="line break"):
        request_head("GET", URL, {"Accept": value}, b"")
