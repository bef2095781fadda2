"""What an organisation is, said in words: lines of its profile, for everybody who does not read the terms of `usi:`.

They are written down whenever something of it changes, in the language of the organisation's account, so that every
door shows the same: our pages, the client API, and the actor document that other servers get.
"""

from datetime import datetime
from html import escape

from babel import Locale
from sqlalchemy import Connection

from usi_fed.accounts.store import find_account
from usi_fed.actors.model import Organisation
from usi_fed.actors.organisations_store import change_organisation, find_organisation
from usi_fed.actors.store import find_actor, get_actor, touch_actor
from usi_fed.outbox.desk import Desk
from usi_fed.outbox.verbs.profile import announce_actor
from usi_fed.sentences import Sentence
from usi_fed.translation import ENGLISH, LANGUAGES, Reader, find_language, reader, said, speaking
from usi_fed.unions.affiliation_facts import affiliation_facts
from usi_fed.unions.taxonomy import KINDS, REGIONS, SECTORS, THEMES

Fact = dict[str, str]
"""A line of a profile: `name` in plain text, `value` in HTML."""


def write_facts(connection: Connection, organisation_id: int, now: datetime) -> bool:
    """Say anew what an organisation of ours is; whether that is different from before.

    To be called in the unit of work of each change; telling others (`announce_actor`) is for the caller.
    """
    organisation = find_organisation(connection, organisation_id)
    if organisation is None:
        return False
    account = find_account(connection, organisation_id)
    language = find_language(account.locale if account else None) or LANGUAGES[ENGLISH]
    with speaking(Reader(language)):
        facts = [*facts_of(connection, organisation), *affiliation_facts(connection, organisation_id, now)]
    if facts == organisation.facts:
        return False
    change_organisation(connection, organisation_id, facts=facts)
    touch_actor(connection, organisation_id)
    return True


def tell_facts(connection: Connection, desk: Desk, organisation_id: int) -> None:
    """The same, and everybody who knows it hears when it is different."""
    if write_facts(connection, organisation_id, desk.now):
        announce_actor(connection, desk, get_actor(connection, organisation_id))


def facts_of(connection: Connection, organisation: Organisation) -> list[Fact]:
    """What an organisation says of itself, in the language of the reader; nothing of it is proven by anybody."""
    names = reader().language.locale
    lines = (
        (Sentence("Kind"), escape(said(KINDS[organisation.kind]))),
        (Sentence("Part of"), _parent_link(connection, organisation)),
        (Sentence("Sectors"), _listed([said(SECTORS.get(term, term)) for term in organisation.sectors])),
        (Sentence("Themes"), _listed([said(THEMES.get(term, term)) for term in organisation.themes])),
        (Sentence("Country"), escape(names.territories.get(organisation.country, organisation.country))),
        (Sentence("Region"), escape(said(REGIONS.get(organisation.region, organisation.region)))),
        (Sentence("Languages"), _listed([_language(tag, names) for tag in organisation.languages])),
        (Sentence("Support us"), _link(organisation.payment_url) if organisation.payment_url else ""),
    )
    return [{"name": said(name), "value": value} for name, value in lines if value]


def _language(tag: str, names: Locale) -> str:
    stem = tag.partition("-")[0]
    return names.languages.get(tag.replace("-", "_")) or names.languages.get(stem) or tag


def _listed(words: list[str]) -> str:
    return escape(", ".join(words))


def _parent_link(connection: Connection, organisation: Organisation) -> str:
    """The union to which a branch says that it belongs; nothing when that one is not to be seen."""
    if not organisation.parent_uri:
        return ""
    parent = find_actor(connection, organisation.parent_uri)
    if parent is None:
        return _link(organisation.parent_uri)
    if parent.concealed or parent.is_shut_out:
        return ""
    return _link(parent.url or parent.uri, parent.name or parent.username)


def _link(url: str, text: str = "") -> str:
    told = text or url.partition("://")[2] or url
    return f'<a href="{escape(url)}" rel="nofollow noopener">{escape(told)}</a>'
