"""Who may sign in to the desk, how they like it, the groups they work in, and the journal of what they changed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

KEPT_RIGHTS = "kept_rights"
HELD_RIGHTS = "_held_rights"
HELD_REACH = "_held_reach"
HELD_ROOTS = "_held_roots"
"""Attributes of a user under which rights, groups and how much they see are held once they were read; see permissions, reach and
customers.seen_roots."""


class Role(models.TextChoices):
    """A named set of rights; what each may do stands in users/permissions.py, and what was changed of it in RoleRights."""

    ADMINISTRATOR = "administrator", _("Administrator")
    SALES_MANAGER = "sales_manager", _("Sales manager")
    SALES_PERSON = "sales_person", _("Sales person")
    OFFICE = "office", pgettext_lazy("role", "Office")
    READ_ONLY = "read_only", _("Read only")


class Theme(models.TextChoices):
    SYSTEM = "system", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class Language(models.TextChoices):
    ENGLISH = "en", "English"
    POLISH = "pl", "polski"


class UserManager(BaseUserManager["User"]):
    """Finds users by address whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username or "")


class User(AbstractBaseUser):
    """A member of staff. Never deleted, only deactivated, so that the journal keeps naming people."""

    email = models.EmailField(_("Email address"), max_length=254, unique=True)
    name = models.CharField(pgettext_lazy("person", "Name"), max_length=200)
    role = models.CharField(_("Role"), max_length=20, choices=Role.choices, default=Role.SALES_PERSON)
    is_active = models.BooleanField(_("May sign in"), default=True)
    language = models.CharField(_("Language"), max_length=10, choices=Language.choices, default=Language.ENGLISH)
    time_zone = models.CharField(_("Time zone"), max_length=64, default="UTC")
    theme = models.CharField(_("Colours"), max_length=10, choices=Theme.choices, default=Theme.SYSTEM)
    created_at = models.DateTimeField()
    session_epoch = models.PositiveIntegerField(default=0)
    """Counted up to end every session of the user at once, as a new password does."""

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ("name", "id")
        constraints = (models.UniqueConstraint(Lower("email"), name="an_address_signs_in_one_user"),)

    def __str__(self) -> str:
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session keeps of whoever began it; it ends when this is another. Django's own, with the epoch in it."""
        stamp = f"{self.password}|{self.session_epoch}" if self.session_epoch else self.password
        salt = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"
        return salted_hmac(salt, stamp, secret=secret, algorithm="sha256").hexdigest()

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Forgets the rights, the groups and how much they see that were read for it, too."""
        for name in (KEPT_RIGHTS, HELD_RIGHTS, HELD_REACH, HELD_ROOTS):
            self.__dict__.pop(name, None)
        super().refresh_from_db(*args, **kwargs)


class SecondStep(models.Model):
    """What somebody is asked for after the password. Without a row it is the password alone."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="second_step")
    since = models.DateTimeField()
    code_sealed = models.BinaryField(default=b"")
    """The secret of an app for codes (letters.code_sealing); empty where there is none."""
    code_counter = models.BigIntegerField(default=0)
    """The number of the last code that was taken (app_codes.counter_of). None is taken twice."""
    wrong_count = models.PositiveIntegerField(default=0)
    """Wrong codes since the last right one, at whichever door."""
    blocked_until = models.DateTimeField(null=True)
    """Until then no typed code is looked at."""

    class Meta:
        ordering = ("user_id",)

    def __str__(self) -> str:
        return str(self.user)

    @property
    def has_app(self) -> bool:
        """Whether an app for codes was set up."""
        return bool(self.code_sealed)


class RecoveryCode(models.Model):
    """One of ten codes for whoever lost the device; good once. Only a digest is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("user", "digest"), name="somebodys_recovery_codes_differ"),)

    def __str__(self) -> str:
        return str(self.user)


class Passkey(models.Model):
    """The public half of a key that a device keeps (WebAuthn): for the second step, or in place of password and step."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(pgettext_lazy("passkey", "Name"), max_length=60)
    credential_id = models.CharField(max_length=1400, unique=True)
    """As the device names it, in base64url without padding; at most 1023 bytes."""
    credential = models.BinaryField()
    """The attested credential data (WebAuthn, 6.5.1), which hold the public key."""
    sign_count = models.BigIntegerField(default=0)
    """How often the device signed with it, as it says; it never goes back. Devices that share a key say 0 always."""
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name


