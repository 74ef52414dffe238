"""A mail account: the connection to one mailbox, and the folders found there."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of
from mooring.users.scoping import ScopedQuerySet


class Protocol(models.TextChoices):
    IMAP = "imap", _("IMAP")
    FILES = "files", _("Mail files")


class Encryption(models.TextChoices):
    TLS = "tls", _("TLS")
    STARTTLS = "starttls", _("STARTTLS")
    NONE = "none", _("None")


class MailAccountQuerySet(ScopedQuerySet["MailAccount"]):
    def visible_to(self, user: User, action: Action = Action.VIEW) -> Self:
        """Accounts whose settings the user may see or change. What lies in them is a matter of visibility.py."""
        scope = scope_of(user, Module.ACCOUNTS, action)
        if scope is Scope.ALL:
            return self.limited_to(models.Q())
        if scope is Scope.OWN:
            return self.limited_to(models.Q(owner=user))
        return self.limited_to(models.Q(pk__in=()))


class MailAccount(models.Model):
    """A personal account of one user. Removing it keeps the archived letters: `removed_at` is set, the password wiped."""

    owner = models.ForeignKey(User, verbose_name=pgettext_lazy("mailbox", "Owner"), on_delete=models.PROTECT, related_name="+")
    your_name = models.CharField(_("Your name"), max_length=200)
    address = models.EmailField(_("Email address"), max_length=320)
    organization = models.CharField(_("Organization"), max_length=200, blank=True)
    reply_address = models.EmailField(_("Reply address"), max_length=320, blank=True)

    protocol = models.CharField(_("Server type"), max_length=10, choices=Protocol.choices, default=Protocol.IMAP)
    host = models.CharField(_("Incoming server"), max_length=253, blank=True)
    port = models.PositiveIntegerField(_("Port"), default=993)
    encryption = models.CharField(_("Encryption"), max_length=10, choices=Encryption.choices, default=Encryption.TLS)
    plain_login_allowed = models.BooleanField(_("Log in even though the connection is not encrypted"), default=False)
    user_name = models.CharField(_("User name"), max_length=320, blank=True)
    """Empty when it is the address itself."""
    password_sealed = models.BinaryField(default=b"", editable=False)
    """Sealed by letters.credentials with a key outside the database and bound to this row and host."""
    timeout_seconds = models.PositiveIntegerField(_("Server timeout in seconds"), default=60)
    path = models.CharField(_("Folder of mail files"), max_length=1000, blank=True)

    is_scanned = models.BooleanField(_("Email scan active"), default=True)
    syncs_customers = models.BooleanField(_("Sync clients"), default=True)
    syncs_leads = models.BooleanField(_("Sync leads"), default=True)
    is_main = models.BooleanField(_("Main"), default=False)
    """Everything in it is kept and shown in the module Email; letters linked to nobody only to its owner."""
    marks_incoming_private = models.BooleanField(_("Mark incoming emails as private"), default=False)
    marks_outgoing_private = models.BooleanField(_("Mark outgoing emails as private"), default=False)
    first_scan_days = models.PositiveIntegerField(_("First scan reaches back (days)"), null=True, blank=True, default=365)
    """None: everything. Can be widened later; letters listed but older are then read too."""
    is_default = models.BooleanField(_("Default account"), default=False)

    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[MailAccountQuerySet] = MailAccountQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("address", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("owner",),
                condition=models.Q(is_default=True, removed_at=None),
                name="a_user_has_one_default_account",
            ),
        )

    def __str__(self) -> str:
        return self.address


class Folder(models.Model):
    """A folder of an account as last seen on the server, and whether it is read."""

    account = models.ForeignKey(MailAccount, on_delete=models.CASCADE, related_name="folders")
    path = models.CharField(_("Folder"), max_length=1000)
    wire_name = models.CharField(max_length=2000)
    delimiter = models.CharField(max_length=4, blank=True)
    special_use = models.CharField(max_length=12, blank=True)
    is_selectable = models.BooleanField(default=True)
    is_synced = models.BooleanField(_("Synced"), default=True)
    missing_since = models.DateTimeField(null=True, blank=True)
    """When the server stopped listing it; its letters stay archived."""

    class Meta:
        ordering = ("path", "id")
        constraints = (models.UniqueConstraint(fields=("account", "wire_name"), name="an_account_has_a_folder_once"),)

    def __str__(self) -> str:
        return self.path
