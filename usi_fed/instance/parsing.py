"""What administrators type about their server, read and checked."""

from collections.abc import Iterable, Mapping
from typing import Any

from usi_fed import setting_values
from usi_fed.config import Settings
from usi_fed.instance.model import INVITERS, OF_FILE, REGISTRATIONS, check_about
from usi_fed.sentences import Sentence
from usi_fed.text.plain import clean_name, clean_typed
from usi_fed.translation import LANGUAGES
from usi_fed.urls import Urls

LONGEST = {"name": 60, "description": 300, "greeting": 500, "about": 10_000, "contact_email": 254, "leave_url": 500}
_ONE_OF_THESE = Sentence("must be one of those that are offered")
_USUAL = {"inviters": "officers"}
Problems = dict[str, Sentence]


def parse_choices(
    names: Iterable[str], typed: Mapping[str, str], settings: Settings, urls: Urls
) -> tuple[dict[str, Any], Problems]:
    """The choices with these names as a form says them, and by name what is wrong with them.

    What is as the settings say is None: so it follows them from now on.
    """
    values: dict[str, Any] = {}
    problems: Problems = {}
    for name in names:
        text = typed.get(name, "")
        try:
            values[name] = _read(name, text, urls)
        except _Problem as problem:
            problems[name] = problem.sentence
    return {name: None if _is_usual(name, value, settings) else value for name, value in values.items()}, problems


def _is_usual(name: str, value: str, settings: Settings) -> bool:
    """Whether a choice is none: it says what holds anyway. A server without a name has that of the settings."""
    usual = getattr(settings, name) if name in OF_FILE else _USUAL.get(name, "")
    return value == usual or (name == "name" and not value)


class _Problem(Exception):
    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def _read(name: str, text: str, urls: Urls) -> Any:  # noqa: ANN401 - as the choice needs it
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
        case "leave_url":
            return _web_address(text.strip())
        case "language":
            return _one_of(text, LANGUAGES)
        case "time_zone":
            return _zone(text)
        case "registrations":
            return _one_of(text, REGISTRATIONS)
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


def _web_address(text: str) -> str:
    try:
        return setting_values.web_address(text) if text else ""
    except ValueError:
        raise _Problem(Sentence("must be an address such as https://weather.example")) from None


def _zone(text: str) -> str:
    try:
        return setting_values.time_zone(text)
    except ValueError:
        raise _Problem(_ONE_OF_THESE) from None


def _one_of(text: str, allowed: Iterable[str]) -> str:
    if text not in allowed:
        raise _Problem(_ONE_OF_THESE)
    return text
