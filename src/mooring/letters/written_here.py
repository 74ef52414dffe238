"""A letter sent from here is archived before anybody saw it on a server; when it is seen there, the two become one delivery.

The first delivery has no place on a server. The letter found later in the Sent folder takes it over, with all that people did to
it; the other way round, a letter found there first is not given a second one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from mooring.letters.arrivals import Arrival, KnownLetter, is_flagged_seen
from mooring.letters.models import Delivery, Direction
from mooring.letters.shaping import storable

WRITTEN_HERE: Final = "written here"
"""The epoch of a delivery that no server has told of yet; its server id is that of the OutgoingLetter."""

Place: TypeAlias = tuple[int, str, str]


def united(arrivals: Sequence[Arrival], letters: Mapping[str, KnownLetter]) -> dict[Place, Delivery]:
    """Deliveries that stand already for some of these arrivals of known letters, brought up to date. One query finds them."""
    sent = [each for each in arrivals if each.direction == Direction.OUTGOING]
    if not sent:
        return {}
    standing: defaultdict[tuple[int, int], list[Delivery]] = defaultdict(list)
    for delivery in Delivery.objects.filter(
        account_id__in={each.account_id for each in sent},
        letter_id__in={letters[each.fingerprint].id for each in sent},
        direction=Direction.OUTGOING,
    ).order_by("id"):
        standing[delivery.account_id, delivery.letter_id].append(delivery)
    found = {}
    for each in sent:
        delivery_there = _standing_for(each, standing[each.account_id, letters[each.fingerprint].id])
        if delivery_there is not None:
            found[each.place] = delivery_there
    return found


def _standing_for(arrival: Arrival, deliveries: list[Delivery]) -> Delivery | None:
    if arrival.epoch == WRITTEN_HERE:
        return deliveries[0] if deliveries else None
    for delivery in deliveries:
        if delivery.epoch == WRITTEN_HERE and delivery.folder_id in (None, arrival.folder_id):
            _move(delivery, arrival)
            return delivery
    return None


def _move(delivery: Delivery, arrival: Arrival) -> None:
    delivery.folder_id, delivery.folder_path = arrival.folder_id, storable(arrival.folder_path, 1000)
    delivery.epoch, delivery.server_id = arrival.epoch, arrival.server_id
    delivery.received_at = arrival.received_at
    delivery.flags, delivery.is_seen = sorted(arrival.flags), is_flagged_seen(arrival.flags)
    delivery.gone_since = None
    delivery.save(update_fields=["folder", "folder_path", "epoch", "server_id", "received_at", "flags", "is_seen", "gone_since"])
