"""Letters on their way out, from the draft to the server's yes, with their recipients and attachments.

Only the deeds of letters/outbox.py and drafting.py and the sender in sync move a letter from state to state:

| state       | means                                                       | goes on to                                  |
|-------------|-------------------------------------------------------------|---------------------------------------------|
| draft       | being written                                               | ready: queued by a person                   |
| ready       | its bytes are kept; waits for undo, its time, or its turn   | sending; draft: taken back                  |
| sending     | phase connect: nothing can have been accepted               | ready: its worker died, or the account rests |
|             | phase data, committed before the final dot: it may have     | sent, failed_temp, failed: by an answer;    |
|             | been accepted                                               | unknown: without one                        |
| sent        | accepted for every recipient that is not refused for good   |                                             |
| failed_temp | refused for now, wholly or for some recipients              | sending, at next_try_at; failed;            |
|             |                                                             | draft, ready: by a person                   |
| failed      | refused for good, or for 48 hours                           | draft, ready: by a person                   |
| unknown     | may have been accepted; looked for in the Sent folder       | sent: evidence found; ready: by a person    |

The Message-ID is made when the letter becomes ready and stays for ever, so that a double can be recognised.
"""

from __future__ import annotations

from typing import ClassVar, Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.letters.models.account import MailAccount
from mooring.letters.models.letter import Letter, Original
from mooring.users.models import User
from mooring.users.scoping import ScopedQuerySet


class OutgoingState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    READY = "ready", _("Ready to send")
    SENDING = "sending", _("Sending")
    SENT = "sent", pgettext_lazy("state of a letter", "Sent")
    FAILED_TEMP = "failed_temp", _("Failed, will be tried again")
    FAILED = "failed", _("Failed for good")
    UNKNOWN = "unknown", _("Unknown")


class Phase(models.TextChoices):
    """How far the last attempt came, committed before the step that the name stands for."""

    NONE = "", _("Not begun")
    CONNECT = "connect", _("Connecting")
    DATA = "data", _("Handing over")
    DONE = "done", _("Accepted")


class OutgoingKind(models.TextChoices):
    NEW = "new", _("New letter")
    REPLY = "reply", _("Reply")
    REPLY_ALL = "reply_all", _("Reply to all")
    FORWARD = "forward", _("Forward")


class SentCopy(models.TextChoices):
    """What became of the copy in the server's Sent folder: a step of its own, which never sends a letter again."""

    NONE = "", _("Not yet")
    WAITING = "waiting", _("To be stored")
    KEPT = "kept", _("Stored")
    BY_SERVER = "by_server", _("Stored by the server itself")
    FAILED = "failed", _("Could not be stored")


AT_WORK: Final = (OutgoingState.READY, OutgoingState.SENDING, OutgoingState.FAILED_TEMP, OutgoingState.UNKNOWN)
"""States in which the engine has, or may have, something to do."""


class OutgoingLetterQuerySet(ScopedQuerySet["OutgoingLetter"]):
    """Filtered for a reader by letters.outbox_queries, which knows from which accounts somebody writes."""


