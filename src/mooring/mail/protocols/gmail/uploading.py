"""A letter and what is said about it, handed to Gmail in one request."""

from __future__ import annotations

import hashlib
import json

from mooring.mail.protocols.json_shapes import Object


def letter_with(said: Object, raw: bytes) -> tuple[bytes, str]:
    """The body and its content type. The boundary is made from the letter, so that nobody can write it into one."""
    boundary = hashlib.sha256(raw).hexdigest()
    body = b"".join(
        (
            f"--{boundary}\r\nContent-Type: application/json\r\n\r\n{json.dumps(said)}\r\n".encode(),
            f"--{boundary}\r\nContent-Type: message/rfc822\r\n\r\n".encode(),
            raw,
            f"\r\n--{boundary}--\r\n".encode(),
        )
    )
    return body, f"multipart/related; boundary={boundary}"
