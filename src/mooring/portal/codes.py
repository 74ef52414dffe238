"""The codes of two-step sign-in to the portal (users.app_codes), none of which works twice.

Beside them recovery codes of ten digits, each good for one sign-in, for whoever has lost the device.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from mooring.customers.models import PortalRecoveryCode, PortalUser
from mooring.customers.portal_access import note
from mooring.letters.code_sealing import open_code, seal_code
from mooring.mail.types import Secret
from mooring.users.app_codes import counter_of
from mooring.users.journal import Actor
from mooring.users.recovery_codes import digests_of, digests_that_fit, in_fives, new_codes, typed_digits

_SALT: Final = "mooring.portal.recovery"
"""Of recovery codes from before, which the secret key guards."""


class UnableToUseCode(Exception):
    """Nothing was changed; the text is fit for the user."""


def switch_on(*, portal_user: PortalUser, secret: str, code: str, by: Actor, now: datetime) -> None:
    """From now on signing in takes a code as well; this first one proves that the app has the secret. Raises UnableToUseCode."""
    counter = counter_of(secret, code, now)
    if counter is None:
        text = _("This is not the code that the app shows now. Check the clock of your device and try the next one.")
        raise UnableToUseCode(text)
    with transaction.atomic():
        sealed = seal_code(Secret(secret), portal_user=portal_user)
        PortalUser.objects.filter(pk=portal_user.pk).update(code_sealed=sealed, code_counter=counter)
        note(portal_user, "portal_code_on", by=by, now=now)


def is_right(*, portal_user: PortalUser, code: str, now: datetime) -> bool:
    """Whether the code opens the door, once: it is used up by asking."""
    counter = counter_of(open_code(portal_user).reveal(), code, now)
    if counter is None:
        return False
    return PortalUser.objects.filter(pk=portal_user.pk, code_counter__lt=counter).update(code_counter=counter) == 1


def make_recovery_codes(*, portal_user: PortalUser, by: Actor, now: datetime) -> list[str]:
    """Ten new ones, shown this once; those from before are worth nothing any more."""
    codes = new_codes()
    digests = digests_of(codes)
    with transaction.atomic():
        PortalRecoveryCode.objects.filter(portal_user=portal_user).delete()
        PortalRecoveryCode.objects.bulk_create(PortalRecoveryCode(portal_user=portal_user, digest=each) for each in digests)
        note(portal_user, "portal_recovery_made", by=by, now=now)
    return [in_fives(code) for code in codes]


def use_recovery_code(*, portal_user: PortalUser, code: str, by: Actor, now: datetime) -> bool:
    """Whether it opens the door, once."""
    digits = typed_digits(code)
    if not digits:
        return False
    before = salted_hmac(_SALT, f"{portal_user.pk}:{digits}", algorithm="sha256").hexdigest()
    with transaction.atomic():
        unused = PortalRecoveryCode.objects.filter(portal_user=portal_user, used_at=None)
        fitting = digests_that_fit(digits, unused.values_list("digest", flat=True), before=before)
        if unused.filter(digest__in=fitting).update(used_at=now) != 1:
            return False
        note(portal_user, "portal_recovery_used", by=by, now=now, left=unused.count())
    return True


def recovery_codes_left(portal_user: PortalUser) -> int:
    """How many were not used yet."""
    return PortalRecoveryCode.objects.filter(portal_user=portal_user, used_at=None).count()
