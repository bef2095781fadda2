"""Forms that work once, at a bad line: who presses the button twice gets the answer to the first press.

A browser throws the first of two answers away, and with it what opens the account or is shown only once. So the
answer is kept for a few minutes, for exactly the same form of the same browser: for all that it says, and the secret
cookie that it belongs to. The same code in another browser is another form, and as useless as ever.

What is kept opens only with what the browser sends: neither the database nor the master key are enough.
"""

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Self

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from starlette.requests import Request
from starlette.responses import Response

from usi_fed import web
from usi_fed.accounts.form_answers_store import begin_answer, drop_answer, find_answer, keep_answer
from usi_fed.accounts.tickets import hash_of
from usi_fed.pages.house import House, house_of
from usi_fed.pages.sessions import cookie_of, is_from_us

KEPT = timedelta(minutes=10)
LONGEST_WORK = timedelta(minutes=1)  # of a process that dies at it nothing is left after that
LOOKS, PAUSE_SECONDS = 100, 0.1
_NONCE_BYTES = 12

Act = Callable[[], Awaitable[Response]]


class _Answer(msgspec.Struct, frozen=True):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Sent:
    """A form as one browser sent it: the hash under which its answer is kept, and the key that opens it."""

    key_hash: str
    key: bytes = field(repr=False)

    @classmethod
    def of(cls, request: Request, secret: str, fields: Mapping[str, str]) -> Self:
        whole = json.dumps([secret, request.url.path, request.url.query, sorted(fields.items())])
        return cls(hash_of(f"form answer:{whole}"), sha256(f"form answer key:{whole}".encode()).digest())

    def seal(self, response: Response) -> bytes:
        kept = _Answer(response.status_code, response.raw_headers, bytes(response.body))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self.key).encrypt(nonce, msgspec.msgpack.encode(kept), None)

    def opened(self, sealed: bytes) -> Response:
        plain = AESGCM(self.key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None)
        kept = msgspec.msgpack.decode(plain, type=_Answer)
        response = Response(kept.body, kept.status)
        response.raw_headers = kept.headers
        return response


def form_key(request: Request, fields: Mapping[str, str]) -> str:
    """What an act is known by that a form is the name of: the hash of its address and of all that it says.

    The same form sent twice is one act. A form to which somebody went back and which says something else now is
    another one, although the ids on the page are the same: browsers keep whole pages for the Back button. The form's
    token does not count: it changes when the form is sent again after signing in anew.
    """
    told = sorted((name, value) for name, value in fields.items() if name != "form_token")
    return hash_of(f"form:{json.dumps([request.url.path, request.url.query, told])}")


async def once_at_browser(request: Request, fields: Mapping[str, str], act: Act) -> Response:
    """As `once`, for forms of people who are not signed in; one that is not from us is not remembered."""
    if not is_from_us(request, dict(fields)):
        return await act()
    return await once(request, cookie_of(request, web.FORM), fields, act)


async def once(request: Request, secret: str, fields: Mapping[str, str], act: Act) -> Response:
    """Answer a form with `act`, or with what `act` answered to the very same form a few minutes ago.

    `secret` is in a cookie of this browser only, and the form's token was found to belong to it. What did not succeed
    is not kept: who sends that again is heard again.
    """
    house, sent = house_of(request), _Sent.of(request, secret, fields)
    for _ in range(LOOKS):
        moment = house.clock()
        if await house.database.write(begin_answer, sent.key_hash, moment, moment + LONGEST_WORK):
            return await _first(house, sent, act)
        sealed = await house.database.read(find_answer, sent.key_hash, moment)
        if sealed is not None:
            return sent.opened(sealed)
        await asyncio.sleep(PAUSE_SECONDS)
    return await act()  # whoever had it in hand does not answer any more


async def _first(house: House, sent: _Sent, act: Act) -> Response:
    response: Response | None = None
    try:
        response = await act()
    finally:
        if response is None or response.status_code >= 400:
            await house.database.write(drop_answer, sent.key_hash)
    if response.status_code < 400:
        await house.database.write(keep_answer, sent.key_hash, sent.seal(response), house.clock() + KEPT)
    return response
