from datetime import UTC, datetime, timedelta, timezone

import pytest

from usi_fed.accounts.browsers import LONGEST_READ, day_of, family_of

CHROME = "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 {mobile}Safari/537.36{more}"


@pytest.mark.parametrize(
    ("words", "family"),
    [
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0", "firefox/android"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0", "firefox/windows"),
        (CHROME.format(system="X11; Linux x86_64", mobile="", more=""), "chrome/linux"),
        (CHROME.format(system="X11; CrOS x86_64 14541.0.0", mobile="", more=""), "chrome/chromeos"),
        (CHROME.format(system="Linux; Android 10; K", mobile="Mobile ", more=""), "chrome/android"),
        (CHROME.format(system="Windows NT 10.0; Win64; x64", mobile="", more=" Edg/141.0.0.0"), "edge/windows"),
        (CHROME.format(system="Windows NT 10.0; Win64; x64", mobile="", more=" OPR/120.0.0.0"), "opera/windows"),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) "
            "SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            "samsung/android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.6 Mobile/15E148 Safari/604.1",
            "safari/ios",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) FxiOS/140.0 Safari/605.1.15", "firefox/ios"),
        ("curl/8.5.0", None),
        ("", None),
        ("x" * LONGEST_READ + "Firefox Android", None),
    ],
)
def test_only_the_family_of_a_browser_is_kept(words, family):
    assert family_of(words) == family


def test_a_day_begins_at_midnight_utc():
    evening = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert day_of(evening) == datetime(2026, 2, 28, tzinfo=UTC)
