"""A calendar without anybody's name: what is on the screen after leaving quickly, where nothing else was chosen."""

from starlette.requests import Request
from starlette.responses import Response

from usi_fed import web
from usi_fed.pages.house import house_of
from usi_fed.pages.sessions import find_reader
from usi_fed.translation import month, place_of, speaking, weekdays, weeks

PAGE = "/calendar"
HEADERS = {
    **web.PAGE_HEADERS,
    "Content-Security-Policy": web.content_policy(),
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


async def show_calendar(request: Request) -> Response:
    """GET /calendar: this month. It does not say whose server this is, and looks like none of its pages."""
    moment = house_of(request).clock()
    with speaking(await find_reader(request)):
        body = web.page(
            "pages/calendar.html",
            month=month(moment),
            weekdays=weekdays(),
            weeks=weeks(moment),
            today=place_of(moment)[0],
        )
    return Response(body, 200, HEADERS)
