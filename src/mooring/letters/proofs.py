"""Proof that exactly these mail server settings were tested, so that “Submit” is accepted for nothing else.

The proof travels through a form. It is a keyed hash over every setting of the servers, passwords included, with the time of the
test. A token for OAuth 2 is not among them: it is renewed all the time, and belongs to the account's grant.
"""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.crypto import constant_time_compare, salted_hmac

from mooring.mail.types import Secret, Server

PROOF_LASTS: Final = timedelta(hours=1)
_SALT: Final = "mooring.letters.proofs"
_NOT_COMPARED: Final = frozenset({"token"})


def proof_of(server: Server, outgoing: Server | None = None, *, now: datetime) -> str:
    """The proof for servers for receiving and, if any, for sending that were just tested with success."""
    return _proof(server, outgoing, int(now.timestamp()))


def is_proven(server: Server, proof: str, *, outgoing: Server | None = None, now: datetime) -> bool:
    """Whether the proof is of exactly these settings and not older than an hour."""
    stamp = proof.partition(".")[0]
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
        return False
    age = int(now.timestamp()) - int(stamp)
    return constant_time_compare(proof, _proof(server, outgoing, int(stamp))) and 0 <= age <= PROOF_LASTS.total_seconds()


def _proof(server: Server, outgoing: Server | None, stamp: int) -> str:
    settings = (stamp, _settings_of(server), None if outgoing is None else _settings_of(outgoing))
    return f"{stamp}.{salted_hmac(_SALT, json.dumps(settings), algorithm='sha256').hexdigest()}"


def _settings_of(server: Server) -> dict[str, Any]:
    """Every setting by its name, so that one added later is never left out."""
    facts = {each.name: getattr(server, each.name) for each in fields(server) if each.name not in _NOT_COMPARED}
    password: Secret = facts["password"]
    return {**facts, "host": server.host.lower(), "password": password.reveal(), "timeout": server.timeout.total_seconds()}
