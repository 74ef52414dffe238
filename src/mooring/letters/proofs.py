"""Proof that exactly these mail server settings were tested, so that “Submit” is accepted for nothing else.

The proof travels through a form. It is a keyed hash over every setting, the password included, with the time of the test.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Final

from django.utils.crypto import constant_time_compare, salted_hmac

from mooring.mail.types import Server

PROOF_LASTS: Final = timedelta(hours=1)
_SALT: Final = "mooring.letters.proofs"


def proof_of(server: Server, *, now: datetime) -> str:
    """The proof for settings that were just tested with success."""
    return _proof(server, int(now.timestamp()))


def is_proven(server: Server, proof: str, *, now: datetime) -> bool:
    """Whether the proof is of exactly these settings and not older than an hour."""
    stamp = proof.partition(".")[0]
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 16):
        return False
    age = int(now.timestamp()) - int(stamp)
    return constant_time_compare(proof, _proof(server, int(stamp))) and 0 <= age <= PROOF_LASTS.total_seconds()


def _proof(server: Server, stamp: int) -> str:
    settings = (
        stamp,
        server.protocol,
        server.host.lower(),
        server.port,
        str(server.encryption),
        server.user_name,
        server.password.reveal(),
        server.timeout.total_seconds(),
        server.plain_login_allowed,
        server.path,
    )
    return f"{stamp}.{salted_hmac(_SALT, json.dumps(settings), algorithm='sha256').hexdigest()}"
