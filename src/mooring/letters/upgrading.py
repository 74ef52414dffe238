"""A letter of which only the header block was kept arrives whole: the whole one takes its place."""

from __future__ import annotations

from typing import Final

from mooring.letters.arrivals import Arrival, letter_of
from mooring.letters.contents import remove_contents, write_contents
from mooring.letters.link_rows import ends_of
from mooring.letters.models import Delivery, Letter, Link

_WHY: Final = "a letter kept in part arrived whole"
_KEPT: Final = frozenset({"id", "position", "at", "thread", "is_private", "is_linked", "stored_at"})
"""What the letter keeps of its former self."""


def upgrade(delivery: Delivery, arrival: Arrival, *, original_id: int) -> None:
    """Make the delivery's letter whole, or lead the delivery to the whole letter where that is here already."""
    whole = Letter.objects.unscoped(_WHY).filter(fingerprint=arrival.fingerprint).first()
    if whole is None or whole.pk == delivery.letter_id:
        _fill_in(delivery.letter, arrival, original_id)
    else:
        _give_up(delivery, whole)


def _fill_in(letter: Letter, arrival: Arrival, original_id: int) -> None:
    remove_contents(letter)
    filled = letter_of(arrival, at=letter.at, position=letter.position, original_id=original_id, now=letter.stored_at)
    fields = [field.attname for field in Letter._meta.concrete_fields if field.name not in _KEPT]
    for name in fields:
        setattr(letter, name, getattr(filled, name))
    letter.save(update_fields=fields)
    write_contents([arrival], [letter])


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
