"""The records of the customers room."""

from mooring.customers.models.address import CustomerDomain, EmailAddress, Phone, PostalAddress
from mooring.customers.models.bulk import BulkChange, BulkChangeRow, BulkField, BulkKind, BulkState
from mooring.customers.models.contact import Affiliation, Contact
from mooring.customers.models.count import CustomerCount
from mooring.customers.models.customer import Customer, CustomerKind
from mooring.customers.models.info import CustomerInfo, InfoField, InfoType
from mooring.customers.models.lead import Lead
from mooring.customers.models.lists import (
    Category,
    Colour,
    ContactRole,
    CustomerStatus,
    Industry,
    IndustryMove,
    ListEntry,
    OrderedEntry,
    Source,
)
from mooring.customers.models.placed import CustomerCategory, CustomerTag
from mooring.customers.models.portal import (
    ArchiveLock,
    LockedBy,
    PortalKey,
    PortalKeyUse,
    PortalRecoveryCode,
    PortalSession,
    PortalUser,
)
from mooring.customers.models.project import Project
from mooring.customers.models.search_word import ContactWord, CustomerWord, LeadWord, ProjectWord
from mooring.customers.models.tag import Tag

__all__ = (
    "Affiliation",
    "ArchiveLock",
    "BulkChange",
    "BulkChangeRow",
    "BulkField",
    "BulkKind",
    "BulkState",
    "Category",
    "Colour",
    "Contact",
    "ContactRole",
    "ContactWord",
    "Customer",
    "CustomerCategory",
    "CustomerCount",
    "CustomerDomain",
    "CustomerInfo",
    "CustomerKind",
    "CustomerStatus",
    "CustomerTag",
    "CustomerWord",
    "EmailAddress",
    "Industry",
    "IndustryMove",
    "InfoField",
    "InfoType",
    "Lead",
    "LeadWord",
    "ListEntry",
    "LockedBy",
    "OrderedEntry",
    "Phone",
    "PortalKey",
    "PortalKeyUse",
    "PortalRecoveryCode",
    "PortalSession",
    "PortalUser",
    "PostalAddress",
    "Project",
    "ProjectWord",
    "Source",
    "Tag",
)
