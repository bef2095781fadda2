"""Changing what an organisation says of itself, and telling everybody who knows it."""

from dataclasses import asdict, dataclass, replace

from sqlalchemy import Connection

from usi_fed.activitypub.organisation_parsing import ACTOR_TYPES
from usi_fed.actors.model import Actor, Organisation, Risk
from usi_fed.actors.organisations_store import branches_here, find_organisation
from usi_fed.actors.store import get_actor, touch_actor, update_actor
from usi_fed.errors import InvalidInput, NotFound
from usi_fed.moderation.log_store import log_act
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.profiles import TypedProfile, profile_change
from usi_fed.outbox.verbs.profile import announce_actor
from usi_fed.sentences import Sentence
from usi_fed.unions.facts import write_facts
from usi_fed.unions.founding import Description, check_quiet, is_of_concealed, quiet, set_risk, store_description
from usi_fed.unions.model import Proposal
from usi_fed.unions.offices import require_permission
from usi_fed.unions.proposals import Acts, propose


@dataclass(frozen=True, slots=True)
class Change:
    """What an organisation wants to say of itself; None stays as it is. `name` and `summary` as typed."""

    description: Description | None = None
    name: str | None = None
    summary: str | None = None
    is_concealed: bool | None = None
    risk: Risk | None = None


def describe(
    connection: Connection, desk: Desk, acts: Acts, organisation_id: int, change: Change, by: int | None
) -> list[Proposal]:
    """Change it and tell everybody; gives what of it waits for a second person: what makes it more public.

    Raises:
        NotFound: there is no such organisation of ours.
        NotAllowed: `by` may not govern it.
        InvalidInput: the name or the text is too long, or the kind is one of another type of actor.
    """
    require_permission(connection, by, organisation_id, "govern")
    actor = get_actor(connection, organisation_id)
    before = find_organisation(connection, organisation_id)
    if before is None or not actor.is_local or actor.deleted_at is not None:
        raise NotFound(f"no organisation {organisation_id} of ours")
    wanted = change.description or Description.of(before)
    if ACTOR_TYPES[wanted.kind] != actor.kind:
        known = ", ".join(kind for kind, its_type in ACTOR_TYPES.items() if its_type == actor.kind)
        raise InvalidInput("kind", Sentence("cannot become this: choose of %(known)s", known=known))
    waiting = []
    risk = before.risk if change.risk is None else change.risk
    if before.risk and not risk and by is not None:
        waiting.append(propose(connection, desk, acts, organisation_id, "lower_risk", {}, by))
        risk = before.risk
    wanted = _as_at_risk(wanted, before, risk)
    if wanted.is_listed and not before.is_listed and by is not None:
        waiting.append(propose(connection, desk, acts, organisation_id, "list", {}, by))
        wanted = replace(wanted, is_listed=False)
    if change.is_concealed is False and actor.concealed and by is not None:
        waiting.append(propose(connection, desk, acts, organisation_id, "reveal", {}, by))
    after = store_description(connection, organisation_id, wanted)
    if risk != before.risk:
        after = set_risk(connection, organisation_id, risk)
    values = asdict(
        profile_change(connection, TypedProfile(display_name=change.name, note=change.summary), actor, desk.urls)
    )
    if wanted.is_listed != before.is_listed:
        values["discoverable"] = wanted.is_listed
    if change.is_concealed is not None and (change.is_concealed or by is None):
        values["concealed"] = change.is_concealed
    if is_of_concealed(connection, wanted) or (risk and not before.risk):
        values["concealed"] = True
    changed = update_actor(
        connection, organisation_id, **{name: value for name, value in values.items() if value is not None}
    )
    if changed.concealed and not actor.concealed:
        _conceal_branches(connection, desk, changed)
    has_new_facts = write_facts(connection, organisation_id, desk.now)
    if after != before and not has_new_facts:
        touch_actor(connection, organisation_id)
    _tell_changes(connection, desk, (actor, changed), (before, after), by, has_new_facts=has_new_facts)
    return waiting


def _tell_changes(
    connection: Connection,
    desk: Desk,
    actors: tuple[Actor, Actor],
    organisations: tuple[Organisation, Organisation],
    by: int | None,
    *,
    has_new_facts: bool,
) -> None:
    """Tell whoever knows the organisation, and the log, what was and what is different."""
    (actor, changed), (before, after) = actors, organisations
    told = [name for name, was, is_now in zip(before._fields, before, after, strict=True) if was != is_now]
    told += [name for name in ("name", "summary", "concealed") if getattr(actor, name) != getattr(changed, name)]
    if told or has_new_facts:
        announce_actor(connection, desk, get_actor(connection, actor.id))
        log_act(connection, by, "organisation describe", f"@{actor.handle}", desk.now, actor.id, fields=told)


def _as_at_risk(wanted: Description, before: Organisation, risk: Risk) -> Description:
    if risk and not before.risk:
        wanted = quiet(wanted)
    if risk:
        check_quiet(wanted)
    return wanted


def _conceal_branches(connection: Connection, desk: Desk, union: Actor) -> None:
    """What says that it is a part of what is concealed is concealed too, or it would give it away."""
    for branch in branches_here(connection, union.uri):
        update_actor(connection, branch.id, concealed=True)
        write_facts(connection, branch.id, desk.now)
        announce_actor(connection, desk, get_actor(connection, branch.id))
