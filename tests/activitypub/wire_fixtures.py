"""Documents of foreign servers, read in place, and the published vectors that lie beside the tests."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.shared import FIXTURES, FIXTURES_MISSING

VECTORS = Path(__file__).with_name("vectors")


def fixture(name: str) -> dict[str, Any]:
    """A captured document, such as `mastodon/like.json`."""
    if not FIXTURES.is_dir():
        pytest.skip(FIXTURES_MISSING)
    return json.loads((FIXTURES / name).read_text())


def vector(name: str) -> Any:
    """A published test vector."""
    return json.loads((VECTORS / name).read_text())
