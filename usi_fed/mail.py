"""Sends plain mail through the mail server that the settings name. No mail holds what belongs to others."""

import asyncio
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from usi_fed.config import Settings, is_loopback
from usi_fed.setting_values import name_of

SECONDS = 10
PORTS = {"smtp": 587, "smtps": 465}

CANNOT_SEND = (OSError, smtplib.SMTPException, ValueError)
"""What sending may raise; ValueError is for an address that no mail can have."""


class Mailer:
    """Sends mail as this server; `name` says what it is called now."""

    def __init__(self, settings: Settings, name: Callable[[], str] | None = None) -> None:
        self._settings = settings
        self._name = name or (lambda: settings.name)

    async def send(self, to: str, subject: str, text: str) -> None:
        """Send one mail.

        Raises:
            OSError, SMTPException, ValueError: it cannot be sent.
        """
        await asyncio.to_thread(send, self._settings, to, subject, text, self._name())


class Unsent(Mailer):
    """Sends nothing, and looks like a server whose mails are on their way."""

    async def send(self, to: str, subject: str, text: str) -> None:
        """Throw it away."""


def send(settings: Settings, to: str, subject: str, text: str, name: str = "") -> None:
    """Send one mail, as from `name`, and wait until the mail server has taken it.

    Raises:
        OSError, SMTPException, ValueError: it cannot be sent.
    """
    message = EmailMessage()
    message["From"] = Address(name or settings.name, addr_spec=settings.mail_from)
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=name_of(settings.domain))
    message["Auto-Submitted"] = "auto-generated"  # so that nobody's holiday answers (RFC 3834)
    message.set_content(text)
    with connected(settings.mail_url) as server:
        server.send_message(message, settings.mail_from, [to])


@contextmanager
def connected(url: str) -> Iterator[smtplib.SMTP]:
    """A mail server that knows who we are.

    Raises:
        OSError, SMTPException: it does not answer, or not as it should.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(host, port, timeout=SECONDS)
    with server:
        # On this machine nobody listens, and its mail server's certificate is for another name.
        if parts.scheme == "smtp" and not is_loopback(host):
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server
