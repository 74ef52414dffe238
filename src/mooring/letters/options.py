"""The switches of the letters room, and the scope of matching that they make together with an account."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, cast

from django.utils.translation import gettext_lazy

from mooring.letters.matching import Scope
from mooring.letters.models import MailAccount
from mooring.mail.addresses import domain_key, is_public_domain, match_key
from mooring.options.option import Option
from mooring.options.values import Values


def _(text: str) -> str:
    """A lazy translation; whoever shows it takes it for a text."""
    return cast(str, gettext_lazy(text))


SCAN_ALL_LETTERS: Final = Option(
    name="letters.scan_all_letters",
    kind="bool",
    default=False,
    label=_("Scan all email letters"),
    help=_("Keep every letter of every synced folder. Letters linked to nobody are seen by the owner of the account only."),
)
OWN_DOMAINS: Final[Option[tuple[str, ...]]] = Option(
    name="letters.own_domains",
    kind="words",
    default=(),
    label=_("Our own domains"),
    help=_("Addresses at these domains are ours and never link a letter, for example example.com."),
)
EXTRA_PUBLIC_DOMAINS: Final[Option[tuple[str, ...]]] = Option(
    name="letters.extra_public_domains",
    kind="words",
    default=(),
    label=_("Further public mail domains"),
    help=_("Domains that give addresses to everybody. They never match as the domain of a customer."),
)
REMOVED_PUBLIC_DOMAINS: Final[Option[tuple[str, ...]]] = Option(
    name="letters.removed_public_domains",
    kind="words",
    default=(),
    label=_("Not public mail domains"),
    help=_("Domains of the built-in list that belong to one firm after all."),
)
KEEP_HINTS: Final = Option(
    name="letters.keep_hints",
    kind="bool",
    default=True,
    label=_("Remember whom letters that are not kept were from"),
    help=_("Only as fingerprints, never as addresses. An address added later then finds its older letters without a new scan."),
)
LARGEST_ATTACHMENTS_MB: Final = Option(
    name="letters.largest_attachments_mb",
    kind="int",
    default=20,
    least=1,
    most=150,
    label=_("Most MB of attachments per email"),
    help=_("All files of one email together. Many mail servers refuse more than 25 MB, and files grow by a third on their way."),
)
PORTAL_ADDRESSES: Final[Option[tuple[str, ...]]] = Option(
    name="letters.portal_addresses",
    kind="words",
    default=(),
    label=_("Messages from the portal arrive at"),
    help=_("The address of a mailbox here. Empty: at the default mailbox of whoever looks after the customer, else at a team's."),
)

OPTIONS: Final = (
    SCAN_ALL_LETTERS,
    OWN_DOMAINS,
    EXTRA_PUBLIC_DOMAINS,
    REMOVED_PUBLIC_DOMAINS,
    KEEP_HINTS,
    LARGEST_ATTACHMENTS_MB,
    PORTAL_ADDRESSES,
)


def scope_of_account(account: MailAccount, *, values: Values) -> Scope:
    """What letters of the account may match; one query."""
    everything = scope_of_everything(values=values)
    return replace(everything, syncs_customers=account.syncs_customers, syncs_leads=account.syncs_leads)


def scope_of_everything(*, values: Values) -> Scope:
    """What letters of any account may match. One query reads the addresses of all accounts, which are all ours.

    So is a user name that is an address: many a mailbox is logged in to by the address behind an alias.
    """
    accounts = MailAccount.objects.unscoped("our own addresses never link a letter").filter(removed_at=None)
    names = accounts.values_list("address", "reply_address", "user_name")
    written = {name for each in names for name in each}
    extra, removed = _keys(values.of(EXTRA_PUBLIC_DOMAINS)), _keys(values.of(REMOVED_PUBLIC_DOMAINS))
    return Scope(
        own_keys=frozenset(filter(None, map(match_key, written))),
        own_domains=_keys(values.of(OWN_DOMAINS)),
        is_public=lambda host: is_public_domain(host, extra=extra, removed=removed),
    )


def _keys(domains: tuple[str, ...]) -> frozenset[str]:
    return frozenset(filter(None, (domain_key(domain.removeprefix("@")) for domain in domains)))
