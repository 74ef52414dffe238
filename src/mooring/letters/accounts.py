"""Mail accounts: added, changed, removed, made the default; which of their folders are read; how their server is reached.

Opens stored passwords for `server_of` alone. No connection is made here, and no secret reaches the journal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.letters.credentials import open_password, seal
from mooring.letters.folders import FolderChoice, write_folders
from mooring.letters.models import Encryption, MailAccount, Protocol
from mooring.letters.models.account import MailAccountQuerySet
from mooring.letters.proofs import is_proven, proof_of
from mooring.mail.addresses import match_key
from mooring.mail.types import Encryption as WireEncryption
from mooring.mail.types import Secret, Server
from mooring.users.journal import Actor, changes_between, record
from mooring.users.models import User

__all__ = (
    "AccountData",
    "FolderChoice",
    "UnableToSaveAccount",
    "add_account",
    "change_account",
    "is_proven",
    "leads_elsewhere",
    "proof_of",
    "remove_account",
    "server_described_by",
    "server_of",
    "set_default",
)

_WHY: Final = "accounts of one owner are kept in order"


class UnableToSaveAccount(Exception):
    """The account was not saved. `problems` is {field: text fit for the user}; "" stands for the whole form."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True)
class AccountData:
    """What a person enters about an account; the password travels apart."""

    your_name: str
    address: str
    organization: str = ""
    reply_address: str = ""
    protocol: str = Protocol.IMAP
    host: str = ""
    port: int = 993
    encryption: str = Encryption.TLS
    plain_login_allowed: bool = False
    user_name: str = ""
    timeout_seconds: int = 60
    path: str = ""
    is_scanned: bool = True
    syncs_customers: bool = True
    syncs_leads: bool = True
    is_main: bool = False
    marks_incoming_private: bool = False
    marks_outgoing_private: bool = False
    first_scan_days: int | None = 365

    @classmethod
    def of(cls, account: MailAccount) -> AccountData:
        """What is stored about an account."""
        return cls(**{name: getattr(account, name) for name in cls.__dataclass_fields__})


def server_of(account: MailAccount) -> Server:
    """How the account's server is reached, with its password opened. Raises credentials.UnableToUnseal."""
    return server_described_by(AccountData.of(account), password=open_password(account))


def server_described_by(data: AccountData, *, password: Secret) -> Server:
    """How the server of settings that are not stored yet is reached: what “Test connection” tests and `proof_of` proves."""
    return Server(
        protocol=data.protocol,
        host=data.host,
        port=data.port,
        encryption=WireEncryption(data.encryption),
        user_name=data.user_name or data.address,
        password=password,
        timeout=timedelta(seconds=data.timeout_seconds),
        plain_login_allowed=data.plain_login_allowed,
        path=data.path,
    )


def add_account(
    *,
    owner: User,
    data: AccountData,
    password: Secret,
    folders: Sequence[FolderChoice] = (),
    by: Actor,
    now: datetime,
) -> MailAccount:
    """Add an account with the folders its server listed. The first account of a user is the default one."""
    _check(data)
    with transaction.atomic():
        account = MailAccount(owner=owner, created_at=now, changed_at=now, **asdict(data))
        account.is_default = not _accounts_of(owner).exists()
        account.save(force_insert=True)
        _store_password(account, password)
        write_folders(account=account, choices=folders)
        _note(account, "added", {"owner": owner.email, **changes_between({}, asdict(data))}, by=by, now=now)
    return account


