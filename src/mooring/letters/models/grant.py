"""Sign-in providers with which this installation is registered, what people permitted there, and sign-ins on their way.

Every secret is sealed by letters.token_sealing, bound to its row, its field and the provider's host.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.letters.models.account import MailAccount
from mooring.mail.sign_in_providers import ALL_TENANTS
from mooring.users.models import User


class ProviderKind(models.TextChoices):
    GOOGLE = "google", _("Google")
    MICROSOFT = "microsoft", _("Microsoft")
    OTHER = "other", pgettext_lazy("provider", "Another provider")


class SignInProvider(models.Model):
    """A provider at which people sign in for their mailboxes. The mail room knows the addresses of Google and Microsoft."""

    kind = models.CharField(max_length=10, choices=ProviderKind.choices)
    title = models.CharField(_("Name"), max_length=60)
    client_id = models.CharField(_("Client ID"), max_length=300)
    client_secret_sealed = models.BinaryField(default=b"", editable=False)
    """Empty for a public client, which has none."""
    tenant = models.CharField(_("Tenant"), max_length=100, default=ALL_TENANTS)
    authorize_url = models.URLField(_("Authorization address"), max_length=500, blank=True)
    token_url = models.URLField(_("Token address"), max_length=500, blank=True)
    device_url = models.URLField(_("Device code address"), max_length=500, blank=True)
    userinfo_url = models.URLField(_("User information address"), max_length=500, blank=True)
    revoke_url = models.URLField(_("Revocation address"), max_length=500, blank=True)
    scopes = models.CharField(_("Scopes"), max_length=1000, blank=True)
    mail_hosts = models.CharField(_("Mail servers"), max_length=1000, blank=True)
    """The only servers that its tokens are shown to, with blanks between."""
    extra_parameters = models.CharField(_("Further parameters"), max_length=500, blank=True)
    """As in an address: access_type=offline&prompt=consent."""
    offers_device_code = models.BooleanField(_("Sign in with a code"), default=False)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("title", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("kind",),
                condition=~models.Q(kind="other"),
                name="google_and_microsoft_are_registered_once",
            ),
            models.UniqueConstraint(fields=("title",), name="a_sign_in_provider_has_a_name_of_its_own"),
        )

    def __str__(self) -> str:
        return self.title


class Grant(models.Model):
    """What somebody permitted with a provider: tokens for one mailbox. Without an account while that is being set up."""

    account = models.OneToOneField(MailAccount, on_delete=models.CASCADE, null=True, blank=True, related_name="grant")
    provider = models.ForeignKey(SignInProvider, on_delete=models.PROTECT, related_name="grants")
    granted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    identity = models.CharField(max_length=320, blank=True)
    """Who signed in, as the provider names them; empty where it does not tell."""
    scopes = models.CharField(max_length=2000, blank=True)
    """What was asked for."""
    access_sealed = models.BinaryField(default=b"", editable=False)
    refresh_sealed = models.BinaryField(default=b"", editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    """Grows with every change of tokens, so that nobody writes over newer ones."""
    renewing_until = models.DateTimeField(null=True, blank=True)
    """Somebody is renewing it; others wait, for a refresh token that rotates may be used once only."""
    gone_at = models.DateTimeField(null=True, blank=True)
    """Since when the provider does not know the permission any more."""
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.identity or str(self.provider)


class SignIn(models.Model):
    """A question to a person on its way: on the provider's page, or as a code to be entered elsewhere."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    provider = models.ForeignKey(SignInProvider, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(MailAccount, on_delete=models.CASCADE, null=True, related_name="+")
    """The account that signs in again; none while a new one is being set up."""
    address = models.CharField(max_length=320)
    """Who is expected to sign in."""
    protocol = models.CharField(max_length=10)
    scopes = models.CharField(max_length=2000, blank=True)
    back_url = models.CharField(max_length=500)
    """A page of ours, to return to."""
    form = models.JSONField(default=dict)
    """What was typed into the account's form; never a password."""
    state_hash = models.CharField(max_length=64, blank=True)
    """SHA-256 of the state that the browser brings back; empty for a code."""
    verifier_sealed = models.BinaryField(default=b"", editable=False)
    nonce = models.CharField(max_length=64, blank=True)
    consent_url = models.CharField(max_length=4000, blank=True)
    device_code_sealed = models.BinaryField(default=b"", editable=False)
    user_code = models.CharField(max_length=100, blank=True)
    verification_url = models.CharField(max_length=500, blank=True)
    verification_url_complete = models.CharField(max_length=1000, blank=True)
    interval_seconds = models.PositiveIntegerField(default=5)
    next_ask_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    """When the answer came. A question is answered once."""
    problem = models.CharField(max_length=40, blank=True)
    """Why nothing was granted, as letters.sign_ins names it."""
    problem_details = models.JSONField(default=dict)
    grant = models.ForeignKey(Grant, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.address} ({self.provider})"
