"""Which switches stand on which page of Setup. A new switch is one line here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from mooring.activities import options as activities
from mooring.desk import options as desk
from mooring.letters import options as letters
from mooring.options.option import Option
from mooring.sales import options as sales
from mooring.sync import options as sync


@dataclass(frozen=True, slots=True)
class SettingsPage:
    """`name` is the last part of the page's address and the name of it."""

    name: str
    title: Any
    options: tuple[Option[Any], ...]
    words: Any = ""


EMAIL: Final = SettingsPage(
    "email_settings",
    _("Email settings"),
    (
        letters.SCAN_ALL_LETTERS,
        letters.OWN_DOMAINS,
        letters.KEEP_HINTS,
        letters.LARGEST_ATTACHMENTS_MB,
        letters.PORTAL_ADDRESSES,
        sync.VISIT_INTERVAL_MINUTES,
        sync.LARGEST_LETTER_MB,
        sync.WATCHED_ACCOUNTS,
        activities.WORKING_WEEK,
        activities.HOLIDAYS,
    ),
)
PUBLIC_DOMAINS: Final = SettingsPage(
    "public_domains",
    _("Public mail domains"),
    (letters.EXTRA_PUBLIC_DOMAINS, letters.REMOVED_PUBLIC_DOMAINS),
    _(
        "Hosts that give addresses to everybody, such as gmail.com, never match as the domain of a customer. "
        "Mooring knows some 4,800 of them; add those it lacks, and take out those that belong to one firm after all."
    ),
)
SALES: Final = SettingsPage("sales_settings", _("Sales settings"), sales.OPTIONS)
SIGN_IN: Final = SettingsPage("sign_in_settings", _("Signing in"), desk.OPTIONS)
PAGES: Final = (EMAIL, PUBLIC_DOMAINS, SALES, SIGN_IN)
