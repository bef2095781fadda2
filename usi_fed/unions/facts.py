"""Affiliations as lines of a profile, for servers that read nothing but those.

Mastodon checks a line whose value is one link with its own address as text: the page behind it has to link back.

Spec: `../shared/interop/mastodon.md` section 5, "fields"
"""

from datetime import datetime
from html import escape

from sqlalchemy import Connection

from usi_fed.accounts.store import find_account
from usi_fed.actors.model import Actor
from usi_fed.actors.organisations_store import find_organisation, put_organisation
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.verbs.profile import announce_actor
from usi_fed.sentences import Sentence
from usi_fed.translation import Reader, find_language, said, speaking
from usi_fed.unions.attestations_store import attesters_of

_MARK = 'class="u-affiliation"'
_NAME = Sentence("Affiliated to")

Facts = list[dict[str, str]]


def affiliation_facts(connection: Connection, organisation_id: int, now: datetime) -> Facts:
    """The lines that say to whom an organisation of ours belongs, in its own language."""
    steps = attesters_of(connection, organisation_id, now)
    account = find_account(connection, organisation_id)
    language = find_language(account.locale if account else None)
    with speaking(Reader(language) if language else Reader()):
        name = said(_NAME)
    return [{"name": name, "value": _link(step.approver.url or step.approver.uri)} for step in steps]


def with_affiliations(facts: Facts, lines: Facts) -> Facts:
    """All lines of an organisation: these about its affiliations take the place of the former ones."""
    return [fact for fact in facts if _MARK not in fact["value"]] + lines


def show_affiliations(connection: Connection, desk: Desk, organisation: Actor) -> None:
    """Bring the profile of one of our organisations up to date; tell everybody who knows it when that changed it."""
    known = find_organisation(connection, organisation.id)
    if known is None:
        return
    facts = with_affiliations(known.facts, affiliation_facts(connection, organisation.id, desk.now))
    if facts == known.facts:
        return
    put_organisation(connection, organisation.id, kind=known.kind, facts=facts)
    announce_actor(connection, desk, organisation)


def _link(address: str) -> str:
    scheme, _, rest = address.partition("://")
    shown = f'<span class="invisible">{escape(scheme)}://</span><span>{escape(rest)}</span>'
    return f'<a href="{escape(address)}" {_MARK} rel="me nofollow noopener" target="_blank" translate="no">{shown}</a>'
