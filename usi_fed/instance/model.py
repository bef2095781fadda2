"""What everybody sees of this server: the settings, and above them what an administrator chose."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from usi_fed.config import Settings
from usi_fed.errors import MalformedActivity
from usi_fed.instance.palette import COLOURS, OF_BADGE, RED, Look, look_of
from usi_fed.instance.rules import Rule
from usi_fed.text.compose import MARKDOWN, render
from usi_fed.translation import LANGUAGES, Reader
from usi_fed.urls import Urls

Inviters = Literal["officers", "everybody"]
Registrations = Literal["closed", "approval", "open"]
REGISTRATIONS: tuple[Registrations, ...] = get_args(Registrations)
INVITERS: tuple[Inviters, ...] = get_args(Inviters)
OF_FILE = ("name", "description", "contact_email", "language", "time_zone", "registrations", "leave_url")
"""Those choices that the settings have too, under the same name."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What may be chosen. `about` is Markdown; `contact` the actor whom strangers may ask, None: the administrator.

    `leave_url` is where "Leave quickly" leads; empty: to our calendar.
    `colour` is a name in `COLOURS`, or `OF_BADGE`; `badge` the stored name of a picture and `badge_colour` its main
    colour as `#rrggbb`. `inviters` says who may invite: officers, or every member;
    `registrations` whether people may come without an invitation.
    """

    name: str
    description: str
    contact_email: str
    language: str
    time_zone: str
    registrations: Registrations
    leave_url: str
    greeting: str = ""
    about: str = ""
    contact: int | None = None
    colour: str = RED
    badge: str = ""
    badge_colour: str = ""
    inviters: Inviters = "officers"
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Face:
    """How the server shows itself at this moment. `chosen` are the names of the choices that an administrator made."""

    choices: Choices
    chosen: frozenset[str]
    revision: int
    about_html: str
    look: Look

    @property
    def name(self) -> str:
        """What the server is called."""
        return self.choices.name

    @property
    def usual_reader(self) -> Reader:
        """Whom the server speaks to when nobody has chosen anything."""
        return Reader(LANGUAGES[self.choices.language], self.choices.time_zone)

    @property
    def badge_path(self) -> str:
        """Where the badge is on this server; empty when there is none."""
        return f"/media/{self.choices.badge}" if self.choices.badge else ""


def face_of(settings: Settings, urls: Urls, chosen: Mapping[str, Any] | None = None, revision: int = 0) -> Face:
    """The face of a server with these settings, of which `chosen` has what counts instead."""
    known = {item.name for item in fields(Choices)}
    values = {name: getattr(settings, name) for name in OF_FILE}
    values |= {name: value for name, value in (chosen or {}).items() if name in known}
    if "rules" in values:
        values["rules"] = tuple(Rule(**rule) for rule in values["rules"])
    choices = Choices(**values)
    return Face(choices, frozenset(chosen or ()), revision, _about(choices.about, urls), look_of(_colour(choices)))


def _colour(choices: Choices) -> str:
    if choices.colour == OF_BADGE:
        return choices.badge_colour or COLOURS[RED]
    return COLOURS.get(choices.colour, COLOURS[RED])


def _about(text: str, urls: Urls) -> str:
    try:
        return render(text, MARKDOWN, {}, urls.tag, article=True)
    except MalformedActivity:  # it was taken by an older version, which allowed more
        return ""


def check_about(text: str, urls: Urls) -> bool:
    """Whether a long text can be shown: not nested too deeply, and not too much of it."""
    return not text or bool(_about(text, urls))
