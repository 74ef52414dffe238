"""The shapes that pages hand to the parts of `templates/ui/`: plain values, no domain, no queries.

Everything is given by keyword, also because the build finds the icons in use by reading `icon="..."`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, NamedTuple, TypeVar

Row = TypeVar("Row")
Light = Literal["good", "busy", "warn", "bad", "idle"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of a menu. `key` is the letter that goes there after g (main menu) or that presses it (other menus)."""

    label: str
    url: str
    icon: str
    key: str = ""
    count: int = 0
    is_current: bool = False
    opens_beside: bool = False
    """It writes a letter, in the dock where there is room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who is signed in, for the menu at the top right."""

    name: str
    email: str
    sign_out_url: str
    profile_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around every page. An empty URL leaves its part out."""

    menu: Sequence[Entry]
    person: Person | None = None
    home_url: str = "/"
    new: Sequence[Entry] = ()
    search_url: str = ""
    notices_url: str = ""
    bell_url: str = ""
    """Asked by the page itself, once it stands and every minute, for the bell with the number of new notices."""
    language_url: str = ""
    theme_url: str = ""
    whom_to_ask: str = ""
    """Said by a page that refuses: who can open it."""
    rights_url: str = ""
    """Where this person gives rights; only for those who may."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A saved view of a list or a tab of a card: always a link, so that it works without a script."""

    label: str
    url: str
    is_current: bool = False
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One condition of a filter, read as words: `label` ("owned by") and `value` ("Bob"); `off_url` drops it."""

    label: str
    value: str
    off_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAction:
    """Something done with all ticked rows: the list's form is posted to `url`; `confirm` asks before (only for good).

    `key` presses it while rows are ticked.
    """

    label: str
    url: str
    icon: str
    confirm: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class KeysetPage(Generic[Row]):
    """Rows of a list and the cursors of its neighbours, ready for `?after=` and `?before=`; None where there is none."""

    rows: Sequence[Row]
    next: str | None = None
    previous: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of a timeline. `title` is linked if `url` is given; `detail` stands below it, quietly."""

    title: str
    at: datetime
    icon: str
    url: str = ""
    detail: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One letter in a list: who, when, what about, how it begins, and which record it belongs to.

    With `pk` it can be ticked; `count` is how many letters it stands for.
    """

    url: str
    who: str
    at: datetime
    subject: str
    snippet: str = ""
    belongs_to: str = ""
    is_unread: bool = False
    is_current: bool = False
    has_attachments: bool = False
    is_answered: bool = False
    is_private: bool = False
    is_done: bool = False
    with_whom: str = ""
    """Who of a team has it."""
    is_waiting: bool = False
    pk: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A branch or leaf of a tree of check boxes; `value` is what is sent when it is ticked, `note` stands at the right."""

    label: str
    value: str
    is_ticked: bool = False
    is_locked: bool = False
    icon: str = "folder"
    note: str = ""
    below: Sequence[Node] = ()


class DataCell(NamedTuple):
    """A cell behind the first one of a row; `label` names it where a row stands as a card."""

    text: str
    label: str
    is_number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A long job. While `is_running`, its line asks `url` every two seconds; without `total` it shows motion only."""

    label: str
    done: int
    total: int | None = None
    url: str = ""
    stop_url: str = ""
    is_running: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a check, with what to do in words where it did not pass; `quoted` is what the other side said itself."""

    label: str
    light: Light
    detail: str = ""
    quoted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A line of the palette: a record, a page or an action; `at` is when a letter came."""

    label: str
    url: str
    icon: str
    detail: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGroup:
    """Lines of the palette under one heading."""

    label: str
    entries: Sequence[Found]
