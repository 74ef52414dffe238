"""Links of letters to customers, leads and projects, and the senders whose letters are never kept."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from mooring.customers.models import Customer, Lead, Project
from mooring.letters.models.account import MailAccount
from mooring.letters.models.letter import Letter
from mooring.users.models import User


class Rule(models.TextChoices):
    """Why a letter is linked. The first five match by themselves, strongest first."""

    CUSTOMER_EMAIL = "customer_email", _("Customer main email")
    CUSTOMER_CONTACT = "customer_contact", _("Customer's contact email")
    LEAD_EMAIL = "lead_email", _("Lead main email")
    LEAD_CONTACT = "lead_contact", _("Lead's contact email")
    CUSTOMER_DOMAIN = "customer_domain", _("Customer domain")
    THREAD = "thread", _("Reply in a linked conversation")
    MANUAL = "manual", _("Linked by hand")


class LinkBatch(models.Model):
    """Older letters linked in one go, for example after an address was added; undone in one go."""

    cause = models.CharField(max_length=320)
    """The address or domain, or the deed, for people."""
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)
    link_count = models.PositiveIntegerField(default=0)


_RARE = ("lead", "project", "created_by", "batch", "removed_by")
"""Keys that few links have."""


class Link(models.Model):
    """A letter belongs to a record. A link that a person removed stays as a tombstone and is never made again by itself."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="links", db_index=False)
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="+")
    lead = models.ForeignKey(Lead, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    position = models.BigIntegerField()
    """The letter's position, repeated so that the letters of a record are one walk through an index."""
    rule = models.CharField(max_length=20, choices=Rule.choices)
    matched_address = models.CharField(max_length=320, blank=True)
    matched_role = models.CharField(max_length=8, blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    batch = models.ForeignKey(LinkBatch, null=True, on_delete=models.SET_NULL, related_name="links", db_index=False)
    removed_at = models.DateTimeField(null=True, blank=True)

    has_portal: bool
    is_shared: bool
    """Both only on what letters.queries.links_of gives."""
    removed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(customer__isnull=False, lead=None, project=None)
                | Q(customer=None, lead__isnull=False, project=None)
                | Q(customer=None, lead=None, project__isnull=False),
                name="a_link_leads_to_one_record",
            ),
            models.UniqueConstraint(fields=("letter", "customer"), name="a_letter_is_linked_to_a_customer_once"),
            models.UniqueConstraint(fields=("letter", "lead"), name="a_letter_is_linked_to_a_lead_once"),
            models.UniqueConstraint(fields=("letter", "project"), name="a_letter_is_linked_to_a_project_once"),
        )
        indexes = (
            models.Index(fields=("customer", "-position"), condition=Q(removed_at=None), name="letters_of_a_customer"),
            models.Index(fields=("lead", "-position"), condition=Q(removed_at=None), name="letters_of_a_lead"),
            models.Index(fields=("project", "-position"), condition=Q(removed_at=None), name="letters_of_a_project"),
            models.Index(fields=("rule", "-position"), condition=Q(removed_at=None), name="letters_linked_by_a_rule"),
            # Most links lead to a customer and were made by a rule: they cost these nothing.
            *(models.Index(fields=(key,), condition=Q(**{f"{key}__isnull": False}), name=f"links_by_{key}") for key in _RARE),
        )


class UnwantedSender(models.Model):
    """“Never keep letters of this sender”: by everybody's accounts, or by one account."""

    key = models.CharField(_("Sender"), max_length=320)
    account = models.ForeignKey(MailAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("key", "id")
        constraints = (
            models.UniqueConstraint(fields=("key", "account"), name="a_sender_is_unwanted_once_per_account"),
            models.UniqueConstraint(fields=("key",), condition=Q(account=None), name="a_sender_is_unwanted_once_by_everybody"),
        )
