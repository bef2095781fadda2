"""Does mail arrive? A trial mail to an address of the administrator's."""

import asyncio
from dataclasses import replace

from starlette.requests import Request

from usi_fed import setting_values
from usi_fed.errors import InvalidInput
from usi_fed.pages.house import house_of
from usi_fed.sentences import Sentence
from usi_fed.upkeep.doctor import check_mail
from usi_fed.upkeep.findings import Finding, Grade


async def send_trial(request: Request, typed: str) -> Finding:
    """Send a mail to the address that was typed, and wait for what the mail server says.

    Raises:
        InvalidInput: it is no address, or no mail server is set.
    """
    house = house_of(request)
    try:
        address = setting_values.email(typed.strip())
    except ValueError:
        raise InvalidInput("mail_to", Sentence("must be an e-mail address such as ada@union.example")) from None
    if not house.settings.mail_url:
        raise InvalidInput("mail_to", Sentence("cannot be tried: no mail server is set"))
    return await asyncio.to_thread(check_mail, replace(house.settings, name=house.instance.face.name), address)


def arrived(finding: Finding) -> bool:
    """Whether the mail server took it."""
    return finding.grade is Grade.OK
