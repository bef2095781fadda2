"""Posts that are asked for: as whom we ask, and who may read what we are given."""

from typing import Any

import orjson
import pytest
from aiohttp import web

from tests.inbox.conftest import House
from tests.peer import ACTIVITY, CONTEXT, PeerActor


@pytest.mark.parametrize(
    ("to_whom", "visibility"), [("anybody", "unlisted"), ("us", "direct"), ("us, else a stub", "direct")]
)
async def test_what_is_addressed_to_nobody_is_public_only_when_anybody_gets_it(
    house: House, ana: PeerActor, to_whom: str, visibility: str
) -> None:
    await house.actors.ensure_instance_actor()
    house.client.signer = house.actors.instance_signer
    note = ana.note("<p>Our next meeting</p>")
    document: dict[str, Any] = {"@context": CONTEXT, **note}
    del document["to"], document["cc"], ana.peer.documents[note["id"]]

    async def serve(request: web.BaseRequest) -> web.StreamResponse:
        given = document
        if to_whom != "anybody" and "Signature" not in request.headers:
            if to_whom == "us":
                return web.Response(status=401)
            given = {**document, "content": "Log in"}
        return web.Response(body=orjson.dumps(given), headers={"Content-Type": ACTIVITY})

    ana.peer.handlers[note["id"].removeprefix(ana.peer.url(""))] = serve
    post = await house.fetching.fetch_post(note["id"])
    assert (post.content, post.visibility) == ("<p>Our next meeting</p>", visibility)
