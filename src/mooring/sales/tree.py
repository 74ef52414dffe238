"""Reading the tree of sales mailboxes as far as a user sees it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from mooring.sales.models import Ancestry, SalesMailbox
from mooring.users.models import User
from mooring.users.permissions import Action

_BELOW_A_VISIBLE_BOX = "whoever sees a box by right sees those below it"


@dataclass(frozen=True, slots=True)
class BoxLine:
    """A box where it stands in the drawn tree: `level` 0 is the top of what is seen; `closes` branches end with it."""

    box: SalesMailbox
    level: int
    has_below: bool
    closes: int
    is_changeable: bool

    @property
    def closed(self) -> range:
        """To be walked by a template: one turn for each branch that ends with it."""
        return range(self.closes)

    @property
    def path_hint(self) -> str:
        """Number and name as a list without a tree shows them: indented by the level."""
        return "\u2003" * self.level + str(self.box)


def box_lines(user: User, action: Action = Action.VIEW, *, opened: Collection[int] = ()) -> list[BoxLine]:
    """Boxes on which the user may do `action`, every one before those below it, by number. Two queries.

    One whose parent is not seen stands at the top.
    """
    boxes = list(SalesMailbox.objects.visible_to(user, action, opened=opened).select_related("owner").order_by("number"))
    changeable = set(SalesMailbox.objects.visible_to(user, Action.CHANGE).values_list("pk", flat=True))
    seen = {box.pk for box in boxes}
    below: dict[int | None, list[SalesMailbox]] = {}
    for box in boxes:
        below.setdefault(box.parent_id if box.parent_id in seen else None, []).append(box)
    walked: list[tuple[SalesMailbox, int]] = []
    waiting = [(box, 0) for box in reversed(below.get(None, []))]
    while waiting:
        box, level = waiting.pop()
        walked.append((box, level))
        waiting += [(child, level + 1) for child in reversed(below.get(box.pk, []))]
    levels = [level for _box, level in walked] + [0]
    return [
        BoxLine(
            box=box,
            level=level,
            has_below=box.pk in below,
            closes=max(level - levels[at + 1], 0),
            is_changeable=box.pk in changeable,
        )
        for at, (box, level) in enumerate(walked)
    ]


def box_paths(user: User) -> list[tuple[str, str]]:
    """(id, number and name indented by the level) of the same boxes in the same order, for a list of choices. One query."""
    rows = SalesMailbox.objects.visible_to(user).order_by("number").values_list("pk", "parent_id", "number", "name")
    boxes = {pk: (parent_id, f"{number} {name}") for pk, parent_id, number, name in rows}
    below: dict[int | None, list[int]] = {}
    for pk, (parent_id, _name) in boxes.items():
        below.setdefault(parent_id if parent_id in boxes else None, []).append(pk)
    found: list[tuple[str, str]] = []
    waiting = [(pk, 0) for pk in reversed(below.get(None, []))]
    while waiting:
        pk, level = waiting.pop()
        found.append((str(pk), "\u2003" * level + boxes[pk][1]))
        waiting += [(child, level + 1) for child in reversed(below.get(pk, []))]
    return found


def boxes_above(box: SalesMailbox) -> list[SalesMailbox]:
    """From the top down to the parent, with their owners: who they are, whoever asks."""
    lines = Ancestry.objects.filter(below=box, steps__gt=0).select_related("above__owner").order_by("-steps")
    return [line.above for line in lines]


def boxes_just_below(box: SalesMailbox) -> Iterable[SalesMailbox]:
    """Those whose parent it is, with their owners; whoever sees a box by right sees these too."""
    return box.children.unscoped(_BELOW_A_VISIBLE_BOX).select_related("owner").order_by("number")
