"""Where the passwords of a mail account are: sealed in its row, or, not remembered, held while the machine runs.

Opens them for letters.accounts alone. A password that was told replaces the one before, in its one place.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from mooring.letters.account_data import AccountData, needs_outgoing_password, needs_password
from mooring.letters.credentials import INCOMING, OUTGOING, open_sealed, place_of, seal_for
from mooring.letters.held_passwords import open_held, seal_for_now
from mooring.letters.models import HeldPassword, MailAccount
from mooring.mail.errors import PasswordNotRemembered
from mooring.mail.types import Secret
from mooring.users.journal import Actor, record

_FIELDS: Final = (INCOMING, OUTGOING)


def password_of(account: MailAccount) -> Secret:
    """The password for receiving, empty where none is needed or stored. Raises UnableToUnseal, PasswordNotRemembered."""
    return _opened(account, INCOMING) if needs_password(AccountData.of(account)) else Secret("")


def outgoing_password_of(account: MailAccount) -> Secret:
    """The password that sending has of its own. Raises UnableToUnseal, PasswordNotRemembered."""
    return _opened(account, OUTGOING) if needs_outgoing_password(AccountData.of(account)) else Secret("")


def has_password(account: MailAccount, field: str = INCOMING) -> bool:
    """Whether one is there that could be sent to a server."""
    return bool(getattr(account, field)) or HeldPassword.objects.filter(account=account, field=field).exists()


def is_waiting_for_password(account: MailAccount) -> bool:
    """Whether it must be entered before the account can be used."""
    try:
        password_of(account)
        outgoing_password_of(account)
    except PasswordNotRemembered:
        return True
    return False


def store_passwords(account: MailAccount, *, password: Secret | None, outgoing: Secret | None, now: datetime) -> None:
    """Keep what was entered as the account says, and move what was there before to where it belongs now. None stays.

    Part of a deed. What is not needed any more is forgotten.
    """
    data = AccountData.of(account)
    is_needed = {INCOMING: needs_password(data), OUTGOING: needs_outgoing_password(data)}
    for field, entered in ((INCOMING, password), (OUTGOING, outgoing)):
        if not is_needed[field]:
            _forget(account, field)
        elif account.remembers_password:
            _remember(account, field, entered)
        else:
            _hold(account, field, entered, now=now)
    account.save(update_fields=list(_FIELDS))


def forget_passwords(account: MailAccount) -> None:
    """Part of a deed; the account is saved there."""
    for field in _FIELDS:
        _forget(account, field)


def tell_passwords(*, account: MailAccount, password: Secret, outgoing: Secret | None = None, by: Actor, now: datetime) -> None:
    """Somebody entered the passwords of an account that does not remember them: they are held from now on."""
    with transaction.atomic():
        store_passwords(account, password=password, outgoing=outgoing, now=now)
        record(by=by, action="password_told", kind="account", record_id=account.pk, name=account.address, changes={}, now=now)


def _opened(account: MailAccount, field: str) -> Secret:
    if account.remembers_password:
        return open_sealed(account, field)
    held = HeldPassword.objects.filter(account=account, field=field).first()
    secret = open_held(bytes(held.sealed), place=place_of(account, field)) if held is not None else None
    if secret is None:
        raise PasswordNotRemembered(user=account.user_name or account.address)
    return secret


def _remember(account: MailAccount, field: str, entered: Secret | None) -> None:
    held = HeldPassword.objects.filter(account=account, field=field)
    if entered is None and (row := held.first()) is not None:
        entered = open_held(bytes(row.sealed), place=place_of(account, field))
    if entered is not None:
        setattr(account, field, seal_for(account, field, entered))
    held.delete()


def _hold(account: MailAccount, field: str, entered: Secret | None, *, now: datetime) -> None:
    if entered is None and bytes(getattr(account, field)):
        entered = open_sealed(account, field)
    setattr(account, field, b"")
    if entered:
        sealed = seal_for_now(entered, place=place_of(account, field))
        HeldPassword.objects.update_or_create(account=account, field=field, defaults={"sealed": sealed, "held_at": now})


def _forget(account: MailAccount, field: str) -> None:
    setattr(account, field, b"")
    HeldPassword.objects.filter(account=account, field=field).delete()
