"""Which names our own actors may have."""

import re

from usi_fed.errors import InvalidInput
from usi_fed.sentences import Sentence

MAX_LETTERS = 30

# Names under which people expect the server itself or its staff, and words of our own addresses.
_RESERVED_NAMES = """
    abuse account accounts actor admin administrator all anonymous api auth everyone help here hostmaster inbox info
    instance login mailer mod moderation moderator new noreply no_reply notifications null oauth offers official owner
    postmaster register root security server settings signup staff support system tags team undefined users usi
    usi_fed webfinger webmaster well_known
"""
RESERVED = frozenset(_RESERVED_NAMES.split())

_USERNAME = re.compile(rf"[a-z0-9_]{{1,{MAX_LETTERS}}}")


def parse_username(text: str, *, reserved_too: bool = False) -> str:
    """The name in its one form, lower case; `reserved_too` is for an administrator's own decision.

    Raises:
        InvalidInput: other characters than a to z, 0 to 9 and `_`, more than 30, or a reserved name.

    Spec: `../shared/interop/security.md` section 7, "username look-alikes"
    """
    name = text.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise InvalidInput(
            "username", Sentence("may have 1 to %(most)s of the characters a to z, 0 to 9 and _", most=MAX_LETTERS)
        )
    if name in RESERVED and not reserved_too:
        raise InvalidInput("username", Sentence("is reserved"))
    return name
