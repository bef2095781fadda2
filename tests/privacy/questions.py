"""Every address of the app, with hidden things in its gaps: what a stranger could ask.

An address that is new fails the crawl until it is told here which hidden thing could be asked for at it.
"""

import re
from dataclasses import dataclass

from starlette.routing import Route

from usi_fed.api.table import METHODS

ACTORS = (
    "/people/", "/api/v1/accounts/", "/api/usi/v1/organisations/", "/api/usi/v1/groups/", "/api/usi/v1/trusted/",
    "/moderation/people/", "/api/v1/admin/accounts/", "/api/v1/follow_requests/",
)  # fmt: skip
POSTS = (
    "/@{name}/", "/users/{name}/statuses/", "/posts/", "/contexts/", "/api/v1/statuses/", "/moderation/posts/",
    "/users/{name}/quote_authorizations/", "/users/{name}/affiliations/", "/api/v1/polls/",
)  # fmt: skip
# What somebody keeps for themselves, moderators and administrators among themselves: numbers that name nothing hidden.
OWN = (
    "/lists/", "/filters/", "/drafts/", "/account/import/", "/account/objections/", "/moderation/", "/media/",
    "/api/v1/filters/", "/api/v2/filters/", "/api/v1/lists/", "/api/v1/media/", "/api/v1/notifications/",
    "/api/v2/notifications/", "/api/v1/scheduled_statuses/", "/api/v1/timelines/list/", "/api/v1/admin/",
)  # fmt: skip
NAMES = ("/users/", "/@", "/organisations/")
GAPS = {
    "person": "{actor}", "offer": "{actor}", "proposal": "{post}", "affiliation": "{post}", "report": "{post}",
    "topic": "{post}", "post": "{post}", "quoting_status_id": "{post}", "hashtag": "strike",
    "role": "owner", "sheet": "contacts", "slug": "who-we-are", "act": "limit", "step": "name", "place": "home",
    "schema": "2.0", "kind": "icon", "token": "x", "code": "nothing", "key": "nothing", "group_key": "ungrouped-1",
    "path": "nothing-here",
}  # fmt: skip
OTHER_NAMES = {"/tags/": "strike", "/static/": "site.css", "/media/": "x.png", "/api/v1/tags/": "strike"}

