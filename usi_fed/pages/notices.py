"""What a member is told, and who asks to follow them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.actors.follows_store import follow_requests
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.clock import iso
from usi_fed.db.paging import Window
from usi_fed.groups.reports_store import open_reports_for
from usi_fed.pages.answers import html_page, older_than
from usi_fed.pages.drafts import draft_view
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member, for_members
from usi_fed.pages.own_reading import Sieve, read_shown
from usi_fed.pages.reading import PAGE_SIZE, Shown
from usi_fed.pages.versions import short
from usi_fed.pages.views import PersonView, PostView, When, person_view, post_view
from usi_fed.posts.drafts_store import KeptDraft, failed_drafts
from usi_fed.sentences import Sentence
from usi_fed.text.plain import to_text
from usi_fed.timelines.markers_store import put_marker
from usi_fed.timelines.model import Notification, NotificationKind
from usi_fed.timelines.notifications_store import notifications_of
from usi_fed.translation import minute, said
from usi_fed.unions.offices_store import count_offers_to
from usi_fed.urls import Urls

MARKER = "notifications"
_TOLD = {
    NotificationKind.MENTION: Sentence("names you"),
    NotificationKind.STATUS: Sentence("has written"),
    NotificationKind.BOOST: Sentence("boosted this"),
    NotificationKind.FOLLOW: Sentence("follows you"),
    NotificationKind.FOLLOW_REQUEST: Sentence("asks to follow you"),
    NotificationKind.LIKE: Sentence("likes this"),
    NotificationKind.POLL: Sentence("This poll has ended"),
    NotificationKind.UPDATE: Sentence("has edited this"),
    NotificationKind.QUOTE: Sentence("quotes you"),
    NotificationKind.SIGN_UP: Sentence("is new here"),
    NotificationKind.REPORT: Sentence("has reported somebody"),
    NotificationKind.AFFILIATION_OFFER: Sentence("asks an organisation of yours to attest that it belongs to it"),
    NotificationKind.AFFILIATION_ANSWER: Sentence("has answered an organisation of yours that asked to be attested"),
    NotificationKind.AFFILIATION_END: Sentence("has ended its affiliation with an organisation of yours"),
}
LONGEST_GIST = 120
_ABOUT_OWN = (NotificationKind.LIKE, NotificationKind.BOOST, NotificationKind.POLL)
_WITHOUT_NAME = (NotificationKind.POLL,)


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One thing that somebody is told; `person` is None where it does not matter who caused it.

    A post that the member knows, `is_about_own`, is only named by its `gist`. `house` leads into that of the
    organisation of theirs that it concerns.
    """

    person: PersonView | None
    words: str
    when: When
    post: PostView | None
    is_about_own: bool
    gist: str
    house: tuple[str, str] | None


@for_members
async def show_notices(request: Request, member: Member) -> Response:
    """GET /notifications; what is on the page counts as read from then on."""
    house, max_id = house_of(request), older_than(request)
    moment = house.clock()
    told, people, posts = await house.database.read(_read, member.actor.id, max_id, moment)
    failed, offers = await house.database.read(_unanswered, member.actor.id, moment)
    response = await html_page(
        request,
        "pages/notices.html",
        place="notifications",
        notices=[_view(one, people, posts, house.urls.paths, moment) for one in told if not _is_hidden(one, posts)],
        older=told[-1].id if len(told) == PAGE_SIZE else None,
        is_first=max_id is None,
        failed=[draft_view(one) for one in failed],
        reports=[
            (person_view(group, house.urls.paths), f"/organisations/{group.username}/queue", number)
            for group, number in await house.database.read(open_reports_for, member.person.id)
            if member.office is None
        ],
        offers=offers,
    )
    if told and max_id is None:
        await house.database.write(put_marker, member.actor.id, MARKER, told[0].id, moment)
    return response


@for_members
async def show_requests(request: Request, member: Member) -> Response:
    """GET /requests: who asks to follow the member."""
    house = house_of(request)
    window = Window(max_id=older_than(request), limit=PAGE_SIZE)
    asked = await house.database.read(follow_requests, member.actor.id, window)
    return await html_page(
        request,
        "pages/requests.html",
        place="requests",
        people=[(actor.id, person_view(actor, house.urls.paths)) for _, actor in asked],
        older=asked[-1][0].id if len(asked) == PAGE_SIZE else None,
    )


def _unanswered(connection: Connection, actor_id: int, now: datetime) -> tuple[list[KeptDraft], int]:
    """What was not published at its time, and how many organisations wait for an answer."""
    return failed_drafts(connection, actor_id), count_offers_to(connection, actor_id, now)


def _is_hidden(one: Notification, posts: dict[int, Shown]) -> bool:
    """Whether it is about a post of which the member's filters leave nothing."""
    return one.post_id in posts and posts[one.post_id].is_hidden


def _view(
    one: Notification, people: dict[int, Actor], posts: dict[int, Shown], urls: Urls, now: datetime
) -> NoticeView:
    who, post = people[one.from_id], posts.get(one.post_id or 0)
    return NoticeView(
        person=None if one.kind in _WITHOUT_NAME else person_view(who, urls),
        words=said(_TOLD[one.kind]),
        when=When(iso(one.created_at), minute(one.created_at)),
        post=post_view(post, urls, now, is_whole=False) if post is not None else None,
        is_about_own=one.kind in _ABOUT_OWN,
        gist=short(to_text(post.details.post.content), LONGEST_GIST) if post is not None else "",
        house=_house_of(people.get(one.organisation_id or 0)),
    )


def _house_of(organisation: Actor | None) -> tuple[str, str] | None:
    """What our organisation is called, and where its affiliations are decided."""
    if organisation is None:
        return None
    return organisation.name or organisation.username, f"/organisations/{organisation.username}/affiliations"


def _read(
    connection: Connection, owner_id: int, max_id: int | None, now: datetime
) -> tuple[list[Notification], dict[int, Actor], dict[int, Shown]]:
    told = notifications_of(connection, owner_id, Window(max_id=max_id, limit=PAGE_SIZE))
    people = find_actors(connection, {one.from_id for one in told} | {one.organisation_id or 0 for one in told})
    ids: Sequence[int] = sorted({one.post_id for one in told if one.post_id is not None})
    return (
        [one for one in told if one.from_id in people],
        people,
        read_shown(connection, owner_id, ids, Sieve(now, "notifications")),
    )
