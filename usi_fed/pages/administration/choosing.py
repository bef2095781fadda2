"""What an administrator types about the server, on the pages about it and in the wizard: read, checked and kept."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection
from starlette.requests import Request

from usi_fed import web
from usi_fed.accounts.store import officers
from usi_fed.actors.model import Actor
from usi_fed.actors.store import find_actors
from usi_fed.errors import InvalidInput, TooLarge
from usi_fed.instance.model import OF_FILE
from usi_fed.instance.palette import COLOURS, NAMES, OF_BADGE, RED
from usi_fed.instance.parsing import LONGEST, parse_choices
from usi_fed.instance.rules import READY, parse_rules
from usi_fed.media.inspect import MediaLimits
from usi_fed.media.uploads import saved, upload_in
from usi_fed.pages.account.owner import Form, texts_of
from usi_fed.pages.administration.zones import zones_by_region
from usi_fed.pages.house import House, house_of
from usi_fed.pages.members import Member
from usi_fed.pages.sessions import is_of_this_session
from usi_fed.sentences import Sentence
from usi_fed.translation import LANGUAGES, said

MEGABYTE = 1 << 20
MOST_BYTES = MediaLimits().max_image_bytes + MEGABYTE
_NO_PICTURE = Sentence(
    "must be a picture (JPEG, PNG, WebP, GIF, HEIC or AVIF) of at most %(megabytes)s MB",
    megabytes=MediaLimits().max_image_bytes // MEGABYTE,
)
Problems = dict[str, object]


async def save(request: Request, member: Member, names: Iterable[str], form: Form) -> Problems:
    """Keep the choices with these names as a form says them; what is wrong, by name: then nothing is kept.

    "" is the form as a whole. Names are those of `instance.model.Choices`; `look` stands for colour and badge.
    """
    house, texts, wanted = house_of(request), texts_of(form), list(names)
    if not is_of_this_session(request, texts):
        return {"": web.STALE_FORM}
    plain = [name for name in wanted if name not in ("contact", "look", "rules")]
    values, found = parse_choices(plain, texts, house.settings, house.urls)
    problems: Problems = dict(found)
    for name, read in (("contact", _contact), ("look", _look), ("rules", _rules)):
        if name in wanted:
            try:
                values |= await read(house, form)
            except InvalidInput as error:
                problems[error.field] = error.problem
    if not problems:
        await house.administration.choose(values, member.actor.id)
    return problems


async def _contact(house: House, form: Form) -> dict[str, Any]:
    chosen = str(form.get("contact", ""))
    allowed = {str(actor.id): actor.id for actor in await house.database.read(_officers)}
    if chosen and chosen not in allowed:
        raise InvalidInput("contact", Sentence("must be one of those that are offered"))
    return {"contact": allowed.get(chosen)}


async def _look(house: House, form: Form) -> dict[str, Any]:
    """The colour and the badge; a picture is kept only when the colour is one."""
    chosen, before = str(form.get("colour", "")), house.instance.face.choices
    if chosen not in (*COLOURS, OF_BADGE):
        raise InvalidInput("colour", Sentence("must be one of those that are offered"))
    badge, colour = before.badge, before.badge_colour
    upload = upload_in(form, "badge")
    if upload is not None:
        try:
            async with saved(upload, house.media.incoming) as path:
                badge, colour = await house.media.keep_badge(path)
        except (InvalidInput, TooLarge) as error:
            raise InvalidInput("badge", _NO_PICTURE) from error
    elif "remove_badge" in form:
        badge, colour = "", ""
    if chosen == OF_BADGE and not colour:
        raise InvalidInput("colour", Sentence("cannot come from the picture: there is none, or it is black and white"))
    return {"colour": None if chosen == RED else chosen, "badge": badge or None, "badge_colour": colour or None}


async def _rules(house: House, form: Form) -> dict[str, Any]:
    ticked = [name for name in READY if f"rule_{name}" in form]
    rules = parse_rules(ticked, str(form.get("own", "")), house.instance.face.choices.rules)
    return {"rules": rules or None}


async def shown(house: House, form: Form | None = None) -> dict[str, Any]:
    """What the forms show: what was typed, else what holds; and what there is to choose from."""
    texts = texts_of(form or {})
    choices, settings = house.instance.face.choices, house.settings
    asked = await house.database.read(_officers)
    typed = {name: str(getattr(choices, name)) for name in (*OF_FILE, "greeting", "about", "inviters", "colour")}
    typed["contact"] = str(choices.contact or "")
    typed["own"] = "\n".join(rule.text for rule in choices.rules if not rule.ready)
    ticked = {rule.ready for rule in choices.rules if rule.ready}
    if form is not None:
        typed |= {name: texts[name] for name in typed if name in texts}
        ticked = {name for name in READY if f"rule_{name}" in texts}
    return {
        "typed": typed,
        "ticked": ticked,
        "longest": LONGEST,
        "settings_say": {name: _told(name, getattr(settings, name)) for name in OF_FILE},
        "given": settings.given,
        "colours": [(name, COLOURS[name], said(NAMES[name])) for name in COLOURS],
        "of_badge": OF_BADGE,
        "ready": [(name, said(words)) for name, words in READY.items()],
        "zones": zones_by_region(),
        "officers": [(str(actor.id), f"@{actor.username}", actor.name) for actor in asked],
        "can_mail": bool(settings.mail_url),
    }


def _told(name: str, value: str) -> str:
    return LANGUAGES[value].name if name == "language" else value


def _officers(connection: Connection) -> list[Actor]:
    """Whom strangers may be told to ask."""
    ids = [account.actor_id for account in officers(connection)]
    found = find_actors(connection, ids)
    return [found[one] for one in ids if one in found and not found[one].is_shut_out]
