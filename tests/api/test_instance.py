"""What clients learn about the server, and the empty lists that are right answers."""

import re

import pytest


async def test_version_2_has_what_clients_need_before_anybody_signs_in(browser):
    instance = await browser.checked("GET", "/api/v2/instance")
    assert instance["domain"] == "union.example" and instance["title"] == "The Union"
    assert instance["configuration"]["statuses"]["max_characters"] == 5000
    assert instance["configuration"]["urls"]["streaming"] is None
    assert "image/webp" in instance["configuration"]["media_attachments"]["supported_mime_types"]


async def test_the_version_is_one_that_mastodons_clients_can_read(browser):
    version = (await browser.get("/api/v1/instance")).json["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+ \(compatible; USI Fed \d+\.\d+\.\d+\)", version)


async def test_version_1_has_its_configuration_and_addresses(browser):
    instance = await browser.checked("GET", "/api/v1/instance")
    assert instance["configuration"]["polls"]["max_options"] >= 4
    assert instance["urls"]["streaming_api"] == "wss://union.example"


async def test_the_first_administrator_is_the_contact(house, person, browser):
    ada = await person("ada")
    await house.moderation.set_role(ada.actor_id, "admin", None)
    instance = await browser.checked("GET", "/api/v2/instance")
    assert instance["contact"]["account"]["acct"] == "ada"
    assert instance["contact"]["account"]["roles"][0]["name"] == "Admin"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/custom_emojis",
        "/api/v1/instance/peers",
        "/api/v1/instance/rules",
        "/api/v1/instance/domain_blocks",
        "/api/v1/trends/tags",
        "/api/v1/trends/statuses",
        "/api/v1/trends/links",
    ],
)
async def test_anybody_gets_an_empty_list(browser, path):
    assert await browser.checked("GET", path) == []


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/announcements",
        "/api/v1/filters",
        "/api/v2/filters",
        "/api/v1/suggestions",
        "/api/v2/suggestions",
        "/api/v1/scheduled_statuses",
        "/api/v1/featured_tags",
        "/api/v1/endorsements",
    ],
)
async def test_a_person_gets_an_empty_list(person, browser, path):
    ada = await person("ada")
    assert (await ada.get(path)).json == []
    assert (await browser.get(path)).status == 401


async def test_there_is_no_push_subscription(person):
    assert (await (await person("ada")).get("/api/v1/push/subscription")).status == 404


@pytest.mark.parametrize("path", ["/api/v1/streaming/health", "/api/v1/streaming", "/api/v1/streaming/user"])
async def test_streaming_does_not_claim_to_be_there(browser, path):
    assert (await browser.get(path)).status == 404


async def test_a_path_that_is_not_there_is_not_found(browser):
    answer = await browser.get("/api/v1/nothing/of/the/kind")
    assert (answer.status, answer.json) == (404, {"error": "Record not found"})


async def test_a_wrong_verb_is_told_the_right_ones(browser):
    answer = await browser.delete("/api/v2/instance")
    assert answer.status == 405 and answer.header("allow") == "GET"


async def test_a_head_request_has_no_body(browser):
    answer = await browser.call("HEAD", "/api/v2/instance")
    assert answer.status == 200 and answer.body == b""


async def test_another_origin_may_call_and_read_the_paging(browser):
    answer = await browser.get("/api/v1/timelines/public", headers={"origin": "https://phanpy.example"})
    assert answer.header("access-control-allow-origin") == "*"
    assert "Link" in answer.header("access-control-expose-headers")
