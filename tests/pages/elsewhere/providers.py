"""Services that say who somebody is: OpenID Connect and plain OAuth 2 as their papers have it, unless told to lie."""

import base64
import hashlib
import hmac
import json
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT_ID, CLIENT_SECRET = "our union", "s3cret/with:signs"
_RSA = RSAKey.generate_key(2048, {"kid": "rsa-1", "use": "sig"})
_EC = ECKey.generate_key("P-256", {"kid": "ec-1", "use": "sig"})
STRANGE = RSAKey.generate_key(2048, {"kid": "strange"})


@dataclass
class Provider:
    """One on the loopback. `person` is who agrees at it; the rest says how it lies."""

    authority: str
    person: dict
    algorithm: str = "RS256"
    claims: dict = field(default_factory=dict)
    left_out: tuple = ()
    signing_key: object = None
    key_set: list = None
    header: dict = field(default_factory=dict)
    discovery: dict = field(default_factory=dict)
    refuses: str = ""
    iss: str = ""
    answers: dict = field(default_factory=dict)
    codes: dict = field(default_factory=dict)
    tokens: dict = field(default_factory=dict)
    seen: list = field(default_factory=list)

    @property
    def url(self):
        return f"http://{self.authority}"

    @property
    def key(self):
        return self.signing_key or {"R": _RSA, "P": _RSA, "E": _EC}[self.algorithm[0]]

    def agree(self, address):
        """What a browser does that opens the address: agree, and be sent back; gives the way back."""
        assert address.startswith(f"{self.url}/authorize?")
        asked = dict(parse_qsl(urlsplit(address).query))
        assert (asked["client_id"], asked["response_type"]) == (CLIENT_ID, "code")
        assert asked["code_challenge_method"] == "S256"
        back = {"state": asked["state"]} | ({"iss": self.iss} if self.iss else {})
        if self.refuses:
            return f"{asked['redirect_uri']}?{urlencode(back | {'error': self.refuses, 'error_description': '<b>x'})}"
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode(back | {'code': code})}"

    async def answer(self, request):
        self.seen.append(request.path)
        if request.path in self.answers:
            return await self.answers[request.path](request)
        if request.path == "/.well-known/openid-configuration":
            return web.json_response(self._metadata() | self.discovery)
        if request.path == "/keys":
            keys = [_RSA.as_dict(private=False), _EC.as_dict(private=False)] if self.key_set is None else self.key_set
            return web.json_response({"keys": keys})
        if request.path == "/token":
            return await self._token(request)
        if request.path == "/user":
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            return web.json_response(self.person if token in self.tokens else {"error": "invalid_token"})
        return web.Response(status=404)

    def _metadata(self):
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/user",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.algorithm],
        }

    async def _token(self, request):
        form = dict(await request.post())
        asked = self.codes.pop(form.get("code"), None)
        if self._client_of(request, form) != (CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        fits = asked is not None and form.get("redirect_uri") == asked["redirect_uri"]
        if not fits or challenge.decode().rstrip("=") != asked["code_challenge"]:
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = f"token-{len(self.tokens)}"
        self.tokens[token] = asked
        answer = {"access_token": token, "token_type": "Bearer"}
        if "openid" in asked.get("scope", "").split():
            answer["id_token"] = self.id_token(asked)
        return web.json_response(answer)

    def _client_of(self, request, form):
        kind, _, both = request.headers.get("Authorization", "").partition(" ")
        if kind != "Basic":
            return form.get("client_id"), form.get("client_secret")
        name, _, secret = base64.b64decode(both).decode().partition(":")
        return unquote(name), unquote(secret)

    def id_token(self, asked):
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "sub": self.person["sub"], "iat": now, "exp": now + 300}
        claims |= {"nonce": asked["nonce"]} | self.claims
        claims = {name: value for name, value in claims.items() if name not in self.left_out}
        header = {"alg": self.algorithm, "kid": self.key.kid} | self.header
        if header["alg"] in ("none", "HS256"):
            signed = ".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
            # The old trick: a public key, which everybody has, as the secret of an HMAC.
            code = hmac.digest(_RSA.as_pem(private=False), signed.encode(), "sha256")
            return f"{signed}.{_base64(code) if header['alg'] == 'HS256' else ''}"
        return jwt.encode(header, claims, self.key, [header["alg"]])


def _base64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@asynccontextmanager
async def running_provider(host="127.0.0.5", **person):
    """A provider with one person at it."""
    provider = Provider("", person)
    runner = web.ServerRunner(web.Server(provider.answer))
    await runner.setup()
    site = web.TCPSite(runner, host, 0)
    await site.start()
    provider.authority = f"{host}:{runner.addresses[0][1]}"
    try:
        yield provider
    finally:
        await runner.cleanup()
