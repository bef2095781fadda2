"""How who is signed in stands to an organisation: who may open its house, and how such a page is made.

Who holds no office in it sees nothing of the house, not even that it is there. Administrators of the server see it all
and do nothing in it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.accounts.tickets import new_secret
from usi_fed.actors.model import Actor, Organisation
from usi_fed.actors.organisations_store import find_organisation
from usi_fed.actors.store import find_local
from usi_fed.errors import Conflict, NotFound
from usi_fed.pages.answers import Handler, html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, for_oneself, form_of_oneself
from usi_fed.pages.once import once
from usi_fed.pages.organisations.words import kind_name, role_name
from usi_fed.pages.sessions import session_secret
from usi_fed.pages.views import person_view
from usi_fed.translation import capital, said
from usi_fed.unions.offices_store import roles_of
from usi_fed.unions.roles import Permission, Role, permissions_of


@dataclass(frozen=True, slots=True)
class Standing:
    """An organisation of ours, and as what somebody acts for it; an administrator of the server may hold no office."""

    organisation: Actor
    about: Organisation
    roles: tuple[Role, ...]
    is_administrator: bool

    def may(self, permission: Permission) -> bool:
        """Whether an office gives that right."""
        return permission in permissions_of(self.roles)

    @property
    def is_group(self) -> bool:
        """Whether people belong to it, post to it and are moderated in it."""
        return self.organisation.kind == "Group"

    @property
    def home(self) -> str:
        """Where its house begins."""
        return f"/organisations/{self.organisation.username}"


HouseHandler = Callable[[Request, Member, Standing], Awaitable[Response]]
HouseFormHandler = Callable[[Request, Member, Standing, dict[str, str]], Awaitable[Response]]


def find_own_organisation(connection: Connection, name: str) -> tuple[Actor, Organisation] | None:
    """A living organisation of ours by its name."""
    actor = find_local(connection, name.lower())
    about = None if actor is None or actor.deleted_at is not None else find_organisation(connection, actor.id)
    return None if actor is None or about is None else (actor, about)


def for_house(handler: HouseHandler) -> Handler:
    """Makes a page of the house of the organisation that the address names; others are told that nothing is there."""

    @for_oneself
    @wraps(handler)
    async def answer(request: Request, member: Member) -> Response:
        return await handler(request, member, await _standing(request, member))

    return answer


def form_of_house(handler: HouseFormHandler) -> Handler:
    """Makes what answers a form of the house; the very same form sent twice is answered as the first time."""

    @form_of_oneself
    @wraps(handler)
    async def answer(request: Request, member: Member, fields: dict[str, str]) -> Response:
        standing = await _standing(request, member)

        async def act() -> Response:
            return await handler(request, member, standing, fields)

        return await once(request, session_secret(request), fields, act)

    return answer


async def _standing(request: Request, member: Member) -> Standing:
    """How somebody stands to the organisation that the address names.

    Raises:
        NotFound: there is none, or it is no business of theirs.
    """
    name, is_administrator = str(request.path_params["name"]), member.account.role == "admin"

    def read(connection: Connection) -> Standing | None:
        found = find_own_organisation(connection, name)
        if found is None:
            return None
        roles = tuple(roles_of(connection, member.actor.id, found[0].id))
        return Standing(*found, roles, is_administrator) if roles or is_administrator else None

    standing = await house_of(request).database.read(read)
    if standing is None:
        raise NotFound("no organisation that this person acts for")
    return standing


async def house_page(
    request: Request,
    template: str,
    standing: Standing,
    problems: Mapping[str, object] | None = None,
    status: int = 0,
    **values: Any,  # noqa: ANN401 - whatever the template shows
) -> Response:
    """A page of the house; `problems` by the field that has them, "" for the form as a whole."""
    told = {field: capital(said(problem)) for field, problem in (problems or {}).items()}
    return await html_page(
        request,
        f"organisations/{template}",
        status or (422 if told else 200),
        is_private=True,
        problems=told,
        place="organisations",
        standing=standing,
        organisation=person_view(standing.organisation, house_of(request).urls.paths),
        kind=kind_name(standing.about.kind),
        offices=[role_name(role) for role in standing.roles],
        is_done=request.method == "GET" and "done" in request.query_params,
        once=new_secret(),
        **values,
    )


def require_group(standing: Standing) -> None:
    """See that a room of the house is there that only groups have.

    Raises:
        NotFound: it is no group.
    """
    if not standing.is_group:
        raise NotFound("no group")


def problem_of(error: Conflict) -> Mapping[str, object]:
    """A conflict as a problem of the whole form."""
    return {"": said(error) or error.public}


def done(path: str) -> Response:
    """Back to a page, which says that it is done."""
    return RedirectResponse(f"{path}?done=1", 303)
