"""Pipelines as people take them away: a workbook of one, and a ZIP file with all of some sales mailboxes.

The ZIP file is written while it is sent, one pipeline at a time, so that it needs no more memory than the largest of them.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from django.utils.translation import gettext as _

from mooring.desk.workbooks import workbook_file
from mooring.sales.models import Pipeline, SalesMailbox
from mooring.sales.pipeline_content import PipelineContent, as_json
from mooring.sales.reading_content import content_of

_UNFIT: Final = re.compile(r'[\x00-\x1f\x7f/\\\\:*?"<>|]+')
_LONGEST: Final = 80
_AT_ONCE: Final = 64 * 1024


class Pipelines(Protocol):
    """Those that the reader may take away, as a query."""

    def filter(self, *, mailbox: SalesMailbox) -> Iterable[Pipeline]: ...


def header_of_workbook() -> tuple[str, ...]:
    """The first line."""
    return (
        _("What"),
        _("Customer or lead"),
        _("Stage"),
        _("Price"),
        _("Quantity"),
        _("Discount"),
        _("Amount"),
        _("Currency"),
        _("Probability in %"),
        _("Close date"),
        _("Looked after by"),
        _("Source"),
        _("Type"),
        _("Rejection reason"),
        _("Next step"),
        _("Products"),
        _("Note"),
    )


def cells_of(content: PipelineContent) -> Iterator[tuple[Any, ...]]:
    """A line for each opportunity."""
    stages = {stage.uid: stage for stage in content.stages}
    for each in content.opportunities:
        stage = stages[each.stage]
        yield (
            each.title,
            each.whom.name,
            stage.title,
            *(format(number.normalize() + 0, "f") for number in (each.price, each.quantity, each.discount, each.amount)),
            each.currency,
            stage.probability if each.probability is None else each.probability,
            each.close_on or "",
            each.owner,
            each.source,
            each.kind,
            each.rejection or each.rejection_note,
            each.next_step,
            each.products,
            each.note,
        )


def zip_of(boxes: Sequence[SalesMailbox], pipelines: Pipelines, *, now: datetime) -> Iterator[bytes]:
    """For each box a folder, in it each pipeline as JSON, which can be uploaded again, and as a workbook for people."""
    sent = _Sent()
    taken: set[str] = set()
    with zipfile.ZipFile(sent, "w", zipfile.ZIP_DEFLATED) as package:
        for box in boxes:
            for pipeline in pipelines.filter(mailbox=box):
                content = content_of(pipeline)
                path = _free(f"{_fit(str(box))}/{_fit(pipeline.name)}", taken)
                json = as_json(content, indent=1)
                _add(package, f"{path}.json", [json.encode() if isinstance(json, str) else json], now)
                yield sent.take()
                with workbook_file(name="pipeline", header=header_of_workbook(), rows=cells_of(content)) as file:
                    _add(package, f"{path}.xlsx", iter(lambda: file.read(_AT_ONCE), b""), now)
                yield sent.take()
    yield sent.take()


class _Sent:
    """A file that only goes forward: what is written waits to be taken."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._waiting.append(bytes(data))
        return len(data)

    def close(self) -> None:
        """What waits can still be taken."""

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        taken = b"".join(self._waiting)
        self._waiting.clear()
        return taken


def _add(package: zipfile.ZipFile, path: str, parts: Iterable[bytes], now: datetime) -> None:
    entry = zipfile.ZipInfo(path, now.timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    with package.open(entry, "w") as into:
        for part in parts:
            into.write(part)


def _fit(name: str) -> str:
    """As a file may be called everywhere."""
    return " ".join(_UNFIT.sub(" ", name).split())[:_LONGEST].strip(" .") or "-"


def _free(path: str, taken: set[str]) -> str:
    found, number = path, 1
    while found.casefold() in taken:
        number += 1
        found = f"{path} ({number})"
    taken.add(found.casefold())
    return found
