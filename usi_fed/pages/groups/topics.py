"""The topics of a group of ours, and one of them with its posts: for everybody who may know of the group."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.accounts.tickets import new_secret
from usi_fed.actors.store import find_actors
from usi_fed.clock import iso
from usi_fed.db.ids import parse_id
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.groups.discussion import ListedTopic, list_topics
from usi_fed.groups.model import Topic
from usi_fed.groups.standing import GroupStanding
from usi_fed.groups.topics_store import find_topic, posts_in_topic
from usi_fed.pages.answers import html_page
from usi_fed.pages.groups.door import get_group
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member, find_member, form_of_oneself
from usi_fed.pages.once import once
from usi_fed.pages.organisations.site import SiteView, find_site, site_view
from usi_fed.pages.organisations.standing import done
from usi_fed.pages.own_reading import Sieve, read_shown
from usi_fed.pages.reading import PAGE_SIZE, Shown, read_posts
from usi_fed.pages.sessions import log_in_first, session_secret
from usi_fed.pages.views import When, list_views, person_view, profile_view
from usi_fed.sentences import Sentence
from usi_fed.translation import capital, minute, said
from usi_fed.urls import Urls

TOPICS_ON_PAGE = 20
LONGEST_REASON = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_OFFERED = Sentence("must be one of those that are offered")
_TOO_LONG = Sentence("may have at most %(most)s characters", most=LONGEST_REASON)


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic; `unread` is how many of its posts are new to who looks at it."""

    id: int
    url: str
    title: str
    posts: int
    unread: int
    latest: When
    is_locked: bool
    pinned: int | None
    summary: Markup
    summary_source: str
    summary_by: str
    summary_at: When | None


async def show_topics(request: Request) -> Response:
    """GET /@{name}/topics?before=: those with the latest post first, what moderators have pinned before all.

    Raises:
        NotFound, Gone, NotAllowed: as `get_group`.
    """
    house, member = house_of(request), await find_member(request)
    name, before = str(request.path_params["name"]), moment_in(request.query_params.get("before", ""))
    if member is None and "@" in name:
        return log_in_first(request, 303)

    def read(connection: Connection) -> tuple[GroupStanding, SiteView | None, list[ListedTopic]]:
        standing = get_group(connection, name, member, house)
        reader = member.person if member else None
        site = find_site(connection, standing.group)
        found = list_topics(connection, standing.group.id, reader, TOPICS_ON_PAGE + 1, before)
        return standing, site_view(site, house.urls.paths) if site else None, found

    standing, site, found = await house.database.read(read)
    shown = found[:TOPICS_ON_PAGE]
    return await html_page(
        request,
        "groups/topics.html",
        **_values(standing, member, house.urls.paths, site),
        topics=[topic_view(one.topic, standing, house.urls.paths, one.unread) for one in shown],
        older=key_of(shown[-1].topic.last_post_at) if len(found) > TOPICS_ON_PAGE else None,
        is_first=before is None,
    )


async def show_topic(request: Request) -> Response:
    """GET /@{name}/topics/{id}?from=: the posts in the order in which they came in; who reads it has read it.

    Raises:
        NotFound: there is no such topic in this group.
        Gone, NotAllowed: as `get_group`.
    """
    return await _topic_page(request, await find_member(request))


