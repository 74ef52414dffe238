"""The codes that apps on a phone show (RFC 6238, by pyotp): six digits, a new one every thirty seconds. Pure: keeps nothing.

Whoever takes a code keeps its number and takes none with the same or a smaller one again (RFC 6238, 5.2).
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import pyotp
import segno
from django.utils.crypto import constant_time_compare

STEP: Final = 30
"""Seconds for which a code is shown."""
ISSUER: Final = "Mooring"
_NEIGHBOURS: Final = (0, -1, 1)
"""A clock may be one step off."""


def new_secret() -> str:
    """A secret to be typed or carried into an app for codes."""
    return pyotp.random_base32()


def in_fours(secret: str) -> str:
    """The secret as people type it."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def address_of(secret: str, email: str) -> str:
    """The secret as an address that such apps open, under the address with which one signs in."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def picture_of(address: str) -> str:
    """The address as a QR code, for the camera of a phone: an SVG as a data address."""
    return str(segno.make(address, micro=False, error="m").svg_data_uri(scale=4, border=4, light="#fff"))


def counter_of(secret: str, code: str, now: datetime) -> int | None:
    """The number of the code, counted from 1970 in steps; nothing where the app does not show it about now."""
    typed = "".join(code.split())
    step = int(now.timestamp()) // STEP
    codes = pyotp.HOTP(secret)
    return next((step + near for near in _NEIGHBOURS if constant_time_compare(codes.at(step + near), typed)), None)
