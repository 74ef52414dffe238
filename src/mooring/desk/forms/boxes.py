"""Sales mailboxes as people enter them, and opening one by its number and password; the room sales decides what is allowed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.desk.forms.editor import owner_field
from mooring.sales.mailboxes import HIGHEST_NUMBER, SHORTEST_PASSWORD, MailboxData
from mooring.sales.models import SalesMailbox
from mooring.sales.tree import BoxLine

AT_THE_TOP = ("", _("At the top"))
_NEW_PASSWORD = forms.PasswordInput(attrs={"autocomplete": "new-password"})


class BoxForm(forms.Form):
    """What stands on a box and where it stands."""

    number = forms.IntegerField(label=_("Number"), min_value=1, max_value=HIGHEST_NUMBER)
    name = forms.CharField(label=pgettext_lazy("sales mailbox", "Name"), max_length=100)
    owner = forms.Field(label=_("Owner"), required=False)
    parent = forms.ChoiceField(
        label=_("Parent"), required=False, help_text=_("The owner of the parent sees everything in the boxes below it.")
    )
    region = forms.CharField(label=_("Region"), max_length=100, required=False, widget=forms.TextInput(attrs={"list": "regions"}))
    email = forms.EmailField(label=_("Email address"), max_length=254, required=False)
    created_on = forms.DateField(
        label=_("Created on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=200,
        required=False,
        help_text=_("For a box that is not the box of a person: tenders, a trade fair, what waits for a territory."),
    )
    password = forms.CharField(
        label=_("Password"),
        required=False,
        strip=False,
        widget=_NEW_PASSWORD,
    )
    has_no_password = forms.BooleanField(label=_("Take the password away: opened by right only"), required=False)

    def __init__(self, *args: Any, lines: Sequence[BoxLine], box: SalesMailbox | None = None, **kwargs: Any) -> None:
        """`lines` are the boxes below which it may stand; the box itself and its present parent are seen to."""
        super().__init__(*args, **kwargs)
        self._box = box
        self.fields["password"].help_text = _(
            "With number and password colleagues who have no right at the box can open it. At least %(count)d characters."
        ) % {"count": SHORTEST_PASSWORD}
        places = {line.box.pk: (line.path_hint, line.box) for line in lines if line.box != box}
        if box is not None and box.parent is not None:
            places.setdefault(box.parent.pk, (str(box.parent), box.parent))
        self._places = {str(pk): place for pk, (_hint, place) in places.items()}
        choices = [(str(pk), hint) for pk, (hint, _place) in places.items()]
        self.fields["parent"].choices = [AT_THE_TOP, *choices]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["owner"] = owner_field(box.owner if box else None, label=str(_("Owner")))
        if box is None or not box.password:
            del self.fields["has_no_password"]
        else:
            self.fields["password"].label = _("New password")
        for name in ("number", "name", "owner", "parent", "region", "email", "created_on"):
            self.fields[name].width = "half"  # type: ignore[attr-defined]  # read by ui/form/field.html

    field_order = ("number", "name", "owner", "parent", "region", "email", "created_on")

    @classmethod
    def of(cls, box: SalesMailbox, *, lines: Sequence[BoxLine]) -> BoxForm:
        """Filled with what is known."""
        names = ("number", "name", "owner", "region", "email", "created_on", "purpose")
        known = {name: getattr(box, name) for name in names}
        return cls(initial={**known, "parent": box.parent_id or ""}, lines=lines, box=box)

    def as_data(self) -> MailboxData:
        """What was entered, as the deeds take it."""
        entered = dict(self.cleaned_data)
        takes_away = entered.pop("has_no_password", False)
        entered["password"] = "" if takes_away else entered["password"] or None
        return MailboxData(**{**entered, "parent": self._places.get(entered["parent"])})


class NameAndPasswordForm(forms.Form):
    """Another sales person calls in the territory: the box gets another name or password, and its pipelines stay."""

    name = forms.CharField(label=pgettext_lazy("sales mailbox", "Name"), max_length=100)
    password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        widget=_NEW_PASSWORD,
        help_text=_("Left empty, the present one stays. Whoever opened the box with the old one has to open it again."),
    )


class OpenForm(forms.Form):
    """Number and password."""

    number = forms.IntegerField(label=_("Number"), min_value=1, max_value=HIGHEST_NUMBER)
    password = forms.CharField(label=_("Password"), strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].width = self.fields["password"].width = "half"  # type: ignore[attr-defined]  # as above
