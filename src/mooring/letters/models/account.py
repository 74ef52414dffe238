"""A mail account: the connection to one mailbox, how letters leave it, whose team works in it, and the folders found there."""

from __future__ import annotations

from typing import ClassVar, Final, Self

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.mail import types as wire
from mooring.users.models import Group, User
from mooring.users.permissions import Action, Module, Scope, scope_of
from mooring.users.reach import among_owners, owners_within
from mooring.users.scoping import ScopedQuerySet, has_any


class Protocol(models.TextChoices):
    IMAP = "imap", _("IMAP")
    POP3 = "pop3", _("POP3")
    JMAP = "jmap", _("HTTP: JMAP")
    GRAPH = "graph", _("HTTP: Microsoft Graph")
    GMAIL = "gmail", _("HTTP: Gmail")
    FILES = "files", _("Mail files")


OVER_HTTP: Final = frozenset({Protocol.JMAP, Protocol.GRAPH, Protocol.GMAIL})


class OutgoingProtocol(models.TextChoices):
    """How letters leave the account."""

    NOTHING = "", _("Nothing is sent")
    SMTP = "smtp", _("SMTP")
    SAME = "same", _("The same server")
    """The server that letters are received from over HTTP takes them, too."""


class Login(models.TextChoices):
    """As mail.types.Login, for receiving."""

    PASSWORD = wire.Login.PASSWORD.value, _("Password")
    SPA = wire.Login.SPA.value, _("Secure password authentication (SPA)")
    SPA_OLD = wire.Login.SPA_OLD.value, _("Secure password authentication, old version (NTLM 1)")
    TOKEN = wire.Login.TOKEN.value, _("Sign-in with the provider (OAuth 2)")


class OutgoingLoginOf(models.TextChoices):
    """With whose user name and password letters are sent."""

    NOBODY = "none", _("The server requires no authentication")
    SAME = "same", _("Same settings as the incoming server")
    OWN = "own", _("Another user name and password")


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
        if scope is Scope.NONE:
            return self.limited_to(models.Q(pk__in=()))
        own = among_owners(owners_within(user, scope))
        return self.limited_to(own | in_a_team_of(user) if action is Action.VIEW else own)


class MailAccount(models.Model):
    """Personal, of one user, or of a team, that is of one or several groups (TeamAccess).

    Removing it keeps the archived letters: `removed_at` is set, the passwords are wiped.
    """

    owner = models.ForeignKey(
        User,
        verbose_name=pgettext_lazy("mailbox", "Owner"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    is_team = models.BooleanField(_("Team account"), default=False)
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
    login = models.CharField(_("Logon"), max_length=10, choices=Login.choices, default=Login.PASSWORD)
    remembers_password = models.BooleanField(_("Remember password"), default=True)
    """Not remembered, it is asked for when needed and kept in memory only."""
    timeout_seconds = models.PositiveIntegerField(_("Server timeout in seconds"), default=60)
    path = models.CharField(_("Folder of mail files"), max_length=1000, blank=True)
    url = models.CharField(_("Address of the interface"), max_length=500, blank=True)
    """Over HTTP only; empty for the provider's own public address."""

    outgoing_protocol = models.CharField(
        _("Sending"), max_length=10, choices=OutgoingProtocol.choices, default=OutgoingProtocol.NOTHING, blank=True
    )
    outgoing_host = models.CharField(_("Outgoing server"), max_length=253, blank=True)
    outgoing_port = models.PositiveIntegerField(_("Port of the outgoing server"), default=465)
    outgoing_encryption = models.CharField(
        _("Encryption of the outgoing server"), max_length=10, choices=Encryption.choices, default=Encryption.TLS
    )
    outgoing_plain_login_allowed = models.BooleanField(
        _("Log in to the outgoing server even though the connection is not encrypted"), default=False
    )
    outgoing_login_of = models.CharField(
        _("Authentication at the outgoing server"),
        max_length=10,
        choices=OutgoingLoginOf.choices,
        default=OutgoingLoginOf.SAME,
    )
    outgoing_login = models.CharField(
        _("Logon at the outgoing server"), max_length=10, choices=Login.choices, default=Login.PASSWORD
    )
    outgoing_user_name = models.CharField(_("User name at the outgoing server"), max_length=320, blank=True)
    outgoing_password_sealed = models.BinaryField(default=b"", editable=False)
    """As `password_sealed`, bound to the outgoing server."""

    leaves_copy = models.BooleanField(_("Leave a copy of messages on the server"), default=True)
    removes_after_days = models.PositiveIntegerField(_("Remove from server after days"), null=True, blank=True)
    removes_when_deleted = models.BooleanField(_("Remove from server when deleted"), default=False)

    is_scanned = models.BooleanField(_("Email scan active"), default=True)
    syncs_customers = models.BooleanField(_("Sync clients"), default=True)
    syncs_leads = models.BooleanField(_("Sync leads"), default=True)
    is_main = models.BooleanField(_("Main"), default=False)
    """Everything in it is kept and shown in the module Email; letters linked to nobody only to its owner."""
    marks_incoming_private = models.BooleanField(_("Mark incoming emails as private"), default=False)
    marks_outgoing_private = models.BooleanField(_("Mark outgoing emails as private"), default=False)
    first_scan_days = models.PositiveIntegerField(_("First scan reaches back (days)"), null=True, blank=True, default=365)
    """None: everything. Can be widened later; letters listed but older are then read too."""
    signature = models.TextField(_("Signature"), max_length=20_000, blank=True)
    """HTML, made safe when it was saved."""

    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[MailAccountQuerySet] = MailAccountQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("address", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(is_team=True, owner=None) | models.Q(is_team=False, owner__isnull=False),
                name="an_account_is_of_one_user_or_of_a_team",
            ),
        )

    def __str__(self) -> str:
        return self.address


class TeamAccess(models.Model):
    """That the members of a group read the letters of a team account, and whether they write from it."""

    account = models.ForeignKey(MailAccount, on_delete=models.CASCADE, related_name="team_accesses")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="+")
    may_write = models.BooleanField(_("May write"), default=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("account", "group"), name="a_team_account_is_of_a_group_once"),)

    def __str__(self) -> str:
        return f"{self.account} / {self.group}"


def in_a_team_of(user: User, *, account: str = "", may_write: bool = False) -> models.Q:
    """That the account, or the one that `account` leads to from a row, is of a team which the user works in.

    Being in a group counts for exactly this group. Asked row by row through indexes, and only of team accounts.
    """
    path = f"{account}__" if account else ""
    accesses = TeamAccess.objects.filter(account=models.OuterRef(f"{account}_id" if account else "pk"))
    if may_write:
        accesses = accesses.filter(may_write=True)
    return models.Q(**{f"{path}is_team": True}) & has_any(accesses.filter(group__memberships__user=user))


class DefaultAccount(models.Model):
    """The account that a user writes from unless another is chosen: a personal one or one of a team."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(MailAccount, on_delete=models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"{self.user} / {self.account}"


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
