"""Who comes in: administrators, and nobody else."""

import pytest

from tests.api.asgi import Browser
from tests.pages.administration.conftest import token_of
from usi_fed.app import Doors
from usi_fed.instance.store import choices
from usi_fed.pages.administration.table import PAGES

OURS = [(verb, path.format(step="name")) for verb, path, _ in PAGES if path.startswith("/administration")]
FORMS = [path for verb, path in OURS if verb == "POST"]
READ = [path for verb, path in OURS if verb == "GET" and not path.endswith(("/health", "/set-up", "/queue/server"))]


@pytest.mark.parametrize("role", ["member", "moderator"])
async def test_nobody_else_comes_in(member, house, role, acts):
    browser = await member("max", role=role)
    token = token_of(await browser.get("/account/profile"))
    for verb, path in OURS:
        form = {"form_token": token, "name": "Ours now"} if verb == "POST" else None
        assert (await browser.call(verb, path, form=form)).status == 403, path
    assert await house.database.read(choices) == {} and await acts() == []


async def test_strangers_sign_in_first(house):
    for path in READ:
        answer = await Browser(Doors(house)).get(path)
        assert (answer.status, answer.header("location")) == (303, f"/log-in?next={path.replace('/', '%2F')}")


async def test_administrators_see_every_page_and_no_cache_keeps_it(olga):
    for path in READ:
        page = await olga.get(path)
        assert (page.status, page.header("cache-control")) == (200, "no-store"), path


@pytest.mark.parametrize("path", FORMS)
async def test_forms_that_are_not_ours_do_nothing(olga, house, acts, path):
    for token in ("", "forged"):
        form = {"form_token": token, "name": "Ours now", "host": "a.example", "which": "all", "sure": "1"}
        assert (await olga.post(path, form)).status == 403
    assert await house.database.read(choices) == {} and await acts() == []


async def test_the_ways_lead_administrators_there_and_nobody_else(olga, member):
    assert 'href="/administration"' in (await olga.get("/home")).text
    assert 'href="/administration"' not in (await (await member("max")).get("/home")).text
