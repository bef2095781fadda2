import hashlib
import hmac
from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.activitypub.signing import (
    BODY,
    INBOX,
    NOW,
    US,
    ed25519_key,
    other_rsa_key,
    request_with,
    rsa_key,
    signed_get,
    signed_post,
)
from usi_fed.activitypub.cavage import cavage_base
from usi_fed.activitypub.http_dates import http_date
from usi_fed.activitypub.keys import PrivateKey
from usi_fed.activitypub.rfc9421 import rfc9421_base
from usi_fed.activitypub.signatures import (
    SignatureMismatch,
    body_digest,
    parse_claim,
    replay_key,
    sign_cavage,
    sign_rfc9421,
    verify_claim,
    verify_envelope,
)
from usi_fed.errors import MalformedActivity, SignatureRejected

DIALECTS = ["cavage", "rfc9421"]
KEYS = [rsa_key, ed25519_key]
HOUR = timedelta(hours=1)


def verify(request, key, now=NOW, authorities=US):
    claim = parse_claim(request)
    verify_claim(claim, request, key.public, now, authorities)
    return claim


def with_header(request, name, *values):
    return replace(request, headers={**request.headers, name: list(values)})


def without_header(request, name):
    return replace(request, headers={n: v for n, v in request.headers.items() if n != name})


def edit_header(request, name, old, new):
    value = request.headers[name][0]
    assert old in value
    return with_header(request, name, value.replace(old, new))


def cavage_request(
    covered, *, method="POST", extra="", values=None, algorithm="hs2019", date=None, host="union.example"
):
    """A request signed by hand over exactly the `covered` names."""
    key = rsa_key()
    headers = {
        "host": host,
        "date": date or http_date(NOW),
        "digest": f"SHA-256={b64encode(body_digest(BODY)).decode()}",
    }
    pseudo = {"(request-target)": f"{method.lower()} /inbox", **(values or {})}
    text = "\n".join(f"{name}: {pseudo.get(name) or headers[name]}" for name in covered)
    signature = b64encode(key.sign(text.encode())).decode()
    headers["signature"] = (
        f'keyId="{key.key_id}",algorithm="{algorithm}",headers="{" ".join(covered)}"{extra},signature="{signature}"'
    )
    return request_with(headers, method=method)


def rfc9421_request(components, parameters, *, url=INBOX):
    """A request signed by hand over exactly these components, given as text."""
    digest = f"sha-256=:{b64encode(body_digest(BODY)).decode()}:"
    bare = request_with({"content-digest": digest, "date": http_date(NOW)}, url=url)
    text = f"({' '.join(components)}){parameters}"
    base = rfc9421_base(tuple(components), text, bare)
    signature = f"sig1=:{b64encode(rsa_key().sign(base)).decode()}:"
    headers = {"content-digest": digest, "date": http_date(NOW)}
    return request_with(headers | {"signature-input": f"sig1={text}", "signature": signature}, url=url)


POST_COMPONENTS = ['"@method"', '"@target-uri"', '"content-digest"']
CREATED = int(NOW.timestamp())
PARAMETERS = f';created={CREATED};keyid="{rsa_key().key_id}"'


