"""My day in groups, as its page and its file show it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from mooring.activities.models import Activity
from mooring.activities.queries import Day


def groups_of(day: Day) -> list[tuple[str, Sequence[Activity]]]:
    """Headings with what is due then, without empty ones."""
    groups = (
        (_("Overdue"), day.overdue),
        (_("Today"), day.today),
        (_("The next days"), day.this_week),
        (_("Later"), day.later),
        (_("Some day"), day.some_day),
        (_("Done lately"), day.done),
    )
    return [group for group in groups if group[1]]
