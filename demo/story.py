"""What happens in the demo, told while it happens; every step is checked on the server where it must arrive."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from demo.instance import DemoFailed, Instance, Person, new_person
from demo.picture import badge, poster

WAIT_SECONDS = 20


async def tell(durban: Instance, sheffield: Instance) -> None:
    """Let the two servers federate, step by step."""
    async with aiohttp.ClientSession() as session:
        thandi = await new_person(durban, "thandi", "Thandi, rail workshop", session)
        maya = await new_person(sheffield, "maya", "Maya, rail engineering", session)
        await _introduce(thandi, "I weld bogies and take the minutes of our branch.", badge((190, 30, 45), 12))
        await _introduce(maya, "Brake tester, shop steward, terrible goalkeeper.", badge((18, 53, 91), 9))
        await _follow(thandi, maya)
        first = await _post_with_picture(thandi, maya)
        await _reply(thandi, maya, first)
        await _boost_and_like(thandi, maya, first)
        await _poll(thandi, maya)
        await _edit(thandi, maya, first)
        await _delete(thandi, maya)


async def _introduce(person: Person, note: str, picture: bytes) -> None:
    form = aiohttp.FormData()
    form.add_field("avatar", picture, filename="badge.png", content_type="image/png")
    form.add_field("avatar_description", "A wheel")
    form.add_field("note", note)
    form.add_field("discoverable", "true")
    await person.call("PATCH", "/api/v1/accounts/update_credentials", form)


async def _follow(thandi: Person, maya: Person) -> None:
    for one, other in ((maya, thandi), (thandi, maya)):
        account = await one.find(other)
        await one.call("POST", f"/api/v1/accounts/{account['id']}/follow")

        async def is_following(one: Person = one, account: dict[str, Any] = account) -> bool:
            relations = await one.call("GET", "/api/v1/accounts/relationships", **{"id[]": account["id"]})
            return bool(relations[0]["following"])

        seconds = await until(is_following)
        say(f"{one.handle} follows {other.handle}", "Follow, and an Accept came back", seconds)


async def _post_with_picture(thandi: Person, maya: Person) -> dict[str, Any]:
    form = aiohttp.FormData()
    form.add_field("file", poster(), filename="workshop.jpg", content_type="image/jpeg")
    form.add_field("description", "Poster: a row of people in front of a workshop, the sun behind its roof.")
    picture = await thandi.call("POST", "/api/v2/media", form)
    text = "First shift at the workshop, second week without safety boots. #RailWorkers, who else has won this?"
    post = await thandi.call("POST", "/api/v1/statuses", {"status": text, "media_ids": [picture["id"]]})
    seconds = await until(lambda: _is_at_home(maya, post["uri"], lambda found: bool(found["media_attachments"])))
    say("Thandi posts with a picture; Maya sees it at home", "Create, and the picture through Maya's server", seconds)
    return dict(post)


async def _reply(thandi: Person, maya: Person, first: dict[str, Any]) -> None:
    there = await _at_home(maya, first["uri"])
    text = f"{thandi.handle} We have! It took a petition and one very cold morning. Details for your branch?"
    reply = await maya.call("POST", "/api/v1/statuses", {"status": text, "in_reply_to_id": there["id"]})

    async def is_in_thread() -> bool:
        context = await thandi.call("GET", f"/api/v1/statuses/{first['id']}/context")
        return any(post["uri"] == reply["uri"] for post in context["descendants"])

    say("Maya answers; Thandi sees it in the thread", "Create with inReplyTo", await until(is_in_thread))


async def _boost_and_like(thandi: Person, maya: Person, first: dict[str, Any]) -> None:
    there = await _at_home(maya, first["uri"])
    await maya.call("POST", f"/api/v1/statuses/{there['id']}/reblog")
    await maya.call("POST", f"/api/v1/statuses/{there['id']}/favourite")

    async def is_counted() -> bool:
        post = await thandi.call("GET", f"/api/v1/statuses/{first['id']}")
        return bool(post["reblogs_count"] == 1 and post["favourites_count"] == 1)

    say("Maya boosts and likes it; Thandi's counts rise", "Announce and Like", await until(is_counted))


async def _poll(thandi: Person, maya: Person) -> None:
    question = {"options": ["Tuesday", "Thursday"], "expires_in": 86_400}
    post = await thandi.call("POST", "/api/v1/statuses", {"status": "When shall we call each other?", "poll": question})
    await until(lambda: _is_at_home(maya, post["uri"], lambda found: found["poll"] is not None))
    there = await _at_home(maya, post["uri"])
    await maya.call("POST", f"/api/v1/polls/{there['poll']['id']}/votes", {"choices": [1]})

    async def has_vote() -> bool:
        found = await thandi.call("GET", f"/api/v1/statuses/{post['id']}")
        return bool(found["poll"]["options"][1]["votes_count"] == 1)

    say("Thandi asks; Maya votes for Thursday", "Create(Question), and a vote back", await until(has_vote))


async def _edit(thandi: Person, maya: Person, first: dict[str, Any]) -> None:
    text = "First shift at the workshop. The boots have been promised for Monday! #RailWorkers"
    media = [file["id"] for file in first["media_attachments"]]
    await thandi.call("PUT", f"/api/v1/statuses/{first['id']}", {"status": text, "media_ids": media})
    seconds = await until(lambda: _is_at_home(maya, first["uri"], lambda found: "Monday" in found["content"]))
    say("Thandi edits the post; Maya reads the new text", "Update", seconds)


async def _delete(thandi: Person, maya: Person) -> None:
    post = await thandi.call("POST", "/api/v1/statuses", {"status": "This was meant for the other branch, sorry."})
    await until(lambda: _is_at_home(maya, post["uri"], lambda found: True))
    await thandi.call("DELETE", f"/api/v1/statuses/{post['id']}")

    async def is_gone() -> bool:
        return all(found["uri"] != post["uri"] for found in await maya.home())

    say("Thandi deletes a slip; it is gone at Maya's too", "Delete, a Tombstone stays", await until(is_gone))


async def _at_home(person: Person, uri: str) -> dict[str, Any]:
    return next(post for post in await person.home() if post["uri"] == uri)


async def _is_at_home(person: Person, uri: str, holds: Callable[[dict[str, Any]], bool]) -> bool:
    return any(post["uri"] == uri and holds(post) for post in await person.home())


async def until(holds: Callable[[], Awaitable[bool]]) -> float:
    """Wait till something holds; gives the seconds it took."""
    began = time.perf_counter()
    while not await holds():
        if time.perf_counter() - began > WAIT_SECONDS:
            raise DemoFailed("This did not arrive in time; the servers' logs say why.")
        await asyncio.sleep(0.05)
    return time.perf_counter() - began


def say(what: str, how: str, seconds: float) -> None:
    """One line of the story."""
    print(f"  {what:<58} {how} ({seconds:.1f} s)", flush=True)
