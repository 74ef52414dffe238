"""What people plan to do: tasks, calls, meetings and notes on records; notices to them; and letters that wait for an answer."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import OuterRef, Q
from django.utils.translation import gettext_lazy as _

from mooring.customers.models import Customer, Lead, Project
from mooring.letters.models import Letter, MailAccount, OutgoingLetter
from mooring.sales.models import Opportunity
from mooring.users.models import User
from mooring.users.permissions import Action
from mooring.users.scoping import ScopedQuerySet, has_any


class ActivityKind(models.TextChoices):
    TASK = "task", _("Task")
    CALL = "call", _("Call")
    MEETING = "meeting", _("Meeting")
    NOTE = "note", _("Note")


class ActivityQuerySet(ScopedQuerySet["Activity"]):
    def visible_to(self, user: User, action: Action = Action.VIEW) -> Self:
        """One's own, those one planned for others, and those of records on which the user may do `action`."""
        if not user.is_active:
            return self.limited_to(Q(pk__in=()))
        customers, leads = Customer.objects.visible_to(user, action), Lead.objects.visible_to(user, action)
        projects = Project.objects.visible_to(user, action)
        of_record = has_any(customers.filter(pk=OuterRef("customer_id"))) | has_any(leads.filter(pk=OuterRef("lead_id")))
        of_record |= has_any(projects.filter(pk=OuterRef("project_id")))
        sales = Opportunity.objects.visible_to(user, action)
        of_record |= has_any(sales.filter(pk=OuterRef("opportunity_id")))
        return self.limited_to(Q(owner=user) | Q(planned_by=user) | of_record)


