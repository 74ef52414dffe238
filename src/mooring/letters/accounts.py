"""Mail accounts: added, changed, removed, made somebody's default; which team works in them; how their servers are reached.

Opens stored passwords for `server_of` and `outgoing_server_of` alone. Connects to nothing; no secret reaches the journal.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext as _

from mooring.letters.account_data import (
    AccountData,
    leads_elsewhere,
    needs_password,
    outgoing_leads_elsewhere,
    outgoing_server_described_by,
    problems_of,
    server_described_by,
)
from mooring.letters.credentials import OUTGOING
from mooring.letters.folders import FolderChoice, write_folders
from mooring.letters.grants import UnableToKeepGrant, forget_grant, give_grant
from mooring.letters.models import DefaultAccount, Grant, Login, MailAccount, TeamAccess
from mooring.letters.passwords import (
    forget_passwords,
    has_password,
    is_waiting_for_password,
    outgoing_password_of,
    password_of,
    store_passwords,
)
from mooring.letters.proofs import is_proven, proof_of
from mooring.letters.visibility import accounts_written_by
from mooring.mail.types import Secret, Server
from mooring.users.journal import Actor, changes_between, record
from mooring.users.models import Group, User
from mooring.users.permissions import Action, Module, may

__all__ = (
    "AccountData",
    "FolderChoice",
    "TeamRight",
    "UnableToSaveAccount",
    "UnableToSend",
    "add_account",
    "change_account",
    "default_account_of",
    "is_proven",
    "leads_elsewhere",
    "outgoing_leads_elsewhere",
    "outgoing_server_described_by",
    "outgoing_server_of",
    "proof_of",
    "remove_account",
    "server_described_by",
    "server_of",
    "set_default",
    "team_rights_of",
)

_WHY: Final = "mail accounts are kept in order"


class UnableToSaveAccount(Exception):
    """The account was not saved. `problems` is {field: text fit for the user}; "" stands for the whole form."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


class UnableToSend(Exception):
    """Nothing can be sent from the account; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class TeamRight:
    """A group whose members read a team account, and whether they write from it."""

    group: Group
    may_write: bool = True


def server_of(account: MailAccount) -> Server:
    """How the account's server is reached, with its password opened.

    Raises credentials.UnableToUnseal, and PasswordNotRemembered where the password must be asked for.
    """
    return server_described_by(AccountData.of(account), password=password_of(account))


def outgoing_server_of(account: MailAccount) -> Server:
    """How the server that takes the account's letters is reached. Raises as `server_of` does, and UnableToSend."""
    server = outgoing_server_described_by(
        AccountData.of(account), password=password_of(account), outgoing_password=outgoing_password_of(account)
    )
    if server is None:
        said = _("No outgoing server is set up for %(address)s. Enter one in the settings of the account.")
        raise UnableToSend(said % {"address": account.address})
    return server


def team_rights_of(account: MailAccount) -> list[TeamRight]:
    """The groups of a team account, by name."""
    accesses = account.team_accesses.select_related("group").order_by("group__name", "group_id")
    return [TeamRight(access.group, access.may_write) for access in accesses]


def default_account_of(user: User) -> MailAccount | None:
    """The account that the user writes from unless another is chosen.

    The chosen one while the user may write from it; otherwise the first personal account, otherwise the first of a team.
    """
    writable = accounts_written_by(user)
    chosen = DefaultAccount.objects.filter(user=user).values("account_id")
    return writable.filter(pk__in=chosen).first() or writable.order_by("is_team", "id").first()


def default_account_ids(users: Collection[User]) -> dict[int, int]:
    """Which account each of them chose to write from, by the ids of both."""
    return dict(DefaultAccount.objects.filter(user__in=users).values_list("user_id", "account_id"))


def add_account(
    *,
    owner: User | None,
    data: AccountData,
    password: Secret,
    outgoing_password: Secret = Secret(""),
    team: Sequence[TeamRight] = (),
    grant: Grant | None = None,
    folders: Sequence[FolderChoice] = (),
    by: Actor,
    now: datetime,
) -> MailAccount:
    """Add a personal account of `owner`, or, without one, an account of a team, with the folders its server listed.

    The first account of a user is the default one. Only administrators add accounts of teams. Raises UnableToSaveAccount.
    """
    _check(data, owner=owner, team=team, by=by)
    with transaction.atomic():
        account = MailAccount(owner=owner, is_team=owner is None, created_at=now, changed_at=now, **asdict(data))
        account.save(force_insert=True)
        store_passwords(account, password=password, outgoing=outgoing_password, now=now)
        write_folders(account=account, choices=folders)
        facts = {"owner": owner.email if owner else "", **_write_team(account, team), **changes_between({}, asdict(data))}
        _note(account, "added", facts, by=by, now=now)
        _give(account, grant, by=by, now=now)
        if owner is not None and not DefaultAccount.objects.filter(user=owner).exists():
            DefaultAccount.objects.create(user=owner, account=account)
    return account


