"""The cost of the single steps on the hot paths, in microseconds of CPU time."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson

from usi_fed.activitypub.keys import PrivateKey
from usi_fed.activitypub.objects import ParsedObject
from usi_fed.activitypub.proofs import create_proof, verify_proof
from usi_fed.activitypub.signatures import Request, body_digest, parse_claim, sign_cavage, sign_rfc9421, verify_claim
from usi_fed.activitypub.strict_json import parse_json
from usi_fed.db.migrate import upgrade
from usi_fed.db.sqlite import SqliteDatabase
from usi_fed.inbox.receipts import NewReceipt, store_receipts
from usi_fed.text.compose import render
from usi_fed.text.sanitise import sanitise

ACTOR = "https://durban.example/users/thandi"
KEY_ID = f"{ACTOR}#main-key"
INBOX = "https://sheffield.example/inbox"
NOTE = {
    "id": f"{ACTOR}/statuses/1",
    "type": "Note",
    "attributedTo": ACTOR,
    "to": ["https://www.w3.org/ns/activitystreams#Public"],
    "cc": [f"{ACTOR}/followers"],
    "published": "2026-01-01T00:00:00Z",
    "content": '<p>To all members: the <a href="https://durban.example/vote">strike vote</a> opens today.</p>',
    "tag": [{"type": "Hashtag", "name": "#vote", "href": "https://durban.example/tags/vote"}],
}
CREATE = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "id": f"{ACTOR}/statuses/1/activity",
    "type": "Create",
    "actor": ACTOR,
    "to": NOTE["to"],
    "cc": NOTE["cc"],
    "object": NOTE,
}


def steps() -> dict[str, float]:
    """Microseconds of CPU time for one of each step."""
    rsa, ed25519 = PrivateKey.generate_rsa(KEY_ID, ACTOR), PrivateKey.generate_ed25519(f"{ACTOR}#ed25519-key", ACTOR)
    body, now = orjson.dumps(CREATE), datetime.now(UTC)
    digest = body_digest(body)
    cavage = sign_cavage(rsa, "POST", INBOX, now, digest, "application/activity+json")
    rfc9421 = sign_rfc9421(rsa, "POST", INBOX, now, digest, "application/activity+json")
    proven = create_proof(CREATE, ed25519, now)
    text = "To all members: the strike vote opens today, see https://durban.example/vote #vote"
    measured = {
        "sign, draft-cavage (RSA-2048)": lambda: sign_cavage(
            rsa, "POST", INBOX, now, digest, "application/activity+json"
        ),
        "sign, RFC 9421 (RSA-2048)": lambda: sign_rfc9421(rsa, "POST", INBOX, now, digest, "application/activity+json"),
        "verify, draft-cavage": lambda: _verify(cavage, body, rsa, now),
        "verify, RFC 9421": lambda: _verify(rfc9421, body, rsa, now),
        "FEP-8b32 proof, create": lambda: create_proof(CREATE, ed25519, now),
        "FEP-8b32 proof, verify": lambda: verify_proof(proven, ed25519.public, now),
        "strict JSON, 1 kB": lambda: parse_json(body),
        "read a Note": lambda: ParsedObject.parse(NOTE),
        "sanitise a note with a link": lambda: sanitise(NOTE["content"]),
        "render a typed note": lambda: render(text, "text/plain", {}, lambda key: f"https://durban.example/tags/{key}"),
    }
    found = {name: _microseconds(step) for name, step in measured.items()}
    return found | asyncio.run(_storage())


def _verify(headers: dict[str, str], body: bytes, key: PrivateKey, now: datetime) -> None:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    names = {name for name, _ in raw}
    raw += [(b"host", b"sheffield.example")] if b"host" not in names else []
    raw += [(b"content-type", b"application/activity+json")] if b"content-type" not in names else []
    scope = {"method": "POST", "path": "/inbox", "raw_path": b"/inbox", "query_string": b"", "headers": raw}
    request = Request.from_asgi(scope, "https", body)
    verify_claim(parse_claim(request), request, key.public, now, ("sheffield.example",))


def _microseconds(step: Callable[[], object], seconds: float = 0.3) -> float:
    step()
    count, began = 0, time.process_time()
    while (spent := time.process_time() - began) < seconds:
        step()
        count += 1
    return spent / count * 1e6


async def _storage() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        await asyncio.to_thread(upgrade, url)
        database = SqliteDatabase(url)
        await database.open()
        now, body = datetime.now(UTC), orjson.dumps(CREATE)

        async def receive(number: int) -> None:
            new = NewReceipt(ACTOR, f"{ACTOR}/{number}", "Create", body, None, now)
            await database.write(store_receipts, [new], now)

        found = {
            "receipt on disk, one caller": await _each(receive, 300, 1),
            "receipt on disk, 32 callers": await _each(receive, 5000, 32, first=1000),
        }
        await database.close()
    return found


async def _each(unit: Callable[[int], Awaitable[None]], count: int, callers: int, first: int = 0) -> float:
    numbers = iter(range(first, first + count))

    async def caller() -> None:
        for number in numbers:
            await unit(number)

    began = time.process_time()
    await asyncio.gather(*(caller() for _ in range(callers)))
    return (time.process_time() - began) / count * 1e6
