"""What kinds, offices and places of organisations are called, in the reader's language."""

from collections.abc import Mapping

from usi_fed.actors.model import Organisation
from usi_fed.sentences import Sentence
from usi_fed.translation import reader, said
from usi_fed.unions.roles import Role
from usi_fed.unions.taxonomy import KINDS, REGIONS

ROLES: Mapping[Role, tuple[Sentence, Sentence]] = {
    "owner": (Sentence("Owner"), Sentence("Governs: gives and ends offices, says what it is. May do all else too.")),
    "communications": (Sentence("Communications"), Sentence("Posts in its name, looks after its profile and pages.")),
    "international": (Sentence("International officer"), Sentence("Agrees with other organisations.")),
    "treasurer": (Sentence("Treasurer"), Sentence("Keeps its money.")),
    "researcher": (Sentence("Researcher"), Sentence("Researches for it.")),
    "educator": (Sentence("Educator"), Sentence("Teaches for it.")),
    "librarian": (Sentence("Librarian"), Sentence("Keeps its library.")),
    "steward": (Sentence("Steward"), Sentence("Lets members in and looks after what is posted to it.")),
    "secretary": (Sentence("Secretary"), Sentence("Posts in its name and lets members in.")),
    "mentor": (Sentence("Mentor"), Sentence("Advises, and reads what is not public.")),
    "member": (Sentence("Member"), Sentence("Reads what is not public.")),
    "supporter": (Sentence("Supporter"), Sentence("Is named as a supporter, nothing more.")),
}


def role_name(role: str) -> str:
    """What an office is called."""
    return said(next((name for one, (name, _) in ROLES.items() if one == role), role))


def kind_name(kind: str) -> str:
    """What a kind of organisation is called."""
    return said(next((words for one, words in KINDS.items() if one == kind), kind))


def term_name(term: str, known: Mapping[str, Sentence]) -> str:
    """A sector, theme or region in words; of a term that we do not know, only the term."""
    return said(known[term]) if term in known else term


def country_name(code: str) -> str:
    """What a country is called."""
    return str(reader().language.locale.territories.get(code, code))


def countries() -> list[tuple[str, str]]:
    """All countries, by name."""
    named = reader().language.locale.territories.items()
    found = [(code, str(name)) for code, name in named if len(code) == 2 and code.isalpha() and code not in _NONE]
    return sorted(found, key=lambda pair: pair[1].casefold())


def language_name(tag: str) -> str:
    """What a language is called in the reader's."""
    names = reader().language.locale.languages
    found = names.get(tag.replace("-", "_")) or names.get(tag.partition("-")[0])
    return str(found or tag)


def place_words(about: Organisation) -> str:
    """Where in the world an organisation is, in one line."""
    known = (country_name(about.country) if about.country else "", term_name(about.region, REGIONS))
    return ", ".join(word for word in known if word)


# What Babel names beside countries: unions of them, and what is unknown.
_NONE = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
