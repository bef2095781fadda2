"""What kinds, offices and places of organisations are called, in the reader's language."""

from collections.abc import Mapping

from usi_fed.actors.model import Organisation
from usi_fed.sentences import Sentence
from usi_fed.translation import reader, said
from usi_fed.unions.role_words import ROLE_WORDS
from usi_fed.unions.roles import Role
from usi_fed.unions.taxonomy import KINDS, REGIONS

ROLES: Mapping[Role, tuple[Sentence, Sentence]] = {
    "owner": (ROLE_WORDS["owner"], Sentence("Governs: gives and ends offices, says what it is. May do all else too.")),
    "communications": (ROLE_WORDS["communications"], Sentence("Posts in its name, looks after its profile and pages.")),
    "international": (ROLE_WORDS["international"], Sentence("Agrees with other organisations.")),
    "treasurer": (ROLE_WORDS["treasurer"], Sentence("Keeps its money.")),
    "researcher": (ROLE_WORDS["researcher"], Sentence("Researches for it.")),
    "educator": (ROLE_WORDS["educator"], Sentence("Teaches for it.")),
    "librarian": (ROLE_WORDS["librarian"], Sentence("Keeps its library.")),
    "steward": (ROLE_WORDS["steward"], Sentence("Lets members in and looks after what is posted to it.")),
    "secretary": (ROLE_WORDS["secretary"], Sentence("Posts in its name and lets members in.")),
    "mentor": (ROLE_WORDS["mentor"], Sentence("Advises, and reads what is not public.")),
    "member": (ROLE_WORDS["member"], Sentence("Reads what is not public.")),
    "supporter": (ROLE_WORDS["supporter"], Sentence("Is named as a supporter, nothing more.")),
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
