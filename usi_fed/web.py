"""What everything for a browser has in common: templates, static files, headers and cookies."""

import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from usi_fed import translation
from usi_fed.config import Settings
from usi_fed.onion import is_by_onion
from usi_fed.sentences import Sentence
from usi_fed.translation import LANGUAGES, Reader, find_accepted, find_language

# In a wheel the folder is inside the package (setup.py); in the repository it stands beside it.
_HOMES = (Path(__file__).parent / "browser", Path(__file__).parents[1] / "web")
FOLDER = next(home for home in _HOMES if home.is_dir())
STALE_FORM = Sentence(
    "This page was open for too long, or your browser keeps no cookies of this site. Please try again."
)
COOKIES = SESSION, STEPS, FORM, LANGUAGE, HOME, SEALED = "session", "steps", "form", "language", "home", "sealed"
SESSION_SECONDS = 14 * 24 * 60 * 60
SEALED_SECONDS = 15 * 60
LANGUAGE_SECONDS = HOME_SECONDS = 365 * 24 * 60 * 60

PAGE_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file of `web/static`; `digest` is a hash of its content, so that a changed file has another address."""

    body: bytes
    media_type: str
    digest: str


@cache
def static_files() -> dict[str, StaticFile]:
    """All static files by name; they are few and small, so they are kept in memory."""
    return {path.name: _static_file(path) for path in sorted((FOLDER / "static").iterdir()) if path.is_file()}


def static_url(name: str) -> str:
    """The address of a static file that never changes behind it."""
    return f"/static/{name}?v={static_files()[name].digest}"


def page(template: str, **values: Any) -> bytes:  # noqa: ANN401 - whatever the template shows
    """A page as UTF-8; every value is escaped unless it is marked as safe HTML."""
    return _templates.get_template(template).render(values).encode()


def reader_of(
    settings: Settings, usual: Reader, cookies: Mapping[str, str], accept_language: str, own: str | None
) -> Reader:
    """Who is spoken to: as the account has it, else as was chosen at this browser, else as the browser wishes.

    `own` is the language of the account, None for strangers; `usual` whom the server speaks to when nothing is known.
    """
    chosen = find_language(own) or find_language(cookies.get(cookie_name(settings, LANGUAGE)))
    return replace(usual, language=chosen or find_accepted(accept_language) or usual.language)


def content_policy(form_target: str = "", *, runs_scripts: bool = False) -> str:
    """The Content-Security-Policy of a page: nothing runs but, where wanted, our files; everything comes from us.

    `form_target` is where a form may lead besides here: Chromium holds a redirect after a form to `form-action`.
    """
    scripts = "script-src 'self'; connect-src 'self'; " if runs_scripts else ""
    return (
        f"default-src 'none'; {scripts}style-src 'self'; img-src 'self'; media-src 'self'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self'{' ' if form_target else ''}{form_target}"
    )


def is_https(settings: Settings) -> bool:
    """Whether the browser that is spoken to has come by https; not by an onion address, where Tor encrypts."""
    return settings.scheme == "https" and not is_by_onion()


def cookie_name(settings: Settings, name: str) -> str:
    """A cookie's full name; the prefix makes browsers refuse one that another host or plain http has set.

    By an onion address it has none: Tor Browser would take it, but browsers on telephones see plain http there.
    """
    return f"__Host-{name}" if is_https(settings) else name


def cookie(settings: Settings, name: str, value: str) -> str:
    """The Set-Cookie header's value; an empty `value` takes the cookie away."""
    secure = "; Secure" if is_https(settings) else ""
    lasting = {SESSION: SESSION_SECONDS, LANGUAGE: LANGUAGE_SECONDS, HOME: HOME_SECONDS, SEALED: SEALED_SECONDS}
    seconds = lasting.get(name)
    lifetime = f"; Max-Age={seconds}" if seconds else ""
    if not value:
        lifetime = "; Max-Age=0"
    # What opens sealed notes comes along with nothing that another site leads to.
    same_site = "Strict" if name == SEALED else "Lax"
    return f"{cookie_name(settings, name)}={value}; Path=/; HttpOnly; SameSite={same_site}{secure}{lifetime}"


def _static_file(path: Path) -> StaticFile:
    body = path.read_bytes()
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return StaticFile(body, media_type, hashlib.sha256(body).hexdigest()[:16])


_templates = Environment(
    loader=FileSystemLoader(FOLDER / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,  # a look at the disk for each part of each page
    cache_size=-1,
    trim_blocks=True,
    lstrip_blocks=True,
    extensions=["jinja2.ext.i18n"],
)
_templates.policies["ext.i18n.trimmed"] = True


@cache
def _icon(name: str, turns: bool = False) -> Markup:
    """A drawing; a page of posts has two hundred, so each is drawn once."""
    macros: Any = _templates.get_template("pages/icons.html").module
    drawn: Markup = macros.icon(name, turns)
    return drawn


_templates.globals |= {
    "static": static_url,
    "languages": tuple(LANGUAGES.values()),
    "reader": translation.reader,
    "decimal": translation.decimal,
    "percent": translation.percent,
    "icon": _icon,
    "_": translation.gettext,
    "gettext": translation.gettext,
    "ngettext": translation.ngettext,
    "pgettext": translation.pgettext,
}