@form_of_oneself
async def act_on_topic(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /@{name}/topics/{id}: the button `act` of who moderates: lock, unlock, pin, unpin, summarise, remove.

    Raises:
        NotFound: there is no such topic, or no such post in it.
        NotAllowed: the member does not moderate the group.
    """
    house, topic_id = house_of(request), parse_id(request.path_params["id"])
    name = str(request.path_params["name"])
    standing = await house.database.read(get_group, name, member, house)

    async def act() -> Response:
        try:
            removed = await _act(house, standing.group.id, topic_id, member.person.id, fields)
        except InvalidInput as error:
            return await _topic_page(request, member, fields, {error.field: error.problem})
        home = f"/@{standing.group.username}/topics"
        return done(home if removed == topic_id else f"{home}/{topic_id}")

    return await once(request, session_secret(request), fields, act)


async def _act(house: House, group_id: int, topic_id: int, by: int, fields: Mapping[str, str]) -> int | None:
    """Do what the button says; the post that is taken out, if one is."""
    groups, reason = house.groups, fields.get("reason", "").strip()
    if len(reason) > LONGEST_REASON:
        raise InvalidInput("reason", _TOO_LONG)
    match fields.get("act"):
        case "lock" | "unlock" as act:
            await groups.lock(group_id, topic_id, by, locked=act == "lock", reason=reason)
        case "pin" | "unpin" as act:
            await groups.pin(group_id, topic_id, by, pinned=act == "pin")
        case "first":
            await groups.pin_first(group_id, topic_id, by)
        case "summarise":
            await groups.summarise(group_id, topic_id, by, fields.get("summary", "").replace("\r\n", "\n"))
        case "remove":
            post_id = parse_id(fields.get("post", ""))
            await groups.remove_post(group_id, post_id, by, reason)
            return post_id
        case _:
            raise InvalidInput("", _OFFERED)
    return None


async def _topic_page(
    request: Request,
    member: Member | None,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, object] | None = None,
) -> Response:
    house, topic_id = house_of(request), parse_id(request.path_params["id"])
    name, start, moment = str(request.path_params["name"]), _start(request), house.clock()

    def read(connection: Connection) -> tuple[GroupStanding, Topic, tuple[Shown, ...], bool, str]:
        standing = get_group(connection, name, member, house)
        topic = find_topic(connection, standing.group.id, topic_id)
        if topic is None:
            raise NotFound(f"no topic {topic_id} in {name}")
        ids = posts_in_topic(connection, standing.group.id, topic_id, PAGE_SIZE + 1, start)
        if member is None:
            posts = read_posts(connection, ids[:PAGE_SIZE])
        else:
            found = read_shown(connection, member.actor.id, ids[:PAGE_SIZE], Sieve(moment, "thread"))
            posts = tuple(found[one] for one in ids[:PAGE_SIZE] if one in found and not found[one].is_hidden)
        by = topic.summary_by and find_actors(connection, [topic.summary_by]).get(topic.summary_by)
        # Who wrote it is said inside only: whoever looks after a group need not be named in public.
        writer = f"@{by.handle}" if by and standing.may("moderate") else ""
        return standing, topic, posts, len(ids) > PAGE_SIZE, writer

    standing, topic, posts, has_more, writer = await house.database.read(read)
    if member is not None and not problems:
        await house.groups.mark_read(member.person, standing.group.id, topic_id)
    told = {field: capital(said(problem)) for field, problem in (problems or {}).items()}
    view = topic_view(topic, standing, house.urls.paths, 0, writer)
    typed = typed or {"summary": view.summary_source}
    return await html_page(
        request,
        "groups/topic.html",
        422 if told else 200,
        **_values(standing, member, house.urls.paths, None),
        topic=view,
        posts=list_views(posts, house.urls.paths, moment),
        start=start,
        next_start=start + PAGE_SIZE if has_more else None,
        typed={name: typed.get(name, "") for name in ("summary", "reason", "post")},
        problems=told,
        once=new_secret(),
    )


def _values(standing: GroupStanding, member: Member | None, urls: Urls, site: SiteView | None) -> dict[str, Any]:
    """What every page of a group has."""
    group, led = standing.group, standing.led
    is_acting = member is not None and member.office is not None
    return {
        "group": person_view(group, urls),
        "profile": profile_view(group, urls),
        "home": f"/@{group.username}/topics",
        "standing": standing,
        "site": site,
        "door": None if is_acting else standing,
        "rules": Markup(urls.links_in(led.rules)) if led else "",  # noqa: S704 - made by us
        "how": led.how if led else "",
        "until": When(iso(standing.until), minute(standing.until)) if standing.until else None,
        "actor_id": group.id,
        "way_in": f"/organisations/{group.username}" if standing.permissions else "",
        "is_private": group.concealed,
    }


def topic_view(topic: Topic, standing: GroupStanding, urls: Urls, unread: int, writer: str = "") -> TopicView:
    """A topic as pages show it; `writer` of its summary."""
    return TopicView(
        id=topic.post_id,
        url=f"/@{standing.group.username}/topics/{topic.post_id}",
        title=topic.title,
        posts=topic.posts_count,
        unread=unread,
        latest=When(iso(topic.last_post_at), minute(topic.last_post_at)),
        is_locked=topic.locked,
        pinned=topic.pinned,
        summary=Markup(urls.links_in(topic.summary)),  # noqa: S704 - made by us
        summary_source=topic.summary_source,
        summary_by=writer,
        summary_at=When(iso(topic.summary_at), minute(topic.summary_at)) if topic.summary_at else None,
    )


def key_of(moment: datetime) -> int:
    """A moment as it stands in an address."""
    return (moment - _EPOCH) // _MILLISECOND


def moment_in(typed: str) -> datetime | None:
    """The moment in an address; None when there is none that can be one."""
    is_number = typed.isascii() and typed.isdigit() and len(typed) <= 14
    return _EPOCH + timedelta(milliseconds=int(typed)) if is_number else None


def _start(request: Request) -> int:
    """How many posts are left out, from `?from=`."""
    text = request.query_params.get("from", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0
