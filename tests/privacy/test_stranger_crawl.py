"""What is hidden cannot be told from what does not exist: every address, asked by those who may not know."""

import re
from collections import Counter
from functools import partial
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest
import pytest_asyncio

from tests.peer import running_peer
from tests.privacy.questions import filled, questions
from tests.privacy.twins import twin_houses
from usi_fed.activitypub.cavage import sign_cavage
from usi_fed.activitypub.signatures import body_digest

ACTIVITY = "application/activity+json"
PAGE = {"accept": "text/html"}
# What is different at each request, whoever asks for whatever.
_CHANCE = re.compile(
    rb'name="(?:form_token|form_id|once|session|author_seal)" value="[^"]+'
    rb"|(?<=challenge&#34;: &#34;)[^&]+|\b\d{16,20}\b"
)
# So many look-ups by number more or less are no class of their own: whether somebody may know is asked with four.
SAME_CLASS = 4

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def twins(_migrated_file, tmp_path_factory):
    async with twin_houses(tmp_path_factory.mktemp("twins"), _migrated_file) as twins:
        yield twins


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def peer():
    async with running_peer() as peer:
        yield peer


# ---- asking ----


async def as_stranger(twin, verb, address, of_api):
    browser, token = await twin.browser()
    return await _at(browser, token, verb, address, of_api)


async def as_uma(uma, twin, verb, address, of_api):
    """Somebody with an account here who belongs to nothing."""
    if of_api:
        parts, client = urlsplit(address), twin.client("uma")
        form = dict(parse_qsl(parts.query))
        return await (client.get(address) if verb == "GET" else client.call(verb, parts.path, form=form))
    browser, token = await twin.browser(uma.id)
    return await _at(browser, token, verb, address, of_api)


async def _at(browser, token, verb, address, of_api):
    if verb == "GET" or of_api:
        return await browser.call(verb, address, headers=PAGE)
    parts = urlsplit(address)
    return await browser.post(parts.path, {**dict(parse_qsl(parts.query)), "form_token": token}, headers=PAGE)


async def as_server(asker, document, twin, verb, address, _of_api):
    """Another server, with a signature that holds."""
    browser, _ = await twin.browser()
    browser.cookies = {}
    body = b"" if document is None else orjson.dumps(document)
    digest = None if document is None else body_digest(body)
    kind = None if document is None else ACTIVITY
    signed = sign_cavage(asker.key, verb, f"http://union.example{address}", twin.house.clock(), digest, kind)
    headers = {"accept": ACTIVITY, **({"content-type": ACTIVITY} if document else {}), **signed}
    return await browser.call(verb, address, body=body, headers={name.lower(): one for name, one in headers.items()})


# ---- comparing ----


def seen(answer, verb):
    """All that whoever asks can see, but for what is made by chance each time."""
    body = _CHANCE.sub(b"chance", answer.body)
    headers = {
        name: _CHANCE.sub(b"chance", re.sub(r"((?:__Host-)?\w+)=[\w-]+", r"\1", value).encode())
        for name, value in answer.headers
        if name not in ("date", *(("etag", "content-length") if verb != "GET" and body != answer.body else ()))
    }
    return answer.status, headers, body


def differences(one, other):
    """In words, what whoever asks could tell the two houses by."""
    if one[0] != other[0]:
        return [f"status {one[0]}, and {other[0]} where there is nothing"]
    words = [f"header {name}" for name in one[1].keys() | other[1].keys() if one[1].get(name) != other[1].get(name)]
    if one[2] != other[2]:
        pairs = enumerate(zip(one[2], other[2], strict=False))
        at = next((n for n, (here, there) in pairs if here != there), min(len(one[2]), len(other[2])))
        words.append(f"{one[2][max(at - 60, 0) : at + 60]!r}, and {other[2][max(at - 60, 0) : at + 60]!r}")
    return words


def work_of(twin):
    """What was done since this was asked last: statements, ways out, hashes."""
    own, found = str(twin.house.settings.data_dir), Counter()
    for what, number in twin.work.items():
        if not what.startswith("statements") or own in what:
            found[what.partition(" in ")[0]] += number
    twin.work.clear()
    return found


async def compare(twins, ask, verb, address, of_api=False):
    """Ask both houses; what could tell them apart, be it by how long they take."""
    answers, work = [], []
    for twin in twins:
        work_of(twin)
        answers.append(seen(await ask(twin, verb, address, of_api), verb))
        work.append(work_of(twin))
    words = differences(*answers)
    full, empty = work
    if any(full[what] != empty[what] for what in ("ways out", "hashes")):
        words.append(f"other work: {full}, and {empty}")
    if abs(full["statements"] - empty["statements"]) > SAME_CLASS:
        words.append(f"{full['statements']} statements, and {empty['statements']}")
    return [f"{verb} {address}: {word}" for word in words]


async def crawl(twins, ask, is_wanted):
    found = []
    for question in questions(twins.full.app):
        if is_wanted(question):
            for address in dict.fromkeys(question.about(one) for one in twins.hidden):
                found += await compare(twins, ask, question.verb, address, question.of_api)
    return "\n".join(found)


def is_get(question):
    return question.verb == "GET"


def is_no_get(question):
    return question.verb != "GET"


# ---- the crawl ----


@pytest.mark.parametrize("is_wanted", [is_get, is_no_get])
async def test_a_stranger_cannot_tell(twins, is_wanted):
    assert await crawl(twins, as_stranger, is_wanted) == ""


@pytest.mark.parametrize("is_wanted", [is_get, is_no_get])
async def test_a_member_who_does_not_belong_cannot_tell(twins, is_wanted):
    assert await crawl(twins, partial(as_uma, twins.people["uma"]), is_wanted) == ""


async def test_a_server_that_nobody_belongs_to_cannot_tell(twins, peer):
    found = []
    for number, question in enumerate(questions(twins.full.app)):
        if is_get(question) and "{" in question.address and not question.of_api:
            asker = peer.actor(f"asker{number}")  # whose key is not known yet
            for address in dict.fromkeys(question.about(one) for one in twins.hidden):
                found += await compare(twins, partial(as_server, asker, None), "GET", address)
    assert "\n".join(found) == ""


@pytest.mark.parametrize("kind", ["Follow", "Join", "a forgery"])
async def test_what_a_stranger_delivers_finds_nobody(twins, peer, kind):
    found = []
    for one in twins.hidden:
        eve = peer.actor(f"eve{kind[0]}{one.actor}")
        activity = eve.activity("Follow" if kind == "a forgery" else kind, f"http://union.example/users/{one.name}")
        if kind == "a forgery":
            activity["actor"] = "http://away.example/users/other"
        if one.name not in ("ben", "dockers"):
            found += await compare(twins, partial(as_server, eve, activity), "POST", f"/users/{one.name}/inbox")
    assert "\n".join(found) == ""


async def test_an_address_that_is_new_has_to_be_crawled():
    with pytest.raises(AssertionError, match="so that the crawl can ask for a hidden one"):
        filled("/choirs/{id}")
