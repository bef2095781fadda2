"""How this server looks to others: its clock, its name, and whether a visitor gets in."""

import socket
import ssl
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from urllib.parse import urlsplit

from usi_fed.sentences import Sentence
from usi_fed.upkeep.findings import Finding, fault, first_line, ok, warning

SECONDS = 5
CERTIFICATE_WARNING = timedelta(days=14)
CLOCK_WARNING, CLOCK_FAULT = timedelta(seconds=5), timedelta(minutes=5)
TIME_SERVER = ("pool.ntp.org", 123)
NTP_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)


def check_clock(
    server: tuple[str, int] = TIME_SERVER, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Finding:
    """Whether our clock agrees with a time server: signatures carry the time, and others look at it."""
    try:
        skew = abs(_time_at(server) - now())
    except OSError:
        sentence = Sentence(
            "The time server %(server)s did not answer, so the clock was not checked.", server=server[0]
        )
        return warning(sentence, Sentence("Run `timedatectl`: it should say that the clock is synchronised."))
    seconds = f"{skew.total_seconds():.1f}"
    remedy = Sentence("Install a time service: `apt-get install systemd-timesyncd`, then `timedatectl set-ntp true`.")
    if skew > CLOCK_FAULT:
        told = Sentence("The clock is %(seconds)s seconds off. Other servers refuse what we sign.", seconds=seconds)
        return fault(told, remedy)
    if skew > CLOCK_WARNING:
        return warning(Sentence("The clock is %(seconds)s seconds off.", seconds=seconds), remedy)
    return ok(Sentence("The clock is right."))


def _time_at(server: tuple[str, int]) -> datetime:
    """What a time server says. Spec: RFC 4330"""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(SECONDS)
        asking.sendto(b"\x1b" + bytes(47), server)
        answer = asking.recv(48)
    if len(answer) < 48:
        raise OSError("the time server's answer is too short")
    seconds, fraction = struct.unpack("!II", answer[40:48])
    return NTP_EPOCH + timedelta(seconds=seconds + fraction / 2**32)


def check_name(domain: str) -> Finding:
    """Whether the name leads to a public address."""
    host = domain.partition(":")[0]
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except OSError:
        remedy = Sentence(
            "At whoever sold you the name, add an A record for %(host)s with this machine's address, and wait an hour.",
            host=host,
        )
        return fault(Sentence("The name %(host)s leads nowhere.", host=host), remedy)
    places = ", ".join(sorted(found))
    if not any(ip_address(address).is_global for address in found):
        remedy = Sentence("Give it the address under which the world sees this machine.")
        told = Sentence(
            "The name %(host)s leads to %(places)s, which is not a public address.", host=host, places=places
        )
        return fault(told, remedy)
    return ok(Sentence("The name %(host)s leads to %(places)s.", host=host, places=places))


def check_front_door(origin: str, context: ssl.SSLContext | None = None) -> Finding:
    """Whether a visitor from outside gets to us, with a certificate that holds."""
    parts = urlsplit(origin)
    try:
        status, body, expires = _visit(parts.scheme, parts.netloc, context or ssl.create_default_context())
    except ssl.SSLCertVerificationError as error:
        remedy = Sentence("Let Caddy or certbot get one; ports 80 and 443 must be open for that.")
        return fault(Sentence("The certificate does not hold: %(reason)s.", reason=error.verify_message), remedy)
    except (OSError, HTTPException) as error:
        remedy = Sentence(
            "Start the proxy, and open ports 80 and 443 in the firewall of this machine and of its provider."
        )
        return fault(
            Sentence("%(origin)s does not answer: %(reason)s.", origin=origin, reason=first_line(error)), remedy
        )
    if (status, body) != (200, b"alive\n"):
        remedy = Sentence(
            "Start `usi-fed serve`, and let the proxy pass everything on to it: docs/admin/install.md shows how."
        )
        told = Sentence(
            "%(origin)s answers, but with %(status)s and not from this program.", origin=origin, status=status
        )
        return fault(told, remedy)
    if expires is not None and expires - datetime.now(UTC) < CERTIFICATE_WARNING:
        return warning(
            Sentence("The certificate ends on %(day)s.", day=expires.date()),
            Sentence("See why it was not renewed: the proxy's log says."),
        )
    return ok(Sentence("%(origin)s answers.", origin=origin))


def _visit(scheme: str, place: str, context: ssl.SSLContext) -> tuple[int, bytes, datetime | None]:
    """Status and body of /healthz, and when the certificate ends."""
    connection: HTTPConnection
    if scheme == "https":
        connection = HTTPSConnection(place, timeout=SECONDS, context=context)
    else:
        connection = HTTPConnection(place, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz")
        expires = _end_of_certificate(connection.sock)
        response = connection.getresponse()
        return response.status, response.read(1000), expires
    finally:
        connection.close()


def _end_of_certificate(connected: socket.socket) -> datetime | None:
    certificate = connected.getpeercert() if isinstance(connected, ssl.SSLSocket) else None
    if not certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
