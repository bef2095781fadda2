import pytest

from usi_fed.activitypub.addresses import NetworkPolicy
from usi_fed.activitypub.intents import Wish, find_address

POLICY = NetworkPolicy("USI-Fed/test")
URI, PAGE = "https://union.example/users/ada?a=1&b", "https://union.example/@ada"
FOLLOW, REPLY = Wish("follow", URI, PAGE), Wish("reply", URI, PAGE)
CODED = "https%3A%2F%2Funion.example%2Fusers%2Fada%3Fa%3D1%26b"
CODED_PAGE = "https%3A%2F%2Funion.example%2F%40ada"
FEP = "https://w3id.org/fep/3b86/"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"


def link(rel, template, name="template"):
    return {"rel": rel, name: template}


MASTODON = [
    link(SUBSCRIBE, "https://home.example/authorize_interaction?uri={uri}"),
    link(f"{FEP}Create", "https://home.example/share?text={content}"),
    link(f"{FEP}Object", "https://home.example/authorize_interaction?uri={object}"),
]
EMISSARY = [
    link(f"{FEP}Follow", "https://home.example/f?o={object}&s={on-success}&c={on-cancel}"),
    link(f"{FEP}Create", "https://home.example/c?t={type}&x={content}&r={inReplyTo}", "href"),
    link(f"{FEP}Like", "https://home.example/l?o={object}"),
]


@pytest.mark.parametrize(
    ("links", "wish", "address"),
    [
        (MASTODON, FOLLOW, f"https://home.example/authorize_interaction?uri={CODED}"),
        (MASTODON, REPLY, f"https://home.example/authorize_interaction?uri={CODED}"),
        (MASTODON[:1], FOLLOW, f"https://home.example/authorize_interaction?uri={CODED}"),
        (EMISSARY, FOLLOW, f"https://home.example/f?o={CODED}&s={CODED_PAGE}&c={CODED_PAGE}"),
        (EMISSARY, REPLY, f"https://home.example/c?t=Note&x=&r={CODED}"),
    ],
)
def test_the_best_link_for_a_wish_is_filled_in(links, wish, address):
    assert find_address({"links": links}, wish, POLICY) == address


@pytest.mark.parametrize(
    "template",
    [
        "javascript:alert({object})",
        "data:text/html,{object}",
        "//evil.example/{object}",
        "/follow?uri={object}",
        "{object}",
        "https://{object}/",
        "https://home.example{object}",
        "https://me@home.example/{object}",
        "http://home.example/{object}",
        "https://home.example/\r\nSet-Cookie: a=b/{object}",
        "https://127.0.0.1/{object}",
        "https://home.example:22/{object}",
        "https://home.example/follow",
    ],
)
def test_a_template_that_leads_nowhere_safe_is_passed_over(template):
    unsafe = link(f"{FEP}Follow", template)
    assert find_address({"links": [unsafe]}, FOLLOW, POLICY) is None
    found = find_address({"links": [unsafe, *MASTODON]}, FOLLOW, POLICY)
    assert found == f"https://home.example/authorize_interaction?uri={CODED}"


@pytest.mark.parametrize("links", [None, {}, "x", [None, "x", {}, {"rel": f"{FEP}Follow"}, link(f"{FEP}Follow", 7)]])
def test_nonsense_names_no_place(links):
    assert find_address({"links": links}, FOLLOW, POLICY) is None
    assert find_address({}, REPLY, POLICY) is None
