"""The switches of the activities room: which days count as working days."""

from __future__ import annotations

from datetime import date
from typing import Final, cast

from django.utils.translation import gettext_lazy

from mooring.options.option import Option


def _(text: str) -> str:
    """Translated when it is shown; the types of Django call that another kind of text."""
    return cast(str, gettext_lazy(text))


WORKING_WEEK: Final = Option(
    name="activities.working_week",
    kind="choice",
    default="01234",
    choices=(
        ("01234", _("Monday to Friday")),
        ("012345", _("Monday to Saturday")),
        ("60123", _("Sunday to Thursday")),
        ("0123456", _("Every day")),
    ),
    label=_("Working days"),
    help=_("“If no answer in N working days, remind me” counts these."),
)
HOLIDAYS: Final[Option[tuple[str, ...]]] = Option(
    name="activities.holidays",
    kind="words",
    default=(),
    label=_("Days off"),
    help=_("As 2026-12-25, one per line. They do not count as working days."),
)

OPTIONS: Final = (WORKING_WEEK, HOLIDAYS)


def days_of_week(chosen: str) -> frozenset[int]:
    """The working days of the week, Monday being 0."""
    return frozenset(int(day) for day in chosen)


def days_off(words: tuple[str, ...]) -> frozenset[date]:
    """Those of the words that are dates; an administrator's slip of the pen is no day off."""
    found = set()
    for word in words:
        try:
            found.add(date.fromisoformat(word))
        except ValueError:
            continue
    return frozenset(found)
