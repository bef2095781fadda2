"""What is remembered of a browser that is signed in: its family and the day, and nothing that tells it from others."""

from datetime import UTC, datetime

# The first that a browser's own words contain counts: most of them also call themselves what they want to be taken for.
_BROWSERS = (
    ("edg", "edge"),
    ("opr/", "opera"),
    ("samsungbrowser", "samsung"),
    ("firefox", "firefox"),
    ("fxios", "firefox"),
    ("crios", "chrome"),
    ("chrome", "chrome"),
    ("chromium", "chrome"),
    ("safari", "safari"),
)
_SYSTEMS = (
    ("android", "android"),
    ("iphone", "ios"),
    ("ipad", "ios"),
    ("windows", "windows"),
    ("macintosh", "macos"),
    ("cros", "chromeos"),
    ("linux", "linux"),
)
LONGEST_READ = 512  # characters of the header


def family_of(user_agent: str) -> str | None:
    """The family of a browser and of its system, such as `firefox/android`; None when either is not a common one.

    Spec: RFC 9110 section 10.1.5
    """
    words = user_agent[:LONGEST_READ].lower()
    browser, system = _first(_BROWSERS, words), _first(_SYSTEMS, words)
    return f"{browser}/{system}" if browser and system else None


def day_of(moment: datetime) -> datetime:
    """The beginning of a moment's day in UTC."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _first(families: tuple[tuple[str, str], ...], words: str) -> str | None:
    return next((family for mark, family in families if mark in words), None)
