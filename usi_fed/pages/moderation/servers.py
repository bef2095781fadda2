"""Other servers: which are known, the rules about them, and a rule made or dropped after its price has been told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from usi_fed.errors import InvalidInput
from usi_fed.moderation.blocklist import to_csv
from usi_fed.moderation.blocklists_store import all_lists
from usi_fed.moderation.domains import parse_rule_domain, require_dot
from usi_fed.moderation.model import SEVERITIES, DomainRule, Severity
from usi_fed.moderation.rulebook import RuleBook
from usi_fed.moderation.rules_store import rules
from usi_fed.moderation.servers_store import (
    KnownServer,
    Ties,
    known_servers,
    people_below,
    ties_of_domains,
    ties_of_hosts,
)
from usi_fed.pages.house import house_of
from usi_fed.pages.members import Member
from usi_fed.pages.moderation.officers import done, for_officers, form_of_officers, officers_page, reason_in
from usi_fed.sentences import Sentence
from usi_fed.translation import gettext, said

PAGE = "/moderation/servers"
PAGE_SIZE = 50
LONGEST_COMMENT = 500
SEVERITY_WORDS: dict[str, Sentence] = {
    "allow": Sentence("Allowed"),
    "noop": Sentence("Not limited"),
    "silence": Sentence("Limited"),
    "suspend": Sentence("Shut out"),
}
SEVERITY_HINTS: dict[str, Sentence] = {
    "allow": Sentence("Nothing by itself. When this server deals only with listed servers, this one is listed."),
    "noop": Sentence("Nothing by itself; for a server of which only the files or the reports are not taken."),
    "silence": Sentence("Its people are read by those who follow them, and appear nowhere else."),
    "suspend": Sentence("Nothing is taken from it or sent to it any more, and all follows with its people end."),
}
_ONE_OF_THESE = Sentence("must be one of those that are offered")
_FLAGS = ("reject_media", "reject_reports", "obfuscate")


@dataclass(frozen=True, slots=True)
class ServerRow:
    """A server in the list. `state` says what holds for it, "" when no rule does."""

    host: str
    people: int
    going: int
    coming: int
    state: str
    path: str


@dataclass(frozen=True, slots=True)
class RuleRow:
    """A rule in the list; `source` is the list that made it, "" for people."""

    domain: str
    state: str
    flags: tuple[str, ...]
    comment: str
    source: str
    path: str


@dataclass(frozen=True, slots=True)
class _Domain:
    """A domain with what is known of it. `nearest` is the rule that holds for it, perhaps of a domain above."""

    rule: DomainRule | None
    nearest: DomainRule | None
    people: int
    ties: Ties


@for_officers
async def show_servers(request: Request, member: Member) -> Response:
    """GET /moderation/servers?q=&after=: the servers that are known here, by name."""
    words = request.query_params.get("q", "").strip().lower()[:253]
    after = request.query_params.get("after", "")[:260].replace("\0", "")

    def read(connection: Connection) -> tuple[list[KnownServer], dict[str, Ties], RuleBook]:
        found = known_servers(connection, words.replace("\0", ""), after, PAGE_SIZE)
        return found, ties_of_hosts(connection), RuleBook(rules(connection))

    house = house_of(request)
    found, ties, book = await house.database.read(read)
    return await officers_page(
        request,
        "servers.html",
        member,
        servers=[_server_row(one, ties.get(one.host, Ties()), book) for one in found],
        words=words,
        after=found[-1].host if len(found) == PAGE_SIZE else "",
        is_first=not after,
        only_listed=house.domains.only_listed,
        problem="",
    )


@for_officers
async def show_rules(request: Request, member: Member) -> Response:
    """GET /moderation/rules: every rule, by domain."""

    def read(connection: Connection) -> tuple[list[DomainRule], dict[int, str]]:
        return rules(connection), {one.id: one.name for one in all_lists(connection)}

    house = house_of(request)
    found, lists = await house.database.read(read)
    rows = [_rule_row(one, lists) for one in found]
    return await officers_page(request, "rules.html", member, rules=rows, only_listed=house.domains.only_listed)


@for_officers
async def export_rules(request: Request, member: Member) -> Response:
    """GET /moderation/rules.csv: the rules as Mastodon's blocklist, without what is for us only."""
    text = to_csv(await house_of(request).database.read(rules))
    headers = {
        "Content-Disposition": 'attachment; filename="rules.csv"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(text, media_type="text/csv; charset=utf-8", headers=headers)


@for_officers
async def show_server(request: Request, member: Member) -> Response:
    """GET /moderation/server?domain=: what is known of it, and the form for its rule.

    Raises:
        InvalidInput: it is no domain.
    """
    domain = await _domain_in(request, request.query_params.get("domain", ""))
    return await _server_page(request, member, domain)


@form_of_officers
async def change_rule(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /moderation/server: first what it would cost, then, with `sure`, the rule is made or dropped.

    Raises:
        InvalidInput: it is no domain, or our own.
    """
    domain = await _domain_in(request, fields.get("domain", ""))
    problems: dict[str, object] = {}
    reason = reason_in(fields, problems)
    severity = next((one for one in SEVERITIES if one == fields.get("severity")), None)
    if severity is None and fields.get("severity") != "free":
        problems["severity"] = _ONE_OF_THESE
    too_long = Sentence("may have at most %(most)s characters", most=LONGEST_COMMENT)
    problems |= {
        name: too_long for name in ("public_comment", "private_comment") if len(fields.get(name, "")) > LONGEST_COMMENT
    }
    if problems:
        return await _server_page(request, member, domain, problems, fields)
    if fields.get("sure") != "yes":
        return await _price_page(request, member, domain, severity, fields)
    house = house_of(request)
    if severity is None:
        await house.domains.remove(domain, member.actor.id, reason=reason)
    else:
        await house.domains.put(_values(domain, severity, fields), member.actor.id, reason=reason)
    return done("/moderation/server", domain=domain)


async def _domain_in(request: Request, typed: str) -> str:
    """The domain that somebody typed, or picked out of the list with its port.

    One of a single word, as in a network of one's own, has to be known already: of such a slip little can come.

    Raises:
        InvalidInput: it is none, or a whole top-level domain.
    """
    name, _, port = typed.strip().lower().rpartition(":")
    domain = parse_rule_domain(name if name and port.isdigit() and ":" not in name else typed)
    if not await house_of(request).database.read(people_below, domain, exactly=True):
        require_dot("domain", domain)
    return domain


def _values(domain: str, severity: Severity, fields: Mapping[str, str]) -> dict[str, Any]:
    return {
        "domain": domain,
        "severity": severity,
        **{name: fields.get(name) == "1" for name in _FLAGS},
        "public_comment": fields.get("public_comment", "").strip(),
        "private_comment": fields.get("private_comment", "").strip(),
    }


async def _server_page(
    request: Request,
    member: Member,
    domain: str,
    problems: dict[str, object] | None = None,
    fields: Mapping[str, str] | None = None,
) -> Response:
    house = house_of(request)
    known = await house.database.read(_read_domain, domain)
    rule = known.rule
    typed: dict[str, Any] = (
        rule._asdict() if rule else {"severity": "silence", "public_comment": "", "private_comment": ""}
    )
    ticked = {name: bool(typed.get(name)) for name in _FLAGS}
    if fields is not None:
        typed = {**typed, **fields}
        ticked = {name: fields.get(name) == "1" for name in _FLAGS}
    return await officers_page(
        request,
        "server.html",
        member,
        problems,
        domain=domain,
        known=known,
        state=said(SEVERITY_WORDS[known.nearest.severity]) if known.nearest else "",
        typed=typed,
        reason=typed.get("reason", ""),
        ticked=ticked,
        severities={name: (said(SEVERITY_WORDS[name]), said(SEVERITY_HINTS[name])) for name in reversed(SEVERITIES)},
        is_ours=house.domains.is_ours(domain),
        only_listed=house.domains.only_listed,
    )


async def _price_page(
    request: Request, member: Member, domain: str, severity: Severity | None, fields: Mapping[str, str]
) -> Response:
    """What a rule would cost, before it is made."""
    house = house_of(request)
    if house.domains.is_ours(domain):
        raise InvalidInput("domain", Sentence("is this server's own, or above it"))
    known = await house.database.read(_read_domain, domain)
    cuts = severity == "suspend" and (known.nearest is None or known.nearest.severity != "suspend")
    kept = ("severity", "public_comment", "private_comment", "reason", *_FLAGS)
    return await officers_page(
        request,
        "server_price.html",
        member,
        domain=domain,
        known=known,
        ends=known.ties if cuts else Ties(),
        state=said(SEVERITY_WORDS[severity]) if severity else "",
        hint=said(SEVERITY_HINTS[severity]) if severity else "",
        kept={name: fields[name] for name in kept if fields.get(name)},
    )


def _read_domain(connection: Connection, domain: str) -> _Domain:
    book = RuleBook(rules(connection))
    ties = ties_of_domains(connection).get(domain, Ties())
    return _Domain(book.find(domain), book.nearest(domain), people_below(connection, domain), ties)


def _server_row(one: KnownServer, ties: Ties, book: RuleBook) -> ServerRow:
    rule = book.nearest(one.host)
    state = said(SEVERITY_WORDS[rule.severity]) if rule else ""
    return ServerRow(one.host, one.people, ties.going, ties.coming, state, _path(one.host))


def _rule_row(rule: DomainRule, lists: Mapping[int, str]) -> RuleRow:
    flags = {
        gettext("Without its files"): rule.reject_media,
        gettext("Without its reports"): rule.reject_reports,
    }
    return RuleRow(
        rule.domain,
        said(SEVERITY_WORDS[rule.severity]),
        tuple(words for words, is_set in flags.items() if is_set),
        rule.public_comment or rule.private_comment,
        lists.get(rule.source_id or 0, ""),
        _path(rule.domain),
    )


def _path(host: str) -> str:
    return f"/moderation/server?domain={quote(host)}"
