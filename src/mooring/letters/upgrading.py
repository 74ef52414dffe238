"""A letter of which only the header block was kept arrives whole: the whole one takes its place."""

from __future__ import annotations

import json
from typing import Final

from mooring.letters.arrivals import OWN_COLUMNS, Arrival, own_values
from mooring.letters.contents import Contents, remove_contents, write_contents
from mooring.letters.link_rows import ends_of
from mooring.letters.models import Delivery, Letter, Link
from mooring.letters.shaping import shape_of

_WHY: Final = "a letter kept in part arrived whole"


def upgrade(delivery: Delivery, arrival: Arrival, *, original_id: int) -> None:
    """Make the delivery's letter whole, or lead the delivery to the whole letter where that is here already."""
    whole = Letter.objects.unscoped(_WHY).filter(fingerprint=arrival.fingerprint).first()
    if whole is None or whole.pk == delivery.letter_id:
        _fill_in(delivery.letter, arrival, original_id)
    else:
        _give_up(delivery, whole)


def _fill_in(letter: Letter, arrival: Arrival, original_id: int) -> None:
    """Its place among the letters, its thread and its links stay."""
    remove_contents(letter)
    shape = shape_of(arrival.letter)
    values = dict(zip(OWN_COLUMNS, own_values(arrival, shape), strict=True))
    values |= {"original_id": original_id, "date": arrival.letter.header.date, "defects": json.loads(shape.defects)}
    for name, value in values.items():
        setattr(letter, name, value)
    letter.save(update_fields=list(values))
    write_contents([Contents(letter.pk, letter.position, shape)])


def _give_up(delivery: Delivery, whole: Letter) -> None:
    """The header block goes with its last delivery; links and tombstones that people made move to the whole letter."""
    partial = delivery.letter
    delivery.letter, delivery.position = whole, whole.position
    delivery.save(update_fields=["letter", "position"])
    if whole.is_private and not delivery.is_private:
        Letter.objects.unscoped(_WHY).filter(pk=whole.pk).update(is_private=False)
    left = list(partial.deliveries.values_list("is_private", flat=True))
    if left:
        Letter.objects.unscoped(_WHY).filter(pk=partial.pk).update(is_private=all(left))
        return
    _move_links(partial, whole)
    remove_contents(partial)
    partial.delete()


def _move_links(partial: Letter, whole: Letter) -> None:
    known = {ends_of(link)[1:] for link in whole.links.all()}
    moved = [link for link in partial.links.all() if ends_of(link)[1:] not in known]
    Link.objects.filter(pk__in=[link.pk for link in moved]).update(letter=whole, position=whole.position)
    if any(link.removed_at is None for link in moved):
        Letter.objects.unscoped(_WHY).filter(pk=whole.pk).update(is_linked=True)
