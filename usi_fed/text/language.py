"""Language tags, as posts and settings carry them."""

import re

_TAG = re.compile(
    r"(?P<language>[a-z]{2,3}|[a-z]{5,8})(?P<extended>(?:-[a-z]{3}){0,3})(?:-(?P<script>[a-z]{4}))?"
    r"(?:-(?P<region>[a-z]{2}|[0-9]{3}))?(?P<rest>(?:-(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*)"
    r"(?P<private>(?:-[a-wy-z0-9](?:-[a-z0-9]{2,8})+)*(?:-x(?:-[a-z0-9]{1,8})+)?)",
    re.IGNORECASE,
)
_MAX_LENGTH = 35
_LONGEST_CODE = 3
_UNKNOWN = frozenset({"und", "zxx", "mul", "mis"})


def find_spoken_language(tag: object) -> str | None:
    """As `find_language`, for what people choose: no more than the two or three letters of ISO 639 before the rest.

    The syntax allows longer names, of which none was ever given out; who writes `english` means `en`.
    """
    found = find_language(tag)
    return found if found is not None and len(found.partition("-")[0]) <= _LONGEST_CODE else None


def find_language(tag: object) -> str | None:
    """A language tag in its usual spelling (`pt-BR`, `zh-Hant`), or None when it says no language.

    `_` is taken for `-`, as some software writes it. `und`, `mul`, `mis` and `zxx` say no language.

    Spec: RFC 5646 sections 2.1 (syntax) and 2.1.1 (letter case)
    """
    if not isinstance(tag, str) or len(tag) > _MAX_LENGTH:
        return None
    match = _TAG.fullmatch(tag.strip().replace("_", "-"))
    if match is None or match["language"].lower() in _UNKNOWN:
        return None
    script = f"-{match['script'].title()}" if match["script"] else ""
    region = f"-{match['region'].upper()}" if match["region"] else ""
    tail = (match["rest"] + match["private"]).lower()
    return match["language"].lower() + match["extended"].lower() + script + region + tail
