"""What must hold for every request, not for the ones somebody thought of."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.activitypub.signing import NOW, US, ed25519_key, request_with, rsa_key, signed_post
from usi_fed.activitypub.signatures import parse_claim, verify_claim
from usi_fed.errors import MalformedActivity, SignatureRejected

URL = "https://union.example/users/bo/inbox?from=relay"
COVERED = {
    "cavage": ["date", "digest", "content-type", "host"],
    "rfc9421": ["content-digest", "content-type"],
}
HEADER_BYTES = st.binary(max_size=300)
# Letters that mean something in these headers, so that random text gets past the first check.
HEADER_LIKE = st.text(alphabet='sig1abkeyId=",;:()@-methodrgu*?\\ 0123456789/+', max_size=300)


def altered(text: str, position: int, letter: str) -> str:
    position %= len(text)
    return text[:position] + letter + text[position + 1 :]


def is_accepted(request, key) -> bool:
    try:
        claim = parse_claim(request)
        verify_claim(claim, request, key, NOW, US)
    except (MalformedActivity, SignatureRejected):
        return False
    return True


@pytest.fixture(params=["rsa", "ed25519"], scope="module")
def key(request):
    return rsa_key() if request.param == "rsa" else ed25519_key()


@pytest.mark.parametrize("dialect", ["cavage", "rfc9421"])
class TestNothingCoveredCanChange:
    @given(position=st.integers(0, 10**6), flip=st.integers(1, 255))
    @settings(max_examples=60, deadline=None)
    def test_no_other_body_is_accepted(self, dialect, key, position, flip):
        request = signed_post(dialect, key, url=URL)
        body = bytearray(request.body)
        body[position % len(body)] ^= flip
        assert not is_accepted(replace(request, body=bytes(body)), key.public)

    @given(data=st.data(), position=st.integers(0, 10**6), letter=st.characters(max_codepoint=255))
    @settings(max_examples=60, deadline=None)
    def test_no_other_covered_header_is_accepted(self, dialect, key, data, position, letter):
        request = signed_post(dialect, key, url=URL)
        name = data.draw(st.sampled_from(COVERED[dialect]))
        value = altered(request.headers[name][0], position, letter)
        changed = replace(request, headers={**request.headers, name: [value]})
        is_same = value.strip(" \t") == request.headers[name][0]
        assert is_accepted(changed, key.public) == is_same

    @given(position=st.integers(0, 10**6), letter=st.characters(max_codepoint=255))
    @settings(max_examples=60, deadline=None)
    def test_no_other_target_is_accepted(self, dialect, key, position, letter):
        request = signed_post(dialect, key, url=URL)
        target = altered(request.target, position, letter)
        assert is_accepted(replace(request, target=target), key.public) == (target == request.target)

    @given(method=st.sampled_from(["PUT", "GET", "HEAD", "DELETE", "PATCH", "POST ", ""]))
    @settings(max_examples=10, deadline=None)
    def test_no_other_method_is_accepted(self, dialect, key, method):
        request = signed_post(dialect, key, url=URL)
        assert not is_accepted(replace(request, method=method), key.public)

    @given(position=st.integers(0, 10**6), flip=st.integers(1, 255))
    @settings(max_examples=60, deadline=None)
    def test_no_other_signature_is_accepted(self, dialect, key, position, flip):
        request = signed_post(dialect, key, url=URL)
        claim = parse_claim(request)
        signature = bytearray(claim.signature)
        signature[position % len(signature)] ^= flip
        with pytest.raises(SignatureRejected):
            verify_claim(replace(claim, signature=bytes(signature)), request, key.public, NOW, US)


class TestAnyHeaderIsAnsweredProperly:
    @given(signature=HEADER_BYTES | HEADER_LIKE, signature_input=st.none() | HEADER_BYTES | HEADER_LIKE)
    @settings(max_examples=400, deadline=None)
    def test_only_our_errors_come_out(self, signature, signature_input):
        headers = {"signature": signature, "date": "x", "digest": "y"}
        if signature_input is not None:
            headers["signature-input"] = signature_input
        text = {n: v.decode("latin-1") if isinstance(v, bytes) else v for n, v in headers.items()}
        assert not is_accepted(request_with(text), rsa_key().public)

    @given(name=st.sampled_from(["date", "digest", "content-digest", "host"]), value=HEADER_BYTES | HEADER_LIKE)
    @settings(max_examples=200, deadline=None)
    def test_odd_values_beside_a_good_signature_give_our_errors(self, name, value):
        text = value.decode("latin-1") if isinstance(value, bytes) else value
        request = signed_post("rfc9421", ed25519_key())
        verdict = is_accepted(replace(request, headers={**request.headers, name: [text]}), ed25519_key().public)
        assert verdict == (name in ("date", "host"))

    @pytest.mark.parametrize(
        "value", ["(" * 8000, '"' * 8000, "\\" * 8000, ";a" * 4000, "a=" * 4000, ",=" * 4000, " " * 8000, "a" * 10**6]
    )
    @pytest.mark.parametrize("header", ["signature", "signature-input"])
    def test_long_repetition_is_refused(self, header, value):
        assert not is_accepted(request_with({"signature": "sig1=:AAAA:", header: value}), rsa_key().public)
