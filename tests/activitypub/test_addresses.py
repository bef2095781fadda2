from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usi_fed.activitypub.addresses import (
    NetworkPolicy,
    host_of,
    is_allowed_address,
    parse_url,
    same_origin,
)
from usi_fed.errors import MalformedActivity

STRICT = NetworkPolicy("test")
LENIENT = NetworkPolicy("test", allow_http=True, allowed_networks=(ip_network("127.0.0.0/8"), ip_network("::1/128")))


@pytest.mark.parametrize(
    ("text", "rebuilt"),
    [
        ("https://example.org/users/a", "https://example.org/users/a"),
        ("HTTPS://Example.ORG", "https://example.org/"),
        ("https://example.org:443/a", "https://example.org/a"),
        ("https://example.org:8443/a", "https://example.org:8443/a"),
        ("https://example.org./a", "https://example.org/a"),
        ("https://example.org/a?b=c&d#fragment", "https://example.org/a?b=c&d"),
        ("https://example.org?b", "https://example.org/?b"),
        ("https://Bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://faß.de/", "https://xn--fa-hia.de/"),
        ("https://xn--i-7iq.ws/a", "https://xn--i-7iq.ws/a"),
        ("https://example.org/a%2Fb/../c@d", "https://example.org/a%2Fb/../c@d"),
    ],
)
def test_a_good_url_is_rebuilt_from_its_parts(text, rebuilt):
    assert str(parse_url(text, STRICT)) == rebuilt


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://",
        "example.org/a",
        "//example.org/a",
        "ftp://example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://example.org/",
        "https://user@example.org/",
        "https://user:word@example.org/",
        "https://good.example@evil.example/",
        "https://good.example\\@evil.example/",
        "https://evil.example\\.good.example/",
        "https://exam ple.org/",
        "https://example.org/a b",
        "https://example.org/a\nb",
        "https://example.org/\u00a0",
        "https://example.org/\u2028",
        "https://example.org/\x00",
        "https://example.org/\ud800",
        " https://example.org/",
        "https://example.org:22/",
        "https://example.org:80/",
        "https://example.org:0/",
        "https://example.org:65536/",
        "https://example.org:4٤3/",
        "https://example..org/",
        "https://-example.org/",
        "https://exam%70le.org/",
        "https://127.0.0.1/",
        "https://127.0.0.1./",
        "https://8.8.8.8/",
        "https://１２７.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://example.0x7f/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[fe80::1%25eth0]/",
        "https://[2606:4700::1111]/",
        "https://example.org/" + "a" * 2048,
        "https://" + "a" * 64 + ".org/",
        "https://" + "a." * 127 + "org/",
    ],
)
def test_a_dangerous_or_malformed_url_is_refused(text):
    with pytest.raises(MalformedActivity):
        parse_url(text, STRICT)


@pytest.mark.parametrize("text", ["http://127.0.0.1:8080/", "http://[::1]:8080/", "http://example.org/"])
def test_a_test_network_may_use_http_and_its_own_addresses(text):
    assert str(parse_url(text, LENIENT)) == text


def test_an_address_outside_the_allowed_networks_stays_refused():
    with pytest.raises(MalformedActivity):
        parse_url("http://10.0.0.1:8080/", LENIENT)


@given(st.one_of(st.text(), st.builds("https://{}".format, st.text()), st.builds("https://a{}b/".format, st.text())))
def test_any_text_is_a_url_or_a_malformed_one(text):
    try:
        url = parse_url(text, LENIENT)
    except MalformedActivity:
        return
    assert parse_url(str(url), LENIENT) == url
    assert str(url).isascii()


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::808:808",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:0:7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::808:808",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:0:808:808::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_public_is_refused(text):
    assert not is_allowed_address(ip_address(text), ())


@pytest.mark.parametrize("text", ["8.8.8.8", "193.0.6.139", "::ffff:8.8.8.8", "2606:4700::1111", "2a00:1450::1"])
def test_a_public_address_is_allowed(text):
    assert is_allowed_address(ip_address(text), ())


def test_the_administrator_may_allow_a_network():
    allowed = (ip_network("10.1.0.0/16"), ip_network("::1/128"))
    assert is_allowed_address(ip_address("10.1.2.3"), allowed)
    assert is_allowed_address(ip_address("::ffff:10.1.2.3"), allowed)
    assert is_allowed_address(ip_address("::1"), allowed)
    assert not is_allowed_address(ip_address("10.2.0.1"), allowed)


def test_an_allowed_translator_reaches_only_what_may_be_reached_directly():
    allowed = (ip_network("64:ff9b::/96"),)
    assert is_allowed_address(ip_address("64:ff9b::808:808"), allowed)
    assert not is_allowed_address(ip_address("64:ff9b::7f00:1"), allowed)
    assert not is_allowed_address(ip_address("64:ff9b::a00:1"), allowed)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://example.org/a", "https://EXAMPLE.org:443/b#c"),
        ("https://bücher.example/a", "https://xn--bcher-kva.example/"),
    ],
)
def test_same_scheme_host_and_port_are_one_origin(first, second):
    assert same_origin(first, second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://example.org/a", "http://example.org/a"),
        ("https://example.org/a", "https://example.org:8443/a"),
        ("https://example.org/a", "https://evil.example.org/a"),
        ("https://example.org/a", "https://example.org.evil/a"),
        ("https://example.org/a", "https://example.org@evil/a"),
        ("nonsense", "nonsense"),
    ],
)
def test_other_origins_and_nonsense_are_not_the_same(first, second):
    assert not same_origin(first, second)


def test_the_host_of_a_uri_keeps_an_unusual_port():
    assert host_of("https://Example.org:443/a") == "example.org"
    assert host_of("https://example.org:8443/a") == "example.org:8443"
