"""Posts translated by a machine, where the operator has named a service."""

from typing import Any

import msgspec

from usi_fed.accounts.store import get_account
from usi_fed.api.call import Call
from usi_fed.api.methods import Method, for_people, open_to_all
from usi_fed.errors import InvalidInput
from usi_fed.posts.translating import PROVIDER
from usi_fed.text.language import find_spoken_language

Entity = dict[str, Any]


class Wish(msgspec.Struct):
    """Into which language; the reader's own when none is given."""

    lang: str | None = None


async def translate(call: Call) -> Entity:
    """POST /api/v1/statuses/:id/translate"""
    asked = await call.read(Wish)
    account = await call.house.database.read(get_account, call.person_id)
    target = find_spoken_language(asked.lang or account.locale)
    if target is None:
        raise InvalidInput("lang", "must be a language tag such as en or pt-BR")
    made = await call.house.translator.translate(call.id(), call.person_id, target)
    status = await call.house.database.read(call.tools.statuses.load_one, call.id(), call.person_id)
    files = [one["id"] for one in status["media_attachments"]]
    return {
        "content": made.content,
        "spoiler_text": made.warning,
        "language": made.language,
        "detected_source_language": made.source,
        "provider": PROVIDER,
        "media_attachments": [
            {"id": file_id, "description": words} for file_id, words in zip(files, made.files, strict=False)
        ],
        "poll": {"id": str(call.id()), "options": [{"title": title} for title in made.options]}
        if made.options
        else None,
    }


async def languages(call: Call) -> Entity:
    """GET /api/v1/instance/translation_languages"""
    return await call.house.translator.languages() if call.house.translator.is_on else {}


METHODS: list[Method] = [
    for_people("POST", "/api/v1/statuses/{id}/translate", translate, "read:statuses"),
    open_to_all("GET", "/api/v1/instance/translation_languages", languages),
]
