"""Lists and reports as files: CSV, or a workbook where the address asks for one `as=xlsx`; and the links to both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

from mooring.desk.access import user_of
from mooring.desk.csv_export import csv_answer
from mooring.desk.workbooks import workbook_answer
from mooring.users.permissions import Action, Module, may

_NOT_OF_FILES = ("after", "before", "view", "as")


@dataclass(frozen=True, slots=True)
class FileLinks:
    """Where what a page shows is found as a file, all pages of it."""

    csv: str
    xlsx: str


def table_answer(
    request: HttpRequest, *, name: str, header: Sequence[object], rows: Iterable[Sequence[object]]
) -> HttpResponseBase:
    """No cell of either is ever a formula."""
    answer = workbook_answer if request.GET.get("as") == "xlsx" else csv_answer
    return answer(name=name, header=header, rows=rows)


def file_links(request: HttpRequest, module: Module, name: str, *args: Any) -> FileLinks | None:
    """To the address of that name, with the filters and the sorting of this page; None for who may not export."""
    if not may(user_of(request), module, Action.EXPORT):
        return None
    asked = request.GET.copy()
    for gone in _NOT_OF_FILES:
        asked.pop(gone, None)
    csv = f"{reverse(name, args=args)}?{asked.urlencode()}"
    asked["as"] = "xlsx"
    return FileLinks(csv.rstrip("?"), f"{reverse(name, args=args)}?{asked.urlencode()}")
