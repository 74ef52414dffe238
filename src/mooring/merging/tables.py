"""Every column that points to a customer, a lead or a contact, and what becomes of its rows when two records become one.

A test walks over the models of all rooms and fails on a column that does not stand here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from mooring.activities.models import Activity
from mooring.customers.models import (
    Affiliation,
    Contact,
    ContactWord,
    Customer,
    CustomerDomain,
    CustomerInfo,
    CustomerWord,
    EmailAddress,
    Lead,
    LeadWord,
    Phone,
    PortalUser,
    PostalAddress,
    Project,
)
from mooring.letters.models import Link, RecordFile, SharedLetter
from mooring.merging.models import MergeKind
from mooring.sales.models import LeadConversion, Opportunity, OpportunityContact
from mooring.sync.models import BackfillOffer

Record = Customer | Lead | Contact
RECORD_MODELS: Final[dict[str, Any]] = {MergeKind.CUSTOMER: Customer, MergeKind.LEAD: Lead, MergeKind.CONTACT: Contact}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows of `model` whose `column` names the record.

    Where both records have a row alike in `alike`, one stays: the winner's, with what it lacks of `fills` from the other; of two
    where one is marked in `gone`, the one that is not. Rows that have nothing in all of `alike` are never alike.
    """

    model: Any
    column: str
    words: Any
    alike: tuple[str, ...] = ()
    fills: tuple[str, ...] = ()
    gone: str = ""
    main: str = ""
    """A record has one row that is marked so; the winner keeps its own."""
    refuses: bool = False
    """Two alike cannot become one: the merge is refused."""


_ADDRESS: Final = ("label", "street", "postcode", "city", "region", "country")
_EMAILS: Final = _("email addresses")
_PHONES: Final = _("phone numbers")
_ADDRESSES: Final = _("addresses")
_PLACES: Final = _("places of contacts")
_LETTERS: Final = _("links of emails")
_CATEGORIES: Final = _("categories")
_TAGS: Final = _("tags")
_TASKS: Final = _("tasks, calls, meetings and notes")
_SALES: Final = _("sales opportunities")
_CONVERTED: Final = _("converted leads")
_PORTAL: Final = _("portal users")


def _reached(column: str) -> tuple[Table, ...]:
    return (
        Table(model=EmailAddress, column=column, words=_EMAILS, alike=("key",), main="is_main"),
        Table(model=Phone, column=column, words=_PHONES, alike=("key",), fills=("label",)),
        Table(model=PostalAddress, column=column, words=_ADDRESSES, alike=_ADDRESS),
    )


TABLES: Final[dict[str, tuple[Table, ...]]] = {
    MergeKind.CUSTOMER: (
        *_reached("customer_id"),
        Table(model=Customer.tags.through, column="customer_id", words=_TAGS, alike=("tag_id",)),
        Table(model=CustomerDomain, column="customer_id", words=_("domains"), alike=("domain",), fills=("includes_subdomains",)),
        Table(model=Affiliation, column="customer_id", words=_PLACES, alike=("contact_id",), fills=("job_title", "role_id")),
        Table(model=Customer.categories.through, column="customer_id", words=_CATEGORIES, alike=("category_id",)),
        Table(model=PortalUser, column="customer_id", words=_PORTAL, alike=("contact_id",), refuses=True),
        Table(model=Project, column="customer_id", words=_("projects")),
        Table(model=Link, column="customer_id", words=_LETTERS, alike=("letter_id",), gone="removed_at"),
        Table(model=SharedLetter, column="customer_id", words=_("shared emails"), alike=("letter_id",)),
        Table(model=RecordFile, column="customer_id", words=_("files")),
        Table(model=Opportunity, column="customer_id", words=_SALES),
        Table(model=Activity, column="customer_id", words=_TASKS),
        Table(model=LeadConversion, column="customer_id", words=_CONVERTED),
        Table(model=BackfillOffer, column="customer_id", words=_("offers of older emails")),
    ),
    MergeKind.LEAD: (
        *_reached("lead_id"),
        Table(model=Lead.tags.through, column="lead_id", words=_TAGS, alike=("tag_id",)),
        Table(model=Affiliation, column="lead_id", words=_PLACES, alike=("contact_id",), fills=("job_title", "role_id")),
        Table(model=Link, column="lead_id", words=_LETTERS, alike=("letter_id",), gone="removed_at"),
        Table(model=Opportunity, column="lead_id", words=_SALES),
        Table(model=Activity, column="lead_id", words=_TASKS),
        Table(model=LeadConversion, column="lead_id", words=_CONVERTED),
        Table(model=BackfillOffer, column="lead_id", words=_("offers of older emails")),
    ),
    MergeKind.CONTACT: (
        *_reached("contact_id"),
        Table(model=Contact.tags.through, column="contact_id", words=_TAGS, alike=("tag_id",)),
        Table(
            model=Affiliation,
            column="contact_id",
            words=_PLACES,
            alike=("customer_id", "lead_id"),
            fills=("job_title", "role_id"),
        ),
        Table(model=Contact.categories.through, column="contact_id", words=_CATEGORIES, alike=("category_id",)),
        Table(model=PortalUser, column="contact_id", words=_PORTAL, alike=("customer_id",), refuses=True),
        Table(
            model=OpportunityContact,
            column="contact_id",
            words=_("people in sales"),
            alike=("opportunity_id",),
            fills=("role_id",),
        ),
        Table(model=LeadConversion, column="contact_id", words=_CONVERTED),
    ),
}

MADE_ANEW: Final[dict[str, tuple[Any, ...]]] = {
    MergeKind.CUSTOMER: (CustomerWord,),
    MergeKind.LEAD: (LeadWord,),
    MergeKind.CONTACT: (ContactWord,),
}
"""What is derived from the rest: written anew after a merge and after its undo."""

FOUND_BY: Final = Table(model=CustomerInfo, column="record_id", words=_("additional information"), alike=("field_id", "key"))
"""What values of the additional information are found by: follows the values that the winner has afterwards."""


def kind_of_record(record: Record) -> MergeKind:
    """customer, lead or contact."""
    return MergeKind(type(record).__name__.lower())


def words_of_table(label: str) -> Any:
    """What people call the rows of a table, by its label."""
    tables = (FOUND_BY, *(table for of_kind in TABLES.values() for table in of_kind))
    return next((table.words for table in tables if table.model._meta.label == label), _("facts"))
