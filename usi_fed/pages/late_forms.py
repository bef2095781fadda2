"""A form that came when its session was over: what was typed goes onto a page from which it can be sent again.

Whoever is signed in is named on that page and has to press, so what one person typed is never sent as another in
silence. Other sites can make a browser send us a form as well; nothing of theirs is ever offered for sending.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import UploadFile
from starlette.requests import Request

from usi_fed.errors import TooLarge
from usi_fed.media.inspect import MediaLimits
from usi_fed.media.uploads import limited
from usi_fed.pages.house import house_of
from usi_fed.pages.sessions import Sent, StaleForm, read_form

MOST_BYTES = 2 * MediaLimits().max_image_bytes + (1 << 20)
PASSWORD = "password"  # noqa: S105 - the name of a field
_SECRETS = frozenset({PASSWORD, "second", "code", "passphrase"})
# What was typed here stays nowhere, not even on a page for sending it again.
_KEPT_NOWHERE = re.compile(r"/account/sealing|/organisations/[^/]+/sealed(/.*)?")
_NOT_TYPED = frozenset({"form_token", "form_id", "once"})
_UPLOAD_TYPE = "multipart/form-data"
_SHORTEST_WORDS = 9


@dataclass(frozen=True, slots=True)
class HeldForm:
    """A form that can be sent again to its own address. `fields` hold no token, no file and no secret.

    `typed` are its longer texts, to be seen. `asks_password`: it had one, which has to be typed once more.
    """

    action: str
    is_upload: bool
    fields: tuple[tuple[str, str], ...]
    typed: tuple[str, ...]
    asks_password: bool
    had_files: bool


async def too_late(request: Request) -> StaleForm:
    """What to raise when nobody is signed in any more who could have sent a form; what it says is kept.

    Raises:
        InvalidInput: it is no form.
        HTTPException: it cannot be read.
    """
    with suppress(TooLarge):  # then it was about a file, and there is nothing to be sent again without it
        if _is_upload(request):
            async with limited(request, MOST_BYTES).form() as form:
                texts = {name: value.replace("\0", "") for name, value in form.items() if isinstance(value, str)}
                has_files = any(isinstance(value, UploadFile) and value.size for value in form.values())
                request.state.sent = Sent(texts, has_files)
        else:
            await read_form(request)
    return StaleForm()


def held_form(request: Request) -> HeldForm | None:
    """What may be sent again of the form that just came; None when a page of another site may have sent it."""
    if not is_from_own_page(request) or _KEPT_NOWHERE.fullmatch(request.url.path):
        return None
    sent: Sent = getattr(request.state, "sent", Sent({}))
    texts = {name: value for name, value in sent.texts.items() if name != "form_token"}
    fields = tuple((name, "" if name in _SECRETS else value) for name, value in texts.items() if name != PASSWORD)
    typed = tuple(
        value
        for name, value in texts.items()
        if name not in _NOT_TYPED | _SECRETS and len(value.strip()) >= _SHORTEST_WORDS
    )
    query = f"?{request.url.query}" if request.url.query else ""
    action = f"{request.url.path}{query}"
    return HeldForm(action, _is_upload(request), fields, typed, PASSWORD in texts, sent.has_files)


def is_from_own_page(request: Request) -> bool:
    """Whether nothing says that another site's page sent this; every browser of today says where it comes from."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    source = request.headers.get("origin") or request.headers.get("referer")
    ours = (request.headers.get("host"), urlsplit(house_of(request).urls.origin).netloc)
    return source is None or urlsplit(source).netloc in ours


def _is_upload(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == _UPLOAD_TYPE
