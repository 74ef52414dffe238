"""Letters while they are being written: begun, saved, given another form, thrown away and brought back.

A draft is its author's alone; administrators do not read it either. Saving leaves no line in the journal: it happens every few
seconds, and what leaves the house is journalled when it is queued (letters.outbox).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from mooring.letters.answering import text_with_signature
from mooring.letters.models import (
    LetterTemplate,
    MailAccount,
    OutgoingKind,
    OutgoingLetter,
    OutgoingRecipient,
    OutgoingState,
    RecipientRole,
)
from mooring.letters.models.letter import Letter
from mooring.letters.models.outgoing import OutgoingLetterQuerySet
from mooring.letters.placeholders import fill_html, fill_text
from mooring.letters.visibility import accounts_written_by
from mooring.mail.types import Mailbox
from mooring.mail.written_html import text_to_html, with_signature, written_html
from mooring.mail.written_text import written_text
from mooring.users.journal import Actor, record
from mooring.users.models import User

LONGEST_BODY: Final = 2_000_000
MOST_RECIPIENTS: Final = 500
KEPT_AFTER_DISCARDING: Final = timedelta(days=1)


class UnableToSaveDraft(Exception):
    """The draft was not begun, changed or thrown away; the text is fit for the user."""


class DraftChangedMeanwhile(UnableToSaveDraft):
    """Another window, or another device, saved the draft since it was read. Nothing was overwritten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftData:
    """What a person enters. `body` is HTML or plain text, as the draft is; a mailbox without a key can be no address."""

    account: MailAccount
    to: Sequence[Mailbox] = ()
    cc: Sequence[Mailbox] = ()
    bcc: Sequence[Mailbox] = ()
    subject: str = ""
    body: str = ""
    send_at: datetime | None = None
    wants_answer_days: int | None = None

    def people(self) -> list[tuple[str, Mailbox]]:
        """(role, mailbox) in the order in which they stand."""
        listed = ((RecipientRole.TO, self.to), (RecipientRole.CC, self.cc), (RecipientRole.BCC, self.bcc))
        return [(str(role), each) for role, mailboxes in listed for each in mailboxes]


def drafts_of(user: User) -> OutgoingLetterQuerySet:
    """The user's own drafts, those thrown away just now among them; of accounts that the user may no longer write from, too."""
    mine = Q(author=user, state=OutgoingState.DRAFT) if user.is_active else Q(pk__in=())
    return OutgoingLetter.objects.limited_to(mine)


def start_draft(
    *,
    data: DraftData,
    is_rich: bool = True,
    kind: str = OutgoingKind.NEW,
    answers: Letter | None = None,
    by: Actor,
    now: datetime,
) -> OutgoingLetter:
    """Begin a letter from one of the user's accounts. Raises UnableToSaveDraft."""
    with transaction.atomic():
        author = _author(by, data.account)
        draft = OutgoingLetter(author=author, kind=kind, answers=answers, is_rich=is_rich, created_at=now, version=1)
        _write(draft, data, now)
        _note(draft, "draft_started", {"account": data.account.address}, by=by, now=now)
    return draft


def save_draft(*, draft: OutgoingLetter, data: DraftData, version: int, by: Actor, now: datetime) -> OutgoingLetter:
    """Keep what was written. `version` is the one that the writer saw. Raises DraftChangedMeanwhile, UnableToSaveDraft.

    Where another account writes now, its signature takes the place of the other's.
    """
    with transaction.atomic():
        _author(by, data.account)
        draft = _locked(draft, by)
        if draft.version != version:
            raise DraftChangedMeanwhile(_("This draft was changed in another window meanwhile."))
        if draft.account_id != data.account.pk:
            data = _with_other_signature(draft, data)
        _write(draft, data, now)
    return draft


def change_format(*, draft: OutgoingLetter, is_rich: bool, by: Actor, now: datetime) -> OutgoingLetter:
    """Go on in plain text, or with formatting. What plain text cannot say is lost."""
    with transaction.atomic():
        draft = _locked(draft, by)
        if draft.is_rich != is_rich:
            draft.body_html = text_to_html(draft.body_text) if is_rich else ""
            draft.is_rich = is_rich
            draft.version += 1
            draft.changed_at = now
            draft.save(update_fields=["body_html", "is_rich", "version", "changed_at"])
    return draft


def begin_with_template(
    *, draft: OutgoingLetter, template: LetterTemplate, values: Mapping[str, str], by: Actor, now: datetime
) -> OutgoingLetter:
    """Put a template's text before what is written, with its places filled; its subject where there is none yet."""
    with transaction.atomic():
        draft = _locked(draft, by)
        html = fill_html(template.body_html, values)
        if draft.is_rich:
            draft.body_html = written_html(html + draft.body_html)
            draft.body_text = written_text(draft.body_html)
        else:
            draft.body_text = f"{written_text(html)}\n\n{draft.body_text.lstrip()}"
        draft.subject = draft.subject or fill_text(template.subject, values)
        draft.version += 1
        draft.changed_at = now
        draft.save(update_fields=["body_html", "body_text", "subject", "version", "changed_at"])
    return draft


