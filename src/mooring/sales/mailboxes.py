"""Sales mailboxes: added, changed, moved within their tree, and given another name or password.

Whether somebody may change a box at all, the pages ask before; where it may stand in the tree is asked here, since that decides
who sees it. Ancestry is written here alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from mooring.customers.names import words_of
from mooring.customers.word_rows import keep_words
from mooring.sales.models import Ancestry, SalesMailbox
from mooring.users.journal import Actor, changes_between, record
from mooring.users.models import User
from mooring.users.permissions import Action, Module, Scope, scope_of

MOST_LEVELS: Final = 12
"""A tree deeper than this cannot be drawn any more."""

HIGHEST_NUMBER: Final = 999_999
SHORTEST_PASSWORD: Final = 8

_WHY = "the tree of boxes is kept in order, whoever may see which"


class UnableToChangeMailbox(Exception):
    """The box stands as it was. `problems` is {field: text fit for the user}; "" stands for the whole form."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxData:
    """What people write on a box. `password` None leaves the present one, "" takes it away; so does `created_on` None."""

    number: int
    name: str
    region: str = ""
    email: str = ""
    purpose: str = ""
    owner: User | None = None
    parent: SalesMailbox | None = None
    created_on: date | None = None
    password: str | None = None


def next_number() -> int:
    """The number after the highest one in use."""
    highest = SalesMailbox.objects.unscoped("a number is used once among all boxes").aggregate(highest=Max("number"))
    return int(highest["highest"] or 0) + 1


def default_name(number: int) -> str:
    """What a box is called until somebody names it, and again after it was reset."""
    return _("Sales mailbox %(number)d") % {"number": number}


def add_mailbox(*, data: MailboxData, by: Actor, now: datetime) -> SalesMailbox:
    """Raises UnableToChangeMailbox."""
    with transaction.atomic():
        tree = hold_tree()
        box = SalesMailbox()
        _write(box, data)
        box.created_on = data.created_on or now.date()
        _demand_sound(box, data, tree)
        _demand_may_stand_below(box.parent, by=by)
        box.save(force_insert=True)
        keep_words_of(box)
        _draw_lines(box)
        note("added", box, facts_of(box), by=by, now=now)
    return box


def change_mailbox(*, box: SalesMailbox, data: MailboxData, by: Actor, now: datetime) -> SalesMailbox:
    """Returns the box as it now stands; its pipelines stay in it whatever changes. Raises UnableToChangeMailbox."""
    with transaction.atomic():
        tree = hold_tree()
        box = _present(box)
        before, parent_before = facts_of(box), box.parent
        _write(box, data)
        box.created_on = data.created_on or box.created_on
        _demand_sound(box, data, tree)
        if box.parent_id != (parent_before and parent_before.pk):
            _demand_may_stand_below(parent_before, by=by)
            _demand_may_stand_below(box.parent, by=by)
        changes = changes_between(before, facts_of(box))
        if data.password is not None:
            changes["password"] = ["", _("changed")] if data.password else ["", _("taken away")]
        if changes:
            box.save()
            keep_words_of(box)
            if "parent" in changes:
                _redraw_lines(box)
            note("changed", box, changes, by=by, now=now)
    return box


def move_mailbox(*, box: SalesMailbox, parent: SalesMailbox | None, by: Actor, now: datetime) -> SalesMailbox:
    """Put the box, with all below it, below another one, or at the top. Raises UnableToChangeMailbox."""
    return change_mailbox(box=box, data=data_of(box, parent=parent), by=by, now=now)


def data_of(box: SalesMailbox, **changed: Any) -> MailboxData:
    """What stands on the box now, but for what is `changed`."""
    fields = ("number", "name", "region", "email", "purpose", "owner", "parent", "created_on")
    return MailboxData(**{**{field: getattr(box, field) for field in fields}, **changed})


def facts_of(box: SalesMailbox) -> dict[str, Any]:
    """What the journal says of a box; never its password."""
    return {
        "number": box.number,
        "name": box.name,
        "region": box.region,
        "email": box.email,
        "purpose": box.purpose,
        "owner": str(box.owner or ""),
        "parent": str(box.parent or ""),
        "created_on": box.created_on.isoformat(),
    }


def keep_words_of(box: SalesMailbox) -> None:
    """Let the box be found by its number and its name. Within the deed of another."""
    keep_words(box, words_of(texts=(str(box.number), box.name)))


def uncouple(box: SalesMailbox) -> None:
    """Stand the box at the top, with all below it. Within the deed of another."""
    box.parent = None
    box.save(update_fields=["parent"])
    _redraw_lines(box)


def couple(box: SalesMailbox, parent: SalesMailbox) -> None:
    """Stand the box below `parent` again, unless that has come to stand below it, or too deep. Within the deed of another."""
    is_circle = Ancestry.objects.filter(above=box, below=parent).exists()
    levels = Ancestry.objects.filter(below=parent).count() + 1 + _levels_below(box)
    if not is_circle and levels <= MOST_LEVELS:
        box.parent = parent
        box.save(update_fields=["parent"])
        _redraw_lines(box)


def note(action: str, box: SalesMailbox, changes: Mapping[str, Any], *, by: Actor, now: datetime) -> None:
    """The journal's line about a box."""
    record(by=by, action=action, kind="sales_mailbox", record_id=box.pk, name=str(box), changes=changes, now=now)


