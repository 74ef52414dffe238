"""The wizard that hands a sales mailbox over: to whom, and what becomes of opportunities and customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.sales.handing_over import Fate, Plan
from mooring.sales.models import Opportunity, SalesMailbox
from mooring.users.models import User

LIKE_THE_OTHERS = ("", _("like the others"))


class HandOverForm(forms.Form):
    to = forms.ModelChoiceField(queryset=User.objects.none(), label=pgettext_lazy("mailbox", "New owner"), empty_label=None)
    fate = forms.ChoiceField(label=_("Open opportunities"), choices=Fate.choices, initial=Fate.ALONG, widget=forms.RadioSelect)
    with_customers = forms.BooleanField(
        label=_("The customers and leads of those that go along get the new owner, too"), required=False, initial=True
    )
    name = forms.CharField(label=pgettext_lazy("sales mailbox", "Name"), max_length=100)
    password = forms.CharField(
        label=_("New password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
        help_text=_("Left empty, the present one stays."),
    )

    def __init__(self, *args: Any, box: SalesMailbox, opportunities: Sequence[Opportunity], **kwargs: Any) -> None:
        """`opportunities` are those of which each may have a fate of its own."""
        super().__init__(*args, **kwargs)
        self.fields["name"].initial = box.name
        people = User.objects.filter(is_active=True).exclude(pk__in=[box.owner_id] if box.owner_id else []).order_by("name", "pk")
        self.fields["to"].queryset = people  # type: ignore[attr-defined]  # a ModelChoiceField
        for name in ("name", "password"):
            self.fields[name].width = "half"  # type: ignore[attr-defined]  # read by ui/form/field.html
        self._opportunities = opportunities
        for each in opportunities:
            field = forms.ChoiceField(choices=[LIKE_THE_OTHERS, *Fate.choices], required=False, label=each.title)
            field.widget.attrs["class"] = "form-select form-select-sm"
            self.fields[f"fate-{each.pk}"] = field

    def rows(self) -> list[tuple[Opportunity, Any]]:
        """Each opportunity with the field for its fate."""
        return [(each, self[f"fate-{each.pk}"]) for each in self._opportunities]

    def plan(self) -> Plan:
        """What was entered."""
        entered = self.cleaned_data
        fates = {each.pk: entered[f"fate-{each.pk}"] for each in self._opportunities if entered.get(f"fate-{each.pk}")}
        return Plan(
            to=entered["to"],
            fate=entered["fate"],
            fates=fates,
            with_customers=entered["with_customers"],
            name=entered["name"],
            password=entered["password"] or None,
        )
