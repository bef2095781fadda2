"""Numbers that no row can have, wherever a URL takes one: nothing is there, and nothing breaks."""

import pytest

from tests.api.asgi import Browser
from tests.peer import ACTIVITY

TOO_LARGE = ["9" * 19, "9" * 20, "9" * 40, "9" * 5000, str(2**63)]
LARGEST = str(2**63 - 1)


@pytest.fixture
async def ada(somebody):
    return await somebody("ada")


@pytest.mark.parametrize(
    "path",
    [
        "/contexts/{}",
        "/users/ada/statuses/{}",
        "/users/ada/statuses/{}/activity",
        "/users/ada/statuses/{}/replies",
        "/users/ada/statuses/{}/likes",
        "/users/ada/quote_authorizations/{}",
        "/media/remote/{}/icon/token",
        "/@ada/{}",
        "/api/v1/statuses/{}",
        "/api/v1/polls/{}",
        "/api/v1/accounts/{}",
    ],
)
async def test_no_path_leads_to_an_id_that_cannot_be(server, ada, path):
    for number in [*TOO_LARGE, LARGEST, "-1", "1e3", "²", "x"]:
        for accept in (ACTIVITY, "text/html"):
            answer = await ada.get(path.format(number), headers={"accept": accept})
            # From a page to its document, and back, one is sent on without a look at what is there.
            assert answer.status == 404 or (answer.status == 302 and number == LARGEST)


@pytest.mark.parametrize("path", ["/users/ada/outbox?page=true&max_id={}", "/@ada?max_id={}", "/tags/x?max_id={}"])
async def test_a_page_before_an_id_that_cannot_be_is_the_first(server, ada, path):
    for number in [*TOO_LARGE, LARGEST]:
        assert (await Browser(server).get(path.format(number))).status == 200


async def test_a_page_after_an_id_that_cannot_be_is_not_there(server, ada):
    status = (await ada.post("/api/v1/statuses", {"status": "Hello"})).json
    for number in TOO_LARGE:
        assert (await ada.get(f"/contexts/{status['id']}?page=true&after={number}")).status == 404
    assert (await ada.get(f"/contexts/{status['id']}?page=true&after={LARGEST}")).status == 200


@pytest.mark.parametrize("path", ["/api/v2/search?q=ada&offset={}", "/api/v2/search?q=ada&type=statuses&offset={}",
                                  "/api/v2/search?q=%23ada&offset={}", "/api/v1/accounts/search?q=ada&offset={}",
                                  "/api/v1/directory?offset={}"])  # fmt: skip
async def test_a_search_that_far_on_finds_nothing(server, ada, path):
    await ada.post("/api/v1/statuses", {"status": "ada #ada"})
    for number in ["9" * 19, "9" * 20, LARGEST]:
        answer = await ada.get(path.format(number))
        assert answer.status == 200
        assert answer.json == [] or not any(answer.json.values())


async def test_pages_of_timelines_and_lists_of_ids_are_refused_by_name(server, ada):
    for path in ("/api/v1/timelines/public?max_id={}", "/api/v1/timelines/home?min_id={}", "/api/v1/statuses?id[]={}",
                 "/api/v1/accounts/relationships?id[]={}", "/api/v2/search?q=a&account_id={}"):  # fmt: skip
        for number in TOO_LARGE:
            assert (await ada.get(path.format(number))).status == 422
        assert (await ada.get(path.format(LARGEST))).status == 200
