"""A group, who owns it, and people at their browsers before it, on each of the two databases."""

import pytest

from tests.pages.organisations.conftest import ada, found, member, office, press, settings, token_of
from usi_fed.posts.model import Draft
from usi_fed.unions.memberships_store import find_membership

__all__ = ["ada", "found", "member", "office", "press", "settings", "token_of"]


@pytest.fixture
async def choir(found):
    """A group of Ada's, open to everybody."""
    return await found("choir", "Group", "Dockers' choir")


@pytest.fixture
def writes(house, clock):
    """Publishes something of a browser's person."""

    async def writes(browser, text, **more):
        return await house.publisher.create_post(await browser.actor(), Draft(text, **more))

    return writes


@pytest.fixture
def stands(house):
    """How somebody stands to a group."""

    async def stands(group, browser):
        found = await house.database.read(find_membership, group.id, browser.actor_id)
        return found.state if found else None

    return stands


@pytest.fixture
def joins(house):
    async def joins(browser, group):
        return await house.groups.join(await browser.actor(), group.id)

    return joins
