"""Who may read which letters: one's own mailboxes, those of one's teams, and what is linked to a record in one's scope
unless it is private.

The only place where readers' rights on letters are decided. Every condition is a look-up in an index, so that it may stand in
any query that walks letters by position.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import OuterRef, Q, QuerySet

from mooring.customers.models import Customer, Lead
from mooring.customers.models.project import with_projects_for
from mooring.letters.models import Delivery, Letter, Link, MailAccount, SharedLetter
from mooring.letters.models.account import MailAccountQuerySet, in_a_team_of
from mooring.letters.models.letter import LetterQuerySet
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, may, scope_of
from mooring.users.scoping import has_any

_NOBODY: Final = Q(pk__in=())
MOST_FEW: Final = 5_000
"""A reader of so few letters has them looked up one by one, for a walk from the newest letter would hardly meet one."""


def accounts_read_by(user: User) -> MailAccountQuerySet:
    """The accounts whose every letter the user reads, private ones too: the own ones and those of teams, also removed ones."""
    return MailAccount.objects.limited_to(Q(owner=user) | in_a_team_of(user) if user.is_active else _NOBODY)


def accounts_written_by(user: User) -> MailAccountQuerySet:
    """The accounts in use from which the user may write."""
    if not may(user, Module.ACCOUNTS, Action.CHANGE):
        return MailAccount.objects.limited_to(_NOBODY)
    return MailAccount.objects.limited_to(Q(owner=user) | in_a_team_of(user, may_write=True)).filter(removed_at=None)


def in_written_accounts(user: User, *, account: str = "") -> Q:
    """That an account, or the one that `account` leads to from a row, is the user's own or one that the team lets write from."""
    path = f"{account}__" if account else ""
    return Q(**{f"{path}owner": user}) | in_a_team_of(user, account=account, may_write=True)


def in_read_accounts(user: User) -> Q:
    """Of deliveries: that they lie in an account that the user reads. For active users."""
    return Q(account__owner=user) | in_a_team_of(user, account="account")


def visible_letters(user: User) -> LetterQuerySet:
    """Letters in the accounts that the user reads, removed ones too, and open letters linked to a record in the user's scope.

    An administrator does not read the letters of others that are linked to nothing.
    """
    return Letter.objects.limited_to((_own(user) | _shared(user)) if user.is_active else _NOBODY)


def findable_letters(user: User) -> LetterQuerySet:
    """The visible ones without those that the reader knows from the bin only: what was deleted is not found any more."""
    kept = Delivery.objects.filter(in_read_accounts(user), letter=OuterRef("pk"), binned_at=None)
    return Letter.objects.limited_to((has_any(kept) | _shared(user)) if user.is_active else _NOBODY)


def letters_shared_with(customer: Customer) -> LetterQuerySet:
    """Letters that portal users of this customer may read: marked visible for it, linked to it, and not private."""
    shared = SharedLetter.objects.filter(letter=OuterRef("pk"), customer=customer)
    links = Link.objects.filter(letter=OuterRef("pk"), customer=customer, removed_at=None)
    return Letter.objects.limited_to(Q(is_private=False) & has_any(shared) & has_any(links))


def visible_deliveries(user: User) -> QuerySet[Delivery]:
    """Where visible letters lie, as far as the user may know: private deliveries of others stay unknown."""
    if not user.is_active:
        return Delivery.objects.none()
    shared = Letter.objects.limited_to(_shared(user)).filter(pk=OuterRef("letter_id"))
    own_letter = Delivery.objects.filter(in_read_accounts(user), letter=OuterRef("letter_id"))
    is_known = Q(is_private=False) & (has_any(shared) | has_any(own_letter))
    return Delivery.objects.filter(in_read_accounts(user) | is_known)


def few_positions(user: User) -> list[int] | None:
    """The positions of letters among which all are that the user may see, if these are few; None where they are many.

    At most two queries, in which each kind of reason is cut off early.
    """
    if not user.is_active:
        return []
    if _sees_every_record(user):
        return None
    own = few_own_positions(user)
    if own is None:
        return None
    customers, leads = Customer.objects.visible_to(user), Lead.objects.visible_to(user)
    links = Link.objects.filter(removed_at=None)
    of_records = (
        links.filter(customer__in=customers),
        links.filter(lead__in=leads),
        links.filter(project__customer__in=customers),
    )
    return _few(of_records, among=own)


def few_own_positions(user: User) -> list[int] | None:
    """The positions of the letters in the accounts that the user reads, if few: only there stands what is linked to nothing."""
    return _few(_own_deliveries(user)) if user.is_active else []


def _few(sources: Iterable[QuerySet[Any, Any]], *, among: Iterable[int] = ()) -> list[int] | None:
    """The positions of all the rows and those given, if few. One query, in which each source is cut off by itself."""
    parts: list[str] = []
    values: list[Any] = []
    for source in sources:
        with suppress(EmptyResultSet):
            sql, params = source.order_by().values("position")[: MOST_FEW + 1].query.sql_with_params()
            parts.append(f"SELECT position FROM ({sql}) AS few_of_one")  # noqa: S608  # made of querysets alone
            values += params
    found = set(among)
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), values)
            found.update(position for (position,) in cursor.fetchall())
    return sorted(found) if len(found) <= MOST_FEW else None


def _own_deliveries(user: User) -> list[QuerySet[Any, Any]]:
    """Apart, so that each begins at the user and walks through indexes; a letter of several groups comes several times."""
    of_teams = Delivery.objects.filter(account__team_accesses__group__memberships__user=user)
    return [Delivery.objects.filter(account__owner=user), of_teams]


def may_read(user: User, letter: Letter) -> bool:
    """Whether this very letter is visible to the user."""
    return visible_letters(user).filter(pk=letter.pk).exists()


def visible_links(user: User, *, with_removed: bool = False) -> QuerySet[Link]:
    """Links to records that the user may see, without tombstones unless wanted; the letters' own rights are asked apart."""
    links = Link.objects.all() if with_removed else Link.objects.filter(removed_at=None)
    return links if _sees_every_record(user) else links.filter(_to_records_of(user))


def _own(user: User) -> Q:
    return has_any(Delivery.objects.filter(in_read_accounts(user), letter=OuterRef("pk")))


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
    if may(user, Module.PROJECTS, Action.VIEW):
        to_records |= has_any(with_projects_for(user).filter(projects=OuterRef("project_id")))
    return to_records
