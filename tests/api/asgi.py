"""A client that calls an ASGI application in this process."""

import asyncio
import json
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from tests.api.schema import check


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name):
        return next((value for key, value in self.headers if key == name.lower()), None)

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class Browser:
    """Keeps cookies; `token` is sent as a bearer."""

    def __init__(self, app, token=None):
        self.app = app
        self.token = token
        self.cookies = {}

    async def checked(self, verb, path, query=None, **more):
        """Call a method, and hold its answer against the published description; gives the JSON."""
        return check(verb, urlsplit(path).path, await self.call(verb, path, query, **more))

    async def get(self, path, query=None, **more):
        return await self.call("GET", path, query, **more)

    async def post(self, path, form=None, **more):
        return await self.call("POST", path, form=form, **more)

    async def put(self, path, form=None, **more):
        return await self.call("PUT", path, form=form, **more)

    async def patch(self, path, form=None, **more):
        return await self.call("PATCH", path, form=form, **more)

    async def delete(self, path, form=None, **more):
        return await self.call("DELETE", path, form=form, **more)

    async def upload(self, verb, path, files, form=None, headers=None):
        """Send a multipart form; `files` are (name, file name, type, content)."""
        boundary = "a-boundary"
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in (form or {}).items()
        ]
        for name, file_name, kind, content in files:
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file_name}"\r\n'
            parts.append(f"{head}Content-Type: {kind}\r\n\r\n".encode() + content + b"\r\n")
        body = b"".join(parts) + f"--{boundary}--\r\n".encode()
        sent = {"content-type": f"multipart/form-data; boundary={boundary}", **(headers or {})}
        return await self.call(verb, path, body=body, headers=sent)

    async def call(self, verb, path, query=None, *, form=None, document=None, body=b"", headers=None):
        sent = {"host": "union.example", **(headers or {})}
        if self.token:
            sent["authorization"] = f"Bearer {self.token}"
        if self.cookies:
            sent["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if form is not None:
            body = urlencode(form, doseq=True).encode()
            sent["content-type"] = "application/x-www-form-urlencoded"
        if document is not None:
            body = json.dumps(document).encode()
            sent["content-type"] = "application/json"
        parts = urlsplit(path)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": verb,
            "scheme": "https",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": (urlencode(query, doseq=True) if query else parts.query).encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ("192.0.2.7", 40000),
            "server": ("union.example", 443),
            "state": {},
        }
        return self._answer(await self._run(scope, body))

    async def _run(self, scope, body):
        sent = []
        waiting = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive():
            if not waiting:
                await asyncio.Event().wait()  # a browser stays till it has its answer
            return waiting.pop()

        async def send(message):
            sent.append(message)

        await self.app(scope, receive, send)
        return sent

    def _answer(self, sent):
        headers = [(name.decode(), value.decode()) for name, value in sent[0]["headers"]]
        for name, value in headers:
            if name == "set-cookie":
                self.cookies |= {key: morsel.value for key, morsel in SimpleCookie(value).items()}
        return Answer(sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:]))
