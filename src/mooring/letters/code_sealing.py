"""The secrets of two-step sign-in at rest: sealed as mail passwords are, each bound to whose it is, of the portal or of staff."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db.models import Model

from mooring.customers.models import PortalUser
from mooring.letters.credentials import Place, Rotation, SealingKeys, UnableToUnseal
from mooring.mail.types import Secret
from mooring.users.models import SecondStep, User

_FIELD: Final = "code_sealed"
_HOSTS: Final[dict[type[Model], str]] = {PortalUser: "portal", SecondStep: "desk"}


def seal_code(secret: Secret, *, portal_user: PortalUser) -> bytes:
    """The secret sealed for this saved portal user."""
    return _keys().seal(secret, place=_place_of(PortalUser, portal_user.pk))


def open_code(portal_user: PortalUser) -> Secret:
    """The secret of the user's codes. Raises UnableToUnseal."""
    return _keys().open(bytes(portal_user.code_sealed), place=_place_of(PortalUser, portal_user.pk))


def seal_staff_code(secret: Secret, *, user: User) -> bytes:
    """The secret sealed for this saved member of staff."""
    return _keys().seal(secret, place=_place_of(SecondStep, user.pk))


def open_staff_code(step: SecondStep) -> Secret:
    """The secret of the member of staff's codes. Raises UnableToUnseal."""
    return _keys().open(bytes(step.code_sealed), place=_place_of(SecondStep, step.pk))


def rotate_codes() -> Rotation:
    """Seal every secret with the first key of the file. Killed half way, it goes on where it stopped.

    Of those that failed the account is 0, and the reason names whose they are.
    """
    keys, resealed = _keys(), 0
    failed: list[tuple[int, str]] = []
    for model in _HOSTS:
        rows: Any = model._default_manager.exclude(code_sealed=b"").order_by("pk")
        for row in rows.iterator(chunk_size=500):
            before, place = bytes(row.code_sealed), _place_of(model, row.pk)
            if keys.is_current(before):
                continue
            try:
                after = keys.seal(keys.open(before, place=place), place=place)
            except UnableToUnseal as error:
                failed.append((0, f"second step of {_whose(row)}: {error}"))
                continue
            resealed += model._default_manager.filter(pk=row.pk, code_sealed=before).update(code_sealed=after)
    return Rotation(resealed, tuple(failed))


def _whose(row: PortalUser | SecondStep) -> str:
    return f"{row.user.email} (staff)" if isinstance(row, SecondStep) else f"{row.email} (portal)"


def _place_of(model: type[Model], pk: int | None) -> Place:
    if pk is None:
        raise ValueError("a secret is bound to its row: save it first")
    return Place(table=model._meta.db_table, row=pk, field=_FIELD, host=_HOSTS[model])


def _keys() -> SealingKeys:
    return SealingKeys.read(Path(settings.SEALING_KEYS_FILE))
