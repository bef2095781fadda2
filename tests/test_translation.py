"""What is said in which language; and that nothing is left unsaid."""

import re
from datetime import UTC, datetime

import pytest
from babel.messages.pofile import read_po

from scripts.catalogues import collect, is_said
from usi_fed.sentences import Sentence
from usi_fed.translation import (
    ENGLISH,
    LANGUAGES,
    Reader,
    catalogue_file,
    decimal,
    find_accepted,
    find_language,
    gettext,
    minute,
    month,
    ngettext,
    percent,
    said,
    speaking,
)

OTHERS = [tag for tag in LANGUAGES if tag != ENGLISH]
PLACES = re.compile(r"%\(\w+\)s|<[^>]*>")
AFTERNOON = datetime(2026, 11, 29, 15, 4, tzinfo=UTC)


def catalogue_of(tag):
    with catalogue_file(tag).open("rb") as file:
        return read_po(file, locale=LANGUAGES[tag].locale)


# ---- the catalogues ----


@pytest.fixture(scope="module")
def wanted():
    """All that code and templates say; to look for it takes seconds."""
    return {(message.context, message.id) for message in collect() if message.id}


@pytest.mark.parametrize("tag", OTHERS)
def test_everything_is_said_in_every_language(tag, wanted):
    catalogue = catalogue_of(tag)
    said_here = {(message.context, message.id) for message in catalogue if message.id and is_said(message.string)}
    assert said_here == wanted
    assert not [message.id for message in catalogue if message.fuzzy or message.id in catalogue.obsolete]


@pytest.mark.parametrize("tag", OTHERS)
def test_what_is_filled_in_and_what_is_marked_up_is_the_same(tag):
    """A name that is missing would be an error on the page, a tag that is missing would break it."""
    for message in catalogue_of(tag):
        if isinstance(message.id, tuple):
            allowed = set(PLACES.findall(message.id[1]))
            assert all(set(PLACES.findall(form)) <= allowed for form in message.string), message.id
        elif message.id:
            assert sorted(PLACES.findall(message.string)) == sorted(PLACES.findall(message.id)), message.id


@pytest.mark.parametrize("tag", OTHERS)
def test_every_form_of_a_number_is_there(tag):
    catalogue = catalogue_of(tag)
    forms = {len(message.string) for message in catalogue if isinstance(message.id, tuple)}
    assert forms == {catalogue.num_plurals}


# ---- speaking ----


@pytest.mark.parametrize(
    ("tag", "said_so"),
    [
        ("en", ["0 posts", "1 post", "2 posts", "1,000,000 posts"]),
        ("el", ["0 δημοσιεύσεις", "1 δημοσίευση", "2 δημοσιεύσεις", "1.000.000 δημοσιεύσεις"]),
        ("pt-BR", ["0 publicação", "1 publicação", "2 publicações", "1.000.000 de publicações"]),
        ("ar", ["لا منشورات", "منشور واحد", "منشوران", "1,000,000 منشور"]),
        ("es", ["0 publicaciones", "1 publicación", "2 publicaciones", "1.000.000 de publicaciones"]),
        ("fr", ["0 message", "1 message", "2 messages", "1\u202f000\u202f000 de messages"]),
    ],
)
def test_numbers_have_their_forms(tag, said_so):
    with speaking(Reader(LANGUAGES[tag])):
        assert [ngettext("%(number)s post", "%(number)s posts", number) for number in (0, 1, 2, 10**6)] == said_so


def test_a_sentence_is_english_until_it_is_said():
    sentence = Sentence("must have %(least)s to %(most)s characters", least=8, most=256)
    assert sentence == "must have 8 to 256 characters"
    with speaking(Reader(LANGUAGES["es"])):
        assert said(sentence) == "debe tener de 8 a 256 caracteres"
        assert said(ValueError(sentence)) == "debe tener de 8 a 256 caracteres"
        assert said("as it is: 100%") == "as it is: 100%"
        assert gettext("Sign in") == "Iniciar sesión"
    assert gettext("Sign in") == "Sign in"


def test_moments_are_in_the_readers_words_and_time_zone():
    with speaking(Reader(LANGUAGES["en"], "Africa/Johannesburg")):
        assert minute(AFTERNOON) == "29 November 2026, 17:04"
    assert minute(AFTERNOON) == "29 November 2026, 15:04 UTC"
    with speaking(Reader(LANGUAGES["pt-BR"], "America/Sao_Paulo")):
        assert (minute(AFTERNOON), month(AFTERNOON)) == ("29 de novembro de 2026 12:04", "novembro de 2026")
    with speaking(Reader(LANGUAGES["el"], "Pacific/Auckland")):
        assert minute(AFTERNOON) == "30 Νοεμβρίου 2026, 4:04\u202fπ.μ."


def test_numbers_are_written_as_the_reader_writes_them():
    with speaking(Reader(LANGUAGES["fr"])):
        assert (decimal(12345), percent(33)) == ("12\u202f345", "33\xa0%")


# ---- choosing ----


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("en", "en"),
        ("EN-za", "en"),
        ("pt", "pt-BR"),
        ("pt_PT", "pt-BR"),
        ("ar-EG", "ar"),
        ("el-GR", "el"),
        ("de", None),
        ("e", None),
        ("", None),
        (None, None),
    ],
)
def test_who_reads_a_language_is_served_by_the_nearest_of_ours(tag, found):
    language = find_language(tag)
    assert (language.tag if language else None) == found


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("", None),
        ("de, fr;q=0.5", "fr"),
        ("es;q=0.3, el;q=0.9, en;q=0.1", "el"),
        ("fr, en", "fr"),
        ("fr;q=0, en;q=0.1", "en"),
        ("fr;q=many, ar", "ar"),
        ("*", None),
        (",;,q=1", None),
    ],
)
def test_the_language_that_a_browser_wants_most_is_taken(header, found):
    language = find_accepted(header)
    assert (language.tag if language else None) == found


@pytest.mark.parametrize("tag", ["el", "pt-BR", "ar", "es", "fr"])
def test_no_catalogue_has_the_words_of_another(tag):
    """Letters tell: Greek and Arabic ones stand in their own catalogues only."""
    with catalogue_file(tag).open("rb") as file:
        said = [form for message in read_po(file) if message.id for form in _forms(message.string)]
    for owner, letters in (("el", "[\u0370-\u03ff]{3}"), ("ar", "[\u0600-\u06ff]{3}")):
        found = [form for form in said if re.search(letters, form) and form not in {"العربية", "Ελληνικά"}]
        assert bool(found) is (owner == tag), found[:3]


def _forms(string):
    return string if isinstance(string, tuple) else (string,)
