"""The languages of our pages and mails: which there are, who reads in which, and what is said in it.

Messages stand in code and templates in English; what they are in the others stands in catalogues (gettext, `locales/`).
Whoever answers somebody says so once (`speaking`), and everything said meanwhile is in that reader's language.
"""

import gettext as gnu
from calendar import Calendar
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError, dates, numbers, units
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from usi_fed.sentences import Bytes, Sentence, filled

FOLDER = Path(__file__).parent / "locales"
ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Language:
    """One that our pages speak. `tag` is as in RFC 5646; `name` is what its speakers call it."""

    tag: str
    name: str
    direction: Literal["ltr", "rtl"] = "ltr"

    @property
    def locale(self) -> Locale:
        """Its rules for dates and numbers; English is written as in most of the world."""
        return _locale("en-GB" if self.tag == ENGLISH else self.tag)


LANGUAGES = {
    language.tag: language
    for language in (
        Language(ENGLISH, "English"),
        Language("el", "Ελληνικά"),
        Language("pt-BR", "Português (Brasil)"),
        Language("ar", "العربية", "rtl"),
        Language("es", "Español"),
        Language("fr", "Français"),
    )
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is spoken to: in which language, and where the clock shows which time."""

    language: Language = LANGUAGES[ENGLISH]
    time_zone: str = "UTC"


_NOBODY = Reader()
_reader: ContextVar[Reader] = ContextVar("reader", default=_NOBODY)


def reader() -> Reader:
    """Who is spoken to now."""
    return _reader.get()


@contextmanager
def speaking(to: Reader) -> Iterator[None]:
    """Speak to somebody, in this task, until the end of the `with`."""
    token = _reader.set(to)
    try:
        yield
    finally:
        _reader.reset(token)


# ---- which language ----


def find_language(tag: str | None) -> Language | None:
    """The one of ours that serves who reads `tag`: `pt` and `pt-PT` are served by `pt-BR`, `ar-EG` by `ar`."""
    if not tag:
        return None
    wanted = tag.strip().replace("_", "-").lower()
    exact = next((language for language in LANGUAGES.values() if language.tag.lower() == wanted), None)
    stem = wanted.partition("-")[0]
    return exact or next((language for language in LANGUAGES.values() if language.tag.partition("-")[0] == stem), None)


def find_accepted(header: str) -> Language | None:
    """The one of ours that a browser wants most. Spec: RFC 9110 section 12.5.4"""
    wishes: list[tuple[float, Language]] = []
    for part in header[:1000].split(","):
        tag, _, parameter = part.partition(";")
        weight, language = _weight(parameter), find_language(tag)
        if language is not None and weight > 0:
            wishes.append((weight, language))
    return max(wishes, key=lambda wish: wish[0])[1] if wishes else None


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return min(float(value), 1.0) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


# ---- what is said ----


def gettext(message: str, /, **values: object) -> str:
    """A message in the reader's language, with its `%(name)s` filled in."""
    return filled(_catalogue(reader().language.tag).gettext(message), values)


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """A message in the form that its `number` asks for; `%(number)s` is the number in the reader's way of writing."""
    said = _catalogue(reader().language.tag).ngettext(one, many, number)
    return filled(said, {"number": decimal(number), **values})


def pgettext(context: str, message: str, /, **values: object) -> str:
    """As `gettext`, for a word that means several things: `context` says which."""
    return filled(_catalogue(reader().language.tag).pgettext(context, message), values)


def said(text: object) -> str:
    """A Sentence, or an error that consists of one, in the reader's language; any other text as it is."""
    if isinstance(text, Exception) and text.args:
        text = text.args[0]
    if not isinstance(text, Sentence):
        return str(text)
    return gettext(text.message, **{name: _own(value) for name, value in text.values.items()})


def _own(value: object) -> object:
    return size(value) if isinstance(value, Bytes) else value


def capital(text: str) -> str:
    """What was the rest of a sentence, as a sentence by itself."""
    return f"{text[:1].upper()}{text[1:]}"


# In which people here may write: the largest, those of the workers' movements we know of, and our own.
_TONGUES = (
    "af am ar ay az be bg bn br bs ca ceb cs cy da de el en eo es et eu fa fi fil fr fy ga gl gn gu ha he hi "
    "hr ht hu hy id ig is it ja jv ka kk km kn ko ku ky lo lt lv mg mi mk ml mn mr ms mt my nb ne nl nn ny or "
    "pa pl ps pt pt-BR qu ro ru rw sd si sk sl sn so sq sr ss st su sv sw ta te tg th ti tk tn tr ts tt ug uk "
    "ur uz ve vi wo xh yi yo zh zh-Hant zu"
)


def tongues() -> list[tuple[str, str]]:
    """The languages that a post may be in: tag, and name in the reader's language, sorted by it."""
    return _tongues(reader().language.tag)


@cache
def _tongues(tag: str) -> list[tuple[str, str]]:
    names = LANGUAGES[tag].locale.languages
    named = [(one, names.get(one.replace("-", "_"), one)) for one in _TONGUES.split()]
    return sorted(named, key=lambda pair: pair[1].casefold())


def name_of(tag: str | None) -> str:
    """What its speakers call a language; its tag when nobody has told us."""
    found = _known_locale(tag or "")
    return str(found.display_name or tag) if found else tag or ""


def direction_of(tag: str | None) -> str:
    """In which direction a language is written, for `dir`; "auto" when it is not known."""
    found = _known_locale(tag or "")
    return str(found.text_direction) if found else "auto"


def is_read(tag: str | None) -> bool:
    """Whether it is the reader's language, wherever it is spoken."""
    return bool(tag) and (tag or "").partition("-")[0] == reader().language.tag.partition("-")[0]


@cache
def _known_locale(tag: str) -> Locale | None:
    try:
        return Locale.parse(tag, sep="-")
    except (ValueError, UnknownLocaleError):
        return None


# ---- numbers and moments ----


def decimal(number: int) -> str:
    """A whole number as the reader writes it."""
    return _decimal(number, reader().language.tag)


# A page of twenty posts has a hundred counts, and nearly all of them are small.
@lru_cache(maxsize=4096)
def _decimal(number: int, tag: str) -> str:
    return numbers.format_decimal(number, locale=LANGUAGES[tag].locale)


def percent(hundredths: int) -> str:
    """A percentage as the reader writes it."""
    return numbers.format_percent(hundredths / 100, locale=reader().language.locale)


def size(number_of_bytes: int) -> str:
    """How large something is, in a unit that fits it, as the reader writes it."""
    value, unit = float(number_of_bytes), "byte"
    for larger in ("kilobyte", "megabyte", "gigabyte", "terabyte"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    digits = "0.#" if value < 10 and unit != "byte" else "0"
    return units.format_unit(value, f"digital-{unit}", "short", format=digits, locale=reader().language.locale)


def span(time: timedelta) -> str:
    """How long something takes or has taken, in its largest unit, as the reader says it."""
    return dates.format_timedelta(max(time, timedelta()), threshold=1, locale=reader().language.locale)


def minute(moment: datetime) -> str:
    """A moment to the minute, in the reader's words and time zone; UTC, which is nobody's own, is named."""
    return _minute(moment.replace(second=0, microsecond=0), reader().language.tag, reader().time_zone)


@lru_cache(maxsize=4096)
def _minute(moment: datetime, tag: str, zone: str) -> str:
    locale, there = LANGUAGES[tag].locale, moment.astimezone(_zone(zone))
    day_there, time_there = dates.format_date(there, "long", locale), dates.format_time(there, "short", locale=locale)
    told = str(locale.datetime_formats["medium"]).format(time_there, day_there)
    return f"{told} UTC" if zone == "UTC" else told


def place_of(moment: datetime) -> tuple[str, str]:
    """The day and the time of a moment in the reader's time zone, as form fields have them."""
    there = _there(moment)
    return there.date().isoformat(), f"{there:%H:%M}"


def at_place(day: str, time: str) -> datetime:
    """The moment of a day and a time, as form fields have them, in the reader's time zone.

    Raises:
        ValueError: they are none.
    """
    there = datetime.strptime(f"{day} {time[:5]}", "%Y-%m-%d %H:%M").replace(tzinfo=_zone(reader().time_zone))
    return there.astimezone(UTC)


def month(moment: datetime) -> str:
    """The month of a moment, with its year."""
    return _month(_there(moment).date().replace(day=1), reader().language.tag)


@lru_cache(maxsize=1024)
def _month(first: date, tag: str) -> str:
    return dates.format_skeleton("yMMMM", first, locale=LANGUAGES[tag].locale)


def weekdays() -> list[str]:
    """The days of a week in short, from the one on which it begins for the reader."""
    locale = reader().language.locale
    names = dates.get_day_names("short", "stand-alone", locale)
    return [names[(locale.first_week_day + number) % 7] for number in range(7)]


def weeks(moment: datetime) -> list[list[date]]:
    """The days of a moment's month, week by week as the reader counts them, with its neighbours' at the ends."""
    there = _there(moment)
    return Calendar(reader().language.locale.first_week_day).monthdatescalendar(there.year, there.month)


def day(moment: datetime) -> str:
    """A day that is kept as its beginning in UTC, in the reader's words."""
    return dates.format_date(moment, "long", reader().language.locale)


def _there(moment: datetime) -> datetime:
    return moment.astimezone(_zone(reader().time_zone))


# ---- catalogues ----


@cache
def _locale(tag: str) -> Locale:
    return Locale.parse(tag, sep="-")


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@cache
def _catalogue(tag: str) -> gnu.NullTranslations:
    """The messages of a language. They are read as people edit them: there is nothing to compile and to forget."""
    if tag == ENGLISH:
        return gnu.NullTranslations()
    compiled = BytesIO()
    with catalogue_file(tag).open("rb") as file:
        write_mo(compiled, read_po(file, locale=_locale(tag)))
    compiled.seek(0)
    return gnu.GNUTranslations(compiled)


def catalogue_file(tag: str) -> Path:
    """Where the messages of a language stand."""
    return FOLDER / f"{tag}.po"