def change_account(
    *,
    account: MailAccount,
    data: AccountData,
    password: Secret | None = None,
    folders: Sequence[FolderChoice] | None = None,
    by: Actor,
    now: datetime,
) -> MailAccount:
    """Change the settings. `password` None keeps the stored one, which is possible only while the server stays the same."""
    _check(data)
    with transaction.atomic():
        account = _locked(account)
        before = AccountData.of(account)
        if password is None and account.password_sealed and leads_elsewhere(before, data):
            raise UnableToSaveAccount({"password": _("The server has changed. Please enter the password again.")})
        for name, value in asdict(data).items():
            setattr(account, name, value)
        account.changed_at = now
        account.save()
        changes: dict[str, Any] = changes_between(asdict(before), asdict(data))
        if password is not None:
            _store_password(account, password)
            changes["password_was_entered"] = True
        if folders is not None:
            changes.update(write_folders(account=account, choices=folders))
        if changes:
            _note(account, "changed", changes, by=by, now=now)
    return account


def remove_account(*, account: MailAccount, by: Actor, now: datetime) -> MailAccount:
    """Stop using an account and forget its password. Its letters stay; another account of the owner becomes the default."""
    with transaction.atomic():
        account = _locked(account)
        was_default = account.is_default
        account.removed_at = account.changed_at = now
        account.password_sealed = b""
        account.is_scanned = account.is_default = False
        account.save()
        heir = _accounts_of(account.owner).order_by("id").first() if was_default else None
        if heir is not None:
            _accounts_of(account.owner).filter(pk=heir.pk).update(is_default=True)
        _note(account, "removed", {"default": [was_default, False]}, by=by, now=now)
    return account


def set_default(*, account: MailAccount, by: Actor, now: datetime) -> MailAccount:
    """Make it the account that its owner writes from unless another is chosen."""
    with transaction.atomic():
        account = _locked(account)
        if not account.is_default:
            _accounts_of(account.owner).filter(is_default=True).update(is_default=False)
            account.is_default = True
            account.save(update_fields=["is_default"])
            _note(account, "changed", {"is_default": [False, True]}, by=by, now=now)
    return account


def _locked(account: MailAccount) -> MailAccount:
    found = _accounts_of(account.owner).select_for_update().filter(pk=account.pk).first()
    if found is None:
        raise UnableToSaveAccount({"": _("This mail account was removed.")})
    return found


def _accounts_of(owner: User) -> MailAccountQuerySet:
    return MailAccount.objects.unscoped(_WHY).filter(owner=owner, removed_at=None)


def _store_password(account: MailAccount, password: Secret) -> None:
    account.password_sealed = seal(password, account=account)
    account.save(update_fields=["password_sealed"])


def leads_elsewhere(before: AccountData, after: AccountData) -> bool:
    """Whether a stored password would be sent to another server, or in the clear where it was not."""
    is_weaker = after.encryption == Encryption.NONE != before.encryption
    return before.host.lower() != after.host.lower() or before.protocol != after.protocol or is_weaker


def _check(data: AccountData) -> None:
    problems = dict(_problems(data))
    if problems:
        raise UnableToSaveAccount(problems)


def _problems(data: AccountData) -> Collection[tuple[str, str]]:
    problems = []
    if not data.your_name.strip():
        problems.append(("your_name", _("Please enter your name.")))
    if not match_key(data.address):
        problems.append(("address", _("This is not an email address.")))
    if data.reply_address and not match_key(data.reply_address):
        problems.append(("reply_address", _("This is not an email address.")))
    if data.protocol == Protocol.FILES and not data.path:
        problems.append(("path", _("Please enter the folder of mail files.")))
    if data.protocol == Protocol.IMAP and not data.host:
        problems.append(("host", _("Please enter the incoming server.")))
    if not 0 < data.port < 65_536:
        problems.append(("port", _("A port is a number from 1 to 65535.")))
    if not 5 <= data.timeout_seconds <= 600:
        problems.append(("timeout_seconds", _("The server timeout is a number of seconds from 5 to 600.")))
    return problems


def _note(account: MailAccount, action: str, changes: Mapping[str, Any], *, by: Actor, now: datetime) -> None:
    record(by=by, action=action, kind="account", record_id=account.pk, name=account.address, changes=changes, now=now)
