"""Affiliations as lines of a profile, for servers that read nothing but those.

Mastodon checks a line whose value is one link with its own address as text: the page behind it has to link back.

Spec: `../shared/interop/mastodon.md` section 5, "fields"
"""

from datetime import datetime
from html import escape

from sqlalchemy import Connection

from usi_fed.sentences import Sentence
from usi_fed.translation import said
from usi_fed.unions.attestations_store import attesters_of


def affiliation_facts(connection: Connection, organisation_id: int, now: datetime) -> list[dict[str, str]]:
    """The lines that say to whom an organisation of ours belongs, in the language of the reader."""
    steps = attesters_of(connection, organisation_id, now)
    name = said(Sentence("Affiliated to"))
    return [{"name": name, "value": _link(step.approver.url or step.approver.uri)} for step in steps]


def _link(address: str) -> str:
    scheme, _, rest = address.partition("://")
    shown = f'<span class="invisible">{escape(scheme)}://</span><span>{escape(rest)}</span>'
    return f'<a href="{escape(address)}" rel="me nofollow noopener" target="_blank" translate="no">{shown}</a>'
