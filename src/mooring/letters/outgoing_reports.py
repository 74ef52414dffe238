"""Reports about sent letters: written down when they arrive, and read for the pages that show the sent letter.

A report counts only for the letter whose Message-ID it names: that holds a random part which nobody can know who has not seen the
letter, so that a forged bounce cannot be aimed at somebody else's.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from mooring.letters.models import (
    Letter,
    OutgoingLetter,
    OutgoingRecipient,
    OutgoingReport,
    OutgoingState,
    RecipientState,
)
from mooring.letters.outgoing_bytes import is_made_here
from mooring.letters.shaping import storable
from mooring.mail.addresses import match_key
from mooring.mail.reports import Report, Reported, ReportKind
from mooring.users.journal import WORKER, record

_WHY: Final = "a report is tied to the letter that it names, whoever sent it"
_SENT: Final = (OutgoingState.SENT, OutgoingState.FAILED_TEMP, OutgoingState.FAILED, OutgoingState.UNKNOWN)


def letter_reported_by(report: Report) -> OutgoingLetter | None:
    """The letter of ours that the report is about, the likeliest first."""
    ours = [message_id for message_id in report.about if is_made_here(message_id)]
    found = OutgoingLetter.objects.unscoped(_WHY).filter(message_id__in=ours, state__in=_SENT)
    by_id = {letter.message_id: letter for letter in found.select_related("account")}
    return next((by_id[message_id] for message_id in ours if message_id in by_id), None)


def note_report(*, outgoing: OutgoingLetter, letter: Letter, report: Report, now: datetime) -> list[OutgoingReport]:
    """Write down what the letter reports; again it does no harm. Recipients who did not get the letter are marked so."""
    with transaction.atomic():
        recipients = {match_key(row.address): row for row in outgoing.recipients.select_for_update()}
        said = report.recipients or (Reported("", report.kind),)
        ours = [each for each in said if match_key(each.address) in recipients]
        rows = [_row(outgoing, recipients.get(match_key(each.address)), letter, each, now=now) for each in (ours or said[:1])]
        known = set(OutgoingReport.objects.filter(outgoing=outgoing, letter=letter).values_list("address", flat=True))
        new = [row for row in rows if row.address not in known]
        OutgoingReport.objects.bulk_create(new)
        for row in new:
            if row.kind == ReportKind.FAILED and row.recipient is not None:
                _mark_bounced(row.recipient, row)
        if new:
            facts = {"kind": str(report.kind), "letter": letter.pk}
            name = outgoing.account.address
            record(by=WORKER, action="reported", kind="outgoing", record_id=outgoing.pk, name=name, changes=facts, now=now)
    return new


def reports_on(letter: Letter) -> list[OutgoingReport]:
    """What was reported about a stored letter, oldest first; no query for letters of others. The caller knows who may read it."""
    if not is_made_here(letter.message_id):
        return []
    return list(OutgoingReport.objects.filter(outgoing__letter=letter).select_related("recipient", "letter").order_by("id"))


def reports_of_outgoing(outgoing: OutgoingLetter) -> list[OutgoingReport]:
    """What was reported about a letter of the outbox, oldest first."""
    return list(OutgoingReport.objects.filter(outgoing=outgoing).select_related("recipient", "letter").order_by("id"))


def _row(
    outgoing: OutgoingLetter, recipient: OutgoingRecipient | None, letter: Letter, said: Reported, *, now: datetime
) -> OutgoingReport:
    return OutgoingReport(
        outgoing=outgoing,
        recipient=recipient,
        letter=letter,
        kind=str(said.kind),
        address=storable(recipient.address if recipient else said.address, 320),
        status=storable(said.status, 16),
        said=storable(said.said, 500),
        at=now,
    )


def _mark_bounced(recipient: OutgoingRecipient, report: OutgoingReport) -> None:
    recipient.state, recipient.at = RecipientState.BOUNCED, report.at
    recipient.status, recipient.said = report.status, report.said
    recipient.save(update_fields=["state", "at", "status", "said"])
