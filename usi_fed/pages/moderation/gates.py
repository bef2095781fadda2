"""Who may not come in: providers of e-mail, and networks."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from usi_fed.errors import InvalidInput, NotFound
from usi_fed.moderation import gates_store as store
from usi_fed.moderation.gates import LONGEST_COMMENT
from usi_fed.moderation.model import ADDRESS_SEVERITIES, Decision
from usi_fed.moderation.networks import parse_network, warnings_about
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member
from usi_fed.pages.moderation.officers import (
    done,
    for_administrators,
    for_officers,
    form_of_officers,
    officers_page,
    reason_in,
)
from usi_fed.pages.moderation.views import ADDRESS_WORDS
from usi_fed.pages.sessions import address_of
from usi_fed.sentences import Sentence
from usi_fed.translation import minute, said

DOMAINS, NETWORKS = "/moderation/e-mail-domains", "/moderation/addresses"
LONGEST_DAYS = 3650
SEVERITY_HINTS = {
    "sign_up_requires_approval": Sentence("Also where people join at once. An invitation is a yes already."),
    "sign_up_block": Sentence("Not with an invitation either. Who has an account goes on using it."),
    "no_access": Sentence("Pages and applications answer nothing. Other servers and their posts are not concerned."),
}
_DAYS = Sentence("must be a number from 1 to %(most)s, or empty", most=LONGEST_DAYS)
_KEPT = ("ip", "severity", "comment", "days")


# ---- providers of e-mail ----


@for_officers
async def show_domains(request: Request, member: Member) -> Response:
    """GET /moderation/e-mail-domains: whose addresses are not taken."""
    return await _domains_page(request, member)


@form_of_officers
async def change_domains(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /moderation/e-mail-domains: put `domain` on the list or, with `remove`, take it off."""
    gates, gone = house_of(request).gates, fields.get("remove", "")
    problems: dict[str, object] = {}
    decision = Decision(member.actor.id, reason_in(fields, problems))
    if problems:
        return await _domains_page(request, member, problems, fields)
    try:
        if gone:
            with suppress(NotFound):  # somebody else was quicker
                await gates.allow_email_domain(gone, decision)
        else:
            await gates.block_email_domain(fields.get("domain", ""), decision)
    except InvalidInput as error:
        return await _domains_page(request, member, {"domain": error.problem}, fields)
    return done(DOMAINS)


async def _domains_page(
    request: Request,
    member: Member,
    problems: dict[str, object] | None = None,
    fields: Mapping[str, str] | None = None,
) -> Response:
    house, typed = house_of(request), fields or {}
    found = await house.database.read(store.email_domains)
    single = await house.database.read(store.canonical_emails)
    return await officers_page(
        request,
        "email_domains.html",
        member,
        problems,
        domains=[(one.domain, minute(one.created_at)) for one in found],
        single=len(single),
        typed={"domain": typed.get("domain", ""), "reason": typed.get("reason", "")},
    )


# ---- networks ----


@for_officers
@for_administrators
async def show_networks(request: Request, member: Member) -> Response:
    """GET /moderation/addresses: what holds for networks."""
    return await _networks_page(request, member)


@form_of_officers
@for_administrators
async def change_networks(request: Request, member: Member, fields: dict[str, str]) -> Response:
    """POST /moderation/addresses: make a rule for `ip` or, with `remove`, drop one.

    A network that covers others than those who are meant asks once more, with `sure`.
    """
    house, gone = house_of(request), fields.get("remove", "")
    problems: dict[str, object] = {}
    decision = Decision(member.actor.id, reason_in(fields, problems))
    lifetime = None if gone else _lifetime(fields, problems)
    if problems:
        return await _networks_page(request, member, problems, fields)
    try:
        if gone:
            with suppress(NotFound):  # somebody else was quicker
                await house.gates.free_network(gone, decision)
            return done(NETWORKS)
        if (warned := _warnings(house, fields)) and fields.get("sure") != "1":
            return await _networks_page(request, member, {}, fields, warned)
        expires_at = house.clock() + lifetime if lifetime else None
        values = (fields.get("ip", ""), fields.get("severity", ""), fields.get("comment", ""), expires_at)
        await house.gates.block_network(*values, decision, address_of(request))
    except InvalidInput as error:
        return await _networks_page(request, member, {error.field: error.problem}, fields)
    return done(NETWORKS)


def _warnings(house: House, fields: Mapping[str, str]) -> list[str]:
    network = parse_network(fields.get("ip", ""))
    return [said(one) for one in warnings_about(network, house.settings.trusted_proxies)]


def _lifetime(fields: Mapping[str, str], problems: dict[str, object]) -> timedelta | None:
    typed = fields.get("days", "").strip()
    if not typed:
        return None
    if not (typed.isascii() and typed.isdigit() and len(typed) < 6 and 1 <= int(typed) <= LONGEST_DAYS):
        problems["days"] = _DAYS
        return None
    return timedelta(days=int(typed))


async def _networks_page(
    request: Request,
    member: Member,
    problems: dict[str, object] | None = None,
    fields: Mapping[str, str] | None = None,
    warned: list[str] | None = None,
) -> Response:
    house, typed = house_of(request), fields or {}
    found = await house.database.read(store.address_blocks_at, house.clock())
    severity = typed.get("severity", ADDRESS_SEVERITIES[0])
    return await officers_page(
        request,
        "addresses.html",
        member,
        problems,
        422 if warned else 0,
        networks=[
            (one, said(ADDRESS_WORDS[one.severity]), minute(one.expires_at) if one.expires_at else "") for one in found
        ],
        severities={name: (said(ADDRESS_WORDS[name]), said(SEVERITY_HINTS[name])) for name in ADDRESS_SEVERITIES},
        typed={**{name: typed.get(name, "") for name in _KEPT}, "severity": severity},
        reason=typed.get("reason", ""),
        longest=LONGEST_COMMENT,
        warned=warned or [],
    )
