"""What a post was before it was edited."""

from datetime import timedelta

import pytest

from tests.pages.test_members import id_in
from usi_fed.text.changes import MOST_PIECES, Piece, changes


async def edited(somebody, clock, *texts, **fields):
    post_id = id_in(await somebody.compose(text=texts[0], **fields))
    for text in texts[1:]:
        clock.time += timedelta(minutes=10)
        id_in(await somebody.compose(f"/posts/{post_id}/edit", text=text))
    return post_id


async def test_each_version_is_there_with_what_was_changed(ada, browser, clock):
    post_id = await edited(ada, clock, "We <b>meet</b> on Monday", "We <b>meet</b> on Friday")
    page = (await browser.get(f"/@ada/{post_id}")).text
    assert f'href="/@ada/{post_id}/history"' in page
    history = (await browser.get(f"/@ada/{post_id}/history")).text
    assert history.count('<section class="version"') == 2
    now, then = history.split('<section class="version"')[1:]
    assert "added: </span>Friday<span" in now and "taken out: </span>Monday<span" in now
    assert "We &lt;b&gt;meet&lt;/b&gt; on" in now and "<b>meet" not in history
    assert "Monday" in then and "<ins>" not in then and "<del>" not in then
    assert "1 March 2026" in now


async def test_a_post_that_was_not_edited_has_one_version_and_no_link(ada, browser, clock):
    post_id = await edited(ada, clock, "once")
    assert "/history" not in (await browser.get(f"/@ada/{post_id}")).text
    assert (await browser.get(f"/@ada/{post_id}/history")).text.count('<section class="version"') == 1


async def test_who_may_not_see_the_post_does_not_see_what_it_was(ada, bob, browser, clock):
    post_id = await edited(ada, clock, "for followers", "for all my followers", visibility="private")
    assert "all my" in await ada.page(f"/@ada/{post_id}/history")
    for reader in (bob.browser, browser):
        answer = await reader.get(f"/@ada/{post_id}/history")
        assert answer.status == 404
        assert "followers" not in answer.text.partition("<main")[2]
    assert (await browser.get("/@zoe@there.example/5/history")).status == 303
    assert (await browser.get("/@ada/x/history")).status == 404


async def test_warnings_and_languages_are_compared_too(ada, clock):
    two = {"text": "Strike", "language": "en", "language-0": "el", "text-0": "Απεργία σήμερα", "warning": "news"}
    post_id = id_in(await ada.compose(**two))
    changed = {**two, "text-0": "Απεργία αύριο", "warning": ""}
    clock.time += timedelta(minutes=10)
    id_in(await ada.compose(f"/posts/{post_id}/edit", **changed))
    page = await ada.page(f"/@ada/{post_id}/history")
    assert "<h3>Ελληνικά</h3>" in page and "added: </span>αύριο<span" in page
    assert "taken out: </span>news<span" in page


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("", "", []),
        ("a b", "a b", [Piece("same", "a b")]),
        ("", "new", [Piece("added", "new")]),
        ("a b c", "a x c", [Piece("same", "a "), Piece("removed", "b"), Piece("added", "x"), Piece("same", " c")]),
        (
            "a b c d",
            "a x y d",
            [Piece("same", "a "), Piece("removed", "b c"), Piece("added", "x y"), Piece("same", " d")],
        ),
        ("a\nb", "x\ny", [*map(Piece, ("removed", "added", "same", "removed", "added"), ("a", "x", "\n", "b", "y"))]),
    ],
)
def test_changes_are_words(before, after, pieces):
    assert changes(before, after) == pieces


def test_long_texts_are_compared_by_lines_and_endless_ones_not_at_all():
    lines = "".join(f"line {number}\n" for number in range(MOST_PIECES - 1))
    assert changes(lines, lines + "more\n")[-1] == Piece("added", "more\n")
    endless = lines * 2
    assert [piece.kind for piece in changes(endless, endless + "x")] == ["removed", "added"]
