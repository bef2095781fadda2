"""Documents of foreign servers, read in place, and the published vectors that lie beside the tests."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

_BESIDE = Path(__file__).parents[3] / "shared" / "fixtures"
FIXTURES = Path(os.environ.get("USI_FED_FIXTURES", _BESIDE))
VECTORS = Path(__file__).with_name("vectors")


def fixture(name: str) -> dict[str, Any]:
    """A captured document, such as `mastodon/like.json`."""
    if not FIXTURES.is_dir():
        pytest.skip("the folder of captured documents (../shared/fixtures) is missing")
    return json.loads((FIXTURES / name).read_text())


def vector(name: str) -> Any:
    """A published test vector."""
    return json.loads((VECTORS / name).read_text())
