"""Letters as forms and Undo buttons name them: by their ids, with their conversations, or by the moment of a deed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from django.http import HttpRequest
from django.urls import reverse

from mooring.desk.forms.mailbox import ticked

MOST_UNDONE_BY_ID: Final = 200
"""So many ids fit into the address of an Undo button."""
_LAST_STAMP: Final = 10**16
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def ids_asked(request: HttpRequest) -> list[int]:
    """As ticked, or as an Undo button names them."""
    return ticked([*request.POST.getlist("ids"), *request.GET.get("ids", "").split(",")])


def means_whole(request: HttpRequest) -> bool:
    """Whether the conversations of the letters are meant."""
    return request.POST.get("whole") == "1"


def undo_by_ids(name: str, ids: list[int]) -> str:
    """The address of an Undo button, empty where there is nothing to undo or too much."""
    return f"{reverse(name)}?ids={','.join(map(str, ids))}" if 0 < len(ids) <= MOST_UNDONE_BY_ID else ""


def stamp_of(moment: datetime) -> int:
    """A moment to the microsecond, as addresses name it."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of_stamp(stamp: int) -> datetime:
    """The moment that an address names."""
    return _EPOCH + timedelta(microseconds=min(stamp, _LAST_STAMP))
