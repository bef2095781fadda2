from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usi_fed.activitypub.http_dates import http_date, parse_http_date
from usi_fed.errors import MalformedActivity


def test_the_example_of_the_rfc_is_written_and_read():
    moment = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
    assert http_date(moment) == "Sun, 06 Nov 1994 08:49:37 GMT"
    assert parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == moment


def test_another_zone_is_written_in_utc():
    moment = datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert http_date(moment) == "Wed, 31 Dec 2025 22:30:00 GMT"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mon, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov ١٩٩٤ 08:49:37 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "1994-11-06T08:49:37Z",
    ],
)
def test_other_texts_are_malformed(text):
    with pytest.raises(MalformedActivity):
        parse_http_date(text)


@given(st.integers(-30_000_000_000, 250_000_000_000))
def test_what_is_written_is_read_again(seconds):
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=5)
    assert parse_http_date(http_date(moment)) == moment.replace(microsecond=0)