class Activity(models.Model):
    """Something to be done, or, as a note, something to be known. At most one record is what it is about.

    Removing only marks it, so that it can be brought back.
    """

    kind = models.CharField(_("Kind"), max_length=10, choices=ActivityKind.choices, default=ActivityKind.TASK)
    title = models.CharField(_("What"), max_length=300)
    note = models.TextField(_("Note"), blank=True)
    owner = models.ForeignKey(User, verbose_name=_("Who"), on_delete=models.PROTECT, related_name="+")
    planned_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    """Nobody for what the program planned."""
    customer = models.ForeignKey(Customer, null=True, on_delete=models.CASCADE, related_name="+")
    lead = models.ForeignKey(Lead, null=True, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="+")
    opportunity = models.ForeignKey(Opportunity, null=True, on_delete=models.CASCADE, related_name="+")
    letter = models.ForeignKey(Letter, null=True, on_delete=models.SET_NULL, related_name="+")
    """The letter that it was made from; whether a reader may open it, letters.visibility says."""

    due_at = models.DateTimeField(_("When"), null=True)
    """When it begins or must be done; the end of the day for a whole day."""
    is_whole_day = models.BooleanField(default=True)
    remind_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    is_about_hidden = False
    """Set on those that are shown to somebody who may not see what they are about (activities.queries.about_in_sight)."""
    is_letter_hidden = False
    """Set on those that are shown to somebody who may not open their letter (activities.queries.letters_in_sight)."""

    objects: ClassVar[ActivityQuerySet] = ActivityQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("due_at", "id")
        constraints = (
            models.CheckConstraint(condition=~Q(title=""), name="an_activity_has_a_title"),
            models.CheckConstraint(
                condition=Q(customer=None, lead=None, project=None)
                | Q(customer=None, lead=None, opportunity=None)
                | Q(customer=None, project=None, opportunity=None)
                | Q(lead=None, project=None, opportunity=None),
                name="an_activity_is_about_one_record",
            ),
        )
        indexes = (
            models.Index(fields=("owner", "due_at", "id"), condition=Q(done_at=None, removed_at=None), name="open_activities_of"),
            models.Index(fields=("owner", "-done_at"), condition=Q(done_at__isnull=False), name="activities_done_lately"),
            models.Index(
                fields=("remind_at",),
                condition=Q(reminded_at=None, done_at=None, removed_at=None),
                name="activities_to_remind_of",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def about(self) -> Customer | Lead | Project | Opportunity | None:
        """The record that it is about."""
        return self.customer or self.lead or self.project or self.opportunity

    @property
    def about_shown(self) -> Customer | Lead | Project | Opportunity | None:
        """The same, for the reader that it was read for."""
        return None if self.is_about_hidden else self.about

    @property
    def is_to_be_known(self) -> bool:
        """A note without a day on a record: it stands there, and nobody has to do anything about it."""
        is_about_record = any((self.customer_id, self.lead_id, self.project_id, self.opportunity_id))
        return self.kind == ActivityKind.NOTE and self.due_at is None and is_about_record


class NoticeKind(models.TextChoices):
    REMINDER = "reminder", _("Reminder")
    NO_ANSWER = "no_answer", _("No answer yet")
    GIVEN = "given", _("Given to you")
    MENTION = "mention", _("You were mentioned")
    LETTER_GIVEN = "letter_given", _("Email given to you")
    SIGN_IN = "sign_in", _("Sign in again")
    """The provider does not know the permission for a mailbox any more."""
    PORTAL = "portal", _("Message from the portal")
    ARCHIVED = "archived", _("Email of a customer in the archive")
    JOB = "job", _("Finished in the background")


class Notice(models.Model):
    """Something that one member of staff should know; shown behind the bell."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=NoticeKind.choices)
    activity = models.ForeignKey(Activity, null=True, on_delete=models.CASCADE, related_name="notices")
    letter = models.ForeignKey(Letter, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    account = models.ForeignKey(MailAccount, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    job = models.CharField(max_length=40, blank=True, default="")
    """What ended in the background: bulk_change or import, a dash, and its id."""
    facts = models.JSONField(default=dict)
    """What the job came to."""
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    told_in = models.ForeignKey("NoticeLetter", null=True, on_delete=models.SET_NULL, related_name="+")
    """The letter that tells of it, to those who want letters."""

    class Meta:
        ordering = ("-at", "-id")
        constraints = (
            models.CheckConstraint(
                condition=Q(activity__isnull=False, letter=None, account=None, job="")
                | Q(activity=None, letter__isnull=False, account=None, job="")
                | Q(activity=None, letter=None, account__isnull=False, job="")
                | (Q(activity=None, letter=None, account=None) & ~Q(job="")),
                name="a_notice_is_about_one_thing",
            ),
        )
        indexes = (
            models.Index(fields=("user", "-at", "-id"), name="notices_of_a_user"),
            models.Index(fields=("user",), condition=Q(read_at=None), name="unread_notices_of_a_user"),
            models.Index(fields=("account", "at"), condition=Q(account__isnull=False), name="notices_about_an_account"),
        )


class AnswerWatch(models.Model):
    """A sent letter that its author wants answered: “If no answer in N working days, remind me.”

    It ends when an answer came (`answered_at`) or when its author does not wait any more (`dropped_at`). An answer that comes
    after the reminder takes the reminder away.
    """

    outgoing = models.OneToOneField(OutgoingLetter, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)
    activity = models.OneToOneField(Activity, null=True, on_delete=models.SET_NULL, related_name="+")
    """What reminds the author, once it does."""

    class Meta:
        ordering = ("due_at", "id")
        indexes = (
            models.Index(
                fields=("due_at", "id"), condition=Q(answered_at=None, dropped_at=None), name="letters_awaiting_an_answer"
            ),
        )


class LookedAt(models.Model):
    """How far the worker has looked through rows that others add: the last id that it has seen."""

    name = models.CharField(max_length=40, primary_key=True)
    last_id = models.BigIntegerField()

    def __str__(self) -> str:
        return self.name


class CalendarFeed(models.Model):
    """The secret address at which a calendar program reads what somebody planned. A new one takes the place of the old one."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    """The SHA-256 of the secret in the address, which itself is kept nowhere."""
    made_at = models.DateTimeField()


class Rhythm(models.TextChoices):
    OFF = "off", _("Never")
    AT_ONCE = "at_once", _("At once")
    HOURLY = "hourly", _("Once an hour at most")
    DAILY = "daily", _("Once a day")


class NoticeMailing(models.Model):
    """How somebody wants to be written to about new notices. Who has no row is not written to."""

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    rhythm = models.CharField(_("Email about notices"), max_length=8, choices=Rhythm.choices, default=Rhythm.OFF)
    hour = models.PositiveSmallIntegerField(default=8)
    """Of a daily letter, in the user's time zone."""
    since = models.DateTimeField()
    """When it was switched on: notices from before are not written about."""
    due_at = models.DateTimeField()
    """No letter before that time."""

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(hour__lte=23), name="a_daily_letter_has_an_hour_of_the_day"),)


class NoticeLetterState(models.TextChoices):
    READY = "ready", _("Ready to send")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    UNKNOWN = "unknown", _("Unknown")
    """It broke off while the server could have taken it. It is never sent again; its notices stand behind the bell."""
    FAILED = "failed", _("Failed")
    NEEDLESS = "needless", _("Needless")
    """All was read, or may not be read any more, before it left."""


class NoticeLetter(models.Model):
    """One letter about notices, on its way or behind it; written at the moment at which it is sent."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    message_id = models.CharField(max_length=200, unique=True)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=NoticeLetterState.choices, default=NoticeLetterState.READY)
    may_be_taken = models.BooleanField(default=False)
    """The server was told the letter's end, or is about to be."""
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    error_code = models.CharField(max_length=40, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("made_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("user",), condition=Q(state__in=("ready", "sending")), name="one_letter_about_notices_at_a_time"
            ),
        )
        indexes = (
            models.Index(fields=("made_at", "id"), condition=Q(state__in=("ready", "sending")), name="notice_letters_under_way"),
        )
