"""A phone for tests: it makes a key and signs with it, as a browser would, without a browser."""

import json
from hashlib import sha256

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

SEEN_AND_UNLOCKED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


class Phone:
    """One key, and how often it was used."""

    def __init__(self, name=b"phone", origin="http://localhost:8000", host="localhost"):
        self.id, self.origin, self.host = sha256(name).digest(), origin, sha256(host.encode()).digest()
        self.key, self.uses = ec.generate_private_key(ec.SECP256R1()), 0

    def made(self, asked, flags=SEEN_AND_UNLOCKED):
        """Answer to "make a key"."""
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(Aaguid(bytes(16)), self.id, public)
        data = AuthenticatorData.create(self.host, flags | AuthenticatorData.FLAG.AT, self.uses, credential)
        told = self._told(asked, "webauthn.create")
        return self._answer(clientDataJSON=told, attestationObject=AttestationObject.create("none", data, {}))

    def signed(self, asked, flags=SEEN_AND_UNLOCKED, counts=True):
        """Answer to "sign this"."""
        self.uses += counts
        data, told = AuthenticatorData.create(self.host, flags, self.uses), self._told(asked, "webauthn.get")
        signature = self.key.sign(data + told.hash, ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=told, authenticatorData=data, signature=signature)

    def _told(self, asked, kind):
        return CollectedClientData.create(kind, asked["options"]["challenge"], self.origin)

    def _answer(self, **parts):
        response = {name: websafe_encode(value) for name, value in parts.items()}
        own = websafe_encode(self.id)
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": response})
