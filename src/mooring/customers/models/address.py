"""How customers, leads and contacts are reached, and by which letters are matched to them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mooring.customers.models.contact import Contact
from mooring.customers.models.customer import Customer
from mooring.customers.models.lead import Lead

EXACTLY_ONE_OWNER = (
    Q(customer__isnull=False, lead=None, contact=None)
    | Q(customer=None, lead__isnull=False, contact=None)
    | Q(customer=None, lead=None, contact__isnull=False)
)


class EmailAddress(models.Model):
    """An e-mail address of a customer, a lead or a contact. Further addresses count for matching like the main one."""

    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="emails")
    lead = models.ForeignKey(Lead, null=True, on_delete=models.CASCADE, related_name="emails")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="emails")
    address = models.CharField(_("Email address"), max_length=320)
    key = models.CharField(max_length=320, editable=False)
    """The form for comparing: mail.addresses.match_key."""
    is_main = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-is_main", "id")
        constraints = (
            models.CheckConstraint(condition=EXACTLY_ONE_OWNER, name="an_email_address_has_one_owner"),
            models.UniqueConstraint(fields=("customer", "key"), name="a_customer_has_an_email_address_once"),
            models.UniqueConstraint(fields=("lead", "key"), name="a_lead_has_an_email_address_once"),
            models.UniqueConstraint(fields=("contact", "key"), name="a_contact_has_an_email_address_once"),
            models.UniqueConstraint(fields=("customer",), condition=Q(is_main=True), name="a_customer_has_one_main_email"),
            models.UniqueConstraint(fields=("lead",), condition=Q(is_main=True), name="a_lead_has_one_main_email"),
            models.UniqueConstraint(fields=("contact",), condition=Q(is_main=True), name="a_contact_has_one_main_email"),
        )
        indexes = (models.Index(fields=("key",), name="email_addresses_by_key"),)

    def __str__(self) -> str:
        return self.address


class CustomerDomain(models.Model):
    """A domain whose letters belong to the customer: exactly that host, hosts below it only where ticked."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="domains")
    domain = models.CharField(_("Domain"), max_length=253)
    """Lower case, IDNA A-labels."""
    includes_subdomains = models.BooleanField(_("Hosts below it too"), default=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("customer", "domain"), name="a_customer_has_a_domain_once"),)
        indexes = (models.Index(fields=("domain",), name="customer_domains_by_domain"),)

    def __str__(self) -> str:
        return self.domain


class Phone(models.Model):
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="phones")
    lead = models.ForeignKey(Lead, null=True, on_delete=models.CASCADE, related_name="phones")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="phones")
    number = models.CharField(_("Phone"), max_length=60)
    key = models.CharField(max_length=20, blank=True, editable=False)
    """The last digits, for comparing numbers however they are written: customers.names.phone_key."""
    label = models.CharField(_("Label"), max_length=40, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.CheckConstraint(condition=EXACTLY_ONE_OWNER, name="a_phone_has_one_owner"),)
        indexes = (models.Index(fields=("key",), name="phones_by_key"),)

    def __str__(self) -> str:
        return self.number


class PostalAddress(models.Model):
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="postal_addresses")
    lead = models.ForeignKey(Lead, null=True, on_delete=models.CASCADE, related_name="postal_addresses")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.CASCADE, related_name="postal_addresses")
    label = models.CharField(_("Label"), max_length=40, blank=True)
    street = models.CharField(_("Street"), max_length=300, blank=True)
    postcode = models.CharField(_("Postcode"), max_length=20, blank=True)
    city = models.CharField(_("City"), max_length=120, blank=True)
    region = models.CharField(_("Region"), max_length=120, blank=True)
    country = models.CharField(_("Country"), max_length=80, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.CheckConstraint(condition=EXACTLY_ONE_OWNER, name="a_postal_address_has_one_owner"),)
