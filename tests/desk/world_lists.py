"""What a small world has of lists: everybody knows them, and administrators keep them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

import making
from mooring.customers.bulk_editing import Wish, change_many
from mooring.customers.lists import move_customers
from mooring.customers.models import BulkChange, BulkField, Customer, Industry, Tag
from mooring.users.journal import Actor
from mooring.users.models import User


def _bulk_change_of(owner: User, customer: Customer, industry: Industry) -> BulkChange:
    """The owner gave the customer an industry, among many."""
    wish = Wish(BulkField.INDUSTRY, industry.pk)
    change = change_many(record_ids=[customer.pk], wish=wish, by=Actor(owner, "desk"), now=making.NOW)
    BulkChange.objects.update(changed_at=timezone.now())
    return change


def lists_of_world(owner: User, customer: Customer, mark: str) -> dict[str, Any]:
    """Two industries, and a move of a customer from the one to the other; tags; everybody knows the lists."""
    industry, other = (making.make_entry(Industry, name) for name in ("Ships", "Grain"))
    making.make_entry(Industry, "Timber")
    making.make_customer(industry=other, owner=None)
    move = move_customers(old=other, new=industry, by=making.BY_COMMAND, now=timezone.now())
    bulk_change = _bulk_change_of(owner, customer, industry)
    tags = {name: making.make_entry(Tag, f"{name}{mark}") for name in ("tag", "other_tag")}
    return {**tags, "industry": industry, "other_industry": other, "move": move, "bulk_change": bulk_change}
