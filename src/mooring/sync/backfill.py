"""Offers older letters when an address or domain is added: looks for rows newer than its marks, counts, and waits for a person.

An offer accepted links the letters kept (letters.older) and lists those only on the server, which the next visit fetches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from mooring.customers.models import Affiliation, Customer, CustomerDomain, EmailAddress, Lead
from mooring.letters.linking import Linkable
from mooring.letters.models import Letter, Link, LinkBatch
from mooring.letters.older import MOST_COUNTED, Reach, link_older, preview_older, undo_batch
from mooring.sync.hints import address_digest, domain_digest
from mooring.sync.models import AccountState, BackfillMark, BackfillOffer, Item, ItemState
from mooring.users.journal import Actor

MOST_AT_ONCE: Final = 200
"""So many new addresses are looked at before others have their turn."""
_WHY: Final = "older letters are offered to whoever may see the record"


class UnableToAnswer(Exception):
    """The offer cannot be answered that way any more; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class _Added:
    """An address or domain that leads to a record since lately."""

    reach: Reach
    to: Linkable


def look_for_additions(*, now: datetime) -> int:
    """Make offers for what was added since the marks; how many. Call it again while it moves marks."""
    count = 0
    for name, rows, added_by in _SOURCES:
        mark, _made = BackfillMark.objects.get_or_create(name=name)
        fresh = list(rows().filter(pk__gt=mark.last_id).order_by("pk")[:MOST_AT_ONCE])
        if not fresh:
            continue
        with transaction.atomic():
            for row in fresh:
                count += sum(_offer(added, now) for added in added_by(row))
            BackfillMark.objects.filter(name=name, last_id__lt=fresh[-1].pk).update(last_id=fresh[-1].pk)
    return count


def accept(*, offer: BackfillOffer, by: Actor, now: datetime) -> BackfillOffer:
    """Link the letters kept, and list those on the server for the next visit. Raises UnableToAnswer."""
    with transaction.atomic():
        offer = _open(offer)
        offer.answered_at = now
        offer.batch_id = link_older(reach=reach_of(offer), to=record_of(offer), by=by, now=now).pk
        offer.save(update_fields=["answered_at", "batch_id"])
        items = _on_server(reach_of(offer))
        accounts = _hold_accounts(items)
        Item.objects.filter(pk__in=list(items.values_list("pk", flat=True))).update(state=ItemState.LISTED, attempts=0)
        AccountState.objects.filter(account_id__in=accounts).update(wanted_at=now)
    return offer


def undo(*, offer: BackfillOffer, by: Actor, now: datetime) -> int:
    """Take back the links that the offer made, fetched letters included; how many. Raises UnableToAnswer."""
    with transaction.atomic():
        offer = BackfillOffer.objects.select_for_update().get(pk=offer.pk)
        if offer.batch_id is None or offer.undone_at is not None:
            raise UnableToAnswer(_("These letters were not linked, or that was undone already."))
        batch = LinkBatch.objects.get(pk=offer.batch_id)
        items = _on_server(reach_of(offer), state=ItemState.LISTED)
        _hold_accounts(items)
        items.update(state=ItemState.SKIPPED)
        _links_of_fetched(offer).update(batch=batch)
        count = undo_batch(batch=batch, by=by, now=now)
        offer.undone_at = now
        offer.save(update_fields=["undone_at"])
    return count


def dismiss(*, offer: BackfillOffer, now: datetime) -> BackfillOffer:
    """Leave the older letters where they are. Raises UnableToAnswer."""
    with transaction.atomic():
        offer = _open(offer)
        offer.answered_at = now
        offer.save(update_fields=["answered_at"])
    return offer


def offers_to(record: Customer | Lead) -> QuerySet[BackfillOffer]:
    """The offers to a record that nobody answered yet."""
    which = {"customer_id": record.pk} if isinstance(record, Customer) else {"lead_id": record.pk}
    return BackfillOffer.objects.filter(answered_at=None, **which).order_by("id")


def reach_of(offer: BackfillOffer) -> Reach:
    """The address or domain that the offer is about."""
    if not offer.is_domain:
        return Reach(key=offer.address)
    domains = CustomerDomain.objects.filter(customer_id=offer.customer_id or 0, domain=offer.address)
    return Reach(domain=offer.address, includes_subdomains=domains.filter(includes_subdomains=True).exists())