class TestBothDialects:
    @pytest.mark.parametrize("key", KEYS)
    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_a_signed_post_verifies_and_names_its_key(self, dialect, key):
        claim = verify(signed_post(dialect, key()), key())
        assert (claim.dialect, claim.key_id) == (dialect, key().key_id)

    @pytest.mark.parametrize("key", KEYS)
    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_a_signed_get_with_a_query_verifies(self, dialect, key):
        verify(signed_get(dialect, key()), key())

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_an_extra_header_is_covered(self, dialect):
        request = signed_post(dialect, rsa_key(), extra_covered={"collection-synchronization": 'digest="a"'})
        assert any("collection-synchronization" in name for name in verify(request, rsa_key()).covered)
        with pytest.raises(SignatureMismatch):
            verify(with_header(request, "collection-synchronization", 'digest="b"'), rsa_key())

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_another_key_is_a_mismatch_which_is_worth_a_new_key_fetch(self, dialect):
        with pytest.raises(SignatureMismatch):
            verify(signed_post(dialect, rsa_key()), other_rsa_key())

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_another_body_is_refused(self, dialect):
        with pytest.raises(SignatureRejected, match="body"):
            verify(replace(signed_post(dialect, rsa_key()), body=BODY + b" "), rsa_key())

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_a_digest_computed_before_stands_for_the_body(self, dialect):
        request = signed_post(dialect, rsa_key())
        verify_envelope(parse_claim(request), replace(request, body=None), NOW, US, body_digest(BODY))
        with pytest.raises(SignatureRejected):
            verify_envelope(parse_claim(request), request, NOW, US, body_digest(b"other"))

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_a_second_digest_header_must_fit_too(self, dialect):
        other = body_digest(b"other")
        wrong = {
            "cavage": ("content-digest", f"sha-256=:{b64encode(other).decode()}:"),
            "rfc9421": ("digest", f"SHA-256={b64encode(other).decode()}"),
        }
        with pytest.raises(SignatureRejected, match="does not fit"):
            verify(with_header(signed_post(dialect, rsa_key()), *wrong[dialect]), rsa_key())

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_a_request_for_another_host_is_refused(self, dialect):
        with pytest.raises(SignatureRejected, match="another host"):
            verify(signed_post(dialect, rsa_key(), url="https://other.example/inbox"), rsa_key())

    def test_an_authority_in_capitals_and_with_the_default_port_is_ours(self):
        request = replace(signed_post("rfc9421", rsa_key()), authority="UNION.example:443")
        verify(request, rsa_key())

    def test_a_host_header_in_capitals_and_with_the_default_port_is_ours(self):
        covered = ["(request-target)", "host", "date", "digest"]
        request = cavage_request(covered, host="UNION.example:443")
        verify(request, rsa_key())

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_created_65_minutes_ago_is_the_oldest_we_take(self, dialect):
        request = signed_post(dialect, rsa_key())
        verify(request, rsa_key(), now=NOW + timedelta(minutes=65))
        with pytest.raises(SignatureRejected, match="too long ago"):
            verify(request, rsa_key(), now=NOW + timedelta(minutes=65, seconds=1))

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_created_an_hour_ahead_is_the_latest_we_take(self, dialect):
        request = signed_post(dialect, rsa_key())
        verify(request, rsa_key(), now=NOW - HOUR)
        with pytest.raises(SignatureRejected, match="future"):
            verify(request, rsa_key(), now=NOW - HOUR - timedelta(seconds=1))

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_an_unsigned_request_is_refused(self, dialect):
        with pytest.raises(SignatureRejected):
            parse_claim(without_header(signed_post(dialect, rsa_key()), "signature"))

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_a_signature_header_sent_twice_is_refused(self, dialect):
        request = signed_post(dialect, rsa_key())
        with pytest.raises(SignatureRejected, match="exactly once"):
            parse_claim(with_header(request, "signature", *request.headers["signature"] * 2))

    @pytest.mark.parametrize(("dialect", "name"), [("cavage", "digest"), ("rfc9421", "content-digest")])
    def test_a_covered_header_sent_twice_is_refused(self, dialect, name):
        request = signed_post(dialect, rsa_key())
        with pytest.raises(SignatureRejected, match="exactly once"):
            verify(with_header(request, name, *request.headers[name] * 2), rsa_key())

    @pytest.mark.parametrize("name", ["rsa-sha256", "rsa-v1_5-sha256", "hmac-sha256", "rsa-pss-sha512"])
    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_an_algorithm_that_is_not_the_keys_is_refused(self, dialect, name):
        request = signed_post(dialect, ed25519_key())
        header = "signature" if dialect == "cavage" else "signature-input"
        old = 'algorithm="hs2019"' if dialect == "cavage" else 'alg="ed25519"'
        new = old.partition("=")[0] + f'="{name}"'
        with pytest.raises(SignatureRejected, match="algorithm"):
            verify(edit_header(request, header, old, new), ed25519_key())

    def test_a_signature_made_with_the_public_key_as_hmac_secret_is_refused(self):
        request = signed_post("cavage", rsa_key())
        base = cavage_base(parse_claim(request), request, request.target)
        forged = hmac.new(rsa_key().public.to_pem().encode(), base, hashlib.sha256).digest()
        for algorithm in ("hmac-sha256", "hs2019", "rsa-sha256"):
            value = request.headers["signature"][0].split(",signature=")[0]
            value = value.replace("rsa-sha256", algorithm) + f',signature="{b64encode(forged).decode()}"'
            with pytest.raises(SignatureRejected):
                verify(with_header(request, "signature", value), rsa_key())

    @pytest.mark.parametrize("dialect", DIALECTS)
    def test_copies_share_a_replay_key_and_other_requests_do_not(self, dialect):
        first = replay_key(parse_claim(signed_post(dialect, rsa_key())))
        assert first == replay_key(parse_claim(signed_post(dialect, rsa_key())))
        assert first != replay_key(parse_claim(signed_post(dialect, rsa_key(), body=b"{}")))
        assert len(first) == 16

    def test_a_copy_under_another_name_of_the_key_has_the_same_replay_key(self):
        request = signed_post("cavage", rsa_key())
        renamed = edit_header(request, "signature", "#main-key", "#other")
        assert replay_key(parse_claim(request)) == replay_key(parse_claim(renamed))

    def test_a_line_break_in_a_covered_header_is_refused(self):
        request = with_header(signed_post("cavage", rsa_key()), "content-type", "a\nb: c")
        with pytest.raises(SignatureRejected, match="line break"):
            verify(request, rsa_key())


