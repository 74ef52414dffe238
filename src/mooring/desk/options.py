"""The switches of the desk: of whom a second step is required."""

from __future__ import annotations

from typing import Final, cast

from django.utils.translation import gettext_lazy

from mooring.options.option import Option


def _(text: str) -> str:
    """Translated when it is shown; the types of Django call that another kind of text."""
    return cast(str, gettext_lazy(text))


SECOND_STEP_ROLES: Final[Option[tuple[str, ...]]] = Option(
    name="desk.second_step_roles",
    kind="words",
    default=(),
    label=_("Two-step sign-in is required of"),
    help=_("Whoever has one of these roles and no second step yet is led to setting one up, and can do nothing else before."),
)

OPTIONS: Final = (SECOND_STEP_ROLES,)
