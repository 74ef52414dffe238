"""The codes of two-step sign-in (RFC 6238, by pyotp): six digits, a new one every thirty seconds, none of which works twice."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import pyotp
from django.db import transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from mooring.customers.models import PortalUser
from mooring.customers.portal_access import note
from mooring.letters.code_sealing import open_code, seal_code
from mooring.mail.types import Secret
from mooring.users.journal import Actor

STEP: Final = 30
_NEIGHBOURS: Final = (0, -1, 1)
"""A clock may be one step off."""
ISSUER: Final = "Mooring"


class UnableToUseCode(Exception):
    """Nothing was changed; the text is fit for the user."""


def new_secret() -> str:
    """A secret to be typed or carried into an app for codes."""
    return pyotp.random_base32()


def address_of(secret: str, portal_user: PortalUser) -> str:
    """The secret as an address that such apps open."""
    return pyotp.TOTP(secret).provisioning_uri(name=portal_user.email, issuer_name=ISSUER)


def switch_on(*, portal_user: PortalUser, secret: str, code: str, by: Actor, now: datetime) -> None:
    """From now on signing in takes a code as well; this first one proves that the app has the secret. Raises UnableToUseCode."""
    counter = _counter_of(secret, code, now)
    if counter is None:
        text = _("This is not the code that the app shows now. Check the clock of your device and try the next one.")
        raise UnableToUseCode(text)
    with transaction.atomic():
        sealed = seal_code(Secret(secret), portal_user=portal_user)
        PortalUser.objects.filter(pk=portal_user.pk).update(code_sealed=sealed, code_counter=counter)
        note(portal_user, "portal_code_on", by=by, now=now)


def is_right(*, portal_user: PortalUser, code: str, now: datetime) -> bool:
    """Whether the code opens the door, once: it is used up by asking."""
    counter = _counter_of(open_code(portal_user).reveal(), code, now)
    if counter is None:
        return False
    return PortalUser.objects.filter(pk=portal_user.pk, code_counter__lt=counter).update(code_counter=counter) == 1


def _counter_of(secret: str, code: str, now: datetime) -> int | None:
    typed = "".join(code.split())
    step = int(now.timestamp()) // STEP
    codes = pyotp.HOTP(secret)
    return next((step + near for near in _NEIGHBOURS if constant_time_compare(codes.at(step + near), typed)), None)
