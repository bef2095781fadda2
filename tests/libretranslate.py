"""A LibreTranslate service for tests: it speaks the protocol, and answers each text in capital letters.

Spec: docs.libretranslate.com
"""

import json
import re
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LANGUAGES = [
    {"code": "en", "name": "English", "targets": ["el", "en", "pt-BR"]},
    {"code": "el", "name": "Greek", "targets": ["el", "en"]},
]


class Service:
    """What was asked, and what it does wrong: an HTTP status, or a body instead of the right one."""

    def __init__(self):
        self.asked = []
        self.url = ""
        self.key = ""
        self.status = 200
        self.body = None
        self.make = lambda text: re.sub(r"(?<![\w</&])[a-z]+(?![^<]*>)", lambda word: word[0].upper(), text)


@contextmanager
def running():
    """A service behind a real port of this machine."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self._answer(LANGUAGES if self.path == "/languages" else None)

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            service.asked.append(asked)
            if self.path != "/translate" or asked.get("format") != "html" or not isinstance(asked["q"], list):
                return self._send(400, b'{"error": "Invalid request"}')
            if service.key and asked.get("api_key") != service.key:
                return self._send(403, b'{"error": "Invalid API key"}')
            return self._answer({"translatedText": [service.make(text) for text in asked["q"]]})

        def _answer(self, document):
            if document is None:
                return self._send(404, b"{}")
            right = json.dumps(document).encode()
            is_faulty = self.command == "POST" and service.body is not None
            return self._send(service.status, service.body if is_faulty else right)

        def _send(self, status, body):
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{service.url}/languages")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Nothing is written."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        service.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield service
        server.shutdown()
        thread.join()
