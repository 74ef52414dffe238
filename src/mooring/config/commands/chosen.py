"""Mail accounts and colleagues as a person names them at a terminal: by number or by address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mooring.config.commands.starting import UnableToRun

if TYPE_CHECKING:
    from mooring.letters.models import MailAccount
    from mooring.users.models import User

_WHY = "an administrator at the terminal names a mail account"


def accounts_in_use() -> list[MailAccount]:
    """Every account that was not removed, by address."""
    from mooring.letters.models import MailAccount

    return list(MailAccount.objects.unscoped(_WHY).filter(removed_at=None).select_related("owner").order_by("address", "id"))


def account_named(name: str) -> MailAccount:
    """The account with this number or address. Raises UnableToRun when there is none or more than one."""
    found = [account for account in accounts_in_use() if name in (str(account.pk), account.address)]
    if not found:
        raise UnableToRun(f"There is no mail account “{name}”. “mooring accounts list” shows them all.")
    if len(found) > 1:
        raise UnableToRun(f"More than one mail account has the address {name}; give the number that “accounts list” shows.")
    return found[0]


def colleague_named(email: str) -> User:
    """The member of staff who signs in with this address. Raises UnableToRun."""
    from mooring.users.models import User

    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise UnableToRun(f"Nobody signs in as {email}. “mooring staff list” shows everybody.")
    return user