def discard_draft(*, draft: OutgoingLetter, by: Actor, now: datetime) -> OutgoingLetter:
    """Throw the draft away; for a day it can be brought back. Raises UnableToSaveDraft."""
    with transaction.atomic():
        draft = _locked(draft, by)
        draft.discarded_at = now
        draft.save(update_fields=["discarded_at"])
        _note(draft, "draft_discarded", {}, by=by, now=now)
    return draft


def restore_draft(*, draft: OutgoingLetter, by: Actor, now: datetime) -> OutgoingLetter:
    """Undo the throwing away. Raises UnableToSaveDraft."""
    with transaction.atomic():
        draft = _locked(draft, by, is_discarded=True)
        draft.discarded_at = None
        draft.save(update_fields=["discarded_at"])
        _note(draft, "draft_restored", {}, by=by, now=now)
    return draft


def forget_discarded_drafts(*, now: datetime) -> int:
    """Remove drafts that were thrown away more than a day ago for good; the engine does this. Returns how many."""
    drafts = OutgoingLetter.objects.unscoped("drafts thrown away are removed")
    old = drafts.filter(state=OutgoingState.DRAFT, discarded_at__lt=now - KEPT_AFTER_DISCARDING)
    return sum(old.filter(pk=pk).delete()[0] > 0 for pk in list(old.values_list("pk", flat=True)[:500]))


def recipients_of(draft: OutgoingLetter) -> dict[str, list[Mailbox]]:
    """Whom the letter is for, by role; one query."""
    found: dict[str, list[Mailbox]] = {str(role): [] for role in RecipientRole.values}
    for row in draft.recipients.order_by("id"):
        found[row.role].append(Mailbox(row.name, row.address, row.address))
    return found


def editable(draft: OutgoingLetter, by: Actor) -> OutgoingLetter:
    """The draft, locked until the end of the transaction. Raises UnableToSaveDraft where it is no longer the user's to change."""
    return _locked(draft, by)


def _author(by: Actor, account: MailAccount) -> User:
    if by.user is None or not accounts_written_by(by.user).filter(pk=account.pk).exists():
        raise UnableToSaveDraft(_("You may not write from %(address)s.") % {"address": account.address})
    return by.user


def _locked(draft: OutgoingLetter, by: Actor, *, is_discarded: bool = False) -> OutgoingLetter:
    mine = drafts_of(by.user).filter(discarded_at__isnull=not is_discarded) if by.user is not None else None
    found = mine.select_for_update(of=("self",)).filter(pk=draft.pk).first() if mine is not None else None
    if found is None:
        raise UnableToSaveDraft(_("This letter is no longer a draft of yours: it was sent or discarded."))
    return found


def _write(draft: OutgoingLetter, data: DraftData, now: datetime) -> None:
    """Store what differs; a saving that changes nothing leaves the version as it is."""
    if len(data.body) > LONGEST_BODY:
        raise UnableToSaveDraft(_("The text is too long to be saved."))
    people = data.people()
    if len(people) > MOST_RECIPIENTS:
        raise UnableToSaveDraft(_("A letter has at most %(most)d recipients.") % {"most": MOST_RECIPIENTS})
    html = written_html(data.body) if draft.is_rich else ""
    wanted: dict[str, Any] = {
        "account": data.account,
        "subject": " ".join(data.subject.split())[:1000],
        "body_html": html,
        "body_text": written_text(html) if draft.is_rich else data.body.replace("\r\n", "\n").replace("\0", ""),
        "send_at": data.send_at,
        "wants_answer_days": data.wants_answer_days,
    }
    is_new = draft.pk is None
    changed = is_new or any(_value(draft, name) != _plain(value) for name, value in wanted.items())
    for name, value in wanted.items():
        setattr(draft, name, value)
    are_others = is_new or _rows(draft) != [(role, each.name, each.address) for role, each in people]
    if changed or are_others:
        draft.version += 0 if is_new else 1
        draft.changed_at = now
        draft.save()
    if are_others:
        _write_recipients(draft, people)


def _value(draft: OutgoingLetter, name: str) -> Any:
    return draft.account_id if name == "account" else getattr(draft, name)


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, MailAccount) else value


def _rows(draft: OutgoingLetter) -> list[tuple[str, str, str]]:
    return list(draft.recipients.order_by("id").values_list("role", "name", "address"))


def _write_recipients(draft: OutgoingLetter, people: Iterable[tuple[str, Mailbox]]) -> None:
    draft.recipients.all().delete()
    OutgoingRecipient.objects.bulk_create(
        OutgoingRecipient(outgoing=draft, role=role, name=each.name[:300], address=each.address[:320]) for role, each in people
    )


def _with_other_signature(draft: OutgoingLetter, data: DraftData) -> DraftData:
    before, after = draft.account.signature, data.account.signature
    if draft.is_rich:
        body = with_signature(written_html(data.body), after)
    else:
        body = text_with_signature(data.body.replace("\r\n", "\n"), after, instead_of=before)
    return DraftData(
        account=data.account,
        to=data.to,
        cc=data.cc,
        bcc=data.bcc,
        subject=data.subject,
        body=body,
        send_at=data.send_at,
        wants_answer_days=data.wants_answer_days,
    )


def _note(draft: OutgoingLetter, action: str, facts: dict[str, Any], *, by: Actor, now: datetime) -> None:
    """Without the subject: administrators read the journal, not the draft."""
    name = draft.account.address
    record(by=by, action=action, kind="outgoing", record_id=draft.pk, name=name, changes=facts, now=now)
