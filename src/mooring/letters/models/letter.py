"""A letter, its exact bytes, its people and attachments, and the places where it lies."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from mooring.letters.models.account import Folder, MailAccount
from mooring.letters.models.thread import Thread
from mooring.users.scoping import ScopedQuerySet


class Original(models.Model):
    """Where the exact bytes of a letter are kept: once under their SHA-256, within an append-only pack (letters.originals)."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    """Bytes of the letter as received."""
    pack = models.CharField(max_length=40)
    offset = models.BigIntegerField()
    stored_size = models.BigIntegerField()
    """Bytes of the compressed frame in the pack."""


class LetterQuerySet(ScopedQuerySet["Letter"]):
    """Filtered for a reader by letters.visibility, which knows what links and deliveries allow."""


class Letter(models.Model):
    """One letter, however many mailboxes it lies in.

    `position` orders letters by date and is unique: seconds since 1970 of `at`, shifted left by 20 bits, plus a tie-breaker.
    Lists page by it, and the full-text index uses it as its row id, so that newest first is the order of the index.
    """

    fingerprint = models.CharField(max_length=64, unique=True)
    """mail.types.ParsedLetter.fingerprint, or the SHA-256 of the bytes where the letter could not be taken apart."""
    original = models.ForeignKey(Original, on_delete=models.PROTECT, related_name="+")
    position = models.BigIntegerField(unique=True)
    at = models.DateTimeField()
    """When the first mailbox received it (INTERNALDATE); the Date header may lie."""
    date = models.DateTimeField(null=True)
    """The Date header."""
    message_id = models.CharField(max_length=400, blank=True, db_index=True)
    thread = models.ForeignKey(Thread, null=True, on_delete=models.SET_NULL, related_name="letters", db_index=False)
    subject = models.CharField(_("Subject"), max_length=1000, blank=True)
    from_name = models.CharField(max_length=300, blank=True)
    from_address = models.CharField(max_length=320, blank=True)
    recipients = models.CharField(max_length=500, blank=True)
    """The first few of To and Cc, for lists."""
    excerpt = models.CharField(max_length=300, blank=True)
    size = models.BigIntegerField(default=0)
    attachment_count = models.PositiveIntegerField(default=0)
    is_private = models.BooleanField(default=False)
    """No delivery of it is open to colleagues; kept true to the deliveries by storing."""
    is_linked = models.BooleanField(default=False)
    """It has a link that is not removed; kept true by storing and linking."""
    is_automatic = models.BooleanField(default=False)
    is_bulk = models.BooleanField(default=False)
    is_unverified = models.BooleanField(default=False)
    """The sender could be read in two ways; its addresses did not count."""
    is_partial = models.BooleanField(default=False)
    """Too large: only its header block is kept so far."""
    defects = models.JSONField(default=list)
    stored_at = models.DateTimeField()

    objects: ClassVar[LetterQuerySet] = LetterQuerySet.as_manager()  # type: ignore[assignment]
    """Read through letters.visibility."""

    class Meta:
        ordering = ("-position",)
        indexes = (
            models.Index(fields=("is_linked", "-position"), name="letters_linked_newest"),
            models.Index(fields=("thread", "position"), name="letters_of_a_thread"),
        )

    def __str__(self) -> str:
        return self.subject


class LetterText(models.Model):
    """What is searched and shown as plain text: the readable text of the letter, shortened to 200,000 characters."""

    letter = models.OneToOneField(Letter, primary_key=True, on_delete=models.CASCADE, related_name="text")
    text = models.TextField(blank=True)


class Participant(models.Model):
    """An address in a letter's headers."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="participants")
    role = models.CharField(max_length=8)
    """One of mail.types.ADDRESS_ROLES."""
    name = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=320)
    key = models.CharField(max_length=320)
    domain = models.CharField(max_length=253)
    counts = models.BooleanField(default=True)
    """Its header was read without ambiguity, so it may match."""

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=("key", "letter"), name="letters_of_an_address"),
            models.Index(fields=("domain", "letter"), name="letters_of_a_domain"),
        )


class Attachment(models.Model):
    """A part offered for download; its bytes are cut from the original when asked for."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="attachments")
    part = models.CharField(max_length=100)
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=120)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    content_id = models.CharField(max_length=300, blank=True)
    is_inline = models.BooleanField(default=False)

    class Meta:
        ordering = ("id",)


class Direction(models.TextChoices):
    INCOMING = "in", _("Received")
    OUTGOING = "out", _("Sent")


class Delivery(models.Model):
    """That a letter lies, or lay, in a folder of a mail account."""

    letter = models.ForeignKey(Letter, on_delete=models.CASCADE, related_name="deliveries")
    account = models.ForeignKey(MailAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
    folder = models.ForeignKey(Folder, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    folder_path = models.CharField(max_length=1000)
    position = models.BigIntegerField()
    """The letter's position, repeated so that the letters of a folder are one walk through an index."""
    epoch = models.CharField(max_length=100, blank=True)
    server_id = models.CharField(max_length=300)
    received_at = models.DateTimeField(null=True)
    direction = models.CharField(max_length=3, choices=Direction.choices, default=Direction.INCOMING)
    flags = models.JSONField(default=list)
    is_seen = models.BooleanField(default=False)
    """The server says that it was read. Never written to the server."""
    is_unread = models.BooleanField(default=False)
    """Not read yet by whose mailbox it is: as the server says, until it is read or marked here."""
    is_private = models.BooleanField(default=False)
    made_private_at = models.DateTimeField(null=True, blank=True)
    """When somebody said so by hand; null where the account or the sender says so."""
    done_at = models.DateTimeField(null=True, blank=True)
    """Dealt with: no longer in the inbox, still among all letters."""
    binned_at = models.DateTimeField(null=True, blank=True)
    """Deleted here; in the bin until it is emptied (letters.bin)."""
    gone_since = models.DateTimeField(null=True, blank=True)
    """No longer in the mailbox since; the letter itself stays."""

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("account", "folder", "epoch", "server_id"),
                name="a_place_on_a_server_holds_one_letter",
            ),
        )
        indexes = (
            models.Index(fields=("account", "-position"), name="letters_in_an_account"),
            models.Index(fields=("folder", "-position"), name="letters_in_a_folder"),
            models.Index(
                fields=("folder", "-position"),
                condition=models.Q(is_unread=True, binned_at=None, gone_since=None),
                name="unread_letters_in_a_folder",
            ),
            models.Index(
                fields=("folder", "-position"),
                condition=models.Q(done_at=None, binned_at=None, gone_since=None),
                name="letters_to_do_in_a_folder",
            ),
            models.Index(
                fields=("account", "-position"),
                condition=models.Q(binned_at__isnull=False),
                name="letters_in_the_bin",
            ),
            models.Index(
                fields=("account", "-position"),
                condition=models.Q(is_private=True),
                name="private_letters_in_an_account",
            ),
            models.Index(
                fields=("made_private_at",),
                condition=models.Q(made_private_at__isnull=False),
                name="letters_made_private_together",
            ),
            models.Index(fields=("done_at",), condition=models.Q(done_at__isnull=False), name="letters_done_together"),
            models.Index(fields=("binned_at",), condition=models.Q(binned_at__isnull=False), name="letters_binned_longest"),
        )
