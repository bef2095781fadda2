"""The whole house with a clock that tests move, on both databases."""

import pytest

from tests.unions.conftest import START, found, member, settings
from usi_fed.wiring import open_house

__all__ = ["found", "member", "settings"]


class Hand:
    """A clock that tests move."""

    def __init__(self):
        self.time = START

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Hand()


@pytest.fixture
async def house(settings, clock):
    async with open_house(settings, clock=clock) as house:
        yield house
