"""The second step of staff where its secrets are opened: an app switched on by its first code, and typed codes tried.

One count of wrong codes for every door at which a code is typed, kept in the database (users.second_steps).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from enum import Enum, auto
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mooring.letters.code_sealing import open_staff_code, seal_staff_code
from mooring.letters.credentials import UnableToUnseal
from mooring.mail.types import Secret
from mooring.users.app_codes import counter_of
from mooring.users.journal import Actor
from mooring.users.models import SecondStep, User
from mooring.users.second_steps import Means, is_blocked, keep_app, locked_step, note_right, note_wrong, use_recovery_code

logger = logging.getLogger(__name__)

TAKEN: Final = "second_step_taken"
"""In the journal: at the door."""
CONFIRMED: Final = "second_step_confirmed"
"""In the journal: by somebody who is signed in."""


class UnableToKeepApp(Exception):
    """The app was not switched on; the text is fit for the user."""


class Verdict(Enum):
    """What a typed code came to."""

    RIGHT = auto()
    WRONG = auto()
    ONE_TOO_MANY = auto()
    """Wrong, and from now on none is looked at for a while."""
    BLOCKED = auto()
    """It was not looked at."""


def switch_app_on(*, user: User, secret: str, code: str, by: Actor, now: datetime) -> list[str]:
    """From now on signing in takes a code as well; this first one proves that the app has the secret.

    Returns recovery codes where there were none yet. Raises UnableToKeepApp.
    """
    counter = counter_of(secret, code, now)
    if counter is None:
        text = _("This is not the code that the app shows now. Check the clock of your device and try the next one.")
        raise UnableToKeepApp(text)
    sealed = seal_staff_code(Secret(secret), user=user)
    return keep_app(user=user, sealed=sealed, counter=counter, by=by, now=now)


def try_code(*, user: User, typed: str, action: str, by: Actor, now: datetime) -> Verdict:
    """A code of the app or a recovery code, which is used up by being right. `action` is TAKEN or CONFIRMED."""
    with transaction.atomic():
        step = locked_step(user)
        if step is None:
            return Verdict.WRONG
        if is_blocked(step, now=now):
            return Verdict.BLOCKED
        means = _means_of(step, typed, now=now)
        if means is not None:
            note_right(step, means, action=action, by=by, now=now)
            return Verdict.RIGHT
        # At the door nobody knows yet who typed it.
        stranger = replace(by, user=None) if action == TAKEN else by
        return Verdict.ONE_TOO_MANY if note_wrong(step, by=stranger, now=now) else Verdict.WRONG


def words_of(verdict: Verdict, user: User, *, now: datetime) -> str:
    """What to say of a code that was not right."""
    if verdict is Verdict.WRONG:
        return _("This code is wrong, or was used already. Wait for the next one.")
    until = SecondStep.objects.filter(pk=user.pk).values_list("blocked_until", flat=True).first()
    minutes = max(1, -(-int((until - now).total_seconds()) // 60)) if until else 1
    said = ngettext(
        "Too many wrong codes. Wait %(count)d minute and try again.",
        "Too many wrong codes. Wait %(count)d minutes and try again.",
        minutes,
    )
    return said % {"count": minutes}


def _means_of(step: SecondStep, typed: str, *, now: datetime) -> Means | None:
    if step.has_app and _is_next_code(step, typed, now=now):
        return Means.APP_CODE
    return Means.RECOVERY_CODE if use_recovery_code(step.user, typed, now=now) else None


def _is_next_code(step: SecondStep, typed: str, *, now: datetime) -> bool:
    try:
        secret = open_staff_code(step)
    except UnableToUnseal as error:
        # Recovery codes need no key: whoever has one is let in all the same.
        logger.error("the secret of the codes of user %s cannot be opened: %s", step.pk, error)
        return False
    counter = counter_of(secret.reveal(), typed, now)
    if counter is None:
        return False
    return SecondStep.objects.filter(pk=step.pk, code_counter__lt=counter).update(code_counter=counter) == 1
