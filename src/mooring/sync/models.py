"""What the engine remembers: per account who works now and how it went, per folder where it stands, per letter what became of it.

The durable truth is rows, not queues: a visit that dies is due again when its lease runs out.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mooring.letters.models import Delivery, Folder, MailAccount


class AccountState(models.Model):
    """The lease on an account, its timetable and its health."""

    account = models.OneToOneField(MailAccount, primary_key=True, on_delete=models.CASCADE, related_name="+")
    lease_owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    """Grows with every lease. A writer whose fence is not the current one has lost the lease and must not write."""
    next_visit_at = models.DateTimeField(db_index=True)
    wanted_at = models.DateTimeField(null=True)
    """“Scan now”, or a hint from IDLE: visit as soon as possible."""
    last_visit_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    folders_listed_at = models.DateTimeField(null=True)
    failure_count = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_details = models.JSONField(default=dict)
    error_said = models.CharField(max_length=500, blank=True)
    is_stopped = models.BooleanField(default=False)
    """Given up until a person changes the account or says “scan now”."""


class SendingState(models.Model):
    """How sending from an account goes: troubles that are not about one letter, and what its server does with copies.

    An account without a row has never had any trouble.
    """

    account = models.OneToOneField(MailAccount, primary_key=True, on_delete=models.CASCADE, related_name="+")
    failure_count = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    """A change of the account after it ends the rest at once."""
    next_try_at = models.DateTimeField(null=True)
    """Nothing is sent before; letters stay ready."""
    error_code = models.CharField(max_length=40, blank=True)
    error_details = models.JSONField(default=dict)
    error_said = models.CharField(max_length=500, blank=True)
    is_stopped = models.BooleanField(default=False)
    """Given up until a person changes the account or clears its errors."""
    keeps_sent_copy = models.BooleanField(null=True)
    """Whether the server was seen to put what it sends into the Sent folder itself; None: not known yet."""


class FolderState(models.Model):
    """Where the engine stands in a folder, and the numbers for its health line."""

    folder = models.OneToOneField(Folder, primary_key=True, on_delete=models.CASCADE, related_name="+")
    epoch = models.CharField(max_length=100, blank=True)
    bookmark = models.JSONField(null=True)
    """Opaque: written and read by the protocol only."""
    server_count = models.BigIntegerField(null=True)
    last_changes_at = models.DateTimeField(null=True)
    last_full_at = models.DateTimeField(null=True)
    epoch_changes_in_row = models.PositiveIntegerField(default=0)
    failure_count = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_details = models.JSONField(default=dict)
    held_vanished_count = models.PositiveIntegerField(default=0)
    """So many letters vanished at once that a person is asked before they are called gone."""
    is_vanishing_agreed = models.BooleanField(default=False)
    """A person said that they are gone; the next full comparison believes it."""


class ItemState(models.TextChoices):
    LISTED = "listed", _("Waiting")
    FILED = "filed", _("Archived")
    SKIPPED = "skipped", _("Not for us")
    OLDER = "older", _("Older than the first scan")
    TOO_LARGE = "toolarge", _("Too large")
    FAILED = "failed", _("Failed")
    GONE = "gone", _("Gone from the server")


class Item(models.Model):
    """One letter in one folder under one numbering (epoch), from the moment it is listed."""

    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="+", db_index=False)
    epoch = models.CharField(max_length=100)
    server_id = models.CharField(max_length=300)
    rank = models.BigIntegerField()
    state = models.CharField(max_length=8, choices=ItemState.choices, default=ItemState.LISTED)
    attempts = models.PositiveSmallIntegerField(default=0)
    """Raised before the letter is fetched, so that one that kills the process is parked after three starts."""
    error_code = models.CharField(max_length=40, blank=True)
    received_at = models.DateTimeField(null=True)
    first_seen_at = models.DateTimeField(null=True)
    """When it was first listed, by our own clock: from then on count the days that it may stay on the server."""
    size = models.BigIntegerField(default=0)
    flags = models.JSONField(default=list)
    remote_id = models.CharField(max_length=200, blank=True)
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    gone_at = models.DateTimeField(null=True)
    """When it was missed on the server. Its delivery is called gone only when it turned up nowhere else for a while."""

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("folder", "epoch", "server_id"), name="a_letter_is_listed_once_per_epoch"),
        )
        indexes = (
            models.Index(
                fields=("folder", "-rank"),
                condition=models.Q(state=ItemState.LISTED),
                name="items_waiting_newest_first",
            ),
            models.Index(fields=("folder",), condition=models.Q(state=ItemState.FAILED), name="items_failed"),
            models.Index(fields=("folder",), condition=models.Q(state=ItemState.OLDER), name="items_too_old"),
            models.Index(fields=("delivery",), condition=models.Q(delivery__isnull=False), name="items_of_a_delivery"),
            models.Index(fields=("remote_id",), condition=~models.Q(remote_id=""), name="items_by_remote_id"),
            models.Index(fields=("folder", "gone_at"), condition=models.Q(gone_at__isnull=False), name="items_missed"),
        )


class RemovalReason(models.TextChoices):
    DELETED = "deleted", _("Deleted here")
    DAYS = "days", _("Long enough on the server")
    NO_COPY = "no_copy", _("Archived, and no copy is to stay on the server")


class Removal(models.Model):
    """A letter that is to be removed from its server: why, when, how often that was tried, and that it was done.

    Written before the server is told, so that a removal cut off at any moment is known as ours when the letter is missed.
    """

    item = models.OneToOneField(Item, primary_key=True, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(MailAccount, on_delete=models.CASCADE, related_name="+", db_index=False)
    """That of the item's folder, repeated so that the health of an account costs no look at its letters."""
    reason = models.CharField(max_length=8, choices=RemovalReason.choices)
    due_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    """Raised before the server is told."""
    next_try_at = models.DateTimeField()
    error_code = models.CharField(max_length=40, blank=True)
    done_at = models.DateTimeField(null=True)
    """Since when the letter is not on the server any more. The archived letter stays where it is shown."""

    class Meta:
        indexes = (models.Index(fields=("account",), condition=models.Q(done_at=None), name="removals_to_come"),)


class ItemCount(models.Model):
    """How many letters of a folder are in a state. Read only: triggers of the database keep it true (migration 0002)."""

    folder = models.ForeignKey(Folder, on_delete=models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(max_length=8)
    item_count = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("folder", "state"), name="a_state_of_a_folder_is_counted_once"),)


class ItemHint(models.Model):
    """A keyed hash of an address or domain in a letter that was not kept, so that it can be found when one is added."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="hints")
    digest = models.BigIntegerField(db_index=True)


class BackfillMark(models.Model):
    """Up to which row of the address book older letters have been looked for."""

    name = models.CharField(max_length=40, primary_key=True)
    last_id = models.BigIntegerField(default=0)


class BackfillOffer(models.Model):
    """Older letters that an address or domain added later would link: shown before it happens."""

    address = models.CharField(max_length=320)
    is_domain = models.BooleanField(default=False)
    customer_id = models.BigIntegerField(null=True)
    lead_id = models.BigIntegerField(null=True)
    kept_count = models.PositiveIntegerField(default=0)
    on_server_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    batch_id = models.BigIntegerField(null=True)
    """The letters' LinkBatch once accepted."""
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("customer_id",), condition=models.Q(answered_at=None), name="offers_to_a_customer"),
            models.Index(fields=("lead_id",), condition=models.Q(answered_at=None), name="offers_to_a_lead"),
        )