class TestCavage:
    def test_the_text_is_what_mastodon_sends(self):
        digest = body_digest(BODY)
        headers = sign_cavage(rsa_key(), "POST", INBOX, NOW, digest, "application/activity+json")
        start, _, _ = headers["Signature"].partition(",signature=")
        assert start == (
            f'keyId="{rsa_key().key_id}",algorithm="rsa-sha256",'
            'headers="(request-target) host date digest content-type"'
        )
        assert headers["Host"] == "union.example"
        assert headers["Date"] == "Sun, 22 Nov 2026 12:00:00 GMT"
        assert headers["Digest"] == f"SHA-256={b64encode(digest).decode()}"
        assert set(headers) == {"Host", "Date", "Digest", "Content-Type", "Signature"}

    def test_headers_in_another_order_verify(self):
        verify(cavage_request(["date", "digest", "host", "(request-target)"]), rsa_key())

    @pytest.mark.parametrize("missing", ["(request-target)", "host", "date", "digest"])
    def test_a_post_that_leaves_one_out_is_refused(self, missing):
        covered = [name for name in ("(request-target)", "host", "date", "digest") if name != missing]
        with pytest.raises(SignatureRejected, match="not signed"):
            parse_claim(cavage_request(covered))

    @pytest.mark.parametrize("missing", ["(request-target)", "host", "date"])
    def test_a_get_that_leaves_one_out_is_refused(self, missing):
        covered = [name for name in ("(request-target)", "host", "date") if name != missing]
        with pytest.raises(SignatureRejected, match="not signed"):
            parse_claim(cavage_request(covered, method="GET"))

    def test_created_counts_instead_of_date_with_hs2019(self):
        covered = ["(request-target)", "(created)", "host", "digest"]
        stale = http_date(NOW - timedelta(days=2))
        request = cavage_request(covered, extra=f",created={CREATED}", values={"(created)": CREATED}, date=stale)
        verify(request, rsa_key())

    def test_created_does_not_go_with_rsa_sha256(self):
        covered = ["(request-target)", "(created)", "host", "digest"]
        extra, values = f",created={CREATED}", {"(created)": CREATED}
        with pytest.raises(MalformedActivity, match="hs2019"):
            parse_claim(cavage_request(covered, extra=extra, values=values, algorithm="rsa-sha256"))

    def test_covering_created_without_stating_it_is_malformed(self):
        covered = ["(request-target)", "(created)", "host", "digest"]
        with pytest.raises(MalformedActivity, match="created"):
            parse_claim(cavage_request(covered, values={"(created)": CREATED}))

    def test_signed_expires_lengthens_the_life_to_at_most_twelve_hours_and_the_skew(self):
        expires = CREATED + 30 * 24 * 3600
        covered = ["(request-target)", "(created)", "(expires)", "host", "digest"]
        values = {"(created)": CREATED, "(expires)": expires}
        request = cavage_request(covered, extra=f",created={CREATED},expires={expires}", values=values)
        verify(request, rsa_key(), now=NOW + timedelta(hours=13))
        with pytest.raises(SignatureRejected, match="too long ago"):
            verify(request, rsa_key(), now=NOW + timedelta(hours=13, seconds=1))

    def test_an_expires_that_is_not_signed_is_not_believed(self):
        covered = ["(request-target)", "host", "date", "digest"]
        request = cavage_request(covered, extra=f",expires={CREATED + 36000}")
        with pytest.raises(SignatureRejected, match="too long ago"):
            verify(request, rsa_key(), now=NOW + timedelta(hours=2))

    def test_a_signature_over_the_path_without_the_query_verifies(self):
        request = replace(signed_post("cavage", rsa_key()), target="/inbox?x=1")
        verify(request, rsa_key())

    def test_a_host_header_that_differs_from_the_authority_is_refused(self):
        request = replace(
            signed_post("cavage", rsa_key(), url="https://other.example/inbox"), authority="union.example"
        )
        with pytest.raises(SignatureRejected, match="another host"):
            verify(request, rsa_key())

    @pytest.mark.parametrize(
        "value",
        [
            "",
            "keyId",
            'keyId="a',
            'keyId="https://a.example/k"x,headers="date",signature="AAAA"',
            'keyId="https://a.example/k",keyId="https://b.example/k",headers="date",signature="AAAA"',
            'keyId="https://a.example/k",headers="date date",signature="AAAA"',
            'keyId="https://a.example/k",headers="",signature="AAAA"',
            'keyId="https://a.example/\\"k",headers="date",signature="AAAA"',
            'keyId="https://a.example/\\k",headers="date",signature="AAAA"',
            ",".join(f'p{number}="x"' for number in range(20)),
            'keyId="' + "x" * 9000 + '"',
        ],
    )
    def test_a_malformed_header_is_answered_with_400(self, value):
        with pytest.raises((MalformedActivity, SignatureRejected)) as caught:
            parse_claim(with_header(signed_post("cavage", rsa_key()), "signature", value))
        assert caught.type is MalformedActivity or value == ""

    @pytest.mark.parametrize("value", ["", "not base64!", "AAA", "AAAA\nAAAA"])
    def test_a_signature_that_is_not_base64_is_answered_with_400(self, value):
        request = signed_post("cavage", rsa_key())
        start = request.headers["signature"][0].partition(",signature=")[0]
        with pytest.raises(MalformedActivity):
            parse_claim(with_header(request, "signature", f'{start},signature="{value}"'))

    @pytest.mark.parametrize("key_id", ["", "https://a.example/k k", "https://a.example/\xe9", "x" * 2049])
    def test_an_unusable_key_id_is_answered_with_400(self, key_id):
        request = edit_header(signed_post("cavage", rsa_key()), "signature", rsa_key().key_id, key_id)
        with pytest.raises(MalformedActivity, match="keyId"):
            parse_claim(request)


