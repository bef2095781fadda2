"""Random secrets, and the hashes that are all we store of them."""

import hashlib
import secrets


def new_secret() -> str:
    """256 random bits, URL-safe: too many to guess, so a plain fast hash of it is enough in the database."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """The SHA-256 of a secret in hexadecimal, as the tables store it."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def form_token(secret: str) -> str:
    """The value that a form carries to prove that the page came from us; `secret` is in a cookie only.

    Another site can make a browser send the cookie, but cannot read it, so it cannot compute this.
    """
    return hash_of(f"form:{secret}")


def is_form_token(token: str, secret: str) -> bool:
    """Whether a form came back with the value that `form_token` gave it, compared in constant time."""
    return secrets.compare_digest(token.encode("utf-8", "replace"), form_token(secret).encode())