def change_account(
    *,
    account: MailAccount,
    data: AccountData,
    password: Secret | None = None,
    outgoing_password: Secret | None = None,
    team: Sequence[TeamRight] | None = None,
    grant: Grant | None = None,
    folders: Sequence[FolderChoice] | None = None,
    by: Actor,
    now: datetime,
) -> MailAccount:
    """Change the settings. A password that is None stays, which is possible only while it goes nowhere else."""
    _check(data, owner=account.owner, team=team, by=by)
    with transaction.atomic():
        account = _locked(account)
        before = AccountData.of(account)
        _demand_passwords(account, before, data, password, outgoing_password)
        for name, value in asdict(data).items():
            setattr(account, name, value)
        account.changed_at = now
        account.save()
        changes: dict[str, Any] = changes_between(asdict(before), asdict(data))
        store_passwords(account, password=password, outgoing=outgoing_password, now=now)
        if data.login != Login.TOKEN:
            forget_grant(account=account)
        _give(account, grant, by=by, now=now)
        if password is not None or outgoing_password is not None:
            changes["password_was_entered"] = True
        if team is not None:
            changes.update(_write_team(account, team))
        if folders is not None:
            changes.update(write_folders(account=account, choices=folders))
        if changes:
            _note(account, "changed", changes, by=by, now=now)
    return account


def remove_account(*, account: MailAccount, by: Actor, now: datetime) -> MailAccount:
    """Stop using an account and forget its passwords. Its letters stay; whoever wrote from it by default gets another default."""
    with transaction.atomic():
        account = _locked(account)
        account.removed_at = account.changed_at = now
        forget_passwords(account)
        account.is_scanned = False
        account.save()
        forget_grant(account=account)
        heirless = list(DefaultAccount.objects.filter(account=account).select_related("user"))
        _note(account, "removed", {"default": [str(choice.user) for choice in heirless]}, by=by, now=now)
        for choice in heirless:
            _hand_on(choice)
    return account


def set_default(*, account: MailAccount, user: User, by: Actor, now: datetime) -> MailAccount:
    """Make it the account that the user writes from unless another is chosen. Raises UnableToSaveAccount."""
    with transaction.atomic():
        account = _locked(account)
        if not accounts_written_by(user).filter(pk=account.pk).exists():
            raise UnableToSaveAccount({"": _("%(name)s may not write from this account.") % {"name": user}})
        before = DefaultAccount.objects.select_related("account").filter(user=user).first()
        if before is None or before.account_id != account.pk:
            DefaultAccount.objects.update_or_create(user=user, defaults={"account": account})
            facts = {"user": str(user), "default": [str(before.account) if before else "", str(account)]}
            _note(account, "made_default", facts, by=by, now=now)
    return account


def _give(account: MailAccount, grant: Grant | None, *, by: Actor, now: datetime) -> None:
    """What the person permitted with a provider; one that the account has already stays."""
    if grant is None or grant.account_id == account.pk:
        return
    try:
        give_grant(account=account, grant=grant, by=by, now=now)
    except UnableToKeepGrant as error:
        raise UnableToSaveAccount({"login_by": str(error)}) from error


def _hand_on(choice: DefaultAccount) -> None:
    heir = accounts_written_by(choice.user).order_by("is_team", "id").first()
    if heir is None:
        choice.delete()
    else:
        choice.account = heir
        choice.save()


def _locked(account: MailAccount) -> MailAccount:
    found = MailAccount.objects.unscoped(_WHY).filter(pk=account.pk, removed_at=None).select_for_update().first()
    if found is None:
        raise UnableToSaveAccount({"": _("This mail account was removed.")})
    return found


def _demand_passwords(
    account: MailAccount, before: AccountData, after: AccountData, password: Secret | None, outgoing: Secret | None
) -> None:
    is_remembered_now = after.remembers_password and not before.remembers_password and needs_password(after)
    if is_remembered_now and password is None and is_waiting_for_password(account):
        raise UnableToSaveAccount({"password": _("Please enter the password, so that it can be remembered.")})
    said = _("The server has changed. Please enter the password again.")
    if password is None and has_password(account) and leads_elsewhere(before, after):
        raise UnableToSaveAccount({"password": said})
    if outgoing is None and has_password(account, OUTGOING) and outgoing_leads_elsewhere(before, after):
        raise UnableToSaveAccount({"outgoing_password": said})


def _write_team(account: MailAccount, team: Sequence[TeamRight]) -> dict[str, Any]:
    before = {right.group.pk: right for right in team_rights_of(account)}
    after = {right.group.pk: right for right in team}
    if before == after:
        return {}
    account.team_accesses.all().delete()
    TeamAccess.objects.bulk_create(
        TeamAccess(account=account, group=right.group, may_write=right.may_write) for right in after.values()
    )
    return {"team": [_names(before.values()), _names(after.values())]}


def _names(rights: Collection[TeamRight]) -> list[str]:
    written = _("%(group)s (reads only)")
    return [right.group.name if right.may_write else written % {"group": right.group.name} for right in rights]


def _check(data: AccountData, *, owner: User | None, team: Sequence[TeamRight] | None, by: Actor) -> None:
    problems = dict(problems_of(data))
    if owner is None and team is not None and not team:
        problems["team"] = _("Please choose the groups that work in this account.")
    if owner is not None and team:
        problems["team"] = _("A personal account is of one user alone.")
    if owner is None and by.user is not None and not may(by.user, Module.SETUP, Action.CHANGE):
        problems[""] = _("Only an administrator sets up accounts of a team.")
    if problems:
        raise UnableToSaveAccount(problems)


def _note(account: MailAccount, action: str, changes: Mapping[str, Any], *, by: Actor, now: datetime) -> None:
    record(by=by, action=action, kind="account", record_id=account.pk, name=account.address, changes=changes, now=now)
