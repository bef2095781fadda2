"""Activities and objects as strangers write them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from usi_fed.activitypub.addressing import PUBLIC, addressees, quote_policy_of, visibility_of
from usi_fed.activitypub.lenient import (
    MAX_COUNT,
    count_of,
    link_of,
    moment_of,
    seconds_of,
    shares_origin,
    uri_of,
    uris_of,
)
from usi_fed.activitypub.objects import MAX_MENTIONS, MAX_TAGS, ParsedObject
from usi_fed.activitypub.polls import MAX_OPTIONS, parse_poll
from usi_fed.activitypub.vocabulary import (
    Announce,
    Create,
    Flag,
    Like,
    Other,
    Reference,
    is_activity,
    kind_of,
    parse_activity,
    reference_of,
)
from usi_fed.errors import MalformedActivity

ANA = "https://a.example/users/ana"
NOTE = "https://a.example/notes/1"


def activity(kind: object = "Like", **more: Any) -> dict[str, Any]:
    return {"id": "https://a.example/1", "type": kind, "actor": ANA, "object": NOTE, **more}


def note(**more: Any) -> ParsedObject:
    return ParsedObject.parse({"id": NOTE, "type": "Note", "attributedTo": ANA, **more})


# ---- activities ----


def test_a_like_has_its_object_and_emoji() -> None:
    assert parse_activity(activity(content="👍", to=PUBLIC)) == Like(
        "https://a.example/1", ANA, (PUBLIC,), (), NOTE, "👍"
    )


def test_an_emoji_reaction_is_a_like() -> None:
    assert isinstance(parse_activity(activity("EmojiReact")), Like)


def test_of_several_types_the_first_known_one_counts() -> None:
    assert kind_of({"type": ["x:Signature", "Like", "Follow"]}) == "Like"
    assert isinstance(parse_activity(activity(["x:Signature", "Like"])), Like)


def test_an_unknown_type_keeps_its_name() -> None:
    parsed = parse_activity(activity("Travel" * 20, object=None))
    assert isinstance(parsed, Other)
    assert parsed.kind == ("Travel" * 20)[:40]


def test_the_actor_may_be_a_list_with_an_object() -> None:
    """As Prismo writes it."""
    assert parse_activity(activity(actor=[{"type": "Person", "id": ANA}])).actor == ANA


def test_an_embedded_object_is_kept_as_it_came() -> None:
    embedded = {"id": NOTE, "type": "Note"}
    parsed = parse_activity(activity("Create", object=[embedded]))
    assert isinstance(parsed, Create)
    assert parsed.object == Reference(NOTE, embedded)


def test_an_object_without_id_may_still_be_created() -> None:
    assert reference_of({"type": "Note"}) == Reference(None, {"type": "Note"})


def test_a_wrapped_activity_is_told_from_an_object() -> None:
    parsed = parse_activity(activity("Announce", object=activity("Create")))
    assert isinstance(parsed, Announce)
    assert parsed.object.document is not None
    assert is_activity(parsed.object.document)
    assert not is_activity({"id": NOTE, "type": "Note"})


def test_a_report_has_its_reason_in_either_place() -> None:
    for term in ("content", "summary"):
        parsed = parse_activity(activity("Flag", object=[NOTE, ANA, 5, NOTE], **{term: "bad" * 5000}))
        assert isinstance(parsed, Flag)
        assert parsed.object_uris == (NOTE, ANA)
        assert len(parsed.comment) == 5000


@pytest.mark.parametrize(
    "wrong",
    [
        {"id": None},
        {"id": "urn:uuid:1"},
        {"id": "https://a.example/\n1"},
        {"id": "https://b.example/1"},
        {"id": "https://a.example/" + "x" * 2048},
        {"actor": "ana"},
        {"actor": None},
        {"type": 5},
        {"object": None},
        {"object": {}},
    ],
)
def test_an_activity_without_what_it_needs_is_malformed(wrong: dict[str, Any]) -> None:
    with pytest.raises(MalformedActivity):
        parse_activity(activity(**wrong))


@pytest.mark.parametrize("kind", ["Add", "Remove", "Move"])
def test_a_target_is_needed_where_there_is_one(kind: str) -> None:
    with pytest.raises(MalformedActivity):
        parse_activity(activity(kind))


def test_a_quote_request_names_the_quoting_post() -> None:
    with pytest.raises(MalformedActivity):
        parse_activity(activity("QuoteRequest", instrument={"type": "Note"}))


# ---- addressing ----


@pytest.mark.parametrize(
    ("to", "cc", "visibility"),
    [
        ([PUBLIC], [], "public"),
        (["as:Public"], [], "public"),
        ("Public", None, "public"),
        ([f"{ANA}/followers"], [PUBLIC], "unlisted"),
        ([f"{ANA}/followers"], [], "private"),
        ([], [f"{ANA}/followers"], "direct"),
        ([{"id": "https://b.example/users/bo"}], None, "direct"),
        (None, None, "direct"),
    ],
)
def test_addressing_says_who_may_read(to: object, cc: object, visibility: str) -> None:
    assert visibility_of(addressees(to), addressees(cc), f"{ANA}/followers") == visibility


def test_no_more_than_a_thousand_addressees_are_read() -> None:
    assert len(addressees([f"https://a.example/{number}" for number in range(2000)])) == 1000


def test_without_a_policy_nobody_may_quote() -> None:
    followers = f"{ANA}/followers"
    assert quote_policy_of(None, followers) == "nobody"
    assert quote_policy_of((ANA,), followers) == "nobody"
    assert quote_policy_of((followers,), followers) == "followers"
    assert quote_policy_of((PUBLIC,), followers) == "public"


# ---- values ----


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=8,
    )
)
def test_no_value_whatever_makes_a_reader_stumble(value: Any) -> None:
    terms = ("to", "tag", "attachment", "content", "published", "url", "replies", "likes", "oneOf", "quote", "image",
             "contentMap", "attributedTo", "interactionPolicy", "source", "name", "context", "inReplyTo")  # fmt: skip
    ParsedObject.parse({"id": NOTE, "type": value, **dict.fromkeys(terms, value)})
    for read in (uri_of, link_of, count_of, moment_of, seconds_of, reference_of, addressees):
        read(value)


def test_moments_are_aware_and_plausible() -> None:
    assert moment_of("2026-07-12T19:30:38.560996451Z") == datetime(2026, 7, 12, 19, 30, 38, 560996, UTC)
    assert moment_of("2026-07-12T21:30:38+02:00") == datetime(2026, 7, 12, 19, 30, 38, tzinfo=UTC)
    assert moment_of("2026-07-12T19:30:38") == datetime(2026, 7, 12, 19, 30, 38, tzinfo=UTC)
    for wrong in ("0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "yesterday", "1" * 100, 5, None):
        assert moment_of(wrong) is None


def test_counts_are_whole_and_bounded() -> None:
    assert [count_of(value) for value in (0, 7, 7.9, 10**18)] == [0, 7, 7, MAX_COUNT]
    assert [count_of(value) for value in (-1, True, "7", None)] == [None] * 4


def test_durations_are_seconds() -> None:
    assert seconds_of("PT1H1M1.5S") == 3661.5
    assert seconds_of("P1DT1S") == 86401
    assert [seconds_of(value) for value in ("P1Y", "P", "PT", "1S", 5)] == [None] * 5


def test_a_link_is_found_in_every_form() -> None:
    html, other = {"type": "Link", "href": NOTE, "mimeType": "text/html"}, {"href": ANA, "mediaType": "video/mp4"}
    assert link_of(NOTE) == link_of(html) == link_of([other, html]) == NOTE
    assert link_of([other]) == ANA
    assert link_of("javascript:alert(1)") is None


def test_lists_of_uris_skip_what_is_none() -> None:
    """NodeBB has bare numbers in its collections."""
    assert uris_of(["103076", NOTE, {"id": ANA}, 5, [NOTE], NOTE], 10) == (NOTE, ANA)


@pytest.mark.parametrize(
    ("first", "second", "are_one"),
    [
        ("https://a.example/1", "https://a.example/2", True),
        ("https://a.example:443/1", "https://a.example/2", True),
        ("https://a.example/1", "http://a.example/2", False),
        ("https://a.example.evil.example/1", "https://a.example/2", False),
        ("https://a.example", "https://a.example/2", True),
        ("https://a.example@evil.example/1", "https://a.example/2", False),
    ],
)
def test_an_origin_is_compared_as_a_whole(first: str, second: str, are_one: bool) -> None:
    assert shares_origin(first, second) is are_one
    assert shares_origin(second, first) is are_one


# ---- objects ----


def test_the_language_is_the_first_one_that_is_translated() -> None:
    assert (note(contentMap={"de": "Hallo", "en": "Hello"}).content, note(contentMap={"de": "x"}).language) == (
        "Hallo",
        "de",
    )
    assert note(content="x", summaryMap={"fr": "y"}).language == "fr"


def test_alt_text_comes_under_either_name_and_order_survives() -> None:
    files = [
        {"type": "Document", "url": f"https://a.example/{name}.png", term: name}
        for term, name in (("name", "first"), ("summary", "second"))
    ]
    found = note(attachment=files).attachments
    assert [(file.description, file.kind) for file in found] == [("first", "image"), ("second", "image")]


def test_a_link_without_type_that_ends_like_a_picture_is_one() -> None:
    """As Lemmy sends it; other links are no files."""
    parsed = note(attachment=[{"type": "Link", "href": "https://a.example/x.JPG"}, {"type": "Link", "href": ANA}])
    assert [file.media_type for file in parsed.attachments] == ["image/jpeg"]
    assert parsed.links == (ANA,)


def test_a_picture_has_its_details_as_far_as_they_are_sound() -> None:
    [file] = note(
        attachment={
            "type": "Image",
            "url": "https://a.example/x",
            "mediaType": "image/png",
            "focalPoint": [-3, 0.5],
            "width": 4,
            "height": -1,
            "blurhash": "<script>",
            "duration": "PT2S",
            "icon": {"url": "https://a.example/y"},
        }
    ).attachments
    assert (file.focus, file.width, file.height, file.blurhash) == ((-1.0, 0.5), 4, None, None)
    assert (file.duration_seconds, file.thumbnail_url) == (2, "https://a.example/y")


def test_many_tags_are_cut() -> None:
    mentions = [{"type": "Mention", "href": f"https://a.example/{number}"} for number in range(10_000)]
    hashtags = [{"type": "Hashtag", "name": f"#tag{number}"} for number in range(10_000)]
    assert len(note(tag=mentions).mentions) == MAX_MENTIONS
    assert len(note(tag=hashtags).hashtags) == MAX_TAGS


def test_replies_of_other_servers_are_no_hints() -> None:
    items = ["https://b.example/1", "https://a.example/2", {"id": "https://a.example/3"}]
    parsed = note(replies={"id": f"{NOTE}/replies", "first": {"items": items}})
    assert (parsed.replies_uri, parsed.reply_hints) == (
        f"{NOTE}/replies",
        ("https://a.example/2", "https://a.example/3"),
    )
    assert note(replies="https://b.example/replies").replies_uri is None


def test_a_quote_is_a_uri_under_any_of_its_names() -> None:
    quoted = "https://b.example/1"
    for term in ("quote", "quoteUrl", "quoteUri", "_misskey_quote"):
        assert note(**{term: quoted}).quote_uri == quoted
    link = {"type": "Link", "rel": "https://misskey-hub.net/ns#_misskey_quote", "href": quoted}
    assert note(tag=[link]).quote_uri == quoted
    assert note(quote="some words").quote_uri is None


def test_a_server_vouches_only_for_its_own_authors() -> None:
    assert note().vouches_for_author()
    assert not note(attributedTo=[ANA, "https://b.example/bo"]).vouches_for_author()
    assert not note(attributedTo=None).vouches_for_author()


def test_a_poll_is_read_within_limits() -> None:
    options = [{"type": "Note", "name": f"{number}", "replies": {"totalItems": 2}} for number in range(1000)]
    poll = parse_poll({"anyOf": options, "endTime": "2026-01-01T00:00:00Z", "closed": True, "votersCount": 3})
    assert poll is not None
    assert (len(poll.options), poll.multiple, poll.is_closed, poll.voters_count) == (MAX_OPTIONS, True, True, 3)
    assert parse_poll({"oneOf": []}) is None
