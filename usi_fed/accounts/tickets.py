"""Random secrets, and the hashes that are all we store of them."""

import hashlib
import secrets


def new_secret() -> str:
    """256 random bits, URL-safe: too many to guess, so a plain fast hash of it is enough in the database."""
    while (secret := secrets.token_urlsafe(32)).startswith("-"):
        pass  # on a command line it would be taken for an option
    return secret


def hash_of(secret: str) -> str:
    """The SHA-256 of a secret in hexadecimal, as the tables store it."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def form_token(secret: str) -> str:
    """The value that a form carries to prove that the page came from us; `secret` is in a cookie only.

    Another site can make a browser send the cookie, but cannot read it, so it cannot compute this. Every page has
    another value, so that the lengths of many compressed pages tell nothing about it (BREACH).
    """
    return _form_token(secrets.token_hex(8), secret)


def is_form_token(token: str, secret: str) -> bool:
    """Whether a form came back with the value that `form_token` gave it, compared in constant time."""
    salt = token.partition(".")[0]
    return secrets.compare_digest(
        token.encode("utf-8", "replace"), _form_token(salt, secret).encode("utf-8", "replace")
    )


def _form_token(salt: str, secret: str) -> str:
    return f"{salt}.{hash_of(f'form:{salt}:{secret}')}"


# ---- codes that people copy by hand ----

# Crockford's: no letter looks like another, none makes a word by mistake.
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_GROUPS, _GROUP = 4, 4
_MISREAD = str.maketrans("oil", "011")


def new_code() -> str:
    """80 random bits for paper and voice, such as `7k2m-x0qd-93fv-ab1c`: too many to guess, as with `new_secret`."""
    letters = [secrets.choice(_LETTERS) for _ in range(_GROUPS * _GROUP)]
    return "-".join("".join(letters[at : at + _GROUP]) for at in range(0, len(letters), _GROUP))


def written_code(text: str) -> str:
    """A code as `new_code` writes it, from what somebody typed; anything else comes back as something else."""
    letters = "".join(letter for letter in text.lower() if letter.isalnum()).translate(_MISREAD)
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))
