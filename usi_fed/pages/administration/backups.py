"""Backups: when the last one was made, making one, fetching it, and how to restore it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from usi_fed.errors import InvalidInput, NotAllowed, NotFound, TooManyRequests
from usi_fed.pages.account.owner import account_page
from usi_fed.pages.administration.administrators import for_administrators, form_of_administrators
from usi_fed.pages.administration.upkeep import confirm
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.sentences import Sentence
from usi_fed.translation import minute, size, span
from usi_fed.upkeep.backups import pieces_of

HERE = "/administration/backups"
SHORTEST_PASSPHRASE, LONGEST_PASSPHRASE = 12, 256


@for_administrators
async def show_backups(request: Request, member: Member) -> Response:
    """GET /administration/backups"""
    return await _page(request)


@form_of_administrators
async def make_backup(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /administration/backups: have one made, beside all other work; asked twice, it is made once."""
    await house_of(request).administration.ask_backup(member.actor.id)
    return RedirectResponse(HERE, 303)


@form_of_administrators
async def download(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /administration/backups/download: the backup, sealed when a passphrase was typed, to who knows the password.

    Raises:
        NotFound: there is none.
    """
    house = house_of(request)
    try:
        passphrase = _passphrase(fields)
        await confirm(house.accounts, member, fields, request)
        path = await house.backups.ready()
    except InvalidInput as error:
        return await _page(request, {error.field: error.problem})
    except (NotAllowed, TooManyRequests) as error:
        return await _page(request, {"password": error}, error.status)
    except NotFound:
        return await _page(request, {"": Sentence("The backup is not here any more. Make a new one.")}, 404)
    await house.administration.note_backup("backup fetch", member.actor.id, sealed=passphrase is not None)
    headers = {
        "Content-Disposition": f'attachment; filename="{house.settings.domain.replace(":", "-")}-{path.name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(pieces_of(path, passphrase), headers=headers, media_type="application/octet-stream")


@form_of_administrators
async def remove(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /administration/backups/remove: take the backup off this server."""
    house = house_of(request)
    await house.backups.remove()
    await house.administration.note_backup("backup remove", member.actor.id)
    return RedirectResponse(f"{HERE}?saved=1", 303)


def _passphrase(fields: dict[str, str]) -> bytes | None:
    typed = fields.get("passphrase", "").strip()
    if not typed:
        return None
    if not SHORTEST_PASSPHRASE <= len(typed) <= LONGEST_PASSPHRASE:
        words = Sentence(
            "must have %(least)s to %(most)s characters", least=SHORTEST_PASSPHRASE, most=LONGEST_PASSPHRASE
        )
        raise InvalidInput("passphrase", words)
    return typed.encode()


async def _page(request: Request, problems: dict[str, object] | None = None, status: int = 0) -> Response:
    house = house_of(request)
    newest, ready = await house.backups.latest()
    made, now = house.backups.last_made(), house.clock()
    values: dict[str, Any] = {
        "last": minute(made) if made else "",
        "ago": span(now - made) if made else "",
        "is_waiting": newest is not None and newest.state == "asked",
        "fault": newest.fault if newest is not None and newest.state == "failed" else "",
        "ready": {"at": minute(ready.asked_at), "size": size(ready.size_bytes or 0)} if ready else None,
        "shortest": SHORTEST_PASSPHRASE,
    }
    return await account_page(request, "administration/backups.html", problems, status, **values)
