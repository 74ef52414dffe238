"""Finds among newly archived letters those that report about sent ones: bounces, delays, automatic answers.

Looks from its mark on, as everything that follows up in the engine does; a letter stored twice is read twice and does no harm.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from mooring.letters.models import Letter, OutgoingLetter
from mooring.letters.originals import Originals, UnableToRead
from mooring.letters.outgoing_reports import letter_reported_by, note_report
from mooring.mail.reports import ReportKind, is_from_server, read_report
from mooring.sync.evidence import note_accepted
from mooring.sync.models import BackfillMark

MARK: Final = "reports"
LAG: Final = timedelta(seconds=15)
"""Letters of another worker may become visible a little later than ones with higher numbers."""
_AT_ONCE: Final = 500
_WHY: Final = "reports about sent letters are looked for among all letters"
_PROVE_SENDING: Final = frozenset(
    {ReportKind.FAILED, ReportKind.DELAYED, ReportKind.DELIVERED, ReportKind.OPENED, ReportKind.AUTO_REPLY}
)
_log = logging.getLogger(__name__)


def look_for_reports(*, originals: Originals, now: datetime) -> int:
    """Read the reports that arrived since the last look; how many are about a letter of ours."""
    mark, _is_new = BackfillMark.objects.get_or_create(name=MARK)
    letters = Letter.objects.unscoped(_WHY).filter(pk__gt=mark.last_id, stored_at__lte=now - LAG).select_related("original")
    window = list(letters.order_by("pk").only("pk", "is_automatic", "from_name", "from_address", "original")[:_AT_ONCE])
    if not window:
        return 0
    noted = 0
    if OutgoingLetter.objects.unscoped(_WHY).filter(sent_at__isnull=False).exists() or _any_unknown():
        suspects = [each for each in window if each.is_automatic or is_from_server(f"{each.from_name} {each.from_address}")]
        noted = sum(_note(letter, originals, now) for letter in suspects)
    BackfillMark.objects.filter(name=MARK).update(last_id=window[-1].pk)
    return noted


def _any_unknown() -> bool:
    return OutgoingLetter.objects.unscoped(_WHY).filter(state="unknown").exists()


def _note(letter: Letter, originals: Originals, now: datetime) -> bool:
    try:
        report = read_report(originals.read(letter.original))
    except UnableToRead as error:
        _log.warning("Letter %s cannot be read as a report: %s", letter.pk, error)
        return False
    outgoing = letter_reported_by(report) if report is not None else None
    if report is None or outgoing is None:
        return False
    with transaction.atomic():
        if report.kind in _PROVE_SENDING:
            # Whatever a server or a machine says of a letter, it was handed over.
            note_accepted(outgoing, where="report", now=now)
        note_report(outgoing=outgoing, letter=letter, report=report, now=now)
    return True
