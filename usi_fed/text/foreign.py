"""What somebody wrote elsewhere, as that person would type it here.

On their own server people call each other `@ana`. Here that is somebody else, so the name gets the host it had there.
"""

import re
from html import escape, unescape
from urllib.parse import urlsplit

from usi_fed.text.entities import Mention, entity_at, find_entities
from usi_fed.text.plain import to_text
from usi_fed.text.sanitise import sanitise

_LINK = re.compile(r'<a\b[^>]*? href="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)


def as_typed_here(html: str, home: str) -> str:
    """The words of foreign HTML, in which everybody who is named has a host: that of the link, or else `home`.

    `home` is the host of the server where it was written, "" when nobody knows.

    Raises:
        MalformedActivity: as `sanitise`.
    """
    text = to_text(_LINK.sub(_with_host_of_link, sanitise(html)))
    return _with_host(text, home) if home else text


def cut_between_names(text: str, most: int) -> str:
    """At most `most` characters of a text; a name that would lose a part of its host goes as a whole."""
    if len(text) <= most:
        return text
    cut = next((one.start for one in find_entities(text) if isinstance(one, Mention) and one.end > most), most)
    return text[: min(cut, most)].rstrip()


def _with_host_of_link(link: re.Match[str]) -> str:
    name, host = to_text(link[2]), _host_of(unescape(link[1]))
    return escape(_with_host(name, host)) if host and _is_name_alone(name) else link[0]


def _host_of(address: str) -> str:
    try:
        return urlsplit(address).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def _is_name_alone(text: str) -> bool:
    found = entity_at(text, 0)
    return isinstance(found, Mention) and found.end == len(text)


def _with_host(text: str, host: str) -> str:
    parts, position = [], 0
    for entity in find_entities(text):
        if isinstance(entity, Mention) and entity.handle.domain is None:
            parts.append(f"{text[position : entity.end]}@{host}")
            position = entity.end
    return "".join([*parts, text[position:]])
