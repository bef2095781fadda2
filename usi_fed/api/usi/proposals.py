"""The two-person rule: proposing, confirming and refusing, and the lists that two people may take out."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from usi_fed.actors.store import find_actors
from usi_fed.api.call import Call, Reply
from usi_fed.api.paging import PageParams, window_of
from usi_fed.api.usi.entities import ProposalEntity, proposal_entity
from usi_fed.api.usi.methods import READ, WRITE, UsiMethod
from usi_fed.db.paging import Window
from usi_fed.errors import NotAllowed, NotFound
from usi_fed.portability.sheets import CONTACT_SHEETS
from usi_fed.sentences import Sentence
from usi_fed.unions.finding import get_own_organisation
from usi_fed.unions.model import Proposal
from usi_fed.unions.offices_store import permissions_in
from usi_fed.unions.proposals import Acts, holders, require_export
from usi_fed.unions.proposals_store import proposals_page

USUAL, MOST = 40, 80


class Proposing(msgspec.Struct):
    """What is to be done: delete, export, list, reveal, or payment with its `url`."""

    kind: str
    url: str | None = None


async def show(call: Call, asked: PageParams) -> Reply:
    """GET /organisations/{id}/proposals"""
    window = window_of(asked, USUAL, MOST)
    organisation_id = await _organisation(call)
    entities, ids = await call.house.database.read(
        _page, organisation_id, window, call.person_id, call.house.unions.acts
    )
    return call.page(entities, ids, window.limit)


async def propose(call: Call, asked: Proposing) -> ProposalEntity:
    """POST /organisations/{id}/proposals"""
    payload: dict[str, Any] = {} if asked.url is None else {"url": asked.url}
    made = await call.house.unions.propose(await _organisation(call), asked.kind, payload, call.person_id)
    return await _told(call, made)


async def confirm(call: Call, _: None) -> ProposalEntity:
    """POST /organisations/{id}/proposals/{proposal}/confirm"""
    done = await call.house.unions.confirm(await _organisation(call), call.id("proposal"), call.person_id)
    return await _told(call, done)


async def refuse(call: Call, _: None) -> ProposalEntity:
    """POST /organisations/{id}/proposals/{proposal}/refuse"""
    refused = await call.house.unions.refuse(await _organisation(call), call.id("proposal"), call.person_id)
    return await _told(call, refused)


async def take_out(call: Call, _: None) -> Reply:
    """GET /organisations/{id}/contacts/{sheet}"""
    organisation_id = await _organisation(call)
    name = call.path["sheet"]
    if name not in CONTACT_SHEETS:
        raise NotFound("no such list")
    await call.house.database.read(require_export, organisation_id, call.person_id, call.house.clock())
    pieces = [piece async for piece in call.house.sheets.write(name, organisation_id)]
    headers = [
        ("Content-Type", "text/csv; charset=utf-8"),
        ("Content-Disposition", f'attachment; filename="{name}"'),
        ("Cache-Control", "private, no-store"),
    ]
    return Reply(b"".join(pieces), headers=headers)


async def _organisation(call: Call) -> int:
    actor, _ = await call.house.database.read(get_own_organisation, call.path["id"], call.person_id, call.house.urls)
    return actor.id


async def _told(call: Call, proposal: Proposal) -> ProposalEntity:
    return (await call.house.database.read(proposal_entities, [proposal], call.house.unions.acts))[0]


# ---- units of work ----


def proposal_entities(connection: Connection, found: Sequence[Proposal], acts: Acts) -> list[ProposalEntity]:
    """Proposals with who is in them, and how many could confirm them now."""
    ids = {one for proposal in found for one in (proposal.proposed_by, proposal.decided_by) if one is not None}
    people = find_actors(connection, ids)
    return [
        proposal_entity(one, acts[one.kind], people, holders(connection, one.organisation_id, acts[one.kind]))
        for one in found
        if one.kind in acts
    ]


def _page(
    connection: Connection, organisation_id: int, window: Window, viewer_id: int, acts: Acts
) -> tuple[list[ProposalEntity], list[int]]:
    """Of each act only those who may do it learn that it was proposed."""
    rights = permissions_in(connection, viewer_id, organisation_id)
    if not any(act.permission in rights for act in acts.values()):
        raise NotAllowed(Sentence("Your office in this organisation does not give you this right."))
    found = proposals_page(connection, organisation_id, window)
    shown = [one for one in found if one.kind in acts and acts[one.kind].permission in rights]
    return proposal_entities(connection, shown, acts), [one.id for one in found]


METHODS = (
    UsiMethod(
        "GET",
        "/organisations/{id}/proposals",
        "What was proposed that needs two people, for those who may do it",
        show,
        list[ProposalEntity],
        READ,
        asked=PageParams,
        is_paged=True,
    ),
    UsiMethod(
        "POST",
        "/organisations/{id}/proposals",
        "Propose an act that needs two people",
        propose,
        ProposalEntity,
        WRITE,
        asked=Proposing,
        status=201,
    ),
    UsiMethod(
        "POST",
        "/organisations/{id}/proposals/{proposal}/confirm",
        "Be the second person, and have it done",
        confirm,
        ProposalEntity,
        WRITE,
    ),
    UsiMethod(
        "POST",
        "/organisations/{id}/proposals/{proposal}/refuse",
        "Have it not done",
        refuse,
        ProposalEntity,
        WRITE,
    ),
    UsiMethod(
        "GET",
        "/organisations/{id}/contacts/{sheet}",
        "followers.csv or members.csv, for a day after two people have agreed to take them out",
        take_out,
        str,
        WRITE,
        media_type="text/csv",
    ),
)