def _write(box: SalesMailbox, data: MailboxData) -> None:
    box.number = data.number
    box.name, box.region, box.purpose = (" ".join(text.split()) for text in (data.name, data.region, data.purpose))
    box.email = data.email.strip()
    box.owner, box.parent = data.owner, data.parent
    if data.password is not None:
        box.password = make_password(data.password) if data.password else ""
        box.wrong_count, box.locked_at = 0, None


def hold_tree() -> dict[int, int | None]:
    """The whole tree held, so that two moves at once cannot make a circle: the parent of every box."""
    rows = SalesMailbox.objects.unscoped(_WHY).select_for_update(of=("self",)).order_by("pk")
    return dict(rows.values_list("pk", "parent_id"))


def _present(box: SalesMailbox) -> SalesMailbox:
    found = SalesMailbox.objects.unscoped(_WHY).select_related("owner", "parent").filter(pk=box.pk).first()
    if found is None:
        raise UnableToChangeMailbox({"": _("This sales mailbox was removed.")})
    return found


def _demand_sound(box: SalesMailbox, data: MailboxData, tree: Mapping[int, int | None]) -> None:
    problems = {
        "number": _problem_of_number(box),
        "name": "" if 0 < len(box.name) <= 100 else _("Give the sales mailbox a name of at most 100 characters."),
        "region": "" if len(box.region) <= 100 else _("The region may have at most 100 characters."),
        "purpose": "" if len(box.purpose) <= 200 else _("The purpose may have at most 200 characters."),
        "email": _problem_of_email(box.email),
        "password": _problem_of_password(data.password),
        "parent": _problem_of_place(box, tree),
    }
    if found := {field: text for field, text in problems.items() if text}:
        raise UnableToChangeMailbox(found)


def _problem_of_number(box: SalesMailbox) -> str:
    if not 0 < box.number <= HIGHEST_NUMBER:
        return _("A number from 1 to 999,999.")
    others = SalesMailbox.objects.unscoped("a number is used once among all boxes").filter(number=box.number)
    return _("This number is in use already.") if others.exclude(pk=box.pk).exists() else ""


def _problem_of_email(email: str) -> str:
    try:
        if email:
            validate_email(email)
    except ValidationError:
        return _("This is no email address.")
    return ""


def _problem_of_password(password: str | None) -> str:
    if password and len(password) < SHORTEST_PASSWORD:
        return _("A password of at least %(count)d characters.") % {"count": SHORTEST_PASSWORD}
    return ""


def _problem_of_place(box: SalesMailbox, tree: Mapping[int, int | None]) -> str:
    if box.parent_id is None:
        return ""
    if box.parent_id not in tree:
        return _("This sales mailbox was removed.")
    above = [box.parent_id]
    while (higher := tree[above[-1]]) is not None:
        above.append(higher)
    if box.pk in above:
        return _("A sales mailbox cannot stand below itself.")
    if len(above) + 1 + _levels_below(box) > MOST_LEVELS:
        return _("The tree may have at most %(count)d levels.") % {"count": MOST_LEVELS}
    return ""


def _levels_below(box: SalesMailbox) -> int:
    deepest = Ancestry.objects.filter(above=box.pk).aggregate(deepest=Max("steps"))["deepest"] if box.pk else 0
    return int(deepest or 0)


def _demand_may_stand_below(parent: SalesMailbox | None, *, by: Actor) -> None:
    """Who takes a box from a place or gives it one may change that place; the top belongs to those who may change all."""
    if by.user is None or scope_of(by.user, Module.SALES, Action.CHANGE) is Scope.ALL:
        return
    if parent is None:
        said = _("Only a sales manager or an administrator puts a sales mailbox at the top or takes it away from there.")
        raise UnableToChangeMailbox({"parent": said})
    if not SalesMailbox.objects.visible_to(by.user, Action.CHANGE).filter(pk=parent.pk).exists():
        raise UnableToChangeMailbox({"parent": _("You may couple sales mailboxes only with your own and those below them.")})


def _draw_lines(box: SalesMailbox) -> None:
    """Of a new box: its line to itself and those to all above."""
    lines = [Ancestry(above=box, below=box, steps=0)]
    if box.parent_id is not None:
        upwards = Ancestry.objects.filter(below_id=box.parent_id)
        lines += [Ancestry(above_id=line.above_id, below=box, steps=line.steps + 1) for line in upwards]
    Ancestry.objects.bulk_create(lines)


def _redraw_lines(box: SalesMailbox) -> None:
    """Of a box that moved with all below it: the lines that led out of it go, those to its new place come."""
    steps_down = dict(Ancestry.objects.filter(above=box).values_list("below_id", "steps"))
    inside = Ancestry.objects.filter(above=box).values("below_id")
    Ancestry.objects.filter(below__in=inside).exclude(above__in=inside).delete()
    if box.parent_id is None:
        return
    upwards = list(Ancestry.objects.filter(below_id=box.parent_id))
    Ancestry.objects.bulk_create(
        [
            Ancestry(above_id=line.above_id, below_id=below_id, steps=line.steps + 1 + down)
            for line in upwards
            for below_id, down in steps_down.items()
        ],
        batch_size=500,
    )
