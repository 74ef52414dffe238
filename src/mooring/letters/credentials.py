"""Mail passwords at rest: AES-256-GCM under a key that lies outside the database.

A sealed password names its key and is bound to its table, row, field and mail server: moved to another row or pointed at
another host it cannot be opened. Nothing here logs; errors name files and keys, never secrets.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext as _

from mooring.letters.models import MailAccount
from mooring.mail.types import Secret

_FORMAT: Final = 1
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
INCOMING: Final = "password_sealed"
OUTGOING: Final = "outgoing_password_sealed"


class UnableToUnseal(Exception):
    """A password cannot be sealed or opened; the text says what an administrator can do."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret belongs. Only there can it be opened."""

    table: str
    row: int
    field: str
    host: str

    def authenticated(self) -> bytes:
        """The place as bytes that no other place has: every part with its length before it."""
        parts = (self.table, str(self.row), self.field, self.host.lower())
        return b"".join(len(part.encode()).to_bytes(4, "big") + part.encode() for part in parts)


class SealingKeys:
    """The installation's keys: the first one seals, all of them open."""

    def __init__(self, keys: Sequence[tuple[str, bytes]]) -> None:
        if not keys:
            raise UnableToUnseal(_("There is no key to seal mail passwords with. Run “mooring init”."))
        self._current = keys[0][0]
        self._ciphers = {name: AESGCM(key) for name, key in keys}

    @classmethod
    def read(cls, path: Path) -> Self:
        """The keys in a file of "id:base64" lines; empty lines and lines that start with # do not count."""
        try:
            lines = path.read_text(encoding="ascii").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = (isinstance(error, OSError) and error.strerror) or _("not a text file")
            text = _("The file of sealing keys %(path)s cannot be read (%(reason)s). Run “mooring init” or restore it.")
            raise UnableToUnseal(text % {"path": path, "reason": reason}) from error
        numbered = [(number, line.strip()) for number, line in enumerate(lines, 1)]
        return cls([_parsed(path, number, line) for number, line in numbered if line and not line.startswith("#")])

    def seal(self, secret: Secret, *, place: Place) -> bytes:
        """The secret under the current key: format, length of the key's id, id, nonce, ciphertext with its tag."""
        name = self._current.encode()
        head = bytes((_FORMAT, len(name))) + name
        nonce = os.urandom(_NONCE_BYTES)
        return head + nonce + self._ciphers[self._current].encrypt(nonce, secret.reveal().encode(), head + place.authenticated())

    def open(self, sealed: bytes, *, place: Place) -> Secret:
        """The secret. Raises UnableToUnseal when its key is gone or it was sealed for another place."""
        head, name, rest = _taken_apart(sealed)
        cipher = self._ciphers.get(name)
        if cipher is None:
            text = _("The sealing key “%(key)s” is missing from the file of keys. Restore it, or enter the password again.")
            raise UnableToUnseal(text % {"key": name})
        try:
            clear = cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], head + place.authenticated())
        except InvalidTag as error:
            text = _("The stored password does not belong to this account and server. Enter the password again.")
            raise UnableToUnseal(text) from error
        return Secret(clear.decode())

    def is_current(self, sealed: bytes) -> bool:
        """Whether it was sealed with the key that seals today."""
        return _taken_apart(sealed)[1] == self._current


@dataclass(frozen=True, slots=True)
class Rotation:
    """What became of the passwords when they were sealed anew."""

    resealed_count: int
    failed: tuple[tuple[int, str], ...]
    """(account id, reason) of those whose password must be entered again."""


def seal_for(account: MailAccount, field: str, secret: Secret) -> bytes:
    """The password of INCOMING or OUTGOING sealed for this account's row and server; empty for an empty password."""
    return _keys().seal(secret, place=place_of(account, field)) if secret else b""


def open_sealed(account: MailAccount, field: str) -> Secret:
    """The password that stands in the account's row, empty where none does. Raises UnableToUnseal."""
    sealed = bytes(getattr(account, field))
    return _keys().open(sealed, place=place_of(account, field)) if sealed else Secret("")


def rotate() -> Rotation:
    """Seal every password with the first key of the file. Row by row: killed half way, it goes on where it stopped."""
    keys = _keys()
    resealed: int = 0
    failed: dict[int, str] = {}
    for field in (INCOMING, OUTGOING):
        accounts = MailAccount.objects.unscoped("sealing keys are rotated").exclude(**{field: b""}).order_by("id")
        for account in accounts.iterator(chunk_size=500):
            try:
                resealed += _resealed(account, field, keys)
            except UnableToUnseal as error:
                failed[account.pk] = str(error)
    return Rotation(resealed, tuple(failed.items()))


def _resealed(account: MailAccount, field: str, keys: SealingKeys) -> int:
    before = bytes(getattr(account, field))
    if keys.is_current(before):
        return 0
    place = place_of(account, field)
    after = keys.seal(keys.open(before, place=place), place=place)
    # A password changed meanwhile is sealed with the current key already and must win.
    unchanged = MailAccount.objects.unscoped("sealing keys are rotated").filter(pk=account.pk, **{field: before})
    return unchanged.update(**{field: after})


def place_of(account: MailAccount, field: str) -> Place:
    """Where the password belongs: for receiving to the incoming server, for sending to the outgoing one."""
    if account.pk is None:
        raise ValueError("a password is bound to its row: save the account first")
    host = account.outgoing_host if field == OUTGOING else account.host or account.url
    return Place(table=MailAccount._meta.db_table, row=account.pk, field=field, host=host)


def _keys() -> SealingKeys:
    return SealingKeys.read(Path(settings.SEALING_KEYS_FILE))


def _parsed(path: Path, number: int, line: str) -> tuple[str, bytes]:
    name, _colon, encoded = line.partition(":")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if not 0 < len(name) < 256 or len(key) != _KEY_BYTES:
        text = _("Line %(line)d of the file of sealing keys %(path)s is not “id:key” with a key of 32 bytes in base64.")
        raise UnableToUnseal(text % {"line": number, "path": path})
    return name, key


def _taken_apart(sealed: bytes) -> tuple[bytes, str, bytes]:
    end = 2 + sealed[1] if len(sealed) > 1 else 0
    if len(sealed) < end + _NONCE_BYTES or not end or sealed[0] != _FORMAT:
        raise UnableToUnseal(_("The stored password is damaged. Enter the password again."))
    return sealed[:end], sealed[2:end].decode("ascii", "replace"), sealed[end:]
