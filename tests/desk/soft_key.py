"""A device with passkeys, made of software: answers questions as browsers do, honestly or not."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

ORIGIN = "https://crm.mooring.example"
HOST = "crm.mooring.example"


class SoftKey:
    """One passkey. `is_verified` is whether its owner showed a finger, a face or a PIN."""

    def __init__(self, *, origin: str = ORIGIN, host: str = HOST, is_verified: bool = True) -> None:
        self.id = secrets.token_bytes(32)
        self.origin, self.host, self.is_verified = origin, host, is_verified
        self.sign_count = 0
        self.handle = ""
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, question: dict[str, Any]) -> str:
        """The answer to a question to make a key."""
        self.handle = question["publicKey"]["user"]["id"]
        credential = AttestedCredentialData.create(b"\0" * 16, self.id, ES256.from_cryptography_key(self._key.public_key()))
        data = AuthenticatorData.create(self._host_hash(), self._flags() | AuthenticatorData.FLAG.AT, 0, credential)
        attested = AttestationObject.create("none", data, {})
        said = self._said(question, CollectedClientData.TYPE.CREATE)
        return self._answer({"clientDataJSON": said, "attestationObject": attested})

    def sign(self, question: dict[str, Any], *, counts: bool = True) -> str:
        """The answer to a question to sign."""
        self.sign_count += counts
        data = AuthenticatorData.create(self._host_hash(), self._flags(), self.sign_count)
        said = self._said(question, CollectedClientData.TYPE.GET)
        signature = self._key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        response = {"clientDataJSON": said, "authenticatorData": data, "signature": signature}
        if not question["publicKey"].get("allowCredentials") and self.handle:
            response["userHandle"] = websafe_decode(self.handle)
        return self._answer(response)

    def _answer(self, response: dict[str, bytes]) -> str:
        name = websafe_encode(self.id)
        parts = {part: websafe_encode(bytes(value)) for part, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": parts, "clientExtensionResults": {}})

    def _said(self, question: dict[str, Any], kind: str) -> bytes:
        return bytes(CollectedClientData.create(type=kind, challenge=question["publicKey"]["challenge"], origin=self.origin))

    def _host_hash(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()

    def _flags(self) -> AuthenticatorData.FLAG:
        flags = AuthenticatorData.FLAG.UP
        return flags | AuthenticatorData.FLAG.UV if self.is_verified else flags
