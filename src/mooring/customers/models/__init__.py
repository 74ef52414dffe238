"""The records of the customers room."""

from mooring.customers.models.address import CustomerDomain, EmailAddress, Phone, PostalAddress
from mooring.customers.models.contact import Affiliation, Contact
from mooring.customers.models.customer import Customer, CustomerKind
from mooring.customers.models.lead import Lead
from mooring.customers.models.project import Project
from mooring.customers.models.search_word import ContactWord, CustomerWord, LeadWord, ProjectWord

__all__ = (
    "Affiliation",
    "Contact",
    "ContactWord",
    "Customer",
    "CustomerDomain",
    "CustomerKind",
    "CustomerWord",
    "EmailAddress",
    "Lead",
    "LeadWord",
    "Phone",
    "PostalAddress",
    "Project",
    "ProjectWord",
)
