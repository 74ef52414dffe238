"""Lines of the journal as people read them: what happened in a sentence, which fields changed from what to what."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.customers.models import CustomerKind
from mooring.ui.parts import Moment
from mooring.users.models import JournalEntry, Role, Theme

KINDS: Final = {
    "customer": gettext_lazy("Customer"),
    "lead": gettext_lazy("Lead"),
    "contact": gettext_lazy("Contact"),
    "project": gettext_lazy("Project"),
    "user": gettext_lazy("Member of staff"),
    "view": gettext_lazy("Saved view"),
    "option": gettext_lazy("Setting"),
    "account": gettext_lazy("Mail account"),
    "letter": gettext_lazy("Letter"),
    "link": gettext_lazy("Link of a letter"),
    "sender": gettext_lazy("Sender"),
}

ACTIONS: Final = {
    "added": gettext_lazy("added"),
    "created": gettext_lazy("added"),
    "changed": gettext_lazy("changed"),
    "removed": gettext_lazy("removed"),
    "deleted": gettext_lazy("deleted"),
    "saved": gettext_lazy("saved"),
    "assigned": gettext_lazy("assigned"),
    "linked": gettext_lazy("linked"),
    "unlinked": gettext_lazy("unlinked"),
    "deactivated": gettext_lazy("deactivated"),
    "reactivated": gettext_lazy("let in again"),
    "password set": gettext_lazy("new password"),
}

FIELDS: Final = {
    "name": gettext_lazy("Name"),
    "kind": gettext_lazy("Type"),
    "number": gettext_lazy("Number"),
    "company_name": gettext_lazy("Company"),
    "website": gettext_lazy("Website"),
    "note": gettext_lazy("Note"),
    "owner": gettext_lazy("Owner"),
    "email": gettext_lazy("Email address"),
    "emails": gettext_lazy("Email addresses"),
    "domains": gettext_lazy("Domains"),
    "phones": gettext_lazy("Phones"),
    "addresses": gettext_lazy("Addresses"),
    "affiliations": gettext_lazy("Where they work"),
    "customer": gettext_lazy("Customer"),
    "is_closed": gettext_lazy("Closed"),
    "role": gettext_lazy("Role"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "theme": gettext_lazy("Colours"),
    "is_active": gettext_lazy("May sign in"),
}

_ICONS: Final = {
    "added": "plus",
    "created": "plus",
    "changed": "pencil",
    "removed": "trash",
    "deleted": "trash",
    "linked": "link",
    "unlinked": "unlink",
}
ICONS_IN_USE: Final = (
    {"icon": "plus"},
    {"icon": "pencil"},
    {"icon": "trash"},
    {"icon": "link"},
    {"icon": "unlink"},
    {"icon": "history"},
)
"""Named once more in the form in which the build of the assets finds icons."""

_CHANGES: Final = frozenset({"changed", "deactivated", "reactivated"})
"""Deeds whose lines say before and after."""
_VALUES: Final = {value: label for choices in (Role, CustomerKind, Theme) for value, label in choices.choices}
"""Words of the database as people read them."""
_PAGES: Final = {"customer": "customer", "lead": "lead", "contact": "contact", "project": "project", "user": "change_staff"}
_LONGEST: Final = 120


def moment_of(entry: JournalEntry) -> Moment:
    """A line of the whole journal: names the record and everything that was written down."""
    title = _("%(kind)s %(action)s") % {"kind": _kind(entry), "action": _action(entry)}
    if entry.record_name:
        title = _("%(said)s: %(name)s") % {"said": title, "name": entry.record_name}
    return _moment(entry, title=title, url=_url_of(entry), detail="; ".join(_changes(entry)))


def moment_on_card(entry: JournalEntry, *, hides: Collection[str] = ()) -> Moment:
    """A line about the record on whose card it stands. What it was added with stands there anyway.

    `hides` names fields whose values the reader may not know.
    """
    if not _has_changes(entry):
        return _moment(entry, title=capfirst(_action(entry)))
    fields = ", ".join(_field(field) for field in entry.changes)
    title = _("%(action)s: %(fields)s") % {"action": capfirst(_action(entry)), "fields": fields}
    return _moment(entry, title=title, detail="; ".join(_changes(entry, hides=hides)))


def _moment(entry: JournalEntry, *, title: str, url: str = "", detail: str = "") -> Moment:
    return Moment(title=title, at=entry.at, icon=_ICONS.get(entry.action, "history"), url=url, detail=detail, by=who(entry))


def who(entry: JournalEntry) -> str:
    """Who did it: a person, the worker, or the command line."""
    if entry.user is not None:
        return str(entry.user)
    return {"worker": _("Mooring itself"), "command": _("Command line")}.get(entry.source, entry.source)


def _url_of(entry: JournalEntry) -> str:
    name = _PAGES.get(entry.record_kind)
    if name is None or entry.record_id is None:
        return ""
    try:
        return reverse(name, args=[entry.record_id])
    except NoReverseMatch:
        return ""


def _kind(entry: JournalEntry) -> str:
    return str(KINDS.get(entry.record_kind, entry.record_kind))


def _action(entry: JournalEntry) -> str:
    return str(ACTIONS.get(entry.action, entry.action))


def _field(name: str) -> str:
    return str(FIELDS.get(name, name))


def _has_changes(entry: JournalEntry) -> bool:
    """Whether the line says before and after, rather than facts about the deed."""
    return entry.action in _CHANGES


def _changes(entry: JournalEntry, *, hides: Collection[str] = ()) -> Iterator[str]:
    """ "Field: before → after" for changes, "Field: value" for facts."""
    for name, change in entry.changes.items():
        if name in hides:
            continue
        if _has_changes(entry) and isinstance(change, list) and len(change) == 2:
            values = {"field": _field(name), "before": _short(change[0]), "after": _short(change[1])}
            yield _("%(field)s: %(before)s → %(after)s") % values
        else:
            yield _("%(field)s: %(value)s") % {"field": _field(name), "value": _short(change)}


def _short(value: Any) -> str:
    if value in (None, "", [], {}):
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, str) and value in _VALUES:
        return str(_VALUES[value])
    if isinstance(value, dict):
        value = ", ".join(str(part) for part in value.values() if part not in ("", None, False))
    elif isinstance(value, list):
        value = ", ".join(_short(part) for part in value)
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
