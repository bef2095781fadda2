"""A server and another one that it talks to."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.peer import Peer, running_peer
from tests.resilience.processes import Node, new_node


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    async with running_peer() as peer:
        yield peer


@pytest.fixture
async def node(tmp_path: Path, database_url: str) -> AsyncIterator[Node]:
    """A server without a broker, once on each database."""
    async with new_node(tmp_path, database_url) as node:
        yield node


@pytest.fixture
async def small_node(tmp_path: Path, sqlite_url: str) -> AsyncIterator[Node]:
    """A server without a broker, on SQLite."""
    async with new_node(tmp_path, sqlite_url) as node:
        yield node
