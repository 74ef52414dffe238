"""That many records were given the same at once: a job whose rows are what is left to do, and then what each had before."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from mooring.customers.models.info import InfoField
from mooring.users.models import User


class BulkField(models.TextChoices):
    """What can be changed of many at once."""

    STATUS = "status", _("Status")
    INDUSTRY = "industry", _("Industry")
    SOURCE = "source", _("Source")
    CATEGORY_ADDED = "category_added", _("Add the category")
    CATEGORY_REMOVED = "category_removed", _("Take off the category")
    TAG_ADDED = "tag_added", _("Add the tag")
    TAG_REMOVED = "tag_removed", _("Take off the tag")
    OWNER = "owner", _("Looked after by")
    INFO = "info", _("Additional information")
    ARCHIVED = "archived", _("Moved to the archive")
    RESTORED = "restored", _("Restored from the archive")


class BulkKind(models.TextChoices):
    """Of what."""

    CUSTOMER = "customer", _("Customers")
    LEAD = "lead", _("Leads")
    CONTACT = "contact", _("Contacts")
    PROJECT = "project", _("Projects")


class BulkState(models.TextChoices):
    """How one record fared."""

    WAITING = "waiting", _("Still to be changed")
    CHANGED = "changed", _("Changed")
    SAME = "same", _("Had it already")
    NOT_YOURS = "not_yours", _("Left alone: not yours to change")
    WISH_GONE = "wish_gone", _("Left alone: what they should have exists no more")
    GIVEN_BACK = "given_back", _("As it was before")
    OVERWRITTEN = "overwritten", _("Left alone: it was changed again since")
    OUT_OF_REACH = "out_of_reach", _("Left alone: no longer yours to change")
    VALUE_GONE = "value_gone", _("Left alone: what it had before exists no more")
    GONE = "gone", _("Left alone: it exists no more")


class BulkChange(models.Model):
    """The worker carries on what is too much for one request, there and back; stopped, what is changed stays changed."""

    kind = models.CharField(max_length=8, choices=BulkKind.choices, default=BulkKind.CUSTOMER)
    field = models.CharField(max_length=20, choices=BulkField.choices)
    info_field = models.ForeignKey(InfoField, null=True, on_delete=models.CASCADE, related_name="+")
    value = models.JSONField(null=True)
    """What they shall have: the id of an entry or of an owner, or a value of additional information; None where it is emptied."""
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    is_by_program = models.BooleanField(default=False)
    """Whether the program itself asked for the way that runs, which reaches all; a user who is gone by now reaches nothing."""
    address = models.CharField(max_length=45, blank=True)
    """The network address from which it was asked for, for the journal."""
    changed_at = models.DateTimeField()
    found_by = models.JSONField(null=True)
    """The filters of which the worker still gathers what they find (customers.gathering); None once all rows are there."""
    found_up_to = models.CharField(max_length=500, blank=True)
    """Where the gathering goes on."""
    ended_at = models.DateTimeField(null=True)
    """When the last of them was dealt with; None while the job runs, there or back."""
    is_stopped = models.BooleanField(default=False)
    failure_count = models.PositiveSmallIntegerField(default=0)
    """How often it failed since something of it succeeded."""
    retry_at = models.DateTimeField(null=True)
    broke_with = models.CharField(max_length=100, blank=True)
    """The name of the error with which it was set aside, there or back; what is left of it waits until somebody tries again."""
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    """How many were dealt with on the way that runs."""
    changed_count = models.PositiveIntegerField(default=0)
    given_back_count = models.PositiveIntegerField(default=0)
    out_of_reach_count = models.PositiveIntegerField(default=0)
    """Those that undoing left because whoever undid it may not change them: an administrator can still give them back."""
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ("-changed_at", "-id")
        indexes = (
            models.Index(fields=("changed_by", "-changed_at", "-id"), name="bulk_changes_of_a_user"),
            models.Index(fields=("id",), condition=models.Q(ended_at=None), name="bulk_changes_under_way"),
        )


class BulkChangeRow(models.Model):
    """One record of a change, which may be gone by now."""

    change = models.ForeignKey(BulkChange, on_delete=models.CASCADE, related_name="rows", db_index=False)
    record_id = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=BulkState.choices, default=BulkState.WAITING)
    before = models.JSONField(null=True)
    """What it had, in the shape of the change's value; of categories and tags, whether it had them."""

    class Meta:
        ordering = ("record_id",)
        constraints = (models.UniqueConstraint(fields=("change", "record_id"), name="a_change_names_a_record_once"),)
        indexes = (models.Index(fields=("change", "state", "record_id"), name="rows_of_a_bulk_change"),)
