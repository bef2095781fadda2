"""The check of answers against the published description can fail, and a run without it says so."""

import json

import pytest

from tests.api.asgi import Answer
from tests.api.schema import check
from tests.shared import needs_openapi

MARKER = {"home": {"last_read_id": "1", "version": 1, "updated_at": "2026-01-01T00:00:00.000Z"}}


def _answer(body):
    return Answer(200, [], json.dumps(body).encode())


@needs_openapi
def test_an_answer_as_described_passes():
    assert check("GET", "/api/v1/markers", _answer(MARKER)) == MARKER


@needs_openapi
def test_an_answer_unlike_the_description_fails():
    with pytest.raises(AssertionError, match="last_read_id"):
        check("GET", "/api/v1/markers", _answer({"home": {**MARKER["home"], "last_read_id": 1}}))
