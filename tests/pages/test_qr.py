import re
from xml.etree.ElementTree import fromstring

import pytest
import segno

from usi_fed.actors.store import update_actor

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
async def ada(person):
    return await person("ada", name="Ada <& Co>")


def modules(svg):
    """The dark modules of a code as rows of booleans, out of the strokes that an SVG draws them with."""
    root = fromstring(svg)
    size = int(root.get("viewBox").split()[2])
    rows = [[False] * size for _ in range(size)]
    path = next(item for item in root.iter(f"{SVG}path") if item.get("stroke") == "#000")
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-0-9. ]+)", path.get("d")):
        steps = [float(number) for number in re.findall(r"-?[0-9.]+", numbers)]
        if command == "h":
            for column in range(int(x), int(x + steps[0])):
                rows[int(y)][column] = True
            x += steps[0]
        else:
            x, y = (steps[0], steps[1]) if command == "M" else (x + steps[0], y + steps[1])
    return rows


async def test_a_code_leads_to_the_profile(browser, ada):
    answer = await browser.get("/@Ada/qr.svg")
    assert answer.header("content-type") == "image/svg+xml"
    code = segno.make_qr("https://union.example/@ada", error="m")
    assert modules(answer.body) == [[bool(module) for module in row] for row in code.matrix_iter(border=4)]


async def test_a_code_can_do_nothing_but_be_seen(browser, ada):
    answer = await browser.get("/@ada/qr.svg")
    assert answer.header("content-security-policy") == "default-src 'none'; sandbox"
    assert answer.header("x-content-type-options") == "nosniff"
    assert "<script" not in answer.text
    assert "style=" not in answer.text


async def test_an_unchanged_code_is_not_sent_again(browser, ada):
    first = await browser.get("/@ada/qr.svg")
    assert first.header("cache-control") == "public, max-age=86400"
    again = await browser.get("/@ada/qr.svg", headers={"if-none-match": first.header("etag")})
    assert (again.status, again.body) == (304, b"")


async def test_the_page_to_print_shows_code_name_and_handle(browser, ada):
    answer = await browser.get("/@ada/qr")
    assert '<img src="/@ada/qr.svg" alt="QR code of @ada@union.example"' in answer.text
    assert "Ada &lt;&amp; Co&gt;" in answer.text
    assert "https://union.example/@ada</bdi>" in answer.text


async def test_a_profile_leads_to_its_code(browser, ada):
    assert 'href="/@ada/qr"' in (await browser.get("/@ada")).text


async def test_who_has_no_page_has_no_code(browser, house, ada, clock):
    for ending in ("qr", "qr.svg"):
        assert (await browser.get(f"/@nobody/{ending}")).status == 404
        assert (await browser.get(f"/@union.example/{ending}")).status == 404
    await house.database.write(update_actor, ada.id, suspended_at=clock())
    assert (await browser.get("/@ada/qr.svg")).status == 403
    await house.database.write(update_actor, ada.id, deleted_at=clock())
    assert (await browser.get("/@ada/qr")).status == 410
