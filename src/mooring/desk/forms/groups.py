"""Groups of staff as an administrator enters them; users.groups decides what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.users.groups import GroupLine
from mooring.users.models import Group, GroupKind

AT_THE_TOP = ("", _("At the top"))


class GroupForm(forms.Form):
    """What a group is called, what it is for, and where it stands."""

    name = forms.CharField(label=pgettext_lazy("group", "Name"), max_length=100)
    kind = forms.ChoiceField(
        label=_("Type"),
        choices=GroupKind.choices,
        initial=GroupKind.STANDARD,
        help_text=_("Members of a group of type Sales are sales people."),
    )
    parent = forms.ChoiceField(label=_("Group above"), required=False)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, lines: Sequence[GroupLine], group: Group | None = None, **kwargs: Any) -> None:
        """`lines` is the tree, out of which the group itself cannot be chosen."""
        super().__init__(*args, **kwargs)
        self._groups = {str(line.group.pk): line.group for line in lines if line.group != group}
        choices = [(str(line.group.pk), line.path_hint) for line in lines if line.group != group]
        self.fields["parent"].choices = [AT_THE_TOP, *choices]  # type: ignore[attr-defined]  # a ChoiceField
        for name in ("name", "kind"):
            self.fields[name].width = "half"  # type: ignore[attr-defined]  # read by ui/form/field.html

    @classmethod
    def of(cls, group: Group, *, lines: Sequence[GroupLine]) -> GroupForm:
        """Filled with what is known."""
        known = {"name": group.name, "kind": group.kind, "description": group.description, "parent": group.parent_id or ""}
        return cls(initial=known, lines=lines, group=group)

    def parent_entered(self) -> Group | None:
        """The group above, none at the top."""
        return self._groups.get(self.cleaned_data["parent"])


class MemberForm(forms.Form):
    """Somebody who works in a group, and as what."""

    user = forms.IntegerField(min_value=1)
    position = forms.CharField(label=_("Position"), max_length=100, required=False)
    since = forms.DateField(label=_("From"), required=False)


class PastMemberForm(forms.Form):
    """The days on which somebody worked in a group."""

    since = forms.DateField(label=_("From"), required=False)
    until = forms.DateField(label=_("To"))