# Addresses without gaps that ask in their query or form; all others without gaps are asked for as they are.
ASKING = [
    ("GET", "/.well-known/webfinger?resource=acct:{name}@union.example"),
    ("GET", "/.well-known/webfinger?resource={name}@union.example"),
    ("GET", "/.well-known/webfinger?resource=http://union.example/users/{name}"),
    ("GET", "/.well-known/webfinger?resource=http://union.example/@{name}"),
    ("GET", "/api/v1/accounts/lookup?acct={name}"),
    ("GET", "/api/v1/accounts/lookup?acct=@{name}@union.example"),
    ("GET", "/api/v1/accounts?id[]={actor}"),
    ("GET", "/api/v1/accounts/search?q={name}&resolve=true"),
    ("GET", "/api/v1/accounts/relationships?id[]={actor}"),
    ("GET", "/api/v1/accounts/familiar_followers?id[]={actor}"),
    ("GET", "/api/v2/search?q={name}&resolve=true"),
    ("GET", "/api/v2/search?q=http://union.example/users/{name}&resolve=true"),
    ("GET", "/api/v2/search?q=http://union.example/users/{name}/statuses/{post}&resolve=true"),
    ("GET", "/api/v2/search?q=gate&type=statuses"),
    ("GET", "/api/v2/search?q=gate&type=statuses&account_id={actor}"),
    ("GET", "/api/v1/statuses?id[]={post}"),
    ("GET", "/api/v1/directory?local=true"),
    ("GET", "/api/v1/timelines/public?local=true&max_id={post}"),
    ("GET", "/api/v1/timelines/public?local=true&min_id={post}"),
    ("GET", "/api/oembed?url=http://union.example/@{name}/{post}"),
    ("GET", "/authorize_interaction?uri=http://union.example/users/{name}"),
    ("GET", "/authorize_interaction?uri={name}@union.example"),
    ("GET", "/interact?to=@{name}"),
    ("GET", "/interact?uri=http://union.example/users/{name}/statuses/{post}"),
    ("GET", "/search?q={name}"),
    ("GET", "/search?q=http://union.example/@{name}/{post}"),
    ("GET", "/write?to=@{name}"),
    ("GET", "/write?answer={post}"),
    ("GET", "/write?quote={post}"),
    ("GET", "/people/{actor}/report?post={post}"),
    ("GET", "/users/{name}/outbox?page=true"),
    ("GET", "/users/{name}/followers?page=1"),
    ("GET", "/organisations?country=ZA"),
    ("POST", "/forgotten?login={name}"),
    ("POST", "/log-in?login={name}&password=wrong horse battery"),
    ("POST", "/log-in/link?login={name}"),
    ("POST", "/interact?to=@{name}&address=@eve@away.example"),
    ("POST", "/acting?organisation={actor}"),
    ("POST", "/write?text=Hello @{name}&visibility=public"),
    ("POST", "/write?text=Hello&answer={post}&visibility=public"),
    ("POST", "/people/{actor}?act=follow"),
    ("POST", "/people/{actor}/membership?act=join"),
    ("GET", "/write?group={name}"),
    ("POST", "/posts/{post}?act=like"),
    ("POST", "/api/v1/statuses?status=Hello @{name}&visibility=direct"),
    ("POST", "/api/v1/statuses?status=Hello&in_reply_to_id={post}"),
    ("POST", "/api/v1/statuses?status=Hello&quoted_status_id={post}"),
    ("POST", "/api/v1/reports?account_id={actor}"),
    ("POST", "/api/v1/reports?account_id={actor}&status_ids[]={post}"),
    ("POST", "/api/v1/lists/{actor}/accounts?account_ids[]={actor}"),
    ("POST", "/api/v1/markers?home[last_read_id]={post}"),
    ("POST", "/organisations/offers?offer={actor}&act=accept"),
]  # fmt: skip

_GAP = re.compile(r"\{(\w+)(?::\w+)?\}")


@dataclass(frozen=True)
class Question:
    """A request with gaps where the names and ids of hidden things stand."""

    verb: str
    address: str
    of_api: bool = False

    def about(self, hidden):
        """The same, of one thing."""
        return self.address.format(name=hidden.name, actor=hidden.actor, post=hidden.post)


def questions(app):
    """All of them; raises AssertionError where an address is not told here."""
    routes = [one for one in app._router.routes if isinstance(one, Route)]
    asked = [Question(verb, filled(one.path)) for one in routes for verb in (one.methods or ()) if verb != "HEAD"]
    asked += [Question(one.verb, filled(one.path), of_api=True) for one in METHODS]
    asked += [Question(verb, address, address.startswith("/api/")) for verb, address in ASKING]
    return list(dict.fromkeys(asked))


def filled(path):
    """A path of a table, with a gap that says which hidden thing is asked for."""
    return _GAP.sub(lambda gap: _filling(path, path[: gap.start()], gap[1]), path)


def _filling(path, before, gap):
    if gap in GAPS:
        return GAPS[gap]
    if gap == "name":
        found = next((name for room, name in OTHER_NAMES.items() if before.startswith(room)), None)
        found = found or ("{name}" if before.startswith(NAMES) else None)
    else:
        kinds = (("{actor}", ACTORS), ("{post}", POSTS), ("1", OWN))
        found = next((kind for kind, rooms in kinds if gap == "id" and before.startswith(tuple(rooms))), None)
    assert found, (
        f"{path}: tests/privacy/questions.py does not know what {{{gap}}} stands for. Say there whether an actor or a "
        "post is asked for, so that the crawl can ask for a hidden one."
    )
    return found
