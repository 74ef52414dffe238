"""The passkeys of staff as rows: kept, named, used, taken away. What a device says is checked by the desk before."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from mooring.users.journal import Actor
from mooring.users.models import Passkey, SecondStep, User
from mooring.users.open_sessions import end_sessions
from mooring.users.second_steps import end_without_means, hold_means, make_recovery_codes, note

MOST_PASSKEYS: Final = 20


class UnableToKeepPasskey(Exception):
    """Nothing was changed; the text is fit for the user."""


def passkeys_of(user: User) -> QuerySet[Passkey]:
    """By name."""
    return Passkey.objects.filter(user=user)


def keep_passkey(
    *, user: User, name: str, credential_id: str, credential: bytes, sign_count: int, by: Actor, now: datetime
) -> list[str]:
    """From now on it serves as the second step. Returns recovery codes where there were none yet; then other sessions end.

    Raises UnableToKeepPasskey.
    """
    name = " ".join(name.split())[:60] or _("Passkey")
    try:
        with transaction.atomic():
            hold_means(user)
            _step, is_first = SecondStep.objects.get_or_create(user=user, defaults={"since": now})
            if passkeys_of(user).count() >= MOST_PASSKEYS:
                raise UnableToKeepPasskey(_("Twenty passkeys are enough. Remove one that you no longer use."))
            Passkey.objects.create(
                user=user, name=name, credential_id=credential_id, credential=credential, sign_count=sign_count, made_at=now
            )
            note(user, "passkey_added", by=by, now=now, facts={"passkey": name})
            if not is_first:
                return []
            end_sessions(user)
            return make_recovery_codes(user=user, by=by, now=now)
    except IntegrityError as error:
        raise UnableToKeepPasskey(_("This passkey is known already.")) from error


def rename_passkey(*, passkey: Passkey, name: str, by: Actor, now: datetime) -> None:
    """Another name; an empty one changes nothing."""
    name = " ".join(name.split())[:60]
    if not name or name == passkey.name:
        return
    with transaction.atomic():
        Passkey.objects.filter(pk=passkey.pk).update(name=name)
        note(passkey.user, "passkey_renamed", by=by, now=now, facts={"passkey": name})


def remove_passkey(*, passkey: Passkey, by: Actor, now: datetime) -> None:
    """It opens nothing any more; where it was the last means, the password alone does again."""
    with transaction.atomic():
        hold_means(passkey.user)
        if passkeys_of(passkey.user).filter(pk=passkey.pk).delete()[0]:
            note(passkey.user, "passkey_removed", by=by, now=now, facts={"passkey": passkey.name})
            end_without_means(passkey.user)


def count_use(passkey: Passkey, sign_count: int, *, now: datetime) -> bool:
    """Whether the device's count went on: one that stands still or goes back is a copy, or an answer given before.

    A device that says 0 counts nothing (WebAuthn, 6.1.1).
    """
    went_on = Q(sign_count__lt=sign_count) if sign_count else Q(sign_count=0)
    return Passkey.objects.filter(went_on, pk=passkey.pk).update(sign_count=sign_count, used_at=now) == 1
