import re


async def test_static_files_are_kept_for_ever_under_the_hash_of_their_content(browser):
    address = re.search(r'href="(/static/site\.css\?v=[0-9a-f]+)"', (await browser.get("/")).text)[1]
    answer = await browser.get(address)
    assert answer.status == 200
    assert answer.header("cache-control") == "public, max-age=31536000, immutable"
    assert answer.header("content-type").startswith("text/css")
    other = await browser.get("/static/site.css?v=old")
    assert other.header("cache-control") == "public, max-age=3600"


async def test_a_file_that_the_browser_has_is_not_sent_again(browser):
    etag = (await browser.get("/static/icon.svg")).header("etag")
    answer = await browser.get("/static/icon.svg", headers={"if-none-match": etag})
    assert (answer.status, answer.body) == (304, b"")


async def test_nothing_outside_of_the_folder_is_served(browser):
    for path in ("/static/nothing.css", "/static/../templates/pages/door.html", "/static/..%2f..%2fREADME.md"):
        assert (await browser.get(path)).status == 404


async def test_pictures_that_the_client_api_names_are_there(browser):
    for name in ("avatar.png", "header.png"):
        answer = await browser.get(f"/static/{name}")
        assert answer.body.startswith(b"\x89PNG")
        assert answer.header("content-type") == "image/png"


async def test_icon_and_robots(browser):
    assert (await browser.get("/favicon.ico")).body.startswith(b"\x00\x00\x01\x00")
    robots = await browser.get("/robots.txt")
    assert "Disallow: /media/remote/" in robots.text
    assert robots.header("content-type").startswith("text/plain")
