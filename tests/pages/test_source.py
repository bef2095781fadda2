import io
import tarfile

from usi_fed.pages.source import source_archive


async def test_the_footer_leads_to_the_source_of_this_very_server(browser):
    assert '<a href="/source">source</a>' in (await browser.get("/")).text
    answer = await browser.get("/source")
    assert (answer.status, answer.header("content-type")) == (200, "application/gzip")
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        owners = {(entry.uid, entry.uname) for entry in archive.getmembers()}
    assert {"LICENSE", "pyproject.toml", "usi_fed/pages/source.py", "web/templates/pages/layout.html"} <= names
    assert not any("__pycache__" in name or name.startswith(("var", "tests", ".")) for name in names)
    assert owners == {(0, "")}


def test_the_archive_is_small_and_made_once():
    assert len(source_archive()) < 2_000_000
    assert source_archive() is source_archive()
