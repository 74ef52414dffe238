"""What a letter begins with: from which account, for whom, with which quote and files. Read for a form, or to start a draft."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from mooring.desk.access import actor_of, letter_for, user_of
from mooring.desk.forms.writing import mailboxes_in
from mooring.letters.accounts import default_account_of
from mooring.letters.answering import (
    Quoted,
    followup_of,
    html_of_answer,
    recipients_of_answer,
    subject_of_answer,
    text_of_answer,
    text_with_signature,
)
from mooring.letters.attached_files import AttachedFiles, UnableToKeepFile
from mooring.letters.attaching import attach_kept, most_bytes
from mooring.letters.bodies import originals, parsed_of, raw_or_notice
from mooring.letters.drafting import DraftData, UnableToSaveDraft, start_draft
from mooring.letters.models import Delivery, Letter, MailAccount, OutgoingKind, OutgoingLetter
from mooring.letters.outgoing_bytes import Materials
from mooring.letters.visibility import accounts_written_by
from mooring.mail.addresses import match_key
from mooring.mail.parsing import UnableToFindPart, part_bytes
from mooring.mail.written_html import with_signature
from mooring.ui.rendering import toast

ANSWERS: Final = (OutgoingKind.REPLY, OutgoingKind.REPLY_ALL, OutgoingKind.FORWARD)


@dataclass(frozen=True, slots=True)
class Beginning:
    """What the form shows before anything was typed; `answers` is the letter that is answered or forwarded."""

    data: DraftData
    kind: str = OutgoingKind.NEW
    answers: Letter | None = None
    is_rich: bool = True


@cache
def attached_files() -> AttachedFiles:
    """The files of letters being written, of this installation."""
    return AttachedFiles(settings.ATTACHED_FOLDER)


def materials() -> Materials:
    """What making the bytes of a letter takes, of this installation."""
    return Materials(originals(), attached_files())


def beginning_of(request: HttpRequest, asked: QueryDict, *, is_plain: bool) -> Beginning | None:
    """What the address asks for: `answers` and `kind`, or `to`, and perhaps `account`. None where nobody can be written from.

    A letter that the reader may not see is a 404. `is_plain`: as plain text in any case; else as the letter that is answered.
    """
    kind = asked.get("kind", "")
    number = asked.get("answers", "")
    answers = letter_for(request, int(number)) if kind in ANSWERS and number.isascii() and number.isdigit() else None
    accounts = list(accounts_written_by(user_of(request)).order_by("address", "id"))
    if not accounts:
        return None
    account = _account(request, accounts, asked.get("account", ""), answers)
    if answers is None:
        to = tuple(mailboxes_in(asked.get("to", "")))
        body = text_with_signature("\n", account.signature) if is_plain else with_signature("<p></p>", account.signature)
        data = DraftData(account=account, to=to, subject=asked.get("subject", "")[:1000], body=body)
        return Beginning(data, is_rich=not is_plain)
    return _answer(answers, kind, account, accounts, is_plain=is_plain)


def start(request: HttpRequest, beginning: Beginning, *, data: DraftData | None = None) -> OutgoingLetter:
    """Start the draft, with what was typed already if a form was sent; forwarded files come along."""
    draft = start_draft(
        data=data or beginning.data,
        is_rich=beginning.is_rich,
        kind=beginning.kind,
        answers=beginning.answers,
        by=actor_of(request),
        now=timezone.now(),
    )
    if beginning.answers is not None and beginning.kind == OutgoingKind.FORWARD:
        _take_files_along(request, draft, beginning.answers)
    return draft


def _account(request: HttpRequest, accounts: list[MailAccount], asked: str, answers: Letter | None) -> MailAccount:
    """The one asked for; the one that received the letter; the default one; any."""
    by_id = {str(account.pk): account for account in accounts}
    if asked in by_id:
        return by_id[asked]
    default = default_account_of(user_of(request))
    usual = by_id.get(str(default.pk), accounts[0]) if default is not None else accounts[0]
    if answers is None:
        return usual
    held = Delivery.objects.filter(letter=answers, account__in=accounts).order_by("id")
    receivers = list(held.values_list("account_id", flat=True))
    named = {person.key for person in answers.participants.all()}
    fitting = [by_id[str(pk)] for pk in receivers]
    return next((each for each in fitting if match_key(each.address) in named), fitting[0] if fitting else usual)


def _answer(letter: Letter, kind: str, account: MailAccount, accounts: list[MailAccount], *, is_plain: bool) -> Beginning:
    raw = raw_or_notice(letter)
    parsed = parsed_of(raw)
    quoted = Quoted(parsed.text, parsed.html, followup_of(raw))
    people = list(letter.participants.all())
    own = {match_key(each) for account in accounts for each in (account.address, account.reply_address) if each}
    recipients = recipients_of_answer(people, kind=kind, own_keys=own, followup_to=quoted.followup_to)
    is_rich = bool(parsed.html or not parsed.text) and not is_plain
    write = html_of_answer if is_rich else text_of_answer
    data = DraftData(
        account=account,
        to=recipients.to,
        cc=recipients.cc,
        subject=subject_of_answer(letter.subject, kind),
        body=write(letter, people, quoted, kind=kind, signature=account.signature),
    )
    return Beginning(data, kind, letter, is_rich)


def _take_files_along(request: HttpRequest, draft: OutgoingLetter, letter: Letter) -> None:
    raw = raw_or_notice(letter)
    room = most_bytes()
    for each in letter.attachments.all():
        try:
            kept = attached_files().keep([part_bytes(raw, each.part).data], most_bytes=room)
            attach_kept(
                draft=draft,
                kept=kept,
                name=each.name,
                content_type=each.content_type,
                content_id=each.content_id if each.is_inline else "",
                by=actor_of(request),
                now=timezone.now(),
            )
        except (UnableToKeepFile, UnableToSaveDraft, UnableToFindPart):
            toast(request, _("“%(name)s” could not be attached.") % {"name": each.name}, is_problem=True)
