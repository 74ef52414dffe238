"""Letters of sales opportunities: linked by people, taken off again, and read with what followed in their conversations.

Who links a letter must see it and may change the opportunity, which the page asked; its customer or lead gets the letter as well,
where that person may change them, so that those who see the record can read it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from mooring.letters.linking import UnableToLink, add_link
from mooring.letters.models import Letter
from mooring.letters.paging import PAGE_SIZE, Page, page_of
from mooring.letters.visibility import visible_letters, visible_links
from mooring.sales.models import Opportunity, OpportunityLetter, Outcome
from mooring.users.journal import Actor, record
from mooring.users.models import User
from mooring.users.permissions import Action

MOST_OFFERED: Final = 20
_WHY: Final = "which conversation a letter is in says nothing of it"


@dataclass(frozen=True, slots=True)
class SaleOfLetter:
    """An opportunity that a letter belongs to; without a link it follows from its conversation."""

    opportunity: Opportunity
    link: OpportunityLetter | None


def link_to_sale(*, letter: Letter, opportunity: Opportunity, by: Actor, now: datetime) -> OpportunityLetter:
    """One that is linked already stays as it is; one removed before comes back."""
    with transaction.atomic():
        link, is_new = OpportunityLetter.objects.get_or_create(
            opportunity=opportunity,
            letter=letter,
            defaults={"position": letter.position, "linked_by": by.user, "linked_at": now},
        )
        if not is_new and link.removed_at is None:
            return link
        link.linked_by, link.linked_at, link.removed_at, link.removed_by = by.user, now, None, None
        link.save()
        try:
            with transaction.atomic():
                add_link(letter=letter, to=opportunity.with_whom, by=by, now=now)
        except UnableToLink:
            pass  # a customer of somebody else: the letter stays theirs alone to link
        _note("letter_linked", opportunity, letter, by=by, now=now)
    return link


def take_off_sale(*, letter: Letter, opportunity: Opportunity, by: Actor, now: datetime) -> OpportunityLetter:
    """The letter does not belong there, also where it followed from its conversation."""
    with transaction.atomic():
        link, _is_new = OpportunityLetter.objects.get_or_create(
            opportunity=opportunity, letter=letter, defaults={"position": letter.position, "linked_at": now}
        )
        if link.removed_at is None:
            link.removed_at, link.removed_by = now, by.user
            link.save()
            _note("letter_unlinked", opportunity, letter, by=by, now=now)
    return link


def letters_of_sale(opportunity: Opportunity, *, reader: User, cursor: str = "", size: int = PAGE_SIZE) -> Page[Letter]:
    """Those that were linked and what is in their conversations, newest first, as far as the reader may read them."""
    links = OpportunityLetter.objects.filter(opportunity=opportunity)
    linked = links.filter(removed_at=None).values("letter_id")
    threads = Letter.objects.unscoped(_WHY).filter(pk__in=linked, thread__isnull=False).values("thread_id")
    belongs = Q(pk__in=linked) | Q(thread__in=threads)
    removed = links.filter(removed_at__isnull=False).values("letter_id")
    letters = visible_letters(reader).filter(belongs).exclude(pk__in=removed)
    return page_of(letters, cursor=cursor, size=size, position=lambda letter: letter.position)


def sales_of_letter(letter: Letter, *, reader: User, opened: Collection[int] = ()) -> list[SaleOfLetter]:
    """The opportunities that the letter belongs to and that the reader may see. Two queries."""
    near = Q(letter=letter)
    if letter.thread_id is not None:
        near |= Q(letter__thread=letter.thread_id)
    links = list(OpportunityLetter.objects.filter(near).order_by("pk"))
    own = {link.opportunity_id: link for link in links if link.letter_id == letter.pk}
    ids = {link.opportunity_id for link in links if link.removed_at is None}
    ids -= {pk for pk, link in own.items() if link.removed_at is not None}
    rows = (
        Opportunity.objects.visible_to(reader, opened=opened).filter(pk__in=ids).select_related("stage").order_by("title", "pk")
    )
    return [SaleOfLetter(row, own.get(row.pk)) for row in rows]


def offered_sales(letter: Letter, *, reader: User, opened: Collection[int] = ()) -> list[Opportunity]:
    """Open opportunities of the letter's customers and leads that the reader may change. Two queries."""
    ends = list(visible_links(reader).filter(letter=letter).values_list("customer_id", "lead_id"))
    rows: Any = Opportunity.objects.visible_to(reader, Action.CHANGE, opened=opened)
    of_record = Q(customer__in=[customer for customer, _lead in ends if customer]) | Q(
        lead__in=[lead for _c, lead in ends if lead]
    )
    rows = rows.filter(of_record, stage__outcome=Outcome.OPEN).select_related("stage").order_by("-changed_at", "pk")
    return list(rows[:MOST_OFFERED])


def _note(action: str, opportunity: Opportunity, letter: Letter, *, by: Actor, now: datetime) -> None:
    """Of a private letter nothing but that there is one."""
    facts = {"letter": letter.pk, **({} if letter.is_private else {"subject": letter.subject})}
    record(by=by, action=action, kind="opportunity", record_id=opportunity.pk, name=opportunity.title, changes=facts, now=now)
