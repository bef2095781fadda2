"""The profile editor: name, text, pictures with their descriptions, and the table of fields."""

from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.actors.model import Actor
from usi_fed.actors.service import LONGEST_NAME, ProfileChange
from usi_fed.errors import InvalidInput, TooLarge
from usi_fed.media.inspect import MediaLimits
from usi_fed.media.results import Purpose
from usi_fed.media.service import LONGEST_DESCRIPTION
from usi_fed.media.uploads import keep_uploaded_picture, upload_in
from usi_fed.outbox.profiles import LONGEST_FIELD, LONGEST_NOTE, MOST_FIELDS, TypedField, TypedProfile, profile_change
from usi_fed.pages.account.owner import Form, Owner, account_page, for_owner, texts_of, upload_form
from usi_fed.pages.house import House, house_of
from usi_fed.pages.sessions import StaleForm, is_of_this_session
from usi_fed.pages.views import profile_view
from usi_fed.sentences import Sentence
from usi_fed.urls import Urls

MEGABYTE = 1 << 20
MOST_BYTES = 2 * MediaLimits().max_image_bytes + MEGABYTE
EMPTY_ROWS = 2
_TEXTS = ("display_name", "note", "avatar_description", "header_description")
_NO_PICTURE = Sentence(
    "must be a picture (JPEG, PNG, WebP, GIF, HEIC or AVIF) of at most %(megabytes)s MB",
    megabytes=MediaLimits().max_image_bytes // MEGABYTE,
)


@for_owner("publish")
async def show_profile_editor(request: Request, owner: Owner) -> Response:
    """GET /account/profile: the form, as the profile is now."""
    return await _page(request, owner.actor, *as_it_is(owner.actor), is_bot=owner.actor.kind == "Service")


@for_owner("publish")
async def save_profile(request: Request, owner: Owner) -> Response:
    """POST /account/profile: what was typed is the profile from now on, here and on other servers.

    Raises:
        TooLarge: the pictures are larger than any that are taken.
    """
    house = house_of(request)
    async with upload_form(request, MOST_BYTES) as form:
        texts = texts_of(form)
        try:
            if not is_of_this_session(request, texts):
                raise StaleForm()
            change = await change_in(house, form, owner.actor)
        except InvalidInput as error:
            problems = {error.field: error.problem}
            return await _page(request, owner.actor, texts, rows_in(texts), is_bot="bot" in texts, problems=problems)
        await house.publisher.update_profile(owner.actor, change)
    return RedirectResponse("/account/profile?saved=1", 303)


def as_it_is(actor: Actor) -> tuple[dict[str, str], list[TypedField]]:
    """The texts of a profile and the rows of its table, as they were typed."""
    texts = {
        "display_name": actor.name,
        "note": actor.summary_source,
        "avatar_description": actor.icon_description,
        "header_description": actor.image_description,
    }
    return texts, [TypedField(field["name"], field.get("source") or "") for field in actor.fields]


async def change_in(house: House, form: Form, actor: Actor) -> ProfileChange:
    """What a form makes of a profile; the texts are checked before a picture is kept.

    Raises:
        InvalidInput: something in it cannot be.
    """
    texts = texts_of(form)
    wanted = TypedProfile(
        display_name=texts.get("display_name", ""),
        note=texts.get("note", ""),
        avatar_description=texts.get("avatar_description", ""),
        header_description=texts.get("header_description", ""),
        fields=rows_in(texts),
        bot="bot" in texts,
    )
    change = await house.database.read(profile_change, wanted, actor, house.urls)
    avatar, header = await _picture(house, form, "avatar"), await _picture(house, form, "header")
    if avatar == "":
        change = replace(change, icon_description="")
    if header == "":
        change = replace(change, image_description="")
    return replace(change, icon_url=avatar, image_url=header)


async def _picture(house: House, form: Form, purpose: Purpose) -> str | None:
    """The stored name of a new picture; "" when there is to be none any more, None when it stays."""
    file = upload_in(form, purpose)
    if file is None:
        return "" if f"remove_{purpose}" in form else None
    try:
        return await keep_uploaded_picture(house.media, file, purpose)
    except (InvalidInput, TooLarge) as error:
        raise InvalidInput(purpose, _NO_PICTURE) from error


def rows_in(texts: dict[str, str]) -> list[TypedField]:
    """The rows of the table as a form has them."""
    numbers = range(MOST_FIELDS)
    return [TypedField(texts.get(f"field_name_{n}", ""), texts.get(f"field_value_{n}", "")) for n in numbers]


async def _page(
    request: Request,
    actor: Actor,
    texts: dict[str, str],
    rows: list[TypedField],
    *,
    is_bot: bool,
    problems: dict[str, Any] | None = None,
) -> Response:
    shown = form_values(actor, texts, rows, house_of(request).urls.paths)
    return await account_page(
        request,
        "account/profile.html",
        problems,
        action="/account/profile",
        may_be_bot=actor.kind in ("Person", "Service"),
        is_bot=is_bot,
        **shown,
    )


def form_values(actor: Actor, texts: dict[str, str], rows: list[TypedField], urls: Urls) -> dict[str, Any]:
    """What `account/profile_form.html` shows of a profile, with two empty rows at the end of its table."""
    filled = [row for row in rows if row.name or row.value]
    empty = [TypedField("", "")] * min(EMPTY_ROWS, MOST_FIELDS - len(filled))
    return {
        "profile": profile_view(actor, urls),
        "has_avatar": actor.icon_url is not None,
        "typed": {name: texts.get(name, "") for name in _TEXTS},
        "rows": [*filled, *empty],
        "longest": {"name": LONGEST_NAME, "note": LONGEST_NOTE, "field": LONGEST_FIELD, "words": LONGEST_DESCRIPTION},
    }
