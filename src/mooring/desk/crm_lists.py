"""The lists under Setup > Settings > CRM: how their pages name them and what is special to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.customers.models import Category, ContactRole, CustomerStatus, Industry, InfoField, Source, Tag
from mooring.sales.models import OpportunityKind, Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmList:
    """`name` is the name of the address and its last part; `words` say what the list is for."""

    name: str
    kind: type[Any]
    title: Any
    new: Any
    words: Any
    icon: str


INFO: Final = CrmList(
    name="additional_information",
    kind=InfoField,
    title=_("Additional information"),
    new=_("New field"),
    words=_("What else you want to know about customers: what they are interested in, how they came. In the card or on a tab."),
    icon="forms",
)
SOURCES: Final = CrmList(
    name="sources",
    kind=Source,
    title=_("Sources"),
    new=_("New source"),
    words=_("Where customers and leads came from. The same list is offered as the source of sales opportunities."),
    icon="compass",
)
CATEGORIES: Final = CrmList(
    name="categories",
    kind=Category,
    title=_("Categories"),
    new=_("New category"),
    words=_("A customer or contact can have many of them. Each is shown on companies, on contacts, or on both."),
    icon="tags",
)
INDUSTRIES: Final = CrmList(
    name="industries",
    kind=Industry,
    title=_("Industries"),
    new=pgettext_lazy("industry", "New"),
    words=_("What your customers work in. All customers of an industry can be moved to another one."),
    icon="building-factory-2",
)
CONTACT_ROLES: Final = CrmList(
    name="contact_roles",
    kind=ContactRole,
    title=_("Contact roles"),
    new=_("New contact role"),
    words=_("What contacts are at a customer: General Manager, Finance Manager, Consultant."),
    icon="id-badge-2",
)
CUSTOMER_STATUSES: Final = CrmList(
    name="customer_statuses",
    kind=CustomerStatus,
    title=_("Customer statuses"),
    new=_("New customer status"),
    words=_("How a customer stands: Active, Bankrupt, Merged. Whether it rests in the archive is another matter."),
    icon="traffic-lights",
)
TAGS: Final = CrmList(
    name="tags",
    kind=Tag,
    title=_("Tags"),
    new=_("New tag"),
    words=_(
        "Words that anybody types on customers, leads, contacts, projects and sales opportunities. Two that mean the same can be "
        "merged."
    ),
    icon="tag",
)
OPPORTUNITY_TYPES: Final = CrmList(
    name="opportunity_types",
    kind=OpportunityKind,
    title=_("Types of opportunities"),
    new=_("New type"),
    words=_("What kind of sale an opportunity is: New business, Renewal, Service."),
    icon="cash",
)
REJECTION_REASONS: Final = CrmList(
    name="rejection_reasons",
    kind=Rejection,
    title=_("Rejection reasons"),
    new=_("New rejection reason"),
    words=_("Why opportunities are lost: Price, A competitor, No budget. Asked for where a stage wants a reason."),
    icon="ban",
)
_LABELS: Final = (
    SOURCES,
    CATEGORIES,
    TAGS,
    INDUSTRIES,
    CONTACT_ROLES,
    CUSTOMER_STATUSES,
    OPPORTUNITY_TYPES,
    REJECTION_REASONS,
)
LABEL_LISTS: Final = {each.name: each for each in _LABELS}
CRM_LISTS: Final = {INFO.name: INFO, **LABEL_LISTS}
"""All that can be put in order and retired; the fields of the additional information have forms of their own."""
