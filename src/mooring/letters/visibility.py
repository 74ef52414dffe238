"""Who may read which letters: one's own mailboxes, and what is linked to a record in one's scope unless it is private.

The only place where readers' rights on letters are decided. Every condition is a look-up in an index, so that it may stand in
any query that walks letters by position.
"""

from __future__ import annotations

from typing import Any, Final

from django.db.models import OuterRef, Q, QuerySet

from mooring.customers.models import Customer, Lead
from mooring.letters.models import Delivery, Letter, Link
from mooring.letters.models.letter import LetterQuerySet
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of
from mooring.users.scoping import has_any

_NOBODY: Final = Q(pk__in=())
MOST_FEW: Final = 5_000
"""A reader of so few letters has them looked up one by one, for a walk from the newest letter would hardly meet one."""


def visible_letters(user: User) -> LetterQuerySet:
    """Letters in the user's own accounts, removed ones too, and open letters linked to a record that the user may see.

    An administrator does not read the letters of others that are linked to nothing.
    """
    return Letter.objects.limited_to((_own(user) | _shared(user)) if user.is_active else _NOBODY)


def visible_deliveries(user: User) -> QuerySet[Delivery]:
    """Where visible letters lie, as far as the user may know: private deliveries of others stay unknown."""
    if not user.is_active:
        return Delivery.objects.none()
    shared = Letter.objects.limited_to(_shared(user)).filter(pk=OuterRef("letter_id"))
    own_letter = Delivery.objects.filter(letter=OuterRef("letter_id"), account__owner=user)
    is_known = Q(is_private=False) & (has_any(shared) | has_any(own_letter))
    return Delivery.objects.filter(Q(account__owner=user) | is_known)


def few_positions(user: User) -> list[int] | None:
    """The positions of letters among which all are that the user may see, if these are few; None where they are many.

    At most five queries, each cut off early.
    """
    if not user.is_active:
        return []
    if _sees_every_record(user):
        return None
    customers, leads = Customer.objects.visible_to(user), Lead.objects.visible_to(user)
    links = Link.objects.filter(removed_at=None)
    sources: list[QuerySet[Any, Any]] = [
        Delivery.objects.filter(account__owner=user),
        links.filter(customer__in=customers),
        links.filter(lead__in=leads),
        links.filter(project__customer__in=customers),
    ]
    found: set[int] = set()
    for source in sources:
        found.update(source.order_by().values_list("position", flat=True)[: MOST_FEW + 1])
        if len(found) > MOST_FEW:
            return None
    return sorted(found)


def few_own_positions(user: User) -> list[int] | None:
    """The positions of the letters in the user's own accounts, if these are few: only there stands what is linked to nothing."""
    if not user.is_active:
        return []
    own = Delivery.objects.filter(account__owner=user).order_by()
    found = set(own.values_list("position", flat=True)[: MOST_FEW + 1])
    return sorted(found) if len(found) <= MOST_FEW else None


def may_read(user: User, letter: Letter) -> bool:
    """Whether this very letter is visible to the user."""
    return visible_letters(user).filter(pk=letter.pk).exists()


def visible_links(user: User, *, with_removed: bool = False) -> QuerySet[Link]:
    """Links to records that the user may see, without tombstones unless wanted; the letters' own rights are asked apart."""
    links = Link.objects.all() if with_removed else Link.objects.filter(removed_at=None)
    return links if _sees_every_record(user) else links.filter(_to_records_of(user))


def _own(user: User) -> Q:
    return has_any(Delivery.objects.filter(letter=OuterRef("pk"), account__owner=user))


def _shared(user: User) -> Q:
    open_ones = Q(is_private=False, is_linked=True)
    if _sees_every_record(user):
        return open_ones
    links = Link.objects.filter(letter=OuterRef("pk"), removed_at=None).filter(_to_records_of(user))
    return open_ones & has_any(links)


def _sees_every_record(user: User) -> bool:
    modules = (Module.CUSTOMERS, Module.LEADS, Module.PROJECTS)
    return all(scope_of(user, module, Action.VIEW) is Scope.ALL for module in modules)


def _to_records_of(user: User) -> Q:
    customers, leads = Customer.objects.visible_to(user), Lead.objects.visible_to(user)
    to_records = has_any(customers.filter(pk=OuterRef("customer_id"))) | has_any(leads.filter(pk=OuterRef("lead_id")))
    if scope_of(user, Module.PROJECTS, Action.VIEW) is not Scope.NONE:
        to_records |= has_any(customers.filter(projects=OuterRef("project_id")))
    return to_records
