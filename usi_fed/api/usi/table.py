"""Every method of `/api/usi/v1`, the description of all of them included."""

from typing import Any

from usi_fed.api.call import Call, Reply
from usi_fed.api.methods import Caller, Method
from usi_fed.api.usi import affiliations, groups, members, offices, organisations, proposals, stewards, taxonomies
from usi_fed.api.usi.methods import READ, UsiMethod
from usi_fed.api.usi.openapi import describe


async def show_description(call: Call, _: None) -> Reply:
    """GET /openapi.json"""
    headers = [("Content-Type", "application/json"), ("Cache-Control", "public, max-age=600")]
    return Reply(describe(USI_METHODS, call.house.urls.origin), headers=headers)


USI_METHODS: tuple[UsiMethod, ...] = (
    UsiMethod(
        "GET",
        "/openapi.json",
        "This description",
        show_description,
        dict[str, Any],
        READ,
        caller=Caller.ANYBODY,
    ),
    *taxonomies.METHODS,
    *organisations.METHODS,
    *offices.METHODS,
    *members.METHODS,
    *affiliations.METHODS,
    *proposals.METHODS,
    *groups.METHODS,
    *stewards.METHODS,
)

METHODS: list[Method] = [one.route for one in USI_METHODS]
