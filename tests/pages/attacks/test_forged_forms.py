"""Cross-site request forgery: a form that no page of ours made for this session changes nothing, whatever it says.

Every address that takes forms is tried, with the forms that stand on our own pages, filled in.
"""

from urllib.parse import urlsplit

import pytest

from tests.pages.attacks.world import CONSENT, SESSION, fresh_cookies, in_order, own_token
from usi_fed.accounts.tickets import form_token
from usi_fed.pages.authors import seal_of
from usi_fed.pages.table import routes
from usi_fed.web import STALE_FORM

pytestmark = pytest.mark.asyncio(loop_scope="module")

AUTHORIZE = urlsplit(CONSENT).path  # stands in the table of the client API
POSTS = sorted({route.path for route in routes if "POST" in route.methods} | {AUTHORIZE})
NO_PAGE = {
    "/set-up/{code}": "only a server without an account has it: test_joining.py",
    "/log-in/objection": "only who is kept out has it, after their password: test_objections.py",
}
NO_TOKEN = {
    "/interact": "asks strangers where they are at home, and keeps that at their browser only",
    "/language": "strangers have no session, and only their own browser keeps what they choose",
}
# Another answer than that for stale forms: status, and what it says or where it leads.
OTHERWISE = {
    AUTHORIZE: (303, f"{AUTHORIZE}?"),  # asks once more: nothing was typed that could be lost
    "/log-in/link/{code}": (404, "in another browser"),  # to which the token belongs as well as the link
}
ATTACKERS_SEED = "a" * 43
FROM_ELSEWHERE = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}


@pytest.fixture
def forgeries(world):
    """What a page of an attacker can send: no token, or one that their own browser was given; and its headers."""
    session = world.browsers["eve"].cookies[SESSION]
    return [("", FROM_ELSEWHERE), (form_token(session), {}), (form_token(ATTACKERS_SEED), {})]


def forged(form, token):
    """The fields of a form, with what an attacker has in place of what only the victim's page says."""
    proofs = {"form_token": token}
    if "author_seal" in form.fields:
        proofs["author_seal"] = seal_of(form.fields["author"], ATTACKERS_SEED)
    return form.filled(**proofs)


def is_stale(answer):
    words = (str(STALE_FORM), "Not sent yet", "Nothing has been done yet")
    return answer.status == 403 and any(one in answer.text for one in words)


def is_refused(path, answer):
    if path not in OTHERWISE:
        return is_stale(answer)
    status, words = OTHERWISE[path]
    return answer.status == status and words in (answer.header("location") or answer.text)


@pytest.mark.parametrize("path", POSTS)
async def test_a_forged_form_changes_nothing(world, forms, forgeries, path):
    found = forms.get(path, [])
    assert bool(found) != (path in NO_PAGE), "on which page is this form? The world must have it"
    before = world.rows()
    for browser, form in found:
        assert "form_token" in form.fields or path in NO_TOKEN
        cookies = dict(browser.cookies)
        for token, headers in forgeries:
            answer = await form.send(browser, headers, **forged(form, token))
            if "form_token" in form.fields:
                assert is_refused(path, answer), answer.text
                assert browser.cookies == cookies, "nobody is signed in or out by it"
            browser.cookies = dict(cookies)
    assert world.rows() == before


async def test_with_the_token_of_its_page_each_of_them_is_heard(world, forms):
    """So it was the token that was wrong with those above, and nothing else."""
    before = world.rows()
    for path in in_order(forms):
        for browser, form in forms[path]:
            browser.cookies = await fresh_cookies(world, browser)
            answer = await form.send(browser, **form.filled(form_token=own_token(path, browser, form)))
            assert not is_stale(answer), (path, answer.text)
    after = world.rows()
    assert sum(before[table] != after[table] for table in before) > len(before) / 2
