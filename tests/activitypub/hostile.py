"""Small servers on the loopback that answer well, badly or never, for tests of the door out."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext, create_default_context

import orjson
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from usi_fed.activitypub.addresses import NetworkPolicy

ACTIVITY = "application/activity+json"
LOOPBACK = (ip_network("127.0.0.0/8"),)
POLICY = NetworkPolicy("USI-Fed/test", allow_http=True, allowed_networks=LOOPBACK)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Speak = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Seen:
    """One request as the server got it."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Server:
    """An HTTP server whose answers a test sets per path."""

    authority: str
    seen: list[Seen] = field(default_factory=list)
    handlers: dict[str, Handler] = field(default_factory=dict)

    def url(self, path: str) -> str:
        return f"http://{self.authority}{path}"

    def on(self, path: str, handler: Handler) -> str:
        self.handlers[path] = handler
        return self.url(path)

    def answer(
        self, path: str, body: bytes = b"", *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> str:
        async def handler(_: web.Request) -> web.StreamResponse:
            return web.Response(body=body, status=status, headers=headers)

        return self.on(path, handler)

    def document(self, path: str, content: object = None, content_type: str = ACTIVITY) -> str:
        """Serve JSON; without content, an object whose id is its own URL."""
        body = orjson.dumps({"id": self.url(path)} if content is None else content)
        return self.answer(path, body, headers={"Content-Type": content_type})

    def redirect(self, path: str, target: str, status: int = 302) -> str:
        return self.answer(path, status=status, headers={"Location": target})

    def paths(self) -> list[str]:
        return [request.path for request in self.seen]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(Seen(request.method, request.path_qs, dict(request.headers), await request.read()))
        handler = self.handlers.get(request.path_qs) or self.handlers.get(request.path)
        return web.Response(status=404) if handler is None else await handler(request)


@asynccontextmanager
async def running_server(address: str = "127.0.0.1", tls: SSLContext | None = None) -> AsyncIterator[Server]:
    """A well-behaved HTTP server on a free port; with `tls` it speaks HTTPS, its `url` still says http."""
    server = Server("")
    runner = web.ServerRunner(web.Server(server._serve), shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, address, 0, ssl_context=tls)
    await site.start()
    server.authority = f"{address}:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_server(speak: Speak) -> AsyncIterator[str]:
    """A server that says whatever `speak` writes after each request head; gives its base URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await speak(reader, writer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        yield f"http://127.0.0.1:{port}"


def head(*lines: str, status: str = "200 OK", content_type: str = ACTIVITY) -> bytes:
    """An answer's head with the given further header lines."""
    return "\r\n".join([f"HTTP/1.1 {status}", f"Content-Type: {content_type}", *lines, "", ""]).encode()


async def endless_body(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A body that never ends."""
    writer.write(head("Transfer-Encoding: chunked"))
    while True:
        writer.write(b"4000\r\n" + b" " * 0x4000 + b"\r\n")
        await writer.drain()


async def slow_drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A body of one byte now and then, each in good time for a per-read timeout."""
    writer.write(head("Content-Length: 100000"))
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Takes the request and says nothing until the other side leaves."""
    await reader.read()


async def gzip_bomb(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A small body that unpacks to 50 MB."""
    body = gzip.compress(b" " * 50_000_000, compresslevel=9)
    writer.write(head("Content-Encoding: gzip", f"Content-Length: {len(body)}") + body)


def saying(answer: bytes) -> Speak:
    """Writes the given bytes and closes."""

    async def speak(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return speak


@dataclass
class FakeSigner:
    """Signs with readable headers and records what it was asked to sign."""

    key_id: str = "https://local.example/actor#main-key"
    calls: list[tuple[str, str, bytes | None, str, dict[str, str]]] = field(default_factory=list)

    async def sign(
        self, method: str, url: str, body_sha256: bytes | None, dialect: str, extra: Mapping[str, str]
    ) -> dict[str, str]:
        self.calls.append((method, url, body_sha256, dialect, dict(extra)))
        return {"Signature": f"{dialect} {method} {url}"}


def tls_contexts(host: str, folder: Path) -> tuple[SSLContext, SSLContext]:
    """What a server named `host` needs, and what a client needs to trust it; files go into `folder`."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "certificate.pem", folder / "key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    server = SSLContext(PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate_file, key_file)
    return server, create_default_context(cafile=str(certificate_file))
