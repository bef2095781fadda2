"""A device with passkeys, made of software."""

import json
import os
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

MODEL = Aaguid(b"\7" * 16)


class Device:
    """Signs what a browser at `origin` asks it for; `counts` is its count of signatures, 0 for none."""

    def __init__(self, origin="https://union.example", site="union.example", counts=0):
        self.origin = origin
        self.site = site
        self.counts = counts
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = os.urandom(32)
        self.flags = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV

    def create(self, options, **changes):
        """Make a key; gives the answer as the script of the page sends it."""
        public = ES256.from_cryptography_key(self.key.public_key())
        data = AuthenticatorData.create(
            self._site_hash(),
            self.flags | AuthenticatorData.FLAG.AT,
            self.counts,
            AttestedCredentialData.create(MODEL, self.credential_id, public),
        )
        attestation = bytes(AttestationObject.create("none", data, {}))
        client_data = self._client_data("webauthn.create", options, changes)
        return self._answer(clientDataJSON=client_data, attestationObject=attestation)

    def get(self, options, **changes):
        """Sign; gives the answer as the script of the page sends it."""
        self.counts += 1 if self.counts else 0
        data = bytes(AuthenticatorData.create(self._site_hash(), self.flags, self.counts))
        client_data = self._client_data("webauthn.get", options, changes)
        signature = self.key.sign(data + sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=client_data, authenticatorData=data, signature=signature)

    def _site_hash(self):
        return sha256(self.site.encode()).digest()

    def _client_data(self, kind, options, changes):
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin} | changes
        return bytes(CollectedClientData(json.dumps(said).encode()))

    def _answer(self, **response):
        identity = websafe_encode(self.credential_id)
        parts = {name: websafe_encode(value) for name, value in response.items()}
        return json.dumps({"id": identity, "rawId": identity, "type": "public-key", "response": parts})
