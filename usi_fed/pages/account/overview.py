"""What there is to look after."""

from starlette.requests import Request
from starlette.responses import Response

from usi_fed.pages.account.owner import Owner, account_page, for_owner
from usi_fed.pages.house import house_of
from usi_fed.pages.views import profile_view


@for_owner("read")
async def show_overview(request: Request, owner: Owner) -> Response:
    """GET /account: the parts."""
    profile = profile_view(owner.actor, house_of(request).urls.paths)
    is_officer = owner.account.role in ("moderator", "admin")
    may_invite = is_officer or house_of(request).instance.face.choices.inviters == "everybody"
    return await account_page(
        request, "account/overview.html", profile=profile, is_officer=is_officer, may_invite=may_invite
    )