class TestRfc9421:
    def test_the_headers_are_what_mastodon_sends(self):
        headers = sign_rfc9421(rsa_key(), "POST", INBOX, NOW, body_digest(BODY))
        assert headers["Signature-Input"] == (
            f'sig1=("@method" "@target-uri" "content-digest");created={CREATED}'
            f';keyid="{rsa_key().key_id}";alg="rsa-v1_5-sha256"'
        )
        assert headers["Content-Digest"] == f"sha-256=:{b64encode(body_digest(BODY)).decode()}:"

    def test_the_algorithm_may_be_left_out(self):
        verify(rfc9421_request(POST_COMPONENTS, PARAMETERS), rsa_key())

    @pytest.mark.parametrize("missing", POST_COMPONENTS)
    def test_a_post_that_leaves_one_out_is_refused(self, missing):
        components = [name for name in POST_COMPONENTS if name != missing]
        with pytest.raises(SignatureRejected, match="not signed"):
            parse_claim(rfc9421_request(components, PARAMETERS))

    def test_a_signature_without_created_is_refused(self):
        with pytest.raises(SignatureRejected, match="created"):
            parse_claim(rfc9421_request(POST_COMPONENTS, f';keyid="{rsa_key().key_id}"'))

    @pytest.mark.parametrize(
        ("components", "url"),
        [
            (['"@authority"', '"@path"'], INBOX),
            (['"@authority"', '"@path"', '"@query"'], f"{INBOX}?a=1"),
            (['"@authority"', '"@request-target"'], f"{INBOX}?a=1"),
            (['"@target-uri"', '"@scheme"', '"date"'], f"{INBOX}?a=1"),
        ],
    )
    def test_authority_with_all_that_follows_stands_for_the_target(self, components, url):
        verify(rfc9421_request(['"@method"', '"content-digest"', *components], PARAMETERS, url=url), rsa_key())

    @pytest.mark.parametrize(
        "components", [['"@path"', '"@query"'], ['"@authority"', '"@path"'], ['"@authority"', '"@query"']]
    )
    def test_a_part_of_the_target_is_not_enough(self, components):
        with pytest.raises(SignatureRejected, match="@target-uri"):
            parse_claim(rfc9421_request(['"@method"', '"content-digest"', *components], PARAMETERS, url=f"{INBOX}?a=1"))

    @pytest.mark.parametrize("parameter", ["sf", 'key="a"', "bs", "req", "tr"])
    def test_component_parameters_are_answered_with_400(self, parameter):
        request = rfc9421_request(POST_COMPONENTS, PARAMETERS)
        edited = edit_header(request, "signature-input", '"content-digest"', f'"content-digest";{parameter}')
        with pytest.raises(MalformedActivity, match="not supported"):
            parse_claim(edited)

    @pytest.mark.parametrize("name", ['"@query-param";name="a"', '"@status"', '"@nonsense"', '"Date"', "date", '"a b"'])
    def test_components_we_do_not_know_are_answered_with_400(self, name):
        request = rfc9421_request(POST_COMPONENTS, PARAMETERS)
        edited = edit_header(request, "signature-input", '"@method"', f'"@method" {name}')
        with pytest.raises(MalformedActivity):
            parse_claim(edited)

    @pytest.mark.parametrize(
        ("signature_input", "signature"),
        [
            ('sig1=("@method");created=1, sig2=("@method");created=1', "sig1=:AAAA:"),
            ('sig1=("@method");created=1', "sig1=:AAAA:, sig2=:AAAA:"),
            ('sig1=("@method");created=1', "sig2=:AAAA:"),
            ('sig1=("@method");created=1', "sig1=::"),
            ('sig1=("@method");created=1', 'sig1="AAAA"'),
            ('sig1="@method"', "sig1=:AAAA:"),
            ('sig1=("@method" "@method");created=1', "sig1=:AAAA:"),
            ('sig1=("@method"', "sig1=:AAAA:"),
            ('sig1=("@method")', "sig1=:A:"),
        ],
    )
    def test_malformed_headers_are_answered_with_400(self, signature_input, signature):
        request = request_with({"signature-input": signature_input, "signature": signature})
        with pytest.raises(MalformedActivity):
            parse_claim(request)

    @pytest.mark.parametrize("value", ['"1"', "-5", "999999999999999", ":AAAA:", "?1"])
    def test_a_created_that_is_no_time_is_answered_with_400(self, value):
        request = rfc9421_request(POST_COMPONENTS, f';created={value};keyid="{rsa_key().key_id}"')
        with pytest.raises(MalformedActivity):
            parse_claim(request)

    def test_expires_is_capped_at_twelve_hours_and_the_skew(self):
        parameters = f';created={CREATED};expires={CREATED + 10**6};keyid="{rsa_key().key_id}"'
        request = rfc9421_request(POST_COMPONENTS, parameters)
        verify(request, rsa_key(), now=NOW + timedelta(hours=13))
        with pytest.raises(SignatureRejected, match="too long ago"):
            verify(request, rsa_key(), now=NOW + timedelta(hours=13, seconds=1))


