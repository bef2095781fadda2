from usi_fed.text.emoji import CustomEmoji, find_emojis, is_shortcode

FIST = {
    "id": "https://x.example/emojis/1",
    "type": "Emoji",
    "name": ":fist:",
    "updated": "2026-01-01T00:00:00Z",
    "icon": {"type": "Image", "mediaType": "image/png", "url": "https://x.example/fist.png"},
}


def test_emoji_tag_is_read():
    assert find_emojis([FIST, {"type": "Mention", "name": ":no:"}]) == [
        CustomEmoji("fist", "https://x.example/fist.png", "https://x.example/emojis/1", "2026-01-01T00:00:00Z")
    ]


def test_single_entry_and_bare_icons_are_read():
    assert [emoji.shortcode for emoji in find_emojis(FIST)] == ["fist"]
    for icon in ("https://x.example/e.png", [{"url": "https://x.example/e.png"}], {"href": "https://x.example/e.png"}):
        assert find_emojis({"type": "Emoji", "name": "aa", "icon": icon}) == [
            CustomEmoji("aa", "https://x.example/e.png")
        ]


def test_unusable_emoji_are_left_out():
    bad_icons = [None, 7, [], "javascript:x", "/e.png", {"url": 5}, "https://[x"]
    assert find_emojis([{**FIST, "icon": icon} for icon in bad_icons]) == []
    bad_names = [None, "", ":a:", ":a b:", ":" + "a" * 129 + ":", ":<b>:"]
    assert find_emojis([{**FIST, "name": name} for name in bad_names]) == []
    assert find_emojis(["x", None, 3]) == []
    assert find_emojis(None) == []


def test_same_shortcode_counts_once_and_the_number_is_limited():
    assert len(find_emojis([FIST, FIST])) == 1
    assert len(find_emojis([{**FIST, "name": f":e{n}:"} for n in range(10, 200)])) == 64


def test_shortcodes_are_ascii_words():
    assert is_shortcode("blob_cat2")
    assert not any(map(is_shortcode, ["a", "a-b", "é" * 3, "a" * 129, ""]))
