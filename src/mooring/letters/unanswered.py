"""Letters that still wait for an answer of the person to whom they came."""

from __future__ import annotations

from datetime import datetime

from django.db.models import OuterRef

from mooring.letters.arrivals import position_of
from mooring.letters.models import Delivery, Letter, OutgoingLetter
from mooring.letters.models.letter import Direction
from mooring.users.models import User
from mooring.users.scoping import has_any

_WHY = "whether a letter in the reader's own mailbox was answered"


def unanswered_letters(user: User, *, since: datetime, most: int) -> list[Letter]:
    """What customers and leads wrote to the user's own mailboxes since then and nobody answered there, the latest first.

    Answered is what was done, or what a letter of the user followed in its conversation. One query.
    """
    here = Delivery.objects.filter(account__owner=user, account__removed_at=None, position__gte=position_of(since, tie=0))
    to_do = here.filter(direction=Direction.INCOMING, done_at=None, binned_at=None, gone_since=None)
    from_them = to_do.filter(letter__is_linked=True, letter__is_automatic=False, letter__is_bulk=False)
    later = Delivery.objects.filter(
        letter__thread=OuterRef("letter__thread"), position__gt=OuterRef("position"), direction=Direction.OUTGOING
    )
    begun = OutgoingLetter.objects.unscoped(_WHY).filter(answers=OuterRef("letter"), sent_at__isnull=False)
    unanswered = from_them.filter(~has_any(later) & ~has_any(begun)).select_related("letter")
    letters = {row.letter_id: row.letter for row in unanswered.order_by("-position", "pk")[: most * 2]}
    return list(letters.values())[:most]
