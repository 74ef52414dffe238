"""After a backup was brought back: what may have been sent since it was made is not sent again by itself."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from mooring.letters.models import OutgoingLetter, OutgoingState, Phase
from mooring.sync.outbox_leases import letters_of_everybody
from mooring.users.journal import Actor, record


def leave_to_evidence(*, backup: str, now: datetime) -> int:
    """Letters that were on their way become of unknown fate, so that they are looked for and then left to a person; how many.

    The journal says which backup was restored.

    Those that were to leave later than `now` were not due yet and stay as they are (letters_to_come).
    """
    on_their_way = letters_of_everybody().filter(
        Q(send_at=None) | Q(send_at__lte=now),
        state__in=(OutgoingState.READY, OutgoingState.SENDING, OutgoingState.FAILED_TEMP),
    )
    with transaction.atomic():
        count = on_their_way.update(
            state=OutgoingState.UNKNOWN,
            phase=Phase.DATA,
            phase_at=now,
            lease_owner="",
            lease_until=None,
            next_try_at=now,
            error_code="restored",
            error_details={},
            error_said="",
        )
        by = Actor(user=None, source="command")
        record(by=by, action="backup_restored", kind="installation", record_id=None, name=backup, changes={}, now=now)
    return count


def letters_to_come(*, now: datetime) -> list[OutgoingLetter]:
    """Those with a time that is still to come, soonest first, with accounts and recipients.

    Somebody may have cancelled them since the backup, or have sent them at once.
    """
    waiting = letters_of_everybody().filter(send_at__gt=now, state__in=(OutgoingState.READY, OutgoingState.FAILED_TEMP))
    return list(waiting.select_related("account").prefetch_related("recipients").order_by("send_at", "pk"))
