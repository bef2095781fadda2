"""What a member has written and not published: drafts, and posts that go out by themselves later."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.clock import iso
from usi_fed.db.ids import parse_id
from usi_fed.errors import InvalidInput
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, for_members, form_of_members
from usi_fed.pages.versions import short
from usi_fed.pages.views import When
from usi_fed.posts.drafts_store import KeptDraft, Problem, drafts_of, remove_draft, stop_draft
from usi_fed.sentences import Sentence
from usi_fed.translation import minute, reader, said

GIST = 200

_PROBLEMS: dict[Problem, Sentence] = {
    "gone": Sentence("The post that it answers or quotes is no longer there, or not for you."),
    "forbidden": Sentence("It may not be published like this: perhaps the author does not allow quotes any more."),
    "invalid": Sentence("Something in it cannot be published as it is. Look through it and try once more."),
}


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft in the list. `planned` is when it will be published, `problem` why it was not."""

    id: int
    title: str
    gist: str
    files: int
    has_poll: bool
    language: str | None
    changed: When
    planned: When | None
    problem: str


def draft_view(kept: KeptDraft) -> DraftView:
    """A draft as the list shows it."""
    draft = kept.draft
    return DraftView(
        id=kept.id,
        title=draft["title"] or draft["warning"],
        gist=short(draft["text"], GIST),
        files=len(draft["media_ids"]),
        has_poll=draft["poll"] is not None,
        language=draft["language"],
        changed=_when(kept.changed_at),
        planned=_when(kept.scheduled_at) if kept.scheduled_at else None,
        problem=said(_PROBLEMS[kept.problem]) if kept.problem else "",
    )


@for_members
async def show_drafts(request: Request, member: Member) -> Response:
    """GET /drafts"""
    kept = await house_of(request).database.read(drafts_of, member.actor.id)
    views = [draft_view(one) for one in kept]
    return await html_page(
        request,
        "pages/drafts.html",
        is_private=True,
        place="drafts",
        planned=[view for view in views if view.planned],
        drafts=[view for view in views if not view.planned],
        zone=reader().time_zone,
        is_kept="kept" in request.query_params,
        is_planned="planned" in request.query_params,
    )


@form_of_members
async def act_on_draft(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /drafts/{id}: the button `act`: remove, or stop (to keep it as a draft).

    Raises:
        InvalidInput: there is no such button.
        NotFound: the member has no such draft.
    """
    house, draft_id = house_of(request), parse_id(request.path_params["id"])
    if fields.get("act") == "remove":
        await house.database.write(remove_draft, member.actor.id, draft_id)
    elif fields.get("act") == "stop":
        await house.database.write(stop_draft, member.actor.id, draft_id, house.clock())
    else:
        raise InvalidInput("act", "must be one of remove, stop")
    return RedirectResponse("/drafts", 303)


def _when(moment: datetime) -> When:
    return When(iso(moment), minute(moment))
