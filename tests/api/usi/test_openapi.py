"""The description of the API is of the API."""

import json

from usi_fed.api.methods import Caller
from usi_fed.api.usi.table import USI_METHODS


async def test_every_route_is_described_and_nothing_else(browser):
    document = (await browser.get("/api/usi/v1/openapi.json")).json
    described = {(verb.upper(), path) for path, verbs in document["paths"].items() for verb in verbs}
    assert described == {(one.verb, one.path) for one in USI_METHODS}
    assert len(described) == len(USI_METHODS)
    operations = [operation for verbs in document["paths"].values() for operation in verbs.values()]
    assert len({operation["operationId"] for operation in operations}) == len(USI_METHODS)
    for operation in operations:
        assert operation["summary"]
        assert {"401", "404", "422"} < operation["responses"].keys()


async def test_what_is_referred_to_is_there(browser):
    document = (await browser.get("/api/usi/v1/openapi.json")).json
    referred = set(json.dumps(document).split('"#/components/schemas/')[1:])
    names = {one.partition('"')[0] for one in referred}
    assert names == names & document["components"]["schemas"].keys()
    assert names >= {"Refusal", "Founding", "OrganisationEntity"}


async def test_without_a_token_nothing_is_done_for_nobody(browser):
    for one in USI_METHODS:
        path = one.route.path.replace("{id}", "1").replace("{offer}", "1").replace("{proposal}", "1")
        path = path.replace("{person}", "1").replace("{role}", "owner").replace("{sheet}", "members.csv")
        path = path.replace("{topic}", "1").replace("{post}", "1").replace("{report}", "1")
        answer = await browser.call(one.verb, path, document={} if one.has_body else None)
        assert (answer.status == 401) is (one.caller is Caller.PERSON), (one.verb, path, answer.text)
