"""Lines of the journal as people read them: what happened in a sentence, which fields changed from what to what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.ui.parts import Moment
from mooring.users.models import JournalEntry

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

_PAGES: Final = {"customer": "customer", "lead": "lead", "contact": "contact", "project": "project", "user": "change_staff"}
_LONGEST: Final = 120


def moment_of(entry: JournalEntry, *, names_record: bool) -> Moment:
    """A line of the journal for a timeline; on the record's own card its name would only be repeated."""
    action = str(ACTIONS.get(entry.action, entry.action))
    kind = str(KINDS.get(entry.record_kind, entry.record_kind))
    said = _("%(kind)s %(action)s") % {"kind": kind, "action": action}
    title = _("%(said)s: %(name)s") % {"said": said, "name": entry.record_name} if names_record and entry.record_name else said
    return Moment(
        title=title,
        at=entry.at,
        icon=_ICONS.get(entry.action, "history"),
        url=_url_of(entry) if names_record else "",
        detail="; ".join(_changes(entry)),
        by=who(entry),
    )


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


def _changes(entry: JournalEntry) -> Iterator[str]:
    """ "Field: before → after" for changes, "field: value" for facts."""
    for field, change in entry.changes.items():
        label = str(FIELDS.get(field, field))
        if isinstance(change, list) and len(change) == 2:
            values = {"field": label, "before": _short(change[0]), "after": _short(change[1])}
            yield _("%(field)s: %(before)s → %(after)s") % values
        else:
            yield _("%(field)s: %(value)s") % {"field": label, "value": _short(change)}


def _short(value: Any) -> str:
    if value in (None, "", [], {}):
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        value = ", ".join(str(part) for part in value.values() if part not in ("", None, False))
    elif isinstance(value, list):
        value = ", ".join(_short(part) for part in value)
    text = " ".join(str(value).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