class OpenSession(models.Model):
    """A browser in which somebody is signed in. Whether the session still stands is known to Django's own table."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    session_key = models.CharField(max_length=40, unique=True)
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=300, blank=True)
    """What the browser says of itself (User-Agent)."""
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    """To within five minutes."""

    class Meta:
        ordering = ("-seen_at", "id")

    def __str__(self) -> str:
        return f"{self.user} / {self.address}"


class RoleRights(models.Model):
    """What administrators changed of a role's rights (users.rights). A role without a row has those it came with."""

    role = models.CharField(max_length=20, choices=Role.choices, unique=True)
    scopes = models.JSONField(default=dict)
    """{module: {action: scope in lower case}}; what is missing is as it came."""
    before = models.JSONField(null=True)
    """The same before the last change; None where that was taken back."""
    version = models.PositiveIntegerField(default=1)
    """Counts the changes, so that nobody overwrites or takes back what they did not see."""

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(condition=~models.Q(role=Role.ADMINISTRATOR), name="administrators_keep_their_rights"),
        )

    def __str__(self) -> str:
        return str(self.get_role_display())


class GroupKind(models.TextChoices):
    STANDARD = "standard", _("Standard")
    SALES = "sales", _("Sales")
    """Its members are sales people."""


class Group(models.Model):
    """A set of staff within a tree. Being in a group says nothing about the groups above or below it."""

    name = models.CharField(pgettext_lazy("group", "Name"), max_length=100)
    description = models.TextField(_("Description"), max_length=1000, blank=True)
    kind = models.CharField(_("Type"), max_length=10, choices=GroupKind.choices, default=GroupKind.STANDARD)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    place = models.PositiveIntegerField(default=0)
    """Its place among the groups under the same parent."""

    class Meta:
        ordering = ("place", "id")
        constraints = (
            models.UniqueConstraint(Lower("name"), "parent", name="a_group_has_a_name_of_its_own_under_its_parent"),
            models.UniqueConstraint(
                Lower("name"), condition=models.Q(parent=None), name="a_group_at_the_top_has_a_name_of_its_own"
            ),
            models.CheckConstraint(condition=~models.Q(parent=models.F("id")), name="a_group_is_not_its_own_parent"),
        )

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """That somebody works in a group, and as what."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    position = models.CharField(_("Position"), max_length=100, blank=True)
    since_on = models.DateField(_("From"), null=True, blank=True)
    """The first day; None for somebody who was there from the beginning."""

    class Meta:
        ordering = ("user__name", "id")
        constraints = (models.UniqueConstraint(fields=("user", "group"), name="somebody_is_in_a_group_once"),)

    def __str__(self) -> str:
        return f"{self.user} / {self.group}"


class PastMembership(models.Model):
    """That somebody worked in a group once. It gives no rights; reports count by it."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="past_memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="past_memberships")
    position = models.CharField(_("Position"), max_length=100, blank=True)
    since_on = models.DateField(_("From"), null=True, blank=True)
    until_on = models.DateField(_("To"))
    """The last day."""

    class Meta:
        ordering = ("-until_on", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(since_on=None) | models.Q(since_on__lte=models.F("until_on")),
                name="somebody_joins_a_group_before_leaving_it",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} / {self.group}"


class RemovedGroup(models.Model):
    """What a group was, under the id that it had, with everybody's days in it: enough to bring it back."""

    id = models.BigIntegerField(primary_key=True)
    name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=10, choices=GroupKind.choices)
    parent_id = models.BigIntegerField(null=True)
    place = models.PositiveIntegerField()
    members = models.JSONField(default=list)
    past_members = models.JSONField(default=list)
    removed_at = models.DateTimeField()
    removed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ("-removed_at", "id")

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """The filters, sorting and columns of a list under a name; shown as a tab above the list."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    list_name = models.CharField(max_length=30)
    name = models.CharField(max_length=80)
    query = models.JSONField(default=dict)
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(fields=("user", "list_name", "name"), name="a_view_has_one_name_per_user_and_list"),
        )

    def __str__(self) -> str:
        return self.name


class JournalIsFinal(RuntimeError):
    """Code tried to change or delete a line of the journal. A fault in our code, never of the user."""


class JournalQuerySet(models.QuerySet["JournalEntry"]):
    """Lines are added and read; nothing else."""

    def update(self, **_changes: Any) -> int:
        raise JournalIsFinal("lines of the journal are never changed")

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> int:
        raise JournalIsFinal("lines of the journal are never changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise JournalIsFinal("lines of the journal are never deleted")


class JournalEntry(models.Model):
    """One change: who, what, when, from where. The database refuses to change or delete it (see the migrations)."""

    at = models.DateTimeField(db_index=True)
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=20)
    """Where it came from: "desk", "portal", "command", "worker"."""
    address = models.CharField(max_length=45, blank=True)
    action = models.CharField(max_length=40)
    record_kind = models.CharField(max_length=30)
    record_id = models.BigIntegerField(null=True)
    record_name = models.CharField(max_length=300, blank=True)
    changes = models.JSONField(default=dict)
    """{"field": [before, after]} or facts about the deed; never a secret."""

    objects: ClassVar[JournalQuerySet] = JournalQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("record_kind", "record_id", "-id"), name="journal_of_a_record"),)

    def __str__(self) -> str:
        return f"{self.action} {self.record_kind} {self.record_name}"
