"""Portal users: contacts who sign in to the portal of one customer, the keys they are sent, and their open sessions.

No member of staff is one, and nobody here gets into the desk. Keys are kept as their SHA-256 only.
"""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from mooring.customers.models.contact import Affiliation, Contact
from mooring.customers.models.customer import Customer
from mooring.users.models import Language, User
from mooring.users.scoping import has_any


class LockedBy(models.TextChoices):
    HAND = "hand", _("Locked by hand")
    ARCHIVE = "archive", _("Locked because the customer is in the archive")


class PortalUserQuerySet(models.QuerySet["PortalUser"]):
    def let_in(self) -> Self:
        """Those who may sign in and stay in: not locked, their customer not in the archive, and still a contact there.

        Every door asks here: passwords, sessions, invitations, new passwords.
        """
        places = Affiliation.objects.filter(contact=OuterRef("contact_id"), customer=OuterRef("customer_id"))
        return self.filter(has_any(places), locked_at=None, customer__archived_at=None)


class PortalUser(models.Model):
    """Somebody who may see what their company shares with one customer.

    `epoch` is in every session and key: one step on, and all of them are worth nothing, for ever.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="portal_users")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="portal_users")
    email = models.EmailField(_("Email address"), max_length=254)
    """With which they sign in. Changing the contact's addresses does not change it."""
    password = models.CharField(max_length=128, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    locked_at = models.DateTimeField(null=True)
    locked_by = models.CharField(max_length=10, choices=LockedBy.choices, blank=True)
    code_sealed = models.BinaryField(default=b"")
    """The secret of the codes of two-step sign-in, sealed; empty without it."""
    code_counter = models.BigIntegerField(default=0)
    """The last time step whose code was used: no code works twice."""
    language = models.CharField(_("Language"), max_length=10, choices=Language.choices, default=Language.ENGLISH)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    invited_at = models.DateTimeField()
    joined_at = models.DateTimeField(null=True)
    """When they chose their first password."""
    signed_in_at = models.DateTimeField(null=True)

    objects: ClassVar[PortalUserQuerySet] = PortalUserQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("email", "id")
        constraints = (
            models.UniqueConstraint(Lower("email"), name="an_address_signs_in_one_portal_user"),
            models.UniqueConstraint(fields=("contact", "customer"), name="a_contact_has_one_portal_login_at_a_customer"),
            models.CheckConstraint(
                condition=Q(locked_at=None, locked_by="") | (Q(locked_at__isnull=False) & ~Q(locked_by="")),
                name="a_lock_says_who_locked",
            ),
        )

    def __str__(self) -> str:
        return self.email

    @property
    def has_code(self) -> bool:
        """Signing in takes a code as well."""
        return bool(self.code_sealed)


class ArchiveLock(models.Model):
    """That moving a customer to the archive locked this portal user, who was not locked before: what restoring undoes."""

    portal_user = models.OneToOneField(PortalUser, primary_key=True, on_delete=models.CASCADE, related_name="archive_lock")
    at = models.DateTimeField()


class PortalKeyUse(models.TextChoices):
    INVITATION = "invitation", _("Invitation")
    PASSWORD = "password", _("New password")


class PortalKey(models.Model):
    """A one-time link that was sent to a portal user."""

    portal_user = models.ForeignKey(PortalUser, on_delete=models.CASCADE, related_name="keys")
    use = models.CharField(max_length=12, choices=PortalKeyUse.choices)
    digest = models.CharField(max_length=64, unique=True)
    epoch = models.PositiveIntegerField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)


class PortalSession(models.Model):
    """A browser in which a portal user is signed in."""

    portal_user = models.ForeignKey(PortalUser, on_delete=models.CASCADE, related_name="sessions")
    digest = models.CharField(max_length=64, unique=True)
    epoch = models.PositiveIntegerField()
    begun_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ("id",)


class PortalRecoveryCode(models.Model):
    """A code that opens the second step once, for whoever has lost the device that shows the others."""

    portal_user = models.ForeignKey(PortalUser, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    """A slow one (users.recovery_codes): codes that people can type are short."""
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("portal_user", "digest"), name="a_recovery_code_is_given_once"),)