VECTOR_DIGEST = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
VECTOR_REQUEST = request_with(
    {
        "host": "example.com",
        "date": "Tue, 20 Apr 2021 02:07:55 GMT",
        "content-type": "application/json",
        "content-digest": VECTOR_DIGEST,
        "content-length": "18",
    },
    url="https://example.com/foo?param=Value&Pet=dog",
    body=b'{"hello": "world"}',
)


class TestPublishedVectors:
    """RFC 9421 appendix B.2; its test-request covers too little for us, so the base is tested alone."""

    def test_b21_minimal_signature_base(self):
        parameters = '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"'
        assert rfc9421_base((), parameters, VECTOR_REQUEST) == f'"@signature-params": {parameters}'.encode()

    def test_b23_full_coverage_signature_base(self):
        covered = (
            '"date"',
            '"@method"',
            '"@path"',
            '"@query"',
            '"@authority"',
            '"content-type"',
            '"content-digest"',
            '"content-length"',
        )
        parameters = f'({" ".join(covered)});created=1618884473;keyid="test-key-rsa-pss"'
        assert rfc9421_base(covered, parameters, VECTOR_REQUEST).decode() == "\n".join(
            [
                '"date": Tue, 20 Apr 2021 02:07:55 GMT',
                '"@method": POST',
                '"@path": /foo',
                '"@query": ?param=Value&Pet=dog',
                '"@authority": example.com',
                '"content-type": application/json',
                f'"content-digest": {VECTOR_DIGEST}',
                '"content-length": 18',
                f'"@signature-params": {parameters}',
            ]
        )

    def test_b26_ed25519_signature_holds_and_is_what_we_would_make(self):
        seed = b64decode("n4Ni+HpISpVObnQMW0wOhCKROaIKqKtW/2ZYb2p9KcU=")
        pkcs8 = bytes.fromhex("302e020100300506032b657004220420") + seed
        key = PrivateKey.from_der("test-key-ed25519", "https://example.com/actor", pkcs8)
        covered = ('"date"', '"@method"', '"@path"', '"@authority"', '"content-type"', '"content-length"')
        parameters = f'({" ".join(covered)});created=1618884473;keyid="test-key-ed25519"'
        signature = b64decode(
            "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
        )
        base = rfc9421_base(covered, parameters, VECTOR_REQUEST)
        assert key.public.verify(signature, base)
        assert key.sign(base) == signature