def record_of(offer: BackfillOffer) -> Linkable:
    """The customer or lead that the letters would be linked to. Raises UnableToAnswer when it is gone."""
    found: Linkable | None
    if offer.customer_id is not None:
        found = Customer.objects.unscoped(_WHY).filter(pk=offer.customer_id).first()
    else:
        found = Lead.objects.unscoped(_WHY).filter(pk=offer.lead_id or 0).first()
    if found is None:
        raise UnableToAnswer(_("The customer or lead is not there any more."))
    return found


def _hold_accounts(items: QuerySet[Item]) -> set[int]:
    """Keep the engine from writing about the accounts of these letters until the transaction ends; their ids.

    Letters of a folder share the rows that count them. Whoever changes states holds the account first, as every lease does,
    so that nobody waits crosswise.
    """
    accounts = set(items.values_list("folder__account_id", flat=True))
    list(AccountState.objects.select_for_update().filter(account_id__in=accounts).order_by("account_id"))
    return accounts


def _open(offer: BackfillOffer) -> BackfillOffer:
    offer = BackfillOffer.objects.select_for_update().get(pk=offer.pk)
    if offer.answered_at is not None:
        raise UnableToAnswer(_("This was answered already."))
    return offer


def _offer(added: _Added, now: datetime) -> bool:
    """Offer, if there is anything to offer and it was not offered before."""
    is_customer = isinstance(added.to, Customer)
    which: dict[str, Any] = {
        "address": str(added.reach)[:320],
        "is_domain": bool(added.reach.domain),
        "customer_id": added.to.pk if is_customer else None,
        "lead_id": None if is_customer else added.to.pk,
    }
    if BackfillOffer.objects.filter(**which).exists():
        return False
    kept = preview_older(reach=added.reach, to=added.to).count
    on_server = len(_on_server(added.reach).order_by()[:MOST_COUNTED])
    if not kept and not on_server:
        return False
    BackfillOffer.objects.create(kept_count=kept, on_server_count=on_server, created_at=now, **which)
    return True


def _on_server(reach: Reach, *, state: str = ItemState.SKIPPED) -> QuerySet[Item]:
    """Letters that were not kept and bear the hint; a domain's hint stands for the hosts below it too."""
    digest = address_digest(reach.key) if reach.key else domain_digest(reach.domain)
    return Item.objects.filter(hints__digest=digest, state=state, delivery=None)


def _links_of_fetched(offer: BackfillOffer) -> QuerySet[Link]:
    """The links of letters that were fetched because of the offer: made by a rule since, without a batch of their own."""
    digest = domain_digest(offer.address) if offer.is_domain else address_digest(offer.address)
    letters = Letter.objects.unscoped(_WHY).filter(
        deliveries__in=Item.objects.filter(hints__digest=digest, delivery__isnull=False).values("delivery")
    )
    which: dict[str, Any] = {"customer": offer.customer_id, "lead": offer.lead_id}
    return Link.objects.filter(
        letter__in=letters.values("pk"), batch=None, removed_at=None, created_at__gte=offer.answered_at, **which
    )


def _added_by_email(row: EmailAddress) -> Iterator[_Added]:
    reach = Reach(key=row.key)
    if row.contact_id is not None:
        for affiliation in Affiliation.objects.filter(contact_id=row.contact_id).select_related("customer", "lead"):
            yield _Added(reach, _place_of(affiliation))
    else:
        owner = row.customer or row.lead
        assert owner is not None
        yield _Added(reach, owner)


def _added_by_affiliation(row: Affiliation) -> Iterator[_Added]:
    for key in EmailAddress.objects.filter(contact_id=row.contact_id).values_list("key", flat=True):
        yield _Added(Reach(key=key), _place_of(row))


def _added_by_domain(row: CustomerDomain) -> Iterator[_Added]:
    yield _Added(Reach(domain=row.domain, includes_subdomains=row.includes_subdomains), row.customer)


def _place_of(affiliation: Affiliation) -> Linkable:
    place = affiliation.customer or affiliation.lead
    assert place is not None
    return place


_SOURCES: Final[tuple[tuple[str, Any, Any], ...]] = (
    ("email", lambda: EmailAddress.objects.select_related("customer", "lead"), _added_by_email),
    ("affiliation", lambda: Affiliation.objects.select_related("customer", "lead"), _added_by_affiliation),
    ("domain", lambda: CustomerDomain.objects.select_related("customer"), _added_by_domain),
)
"""Name of the mark, the rows in question, and what a row adds."""
