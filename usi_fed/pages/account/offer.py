"""Bringing a profile along: the archive, then a tick for each part before anything is taken."""

import csv
import io

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.errors import InvalidInput
from usi_fed.media.uploads import saved, upload_in
from usi_fed.pages.account.owner import Owner, account_page, for_owner, note, texts_of, upload_form
from usi_fed.pages.house import house_of
from usi_fed.pages.sessions import StaleForm, is_of_this_session, read_form
from usi_fed.portability.offers import POSTS
from usi_fed.sentences import Sentence

MEGABYTE = 1 << 20
MOST_BYTES = 256 * MEGABYTE
_HERE = "/account/import/profile"


@for_owner("govern")
async def show_offer(request: Request, owner: Owner) -> Response:
    """GET /account/import/profile: the form, or what was found in the archive."""
    return await _page(request, owner)


@for_owner("govern")
async def make_offer(request: Request, owner: Owner) -> Response:
    """POST /account/import/profile: read an archive; nothing is taken yet.

    Raises:
        TooLarge: it has more than 256 MB.
    """
    house = house_of(request)
    async with upload_form(request, MOST_BYTES) as form:
        try:
            if not is_of_this_session(request, texts_of(form)):
                raise StaleForm()
            file = upload_in(form, "file")
            if file is None:
                raise InvalidInput("file", Sentence("must be chosen"))
            async with saved(file, house.media.incoming) as path:
                await house.offers.make(owner.actor.id, path)
        except InvalidInput as error:
            return await _page(request, owner, {error.field: error.problem})
    return RedirectResponse(_HERE, 303)


@for_owner("govern")
async def decide_offer(request: Request, owner: Owner) -> Response:
    """POST /account/import/profile/take: what is ticked is part of the profile from now on; or nothing is.

    Raises:
        NotFound: nothing is offered, or not any more.
        InvalidInput, TooLarge: what came is not our form.
    """
    offers = house_of(request).offers
    fields = await read_form(request)
    if not is_of_this_session(request, fields):
        raise StaleForm()
    offer = await offers.find(owner.actor.id)
    is_new_here = offer is not None and bool(offer.brought_from)
    if fields.get("do") == "leave":
        await offers.leave(owner.actor.id)
        return RedirectResponse("/welcome" if is_new_here else _HERE, 303)
    if fields.get("do") != "take":
        raise InvalidInput("do", "must be take or leave")
    kept = dict.fromkeys(uri for part in POSTS if offer and part in fields for uri in getattr(offer, part))
    await offers.take(owner.actor, fields.keys())
    await note(request, owner, "account import")
    if kept:
        return await _keep_posts(request, owner, list(kept))
    return RedirectResponse("/welcome" if is_new_here else "/account/profile?saved=1", 303)


async def _keep_posts(request: Request, owner: Owner, addresses: list[str]) -> Response:
    """Have posts fetched and bookmarked; the page of the import tells how far it is."""
    imports, sheet = house_of(request).imports, io.StringIO()
    csv.writer(sheet).writerows([address] for address in addresses)
    try:
        made = await imports.prepare(owner.actor.id, "bookmarks", sheet.getvalue().encode(), overwrite=False)
    except InvalidInput as error:
        return await _page(request, owner, {"": error.problem})
    await imports.begin(owner.actor.id, made.id)
    return RedirectResponse(f"/account/import/{made.id}", 303)


async def _page(request: Request, owner: Owner, problems: dict[str, object] | None = None) -> Response:
    house = house_of(request)
    offer = await house.offers.find(owner.actor.id)
    return await account_page(
        request,
        "account/offer.html",
        problems,
        offer=offer,
        avatar=house.urls.paths.media(offer.avatar) if offer and offer.avatar else "",
        header=house.urls.paths.media(offer.header) if offer and offer.header else "",
        most_megabytes=MOST_BYTES // MEGABYTE,
    )
