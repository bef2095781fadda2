"""Where the documents lie that the tests read in place: beside the repository, and never a part of it.

Fixtures are captured payloads of other programs, never sent anywhere; the API is a published description of
Mastodon's. A test that needs what is missing says so and is skipped.
"""

import os
from pathlib import Path

import pytest

_SHARED = Path(__file__).parents[2] / "shared"
FIXTURES = Path(os.environ.get("USI_FED_FIXTURES", _SHARED / "fixtures"))
OPENAPI = Path(os.environ.get("USI_FED_MASTODON_API", _SHARED / "mastodon-api")) / "openapi.json"

FIXTURES_MISSING = "the captured documents (../shared/fixtures) are missing"
needs_fixtures = pytest.mark.skipif(not FIXTURES.is_dir(), reason=FIXTURES_MISSING)
needs_openapi = pytest.mark.skipif(not OPENAPI.is_file(), reason="../shared/mastodon-api/openapi.json is missing")

# For tests in rooms that usually run on SQLite alone, because their SQL is tested elsewhere: see `database_url` there.
on_both_databases = pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
