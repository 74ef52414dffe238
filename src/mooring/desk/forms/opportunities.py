"""Opportunities as people enter them, whole or one fact at a time; why one was lost; contacts and lines of the checklist."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.customers.lists import offered
from mooring.customers.models import Contact, ContactRole, Customer, Lead, Source
from mooring.desk.forms.letters import sensible_day
from mooring.desk.forms.pipelines import CURRENCY_CHOICES
from mooring.desk.forms.places import PlaceField
from mooring.desk.forms.tags import TagsField
from mooring.sales.models import Opportunity, OpportunityKind, Pipeline, Rejection
from mooring.sales.opportunity_data import OpportunityData, data_of
from mooring.users.models import User

FACTS: Final[dict[str, tuple[str, ...]]] = {
    "title": ("title",),
    "whom": ("whom",),
    "amount": ("price", "quantity", "discount", "currency"),
    "probability": ("probability",),
    "close_on": ("close_on",),
    "next_step": ("next_step", "next_step_on"),
    "owner": ("owner",),
    "source": ("source",),
    "kind": ("kind",),
    "tags": ("tags",),
    "rejection": ("rejection", "rejection_note"),
    "products": ("products",),
    "note": ("note",),
}
"""Fact of the card -> the fields that are entered for it."""
_HALF: Final = ("price", "quantity", "discount", "currency", "probability", "close_on", "source", "kind", "owner", "next_step_on")


def _amount(label: Any, **more: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, max_digits=15, decimal_places=4, localize=True, **more)


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, required=False, validators=[sensible_day], widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class OpportunityForm(forms.Form):
    """All of it, or only the fields named by `only`. `known` is what it is about, None for a new one."""

    title = forms.CharField(
        label=gettext_lazy("What"),
        max_length=300,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("A few words, such as “Mooring lines for the new pier”."),
    )
    price = _amount(gettext_lazy("Price"), required=False)
    quantity = _amount(gettext_lazy("Quantity"), required=False)
    discount = _amount(gettext_lazy("Discount"), required=False, help_text=gettext_lazy("As an amount."))
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=CURRENCY_CHOICES)
    probability = forms.IntegerField(
        label=gettext_lazy("Probability in %"),
        min_value=0,
        max_value=100,
        required=False,
        help_text=gettext_lazy("Empty: that of the stage."),
    )
    close_on = _day(gettext_lazy("Close date"))
    owner = forms.Field(label=gettext_lazy("Owner"))
    source = forms.Field(label=gettext_lazy("Source"))
    kind = forms.Field(label=gettext_lazy("Type"))
    tags = TagsField()
    next_step = forms.CharField(label=gettext_lazy("Next step"), max_length=300, required=False)
    next_step_on = _day(gettext_lazy("Next step on"))
    rejection = forms.Field(label=gettext_lazy("Rejection reason"))
    rejection_note = forms.CharField(label=gettext_lazy("More about the rejection"), max_length=1_000, required=False)
    products = forms.CharField(
        label=gettext_lazy("Products"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=100_000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    field_order = (
        "title",
        "whom",
        "price",
        "quantity",
        "discount",
        "currency",
        "probability",
        "close_on",
        "owner",
        "source",
        "kind",
        "tags",
    )

    def __init__(
        self,
        *args: Any,
        reader: User,
        known: Opportunity | None = None,
        only: Collection[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        self._offer(reader)
        if known is None or known.rejection_id is None:
            for name in {"rejection", "rejection_note"} - set(only):
                del self.fields[name]
        for name in set(self.fields) - set(only) if only else ():
            del self.fields[name]
        self.order_fields(self.field_order)
        for name in _HALF:
            if name in self.fields and not only:
                self.fields[name].width = "half"  # type: ignore[attr-defined]  # read by ui/form/field.html
        first = next(iter(self.fields.values()))
        first.widget.attrs["autofocus"] = True

    def data_entered(self) -> OpportunityData:
        """Once valid; what was not asked stays as it is."""
        entered = {name: value for name, value in self.cleaned_data.items() if name != "changed_at"}
        for name, otherwise in (("price", 0), ("quantity", 1), ("discount", 0)):
            if name in entered and entered[name] is None:
                entered[name] = otherwise
        if self.known is None:
            return OpportunityData(**_exact(entered))
        before = data_of(self.known)
        kept = {name: getattr(before, name) for name in OpportunityData.__dataclass_fields__}
        return OpportunityData(**_exact({**kept, **entered}))

    def _offer(self, reader: User) -> None:
        """The choices: people, and entries of lists that are in use or that it has already."""
        known = self.known
        people = User.objects.filter(Q(is_active=True) | Q(pk=known.owner_id if known else None)).order_by("name", "pk")
        self.fields["whom"] = PlaceField(
            reader=reader,
            models=(Customer, Lead),
            label=_("Customer or lead"),
            present=(known.customer or known.lead) if known else None,
        )
        self.fields["owner"] = forms.ModelChoiceField(people, label=_("Owner"), required=False, empty_label=_("Nobody yet"))
        lists: tuple[tuple[str, Any, str], ...] = (
            ("source", Source, _("Source")),
            ("kind", OpportunityKind, _("Type")),
            ("rejection", Rejection, _("Rejection reason")),
        )
        for name, model, label in lists:
            rows = offered(model, besides=[getattr(known, name)] if known else ())
            self.fields[name] = forms.ModelChoiceField(rows, label=label, required=False, empty_label="–")


class MoveForm(forms.Form):
    """Another stage, and why where the stage asks for it."""

    stage = forms.ModelChoiceField(Rejection.objects.none(), label=gettext_lazy("Stage"))
    rejection = forms.Field(label=gettext_lazy("Rejection reason"))
    rejection_note = forms.CharField(
        label=gettext_lazy("More about the rejection"), max_length=1_000, required=False, widget=forms.TextInput()
    )

    def __init__(self, *args: Any, pipeline: Pipeline, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].queryset = pipeline.stages.all()  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["rejection"] = forms.ModelChoiceField(
            offered(Rejection), label=_("Rejection reason"), required=False, empty_label=_("Another one, as written below")
        )
        self.order_fields(("stage", "rejection", "rejection_note"))


class PersonForm(forms.Form):
    """A contact of the customer or lead who takes part, and as what."""

    contact = forms.ModelChoiceField(Contact.objects.none(), label=gettext_lazy("Contact"))
    role = forms.ModelChoiceField(ContactRole.objects.none(), label=gettext_lazy("Role"), required=False, empty_label="–")

    def __init__(self, *args: Any, contacts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact"].queryset = contacts  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["role"].queryset = offered(ContactRole)  # type: ignore[attr-defined]  # a ModelChoiceField


def initial_of(opportunity: Opportunity) -> dict[str, Any]:
    """What the form of a stored opportunity starts with."""
    data = data_of(opportunity)
    fields: Iterable[str] = (name for names in FACTS.values() for name in names)
    return {name: _plain(getattr(data, name)) for name in fields}


def _plain(value: Any) -> Any:
    """Numbers without the zeros that only fill up their places."""
    return value.normalize() + 0 if hasattr(value, "normalize") else value


def _exact(entered: dict[str, Any]) -> dict[str, Any]:
    return {name: Decimal(value) if name in ("price", "quantity", "discount") else value for name, value in entered.items()}
