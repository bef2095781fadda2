from hashlib import sha256

import pytest

from usi_fed.activitypub.digests import (
    body_digest,
    content_digest_header,
    digest_header,
    verify_content_digest_header,
    verify_digest_header,
)
from usi_fed.errors import MalformedActivity, SignatureRejected

HELLO = body_digest(b'{"hello": "world"}')


def test_headers_are_those_of_the_rfcs():
    assert digest_header(HELLO) == "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
    assert content_digest_header(HELLO) == "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"


def test_our_own_headers_verify():
    verify_digest_header(digest_header(HELLO), HELLO)
    verify_content_digest_header(content_digest_header(HELLO), HELLO)


def test_the_sha_256_among_several_counts():
    verify_digest_header(f"MD5=x, {digest_header(HELLO).replace('SHA', 'sha')}", HELLO)
    verify_content_digest_header(f"sha-512=:AAAA:, {content_digest_header(HELLO)}", HELLO)


def test_of_two_sha_256_both_must_fit():
    other = digest_header(sha256(b"").digest())
    with pytest.raises(SignatureRejected):
        verify_digest_header(f"{digest_header(HELLO)},{other}", HELLO)


@pytest.mark.parametrize("value", ["", "MD5=abc", "SHA-512=AAAA", "garbage", digest_header(sha256(b"").digest())])
def test_a_digest_without_the_right_sha_256_is_refused(value):
    with pytest.raises(SignatureRejected):
        verify_digest_header(value, HELLO)


@pytest.mark.parametrize("value", ["SHA-256=*", "SHA-256=A", ",".join(["a=b"] * 9)])
def test_an_unreadable_digest_is_malformed(value):
    with pytest.raises(MalformedActivity):
        verify_digest_header(value, HELLO)


@pytest.mark.parametrize("value", ["sha-512=:AAAA:", 'sha-256="x"', "sha-256", content_digest_header(b"x" * 32)])
def test_a_content_digest_without_the_right_sha_256_is_refused(value):
    with pytest.raises(SignatureRejected):
        verify_content_digest_header(value, HELLO)
