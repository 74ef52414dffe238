"""The secrets of two-step sign-in to the portal at rest: sealed as mail passwords are, each bound to its portal user."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from django.conf import settings

from mooring.customers.models import PortalUser
from mooring.letters.credentials import Place, Rotation, SealingKeys, UnableToUnseal
from mooring.mail.types import Secret

_FIELD: Final = "code_sealed"


def seal_code(secret: Secret, *, portal_user: PortalUser) -> bytes:
    """The secret sealed for this saved portal user."""
    return _keys().seal(secret, place=_place_of(portal_user))


def open_code(portal_user: PortalUser) -> Secret:
    """The secret of the user's codes. Raises UnableToUnseal."""
    return _keys().open(bytes(portal_user.code_sealed), place=_place_of(portal_user))


def rotate_codes() -> Rotation:
    """Seal every secret with the first key of the file. Killed half way, it goes on where it stopped."""
    keys, resealed = _keys(), 0
    failed: list[tuple[int, str]] = []
    for user in PortalUser.objects.exclude(code_sealed=b"").order_by("pk").iterator(chunk_size=500):
        before, place = bytes(user.code_sealed), _place_of(user)
        if keys.is_current(before):
            continue
        try:
            after = keys.seal(keys.open(before, place=place), place=place)
        except UnableToUnseal as error:
            failed.append((0, str(error)))
            continue
        resealed += PortalUser.objects.filter(pk=user.pk, code_sealed=before).update(code_sealed=after)
    return Rotation(resealed, tuple(failed))


def _place_of(portal_user: PortalUser) -> Place:
    if portal_user.pk is None:
        raise ValueError("a secret is bound to its row: save it first")
    return Place(table=PortalUser._meta.db_table, row=portal_user.pk, field=_FIELD, host="portal")


def _keys() -> SealingKeys:
    return SealingKeys.read(Path(settings.SEALING_KEYS_FILE))
