import pytest

from usi_fed.text.count import count_characters


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("hello", 5),
        ("a\r\nb", 3),
        ("https://example.org/" + "x" * 200, 23),
        ("see https://x.example.", 28),
        ("@alice@a-long-name.example hi", 9),
        ("@bob hi", 7),
        ("e\u0301", 1),
        ("हिन्दी", 3),
        ("👩\u200d👩\u200d👧", 1),
        ("👍🏽", 1),
        ("🇩🇪🇫🇷", 2),
        ("🇩🇪🇫", 2),
        ("❤\ufe0f", 1),
        ("日本語", 3),
        ("🏴\U000e0067\U000e0062\U000e007f", 1),
    ],
)
def test_length_is_counted_as_mastodon_counts(text, length):
    assert count_characters(text) == length
