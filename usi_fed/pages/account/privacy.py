"""Who may see and find what, and what new posts are unless their author says otherwise."""

from collections.abc import Mapping
from typing import Any, get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.accounts.preferences import PostingDefaults, change_defaults
from usi_fed.errors import InvalidInput
from usi_fed.outbox.profiles import TypedProfile, profile_change
from usi_fed.pages.account.owner import Owner, account_page, for_owner
from usi_fed.pages.house import house_of
from usi_fed.pages.sessions import StaleForm, is_of_this_session, read_form
from usi_fed.posts.concealments_store import conceal, end_concealment, reasons_of
from usi_fed.posts.model import QuotePolicy, Visibility
from usi_fed.sentences import Sentence
from usi_fed.text.language import find_spoken_language
from usi_fed.translation import reader

_CHOICES = ("locked", "discoverable", "indexable", "hide_collections")
_ONE_OF_THESE = Sentence("must be one of those that are offered")


@for_owner("publish")
async def show_privacy(request: Request, owner: Owner) -> Response:
    """GET /account/privacy: the choices as they stand."""
    actor, chosen = owner.actor, owner.choices.preferences
    ticked = {
        "locked": actor.locked,
        "discoverable": actor.discoverable,
        "indexable": actor.indexable,
        "hide_collections": actor.hides_relations,
        "sensitive": chosen.get("sensitive") or False,
        "hidden": actor.id in await house_of(request).database.read(reasons_of, actor.id),
    }
    picked = {
        "visibility": chosen.get("visibility") or "public",
        "quote_policy": chosen.get("quote_policy") or "public",
        "language": chosen.get("language") or "",
    }
    return await _page(request, owner, ticked, picked)


@for_owner("publish")
async def save_privacy(request: Request, owner: Owner) -> Response:
    """POST /account/privacy: the choices hold from now on.

    Raises:
        InvalidInput, TooLarge: what came is not our form.
    """
    house = house_of(request)
    fields = await read_form(request)
    try:
        if not is_of_this_session(request, fields):
            raise StaleForm()
        defaults = _defaults(fields)
    except InvalidInput as error:
        ticked = {name: name in fields for name in (*_CHOICES, "sensitive", "hidden")}
        picked = {name: fields.get(name, "") for name in ("visibility", "quote_policy", "language")}
        return await _page(request, owner, ticked, picked, {error.field: error.problem})
    wanted = TypedProfile(
        locked="locked" in fields,
        discoverable="discoverable" in fields,
        indexable="indexable" in fields,
        hide_collections="hide_collections" in fields,
    )
    change = await house.database.read(profile_change, wanted, owner.actor, house.urls)
    await house.database.write(change_defaults, owner.choices.actor_id, defaults)
    if owner.actor.kind == "Person":
        await house.database.write(conceal if "hidden" in fields else end_concealment, owner.actor.id, owner.actor.id)
    await house.publisher.update_profile(owner.actor, change)
    return RedirectResponse("/account/privacy?saved=1", 303)


def _defaults(fields: Mapping[str, str]) -> PostingDefaults:
    visibility, policy, language = (fields.get(name, "") for name in ("visibility", "quote_policy", "language"))
    if visibility not in get_args(Visibility):
        raise InvalidInput("visibility", _ONE_OF_THESE)
    if policy not in get_args(QuotePolicy):
        raise InvalidInput("quote_policy", _ONE_OF_THESE)
    if language and find_spoken_language(language) is None:
        raise InvalidInput("language", _ONE_OF_THESE)
    return PostingDefaults(visibility, "sensitive" in fields, language, policy)


async def _page(
    request: Request,
    owner: Owner,
    ticked: dict[str, bool],
    picked: dict[str, str],
    problems: dict[str, Any] | None = None,
) -> Response:
    return await account_page(
        request,
        "account/privacy.html",
        problems,
        ticked=ticked,
        is_person=owner.actor.kind == "Person",
        is_hidden=owner.actor.concealed,
        picked=picked,
        languages_offered=_languages(picked["language"]),
    )


def _languages(chosen: str) -> list[tuple[str, str]]:
    """Tags and names of languages in the reader's own, by name; one that was chosen elsewhere is offered too."""
    names = reader().language.locale.languages
    offered = {tag: name for tag, name in names.items() if len(tag) == 2}
    offered.setdefault(chosen, names.get(chosen.replace("-", "_"), chosen))
    offered.pop("", None)
    return sorted(offered.items(), key=lambda one: one[1].casefold())
