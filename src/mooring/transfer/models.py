"""Imports that were begun on a page: the file, how its columns are meant, how far it is, what went wrong, what it did."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.users.models import User


class ImportState(models.TextChoices):
    """
    | state   | means                                     | goes on to                        |
    |---------|-------------------------------------------|-----------------------------------|
    | chosen  | the file is here, its columns are chosen  | waiting: tried out or begun       |
    | waiting | a worker takes it next                    | running                           |
    | running | rows are read; the lease says by whom     | tried, done, stopped, failed      |
    | tried   | a dry run ended, nothing was changed      | waiting                           |
    | done    | all rows were read                        | undone                            |
    | stopped | a person stopped it; what was done stays  | waiting: goes on; undone          |
    | failed  | the file could not be read any further    | waiting; undone                   |
    | undone  | what it did was taken back                |                                   |
    """

    CHOSEN = "chosen", _("Not begun")
    WAITING = "waiting", _("Begins at once")
    RUNNING = "running", _("Under way")
    TRIED = "tried", _("Tried out, nothing was changed")
    DONE = "done", pgettext_lazy("an import", "Done")
    STOPPED = "stopped", _("Stopped")
    FAILED = "failed", _("Broken off")
    UNDONE = "undone", _("Undone")


class ImportKind(models.TextChoices):
    CUSTOMERS = "customers", _("Customers")
    LEADS = "leads", _("Leads")
    CONTACTS = "contacts", _("Contacts")


IN_WORK: Final = (ImportState.WAITING, ImportState.RUNNING)


class Import(models.Model):
    """One file brought in by one person. Rows are done in batches, each with `rows_done` in one transaction."""

    kind = models.CharField(_("What is imported"), max_length=10, choices=ImportKind.choices)
    file_name = models.CharField(max_length=200)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=ImportState.choices, default=ImportState.CHOSEN)
    header = models.JSONField(default=list)
    fields = models.JSONField(default=list)
    """For each column the field that it is, or an empty text (transfer.columns)."""
    found_as = models.CharField(max_length=80, blank=True)
    """How the file was read, such as “CSV, utf-8, ;”."""
    on_duplicate = models.CharField(max_length=8, default="skip")
    on_bad_value = models.CharField(max_length=9, default="leave_out")
    owner = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    is_dry_run = models.BooleanField(default=True)
    row_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    created_count = models.PositiveIntegerField(default=0)
    updated_count = models.PositiveIntegerField(default=0)
    skipped_count = models.PositiveIntegerField(default=0)
    failed_count = models.PositiveIntegerField(default=0)
    incomplete_count = models.PositiveIntegerField(default=0)
    """Rows that came in without a value that was no good."""
    said = models.CharField(max_length=500, blank=True)
    """Why it was broken off, or what an undo had to leave."""
    is_stop_asked = models.BooleanField(default=False)
    lease_until = models.DateTimeField(null=True)
    moment = models.DateTimeField(null=True)
    """The moment of the deed: every record that it wrote has it, by which an undo sees what was changed since."""
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("id",), condition=Q(state__in=IN_WORK), name="imports_in_work"),)

    def __str__(self) -> str:
        return self.file_name

    @property
    def rows_done_for_good(self) -> int:
        """Rows that were brought in, and not only tried out."""
        return 0 if self.is_dry_run else self.rows_done


class ImportFile(models.Model):
    """The bytes, apart from the row that lists show; forgotten after a while (transfer.jobs)."""

    of = models.OneToOneField(Import, primary_key=True, on_delete=models.CASCADE, related_name="file")
    content = models.BinaryField()


class ImportProblem(models.Model):
    """A row that was left out, and why; with a value, only that one, which stood in this column of the file."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="problems")
    line = models.PositiveIntegerField()
    text = models.CharField(max_length=1000)
    column = models.CharField(max_length=200, blank=True)
    value = models.TextField(blank=True)

    class Meta:
        ordering = ("id",)


class ImportedRecord(models.Model):
    """What an import did to one record; `before` is how it stood, or None where it was new."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="records")
    record_id = models.BigIntegerField()
    before = models.JSONField(null=True)

    class Meta:
        ordering = ("id",)
