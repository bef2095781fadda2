"""The design system to look at, for who builds pages."""

from starlette.requests import Request
from starlette.responses import Response

from usi_fed.pages.answers import html_page


async def show_design(request: Request) -> Response:
    """GET /design: every part in every state, in both directions; its words are only examples, so in English."""
    return await html_page(request, "pages/design.html")
