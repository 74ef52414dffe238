"""Whose customers and leads a reader sees, and whether these are so few that what hangs on them is better reached from them."""

from __future__ import annotations

from typing import Any

from mooring.customers.counting import counts_up_to
from mooring.customers.models import Customer, Lead
from mooring.customers.word_search import FEW
from mooring.users.models import HELD_ROOTS, User
from mooring.users.permissions import Action, Module, Scope, scope_of
from mooring.users.reach import owners_within


def owners_and_nobody(reader: User, module: Module, action: Action = Action.VIEW) -> tuple[int | None, ...] | None:
    """On whose records the reader may do `action`, nobody's (None) last; None for everybody's."""
    scope = scope_of(reader, module, action)
    if scope is Scope.ALL:
        return None
    return (*owners_within(reader, scope), None) if scope else ()


def sees_few_roots(reader: User) -> bool:
    """Whether so few customers and leads are within the reader's rights that what hangs on them is better reached from them."""
    sees_all = any(scope_of(reader, module, Action.VIEW) is Scope.ALL for module in (Module.CUSTOMERS, Module.LEADS))
    return not sees_all and sum(roots_seen_by(reader)) <= FEW


def roots_seen_by(reader: User) -> tuple[int, int]:
    """How many customers and how many leads are within the reader's rights, more than FEW standing for any more.

    One query for each user object: enough to choose a way, which leads to the same rows when there are more meanwhile.
    """
    held: tuple[int, tuple[int, int]] | None = getattr(reader, HELD_ROOTS, None)
    if held is None or held[0] != FEW:
        held = FEW, _counted(reader)
        setattr(reader, HELD_ROOTS, held)
    return held[1]


def _counted(reader: User) -> tuple[int, int]:
    parts: list[Any] = []
    for model, module in ((Customer, Module.CUSTOMERS), (Lead, Module.LEADS)):
        rows: Any = model.objects.visible_to(reader)
        owners = owners_and_nobody(reader, module)
        people = rows if owners is None else rows.filter(owner_id__in=[each for each in owners if each is not None])
        parts += [people, rows.none() if owners is None else rows.filter(owner=None)]
    customers, customers_of_nobody, leads, leads_of_nobody = counts_up_to(FEW, parts)
    return customers + customers_of_nobody, leads + leads_of_nobody
