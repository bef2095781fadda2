"""What administrators type about their server, read and checked."""

from collections.abc import Iterable, Mapping
from typing import Any

from usi_fed import setting_values
from usi_fed.config import Settings
from usi_fed.instance.model import INVITERS, OF_FILE, Face, check_about
from usi_fed.instance.palette import COLOURS, OF_BADGE
from usi_fed.text.plain import clean_name, clean_typed
from usi_fed.translation import LANGUAGES, Sentence
from usi_fed.urls import Urls

LONGEST = {"name": 60, "description": 300, "greeting": 500, "about": 10_000, "contact_email": 254}
_ONE_OF_THESE = Sentence("must be one of those that are offered")
Problems = dict[str, Sentence]


def parse_choices(
    names: Iterable[str], typed: Mapping[str, str], face: Face, settings: Settings, urls: Urls
) -> tuple[dict[str, Any], Problems]:
    """The choices with these names as a form says them, and by name what is wrong with them.

    What is as the settings say is None: so it follows them from now on.
    """
    values: dict[str, Any] = {}
    problems: Problems = {}
    for name in names:
        text = typed.get(name, "")
        try:
            values[name] = _read(name, text, face, urls)
        except _Problem as problem:
            problems[name] = problem.sentence
    for name in OF_FILE:
        if name in values and values[name] in (getattr(settings, name), ""):
            is_empty_on_purpose = values[name] == "" and name in ("description", "contact_email")
            if not (is_empty_on_purpose and getattr(settings, name)):
                values[name] = None
    return values, problems


class _Problem(Exception):
    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def _read(name: str, text: str, face: Face, urls: Urls) -> Any:  # noqa: ANN401 - as the choice needs it
    if name in LONGEST and len(clean_typed(text)) > LONGEST[name]:
        raise _Problem(Sentence("may have at most %(most)s characters", most=LONGEST[name]))
    match name:
        case "name":
            return clean_name(text, LONGEST[name])
        case "description" | "greeting":
            return clean_typed(text)
        case "about":
            return _about(text, urls)
        case "contact_email":
            return _email(text.strip())
        case "language":
            return _one_of(text, LANGUAGES)
        case "time_zone":
            return _zone(text)
        case "colour":
            return _one_of(text, [*COLOURS, *([OF_BADGE] if face.choices.badge else [])])
        case "inviters":
            return _one_of(text, INVITERS)
    raise KeyError(name)


def _about(text: str, urls: Urls) -> str:
    cleaned = clean_typed(text)
    if not check_about(cleaned, urls):
        raise _Problem(Sentence("is nested too deeply, or too long"))
    return cleaned


def _email(text: str) -> str:
    try:
        return setting_values.email(text) if text else ""
    except ValueError:
        raise _Problem(Sentence("must be an e-mail address such as ada@union.example")) from None


def _zone(text: str) -> str:
    try:
        return setting_values.time_zone(text)
    except ValueError:
        raise _Problem(_ONE_OF_THESE) from None


def _one_of(text: str, allowed: Iterable[str]) -> str:
    if text not in allowed:
        raise _Problem(_ONE_OF_THESE)
    return text
