"""The words of descriptions, in the language of whoever asks."""

from collections.abc import Mapping
from typing import Any

from usi_fed.api.call import Call
from usi_fed.api.methods import Caller
from usi_fed.api.usi.entities import Taxonomies, Term
from usi_fed.api.usi.methods import READ, UsiMethod
from usi_fed.sentences import Sentence
from usi_fed.translation import ENGLISH, LANGUAGES, Reader, find_accepted, reader, said, speaking
from usi_fed.unions.role_words import ROLE_WORDS
from usi_fed.unions.taxonomy import KINDS, REGIONS, SECTORS, THEMES

_LETTERS_OF_COUNTRY = 2


async def show(call: Call, _: None) -> Taxonomies:
    """GET /taxonomies"""
    language = find_accepted(call.request.headers.get("accept-language", "")) or LANGUAGES[ENGLISH]
    with speaking(Reader(language)):
        return Taxonomies(
            kinds=_terms(KINDS),
            sectors=_terms(SECTORS),
            themes=_terms(THEMES),
            regions=_terms(REGIONS),
            countries=_countries(),
            roles=_terms(ROLE_WORDS),
        )


def _terms(words: Mapping[Any, Sentence]) -> list[Term]:
    return [Term(term, said(sentence)) for term, sentence in words.items()]


def _countries() -> list[Term]:
    names = reader().language.locale.territories
    return [Term(code, name) for code, name in sorted(names.items()) if len(code) == _LETTERS_OF_COUNTRY]


METHODS = (
    UsiMethod(
        "GET", "/taxonomies", "Every word that a description may have", show, Taxonomies, READ, caller=Caller.ANYBODY
    ),
)
