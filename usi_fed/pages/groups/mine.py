"""The groups of somebody: invitations, what is new in each, where they wait; and the first door after joining."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from usi_fed.actors.model import Actor, Organisation
from usi_fed.groups.belonging import OwnGroup, groups_of
from usi_fed.groups.digests_store import wants_digest
from usi_fed.groups.discussion import News, news_for
from usi_fed.groups.suggesting import groups_for
from usi_fed.pages.answers import html_page
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member, for_oneself, form_of_oneself
from usi_fed.pages.organisations.words import kind_name, place_words
from usi_fed.pages.views import PersonView, person_view
from usi_fed.urls import Urls

LATELY = timedelta(days=30)
"""How far back the digest looks; what was read since does not stand in it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A group that may fit somebody, with what it is and where."""

    group: PersonView
    topics: str
    kind: str
    place: str


@for_oneself
async def show_groups(request: Request, member: Member) -> Response:
    """GET /groups: the member's own groups, with what is new since they were last read."""
    house, me, now = house_of(request), member.person.id, house_of(request).clock()
    urls = house.urls.paths

    def read(connection: Connection) -> tuple[list[OwnGroup], News, bool]:
        return groups_of(connection, me), news_for(connection, me, now - LATELY), wants_digest(connection, me)

    mine, news, wants_mail = await house.database.read(read)
    return await html_page(
        request,
        "groups/mine.html",
        is_private=True,
        place="groups",
        invited=[person_view(one.group, urls) for one in mine if one.place == "invited"],
        asked=[person_view(one.group, urls) for one in mine if one.place == "asked"],
        mine=[(person_view(one.group, urls), _front(one.group), one.unread) for one in mine if one.place == "member"],
        news=[
            (person_view(group, urls), [(_topic(group, one.topic.post_id), one.topic.title, one.unread) for one in new])
            for group, new in news.groups
        ],
        has_mail=house.digests.is_possible and member.account.email is not None,
        wants_mail=wants_mail,
        suggestions=[] if mine else await find_suggestions(house, me),
    )


@form_of_oneself
async def choose_mail(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /groups: with `mail` yes once a week a mail with what is new, otherwise none any more."""
    await house_of(request).digests.choose(member.person.id, wanted=fields.get("mail") == "yes")
    return RedirectResponse("/groups", 303)


async def find_suggestions(house: House, person_id: int) -> list[Suggestion]:
    """Up to three living groups that fit somebody."""
    found = await house.database.read(groups_for, person_id, house.clock())
    return [_suggestion(group, about, house.urls.paths) for group, about in found]


def _suggestion(group: Actor, about: Organisation, urls: Urls) -> Suggestion:
    return Suggestion(person_view(group, urls), _front(group), kind_name(about.kind), place_words(about))


def _front(group: Actor) -> str:
    """Where somebody goes on who looks at a group: to its topics, or to its page when it lives elsewhere."""
    return f"/@{group.username}/topics" if group.is_local else f"/@{group.handle}"


def _topic(group: Actor, topic_id: int) -> str:
    return f"/@{group.username}/topics/{topic_id}"
