"""Pipelines and their stages as people enter them, and the filters of a board. The rooms below decide what is allowed."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.db.models.functions import Lower
from django.forms.formsets import BaseFormSet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from mooring.customers.models import Tag
from mooring.sales.models import Outcome, Pipeline, StageTemplate
from mooring.sales.money import CURRENCIES
from mooring.sales.pipelines import PipelineData
from mooring.sales.stages import MOST_STAGES, StageData
from mooring.users.models import User

CURRENCY_CHOICES: Final = tuple((code, code) for code in CURRENCIES)
_MARKS: Final = (
    ("", gettext_lazy("All")),
    ("open", pgettext_lazy("opportunities", "open")),
    ("won", pgettext_lazy("opportunities", "won")),
    ("lost", pgettext_lazy("opportunities", "lost")),
    ("overdue", gettext_lazy("past their close date")),
    ("silent", pgettext_lazy("opportunities", "silent")),
)


class PipelineForm(forms.Form):
    """What a pipeline is called; a new one also says with which stages it begins."""

    name = forms.CharField(label=pgettext_lazy("pipeline", "Name"), max_length=200)
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"),
        choices=CURRENCY_CHOICES,
        help_text=gettext_lazy("What new opportunities begin with."),
    )
    template = forms.ModelChoiceField(
        StageTemplate.objects.none(), label=gettext_lazy("Stages"), required=False, empty_label=gettext_lazy("The usual ones")
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_new:
            self.fields["template"].queryset = StageTemplate.objects.all()  # type: ignore[attr-defined]  # a ModelChoiceField
        else:
            del self.fields["template"]
        self.fields["name"].widget.attrs["autofocus"] = True
        for name in ("name", "currency"):
            self.fields[name].width = "half"  # type: ignore[attr-defined]  # read by ui/form/field.html

    def data_entered(self) -> PipelineData:
        """Once valid."""
        entered = self.cleaned_data
        return PipelineData(name=entered["name"], note=entered["note"], currency=entered["currency"])


class StageForm(forms.Form):
    """A line of the table of stages; one without a title does not count."""

    uid = forms.UUIDField(required=False, widget=forms.HiddenInput)
    place = forms.IntegerField(
        label=gettext_lazy("Order"),
        min_value=0,
        max_value=999,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    title = forms.CharField(label=pgettext_lazy("stage", "Title"), max_length=100, required=False)
    probability = forms.IntegerField(label=gettext_lazy("Probability in %"), min_value=0, max_value=100, required=False)
    outcome = forms.ChoiceField(label=gettext_lazy("Outcome"), choices=Outcome.choices, required=False)
    asks_reason = forms.BooleanField(label=gettext_lazy("Asks why"), required=False)

    def data_entered(self) -> StageData:
        """Once valid."""
        entered = self.cleaned_data
        uid: UUID | None = entered.get("uid")
        return StageData(
            uid=uid,
            title=entered["title"],
            probability=entered.get("probability") or 0,
            outcome=entered.get("outcome") or Outcome.OPEN.value,
            asks_reason=entered.get("asks_reason", False),
        )


StageLines: Final = forms.formset_factory(StageForm, extra=2, max_num=MOST_STAGES + 2, absolute_max=MOST_STAGES + 2)


def stages_entered(lines: BaseFormSet[Any]) -> list[StageData]:
    """The stages of a valid table, by their order; lines with no number stay where they stand."""
    rows = [(form.cleaned_data.get("place"), number, form) for number, form in enumerate(lines.forms)]
    named = [row for row in rows if row[2].cleaned_data.get("title")]
    ordered = sorted(named, key=lambda row: (999 if row[0] is None else row[0], row[1]))
    return [form.data_entered() for _place, _number, form in ordered]


class BoardFilterForm(forms.Form):
    """Filters of a board and of its list. A value that makes no sense is no filter."""

    text = forms.CharField(label=gettext_lazy("Contains"), required=False, max_length=200)
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)
    mark = forms.ChoiceField(label=gettext_lazy("Which"), choices=_MARKS, required=False)
    stage = forms.ChoiceField(label=gettext_lazy("Stage"), required=False)
    tag = forms.ChoiceField(label=gettext_lazy("Tag"), required=False)

    def __init__(self, *args: Any, pipeline: Pipeline, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owners = User.objects.filter(is_active=True).order_by("name", "pk")
        self.fields["owner"].choices = [("", _("Anybody")), *((str(each.pk), str(each)) for each in owners)]  # type: ignore[attr-defined]  # a ChoiceField
        stages = [(str(stage.pk), stage.title) for stage in pipeline.stages.all()]
        self.fields["stage"].choices = [("", _("All stages")), *stages]  # type: ignore[attr-defined]  # a ChoiceField

        tags = [(str(tag.pk), tag.name) for tag in Tag.objects.order_by(Lower("name"))]
        self.fields["tag"].choices = [("", _("Whatever tags")), *tags]  # type: ignore[attr-defined]  # a ChoiceField
        if not tags:
            del self.fields["tag"]

    def asked(self) -> dict[str, str]:
        """The filters that are set and make sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