class OutgoingLetter(models.Model):
    """A letter that somebody writes, or wrote, here."""

    account = models.ForeignKey(MailAccount, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    """Nobody for letters that the program writes."""
    state = models.CharField(max_length=12, choices=OutgoingState.choices, default=OutgoingState.DRAFT)
    phase = models.CharField(max_length=8, choices=Phase.choices, default=Phase.NONE, blank=True)
    phase_at = models.DateTimeField(null=True)

    kind = models.CharField(max_length=10, choices=OutgoingKind.choices, default=OutgoingKind.NEW)
    answers = models.ForeignKey(Letter, null=True, on_delete=models.SET_NULL, related_name="+")
    """The letter that is answered or forwarded."""
    subject = models.CharField(_("Subject"), max_length=1000, blank=True)
    body_html = models.TextField(blank=True)
    body_text = models.TextField(blank=True)
    is_rich = models.BooleanField(default=True)
    """It is sent as HTML with a plain text beside it; otherwise as plain text alone."""
    version = models.PositiveIntegerField(default=0)
    """Grows with each saving of the draft, so that two windows do not overwrite each other."""
    discarded_at = models.DateTimeField(null=True)
    """A draft thrown away: nobody sees it any more, and it goes after a day unless that is undone (letters.drafting)."""
    wants_answer_days = models.PositiveSmallIntegerField(null=True)
    """“If no answer in so many working days, remind me.”"""

    message_id = models.CharField(max_length=400, blank=True)
    """Without angle brackets. Made once, at the first queueing."""
    original = models.ForeignKey(Original, null=True, on_delete=models.PROTECT, related_name="+")
    """The exact bytes, with the Bcc header that the transmitted bytes lack."""
    queued_at = models.DateTimeField(null=True)
    undo_until = models.DateTimeField(null=True)
    send_at = models.DateTimeField(null=True)
    """Not before then; None: as soon as undo is over."""

    attempts = models.PositiveIntegerField(default=0)
    """Begun attempts since the letter was queued."""
    next_try_at = models.DateTimeField(null=True)
    """When a letter that failed for now is sent again, or one of unknown fate looked for again."""
    error_code = models.CharField(max_length=40, blank=True)
    error_details = models.JSONField(default=dict)
    error_said = models.CharField(max_length=500, blank=True)
    error_history = models.JSONField(default=list)
    """Errors cleared or overcome: [{"at", "code", "details", "said"}], oldest first, the latest fifty."""
    evidence = models.JSONField(default=list)
    """Where a letter of unknown fate was looked for: [{"at", "where", "found"}], oldest first, the latest fifty."""

    lease_owner = models.CharField(max_length=100, blank=True)
    lease_until = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    """Grows with every lease. A writer whose fence is not the current one has lost the lease and must not write."""

    sent_at = models.DateTimeField(null=True)
    """When it was first accepted for anybody."""
    sent_copy = models.CharField(max_length=10, choices=SentCopy.choices, default=SentCopy.NONE, blank=True)
    copy_attempts = models.PositiveIntegerField(default=0)
    copy_next_at = models.DateTimeField(null=True)
    remote_id = models.CharField(max_length=300, blank=True)
    """The letter's identity at the server that took it, where its protocol names one."""
    letter = models.ForeignKey(Letter, null=True, on_delete=models.SET_NULL, related_name="+")
    """Once archived."""
    archived_at = models.DateTimeField(null=True)
    """It was archived once; should its letter be erased, it is not archived again."""
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    objects: ClassVar[OutgoingLetterQuerySet] = OutgoingLetterQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("account",),
                condition=Q(state=OutgoingState.SENDING),
                name="an_account_sends_one_letter_at_a_time",
            ),
            models.UniqueConstraint(
                fields=("message_id",), condition=~Q(message_id=""), name="an_outgoing_letter_has_its_own_message_id"
            ),
            models.CheckConstraint(
                condition=Q(state=OutgoingState.DRAFT)
                | (Q(original__isnull=False, queued_at__isnull=False, undo_until__isnull=False) & ~Q(message_id="")),
                name="a_letter_that_leaves_has_its_bytes_first",
            ),
            models.CheckConstraint(
                condition=Q(state=OutgoingState.DRAFT) | Q(discarded_at=None), name="only_drafts_are_discarded"
            ),
            models.CheckConstraint(
                condition=~Q(state=OutgoingState.SENDING)
                | (Q(phase__in=(Phase.CONNECT, Phase.DATA), phase_at__isnull=False) & ~Q(lease_owner="")),
                name="a_letter_being_sent_has_a_phase_and_a_worker",
            ),
            models.CheckConstraint(
                condition=Q(state=OutgoingState.SENT, phase=Phase.DONE, sent_at__isnull=False)
                | (~Q(state=OutgoingState.SENT) & ~Q(phase=Phase.DONE)),
                name="a_letter_is_done_when_it_is_sent",
            ),
        )
        indexes = (
            models.Index(
                fields=("account", "queued_at"),
                condition=Q(state__in=AT_WORK),
                name="letters_at_work",
            ),
            models.Index(fields=("account", "state", "-id"), name="outbox_of_an_account"),
            models.Index(fields=("author", "state", "-id"), name="outbox_of_an_author"),
            models.Index(fields=("account",), condition=Q(sent_copy=SentCopy.WAITING), name="letters_without_a_sent_copy"),
            models.Index(fields=("sent_at",), condition=Q(wants_answer_days__isnull=False), name="letters_that_want_an_answer"),
            models.Index(
                fields=("account",), condition=Q(sent_at__isnull=False, archived_at=None), name="sent_letters_to_be_archived"
            ),
        )

    def __str__(self) -> str:
        return self.subject


class RecipientRole(models.TextChoices):
    TO = "to", pgettext_lazy("of an email", "To")
    CC = "cc", _("Cc")
    BCC = "bcc", _("Bcc")


class RecipientState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    ACCEPTED = "accepted", _("Accepted")
    REFUSED = "refused", _("Refused")
    BOUNCED = "bounced", _("Came back")


class OutgoingRecipient(models.Model):
    """Somebody a letter is for, and what the server answered. Only those who still wait are tried again."""

    outgoing = models.ForeignKey(OutgoingLetter, on_delete=models.CASCADE, related_name="recipients")
    role = models.CharField(max_length=3, choices=RecipientRole.choices, default=RecipientRole.TO)
    name = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=320)
    state = models.CharField(max_length=8, choices=RecipientState.choices, default=RecipientState.WAITING)
    reply_code = models.PositiveSmallIntegerField(default=0)
    """The three digits of SMTP; 0 where there was no answer of this kind."""
    status = models.CharField(max_length=16, blank=True)
    """The enhanced status code (RFC 3463), such as "5.1.1"."""
    said = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


class OutgoingAttachment(models.Model):
    """A file that goes along. Its bytes lie in letters.attached_files under this SHA-256 until the letter's own are made."""

    outgoing = models.ForeignKey(OutgoingLetter, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_id = models.CharField(max_length=300, blank=True)
    """Without angle brackets; the HTML body shows an inline picture as cid:…"""
    is_inline = models.BooleanField(default=False)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name
