"""Secrets of sign-ins at rest: each is bound to its table, row and field, and to the provider's host, where alone it may go."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeAlias

from django.conf import settings

from mooring.letters.credentials import Place, Rotation, SealingKeys, UnableToUnseal
from mooring.letters.models import Grant, SignIn, SignInProvider
from mooring.letters.providers import token_host
from mooring.mail.types import Secret

Row: TypeAlias = SignInProvider | Grant | SignIn

_SEALED: Final[tuple[tuple[type[Row], tuple[str, ...]], ...]] = (
    (SignInProvider, ("client_secret_sealed",)),
    (Grant, ("access_sealed", "refresh_sealed")),
    (SignIn, ("verifier_sealed", "device_code_sealed")),
)


def seal_secret(secret: Secret, *, row: Row, field: str) -> bytes:
    """The secret sealed for this field of this saved row; empty for an empty one."""
    return _keys().seal(secret, place=_place_of(row, field)) if secret else b""


def open_secret(row: Row, field: str) -> Secret:
    """The secret in this field, empty where none is stored. Raises UnableToUnseal."""
    sealed = bytes(getattr(row, field))
    return _keys().open(sealed, place=_place_of(row, field)) if sealed else Secret("")


def rotate_tokens() -> Rotation:
    """Seal every secret of sign-ins with the first key of the file. Killed half way, it goes on where it stopped.

    What cannot be opened is told with the id of its account, 0 where it has none.
    """
    keys, resealed = _keys(), 0
    failed: list[tuple[int, str]] = []
    for model, fields in _SEALED:
        for row in model._default_manager.order_by("pk").iterator(chunk_size=500):
            for field in fields:
                try:
                    resealed += _resealed(row, field, keys)
                except UnableToUnseal as error:
                    failed.append((getattr(row, "account_id", None) or 0, str(error)))
    return Rotation(resealed, tuple(failed))


def _resealed(row: Row, field: str, keys: SealingKeys) -> int:
    before = bytes(getattr(row, field))
    if not before or keys.is_current(before):
        return 0
    place = _place_of(row, field)
    after = keys.seal(keys.open(before, place=place), place=place)
    # What was renewed meanwhile is sealed with the current key already and must win.
    return type(row)._default_manager.filter(pk=row.pk, **{field: before}).update(**{field: after})


def _place_of(row: Row, field: str) -> Place:
    if row.pk is None:
        raise ValueError("a secret is bound to its row: save it first")
    return Place(table=row._meta.db_table, row=row.pk, field=field, host=token_host(row))


def _keys() -> SealingKeys:
    return SealingKeys.read(Path(settings.SEALING_KEYS_FILE))
