"""A record's form: plain fields and repeatable rows together, for the whole record or for a single fact of it.

Everything typed survives: errors, one more row, a warning about duplicates, a colleague who saved first. What is allowed is
decided by customers.editing; this only reads what was sent and says at the right place what was wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from django import forms
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from mooring.customers.record_data import RecordData
from mooring.desk.forms.rows import Kind, Rows, as_typed, with_one_more
from mooring.users.models import User

Data = TypeVar("Data", bound=RecordData)


class Editor(Generic[Data]):
    """`known` is the record as it stands (None for a new one); `only` names the single fact that is edited; `first_rows`
    are rows that a new record begins with, by the name of their kind."""

    fields: ClassVar[type[forms.Form]]
    row_kinds: ClassVar[tuple[Kind, ...]] = ()

    def __init__(
        self,
        request: HttpRequest,
        *,
        reader: User,
        known: Data | None = None,
        start: Mapping[str, Any],
        only: str = "",
        first_rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    ) -> None:
        self.reader = reader
        self.known = known
        self.first_rows = first_rows or {}
        self.only = only
        self.sent = request.POST if request.method == "POST" else None
        self.more = self.sent.get("more", "") if self.sent is not None else ""
        kinds = [kind for kind in self.row_kinds if only in ("", kind.name)]
        if self.more and self.sent is not None:
            self.form = self._form(None, as_typed(self._form(None, start), self.sent))
            self.rows = [
                with_one_more(kind, self.sent, more=kind.name == self.more, row_options=self.row_options(kind)) for kind in kinds
            ]
        else:
            self.form = self._form(self.sent, start)
            self.rows = [
                Rows(kind, data=self.sent, initial=self._at_first(kind), row_options=self.row_options(kind)) for kind in kinds
            ]
        for group in self.rows:
            group.fixed = self.fixed_rows(group.kind)
        self._place_cursor()

    @property
    def is_sent(self) -> bool:
        """Whether it came back to be saved, rather than to be shown or given one more row."""
        return self.sent is not None and not self.more

    def is_valid(self) -> bool:
        """Whether everything could be read."""
        return all([self.form.is_valid(), *[rows.is_valid() for rows in self.rows]])

    @property
    def has_problems(self) -> bool:
        """Whether anything is to be said at a field or row."""
        return self.is_sent and (bool(self.form.errors) or any(rows.has_problems for rows in self.rows))

    def data(self) -> Data:
        """What was entered, over what is known; only after is_valid()."""
        entered = self.entered()
        if self.known is not None:
            return replace(self.known, **entered)
        return self.new(entered)

    def draft(self) -> Data | None:
        """What has been entered so far, for looking for duplicates; None while there is no name."""
        self.is_valid()
        if not self.form.cleaned_data.get("name"):
            return None
        return self.data()

    def refuse(self, problems: Mapping[str, str]) -> None:
        """Put what the deed said at its fields and rows, the rest at the head of the form."""
        rows = {group.kind.name: group for group in self.rows}
        for field, text in problems.items():
            if field in rows:
                rows[field].refuse(text)
            else:
                self.form.add_error(field if field in self.form.fields else None, text)

    def entered(self) -> dict[str, Any]:
        """Field of the data -> value, as far as this form asks for it."""
        values = dict(self.form.cleaned_data)
        for group in self.rows:
            values[group.kind.name] = self.read_rows(group.kind, group.values())
        return values

    def new(self, entered: Mapping[str, Any]) -> Data:
        """The data of a new record."""
        raise NotImplementedError

    def rows_of(self, kind: Kind) -> Sequence[Mapping[str, Any]]:
        """The rows that the record has already."""
        raise NotImplementedError

    def read_rows(self, kind: Kind, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
        """Rows of the form as values of the data."""
        raise NotImplementedError

    def fixed_rows(self, kind: Kind) -> Sequence[str]:  # noqa: ARG002  # for those who override it
        """Rows of the record that are shown to the reader, who may not change them."""
        return ()

    def row_options(self, kind: Kind) -> Mapping[str, Any]:  # noqa: ARG002  # for those who override it
        """What a row of this kind has to be given to exist."""
        return {}

    def _at_first(self, kind: Kind) -> Sequence[Mapping[str, Any]]:
        return self.first_rows.get(kind.name) or self.rows_of(kind)

    def _form(self, sent: Any, start: Mapping[str, Any]) -> forms.Form:
        form = self.fields(sent, initial=dict(start))
        self.prepare(form)
        for name in list(form.fields):
            if self.only and name != self.only:
                del form.fields[name]
        return form

    def _place_cursor(self) -> None:
        """Into the row just asked for, the fact that is edited, or the name: where one goes on typing."""
        for field in self.form.fields.values():
            field.widget.attrs.pop("autofocus", None)
        fields = dict(self.form.fields)
        if self.rows and (self.more or self.only):
            group = next((rows for rows in self.rows if rows.kind.name == self.more), None)
            row = group.forms[-1] if group else self.rows[0].forms[0]
            fields = dict(row.fields)
        first = fields.get("name") or next(iter(fields.values()), None)
        if first is not None and not isinstance(first.widget, forms.RadioSelect):
            first.widget.attrs["autofocus"] = True

    def prepare(self, form: forms.Form) -> None:
        """Fill choices that depend on the reader."""


def version_of(changed_at: datetime) -> str:
    """How a form remembers which state of a record it was opened on."""
    return changed_at.isoformat()


def owner_field(known: User | None, *, label: str) -> forms.ModelChoiceField[User]:
    """Everybody who may sign in, and the owner of now whoever it is."""
    people = User.objects.filter(Q(is_active=True) | Q(pk=known.pk if known else None)).order_by("name", "id")
    return forms.ModelChoiceField(people, label=label, required=False, empty_label=_("Nobody yet"))
