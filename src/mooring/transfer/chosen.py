"""What a row chooses from the lists of an installation, by name, and its additional information."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from mooring.customers.info_fields import info_fields
from mooring.customers.info_values import NotAValue, missing, name_of, read_value
from mooring.customers.lists import all_entries
from mooring.customers.models import Category, ContactRole, CustomerStatus, Industry, InfoField, InfoType, ListEntry, Source
from mooring.customers.names import fold
from mooring.customers.record_data import UnableToSave
from mooring.transfer.columns import FIELDS, Columns, Kind, recognise

Cells = Mapping[str, str]

_LISTS: Final[dict[str, type[ListEntry]]] = {
    "status": CustomerStatus,
    "industry": Industry,
    "source": Source,
    "categories": Category,
    "role": ContactRole,
}
_BETWEEN: Final = re.compile(r"[,;|]")
_OF_KIND: Final[dict[Kind, tuple[str, ...]]] = {
    "customers": ("status", "industry", "source", "categories"),
    "leads": ("source",),
    "contacts": ("categories", "role"),
}
"""Fields that choose from lists, by the kind of file."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Entries by the field and their folded name. A list without entries is no field: its column is as good as unknown."""

    kind: Kind
    entries: Mapping[str, Mapping[str, ListEntry]]
    info: tuple[InfoField, ...]

    @classmethod
    def of_installation(cls, kind: Kind) -> Chosen:
        """Two queries."""
        lists = all_entries()
        entries = {field: {fold(entry.name): entry for entry in lists[_LISTS[field]]} for field in _OF_KIND[kind]}
        fields = [field for field in info_fields() if field.retired_at is None] if kind == "customers" else []
        return cls(kind, {field: found for field, found in entries.items() if found}, tuple(fields))

    def columns_of(self, header: Sequence[str]) -> Columns:
        """What the columns of a file are."""
        return recognise(header, self.kind, lists=self.entries, more={field.name: name_of(field) for field in self.info})

    @property
    def fields(self) -> list[str]:
        """What a column can be."""
        return [*FIELDS[self.kind], *self.entries, *(name_of(field) for field in self.info)]

    @property
    def info_names(self) -> dict[str, str]:
        """Additional information, as columns call it -> the name of the field."""
        return {name_of(field): field.name for field in self.info}

    @property
    def lists_of_several(self) -> dict[str, str]:
        """Fields of which a row chooses several entries, with what stands between them."""
        several = {name_of(field): ";|" for field in self.info if field.kind == InfoType.CHOICES}
        return {"categories": ",;|", **several}

    def of_row(self, cells: Cells) -> dict[str, Any]:
        """Field of the data -> what the row says of it. Raises UnableToSave for what is in no list or is no value."""
        found: dict[str, Any] = {}
        for field in self.entries:
            names = [name for name in _BETWEEN.split(cells.get(field, "")) if name.strip()]
            if field == "categories":
                found[field] = tuple(self._entry(field, name) for name in names)
            elif cells.get(field):
                found[field] = self._entry(field, cells[field])
        if self.info:
            found["info"] = self._info(cells)
        return found

    def missing(self, info: Mapping[str, Any]) -> dict[str, str]:
        """What a new customer lacks."""
        return missing(info, self.info)

    def _entry(self, field: str, text: str) -> Any:
        entry = self.entries[field].get(fold(text))
        if entry is None:
            raise UnableToSave({field: _("“%(text)s” is not in the list.") % {"text": text.strip()[:80]}})
        return entry

    def _info(self, cells: Cells) -> dict[str, Any]:
        info = {}
        for field in self.info:
            try:
                value = read_value(field, cells.get(name_of(field)))
            except NotAValue as error:
                raise UnableToSave({name_of(field): f"{field.name}: {error}"}) from error
            if value is not None:
                info[str(field.pk)] = value
        return info
