"""The `Date` header, written and read strictly."""

from datetime import UTC, datetime
from functools import lru_cache

from usi_fed.errors import MalformedActivity

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS = {name: number for number, name in enumerate(_MONTHS, 1)}


def http_date(moment: datetime) -> str:
    """A moment as an HTTP date, whole seconds. Spec: RFC 9110 section 5.6.7 (IMF-fixdate)"""
    return _date_of_second(int(moment.timestamp() // 1))


@lru_cache(maxsize=256)
def _date_of_second(timestamp: int) -> str:
    """Hundreds of requests are signed in a second."""
    utc = datetime.fromtimestamp(timestamp, UTC)
    # strftime would write the day and the month in the language of the machine.
    return f"{_DAYS[utc.weekday()]}, {utc.day:02} {_MONTHS[utc.month - 1]} {utc.year:04} {utc:%H:%M:%S} GMT"


@lru_cache(maxsize=256)
def parse_http_date(text: str) -> datetime:
    """Read `Sun, 06 Nov 1994 08:49:37 GMT`. The two obsolete forms are not read: nobody sends them.

    Raises:
        MalformedActivity: not that form, or no such day.
    """
    try:
        moment = datetime(
            _digits(text[12:16]),
            _MONTH_NUMBERS[text[8:11]],
            _digits(text[5:7]),
            _digits(text[17:19]),
            _digits(text[20:22]),
            _digits(text[23:25]),
            tzinfo=UTC,
        )
    except (ValueError, KeyError) as error:
        raise MalformedActivity("Date header is not an HTTP date") from error
    # Writing it again checks the rest: blanks, colons, the day of the week, the length.
    if http_date(moment) != text:
        raise MalformedActivity("Date header is not an HTTP date")
    return moment


def _digits(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError("not a number")
    return int(text)
