"""Lines of the journal as people read them: what happened in a sentence, which fields changed from what to what."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from mooring.activities.models import Rhythm
from mooring.customers.models import Colour, CustomerKind, InfoType
from mooring.desk import crm_words, portal_words, rights_words, sales_terms, signing_in_words
from mooring.desk.settings_pages import PAGES
from mooring.letters.models import MailAccount, Rule, SignInProvider
from mooring.sales.models import Cause, SalesMailbox
from mooring.ui.parts import Moment
from mooring.users.models import GroupKind, JournalEntry, Role, Theme
from mooring.users.second_steps import Means

KINDS: Final = {
    "customer": gettext_lazy("Customer"),
    "lead": gettext_lazy("Lead"),
    "contact": gettext_lazy("Contact"),
    "project": gettext_lazy("Project"),
    "user": gettext_lazy("Member of staff"),
    "activity": gettext_lazy("Task, call, meeting or note"),
    "letter": gettext_lazy("Email"),
    "view": gettext_lazy("Saved view"),
    "option": gettext_lazy("Setting"),
    "account": gettext_lazy("Mail account"),
    "unwanted_sender": gettext_lazy("Refused sender"),
    "outgoing": gettext_lazy("Outgoing email"),
    "template": gettext_lazy("Letter template"),
    "group": gettext_lazy("Group"),
    "provider": gettext_lazy("Sign-in provider"),
    "sales_mailbox": gettext_lazy("Sales mailbox"),
    "budget": gettext_lazy("Sales budget"),
    "rate": gettext_lazy("Exchange rate"),
    "import": gettext_lazy("Import"),
    "installation": gettext_lazy("Installation"),
    **rights_words.JOURNAL_KINDS,
    **sales_terms.KINDS,
    **crm_words.KINDS,
}

ACTIONS: Final = {
    "added": gettext_lazy("added"),
    "created": gettext_lazy("added"),
    "changed": gettext_lazy("changed"),
    "removed": gettext_lazy("removed"),
    "saved": gettext_lazy("saved"),
    "backup_restored": gettext_lazy("brought back from the backup"),
    "import_begun": gettext_lazy("begun"),
    "import_undone": gettext_lazy("undone"),
    "letter_linked": gettext_lazy("email linked"),
    "letter_unlinked": gettext_lazy("link to an email removed"),
    "letters_linked": gettext_lazy("emails linked"),
    "letters_unlinked": gettext_lazy("links to emails removed"),
    "older_letters_linked": gettext_lazy("older emails linked"),
    "older_letters_unlinked": gettext_lazy("older emails unlinked again"),
    "letters_made_private": gettext_lazy("emails made private"),
    "conversations_made_private": gettext_lazy("conversations made private"),
    "sender_made_private": gettext_lazy("sender made private"),
    "sender_made_open": gettext_lazy("sender private no longer"),
    "letters_made_open": gettext_lazy("emails private no longer"),
    "letters_binned": gettext_lazy("emails deleted"),
    "bin_emptied": gettext_lazy("bin emptied"),
    "letters_restored": gettext_lazy("emails restored"),
    "scan_wanted": gettext_lazy("scan asked for"),
    "read_again": gettext_lazy("read again"),
    "retried": gettext_lazy("failed emails tried again"),
    "fetched_whole": gettext_lazy("large email fetched whole"),
    "vanishing_agreed": gettext_lazy("emails confirmed as gone from the server"),
    "removed_on_server": gettext_lazy("archived emails removed from the server"),
    "password_told": gettext_lazy("password entered"),
    "made_default": gettext_lazy("made the default account"),
    "moved": gettext_lazy("moved"),
    "member_added": gettext_lazy("member added"),
    "member_changed": gettext_lazy("position of a member changed"),
    "member_removed": gettext_lazy("member removed"),
    "member_dated": gettext_lazy("days of a member changed"),
    "member_brought_back": gettext_lazy("member brought back"),
    "group_brought_back": gettext_lazy("brought back with its members"),
    "deactivated": gettext_lazy("deactivated"),
    "reactivated": gettext_lazy("let in again"),
    "draft_started": gettext_lazy("draft started"),
    "draft_discarded": gettext_lazy("draft discarded"),
    "draft_restored": gettext_lazy("draft brought back"),
    "file_attached": gettext_lazy("file attached"),
    "file_detached": gettext_lazy("file taken off"),
    "queued": gettext_lazy("put into the outbox"),
    "taken_back": gettext_lazy("taken back before sending"),
    "sending_reset": gettext_lazy("sending reset"),
    "errors_cleared": gettext_lazy("errors cleared"),
    "sent": gettext_lazy("sent by the engine"),
    "sending_delayed": gettext_lazy("refused for now, to be tried again"),
    "sending_failed": gettext_lazy("refused for good"),
    "sending_broke_off": gettext_lazy("broken off while sending"),
    "found_sent": gettext_lazy("found to have been sent"),
    "reported": gettext_lazy("report about it arrived"),
    "calendar_feed_made": gettext_lazy("address of the calendar feed made"),
    "calendar_feed_revoked": gettext_lazy("address of the calendar feed revoked"),
    "password set": gettext_lazy("new password"),
    "activity_planned": gettext_lazy("planned"),
    "activity_noted": gettext_lazy("noted"),
    "activity_changed": gettext_lazy("plan changed"),
    "activity_done": gettext_lazy("task done"),
    "activity_reopened": gettext_lazy("task open again"),
    "activity_removed": gettext_lazy("task removed"),
    "activity_brought_back": gettext_lazy("task brought back"),
    "letter_assigned": gettext_lazy("email of a team given to somebody"),
    "letter_waits": gettext_lazy("email of a team waits for an answer"),
    "letter_waits_no_more": gettext_lazy("email of a team waits no more"),
    "waiting_stopped": gettext_lazy("no answer awaited any more"),
    "archived": gettext_lazy("moved to the archive"),
    "restored": gettext_lazy("restored from the archive"),
    "signed_in": gettext_lazy("signed in with the provider"),
    "grant_lost": gettext_lazy("sign-in with the provider lost"),
    **portal_words.ACTIONS,
    **signing_in_words.ACTIONS,
    "opened": gettext_lazy("opened with its password"),
    "opening_failed": gettext_lazy("a wrong password was tried"),
    "locked": gettext_lazy("locked after too many wrong passwords"),
    "unlocked": gettext_lazy("unlocked"),
    "reset": gettext_lazy("reset"),
    "reset_undone": gettext_lazy("reset undone"),
    "reset_destroyed": gettext_lazy("what the reset took away destroyed"),
    "handed_over": gettext_lazy("handed over"),
    **rights_words.JOURNAL_ACTIONS,
    **sales_terms.ACTIONS,
    **crm_words.ACTIONS,
}

FIELDS: Final = {
    "file": gettext_lazy("File"),
    "rows": gettext_lazy("Rows"),
    "records_removed": gettext_lazy("Removed"),
    "records_restored": gettext_lazy("As before"),
    "records_left": gettext_lazy("Left as they are"),
    "name": gettext_lazy("Name"),
    "kind": gettext_lazy("Type"),
    "number": gettext_lazy("Number"),
    "company_name": gettext_lazy("Company"),
    "website": gettext_lazy("Website"),
    "note": gettext_lazy("Note"),
    "owner": gettext_lazy("Looked after by"),
    "email": gettext_lazy("Email address"),
    "emails": gettext_lazy("Email addresses"),
    "domains": gettext_lazy("Domains"),
    "phones": gettext_lazy("Phones"),
    "addresses": gettext_lazy("Addresses"),
    "affiliations": gettext_lazy("Where they work"),
    "customer": gettext_lazy("Customer"),
    "is_closed": gettext_lazy("Closed"),
    "role": gettext_lazy("Role"),
    "notice_mail": gettext_lazy("Email about notices"),
    "hour": gettext_lazy("Hour of the daily email"),
    "language": gettext_lazy("Language"),
    "time_zone": gettext_lazy("Time zone"),
    "theme": gettext_lazy("Colours"),
    "is_active": gettext_lazy("May sign in"),
    "subject": gettext_lazy("Subject"),
    "rule": gettext_lazy("Rule"),
    "cause": gettext_lazy("Cause"),
    "count": gettext_lazy("How many"),
    "account": gettext_lazy("Account"),
    "folder": gettext_lazy("Folder"),
    "since": gettext_lazy("Since"),
    "list": gettext_lazy("List"),
    "query": gettext_lazy("Filters"),
    "is_shared": gettext_lazy("Shown to colleagues too"),
    "default": gettext_lazy("Default account"),
    "activity": gettext_lazy("Plan"),
    "assignee": gettext_lazy("Given to"),
    "title": gettext_lazy("What"),
    "about": gettext_lazy("About"),
    "due_at": gettext_lazy("When"),
    "password_was_entered": gettext_lazy("Password entered"),
    "user": gettext_lazy("Member of staff"),
    "team": gettext_lazy("Groups"),
    "description": gettext_lazy("Description"),
    "parent": gettext_lazy("Group above"),
    "place": gettext_lazy("Place"),
    "member": gettext_lazy("Member"),
    "members": gettext_lazy("Members"),
    "since_on": gettext_lazy("From"),
    "until_on": gettext_lazy("To"),
    "position": gettext_lazy("Position"),
    "secret_was_entered": gettext_lazy("Client secret entered"),
    "provider": gettext_lazy("Provider"),
    "pipelines": gettext_lazy("Pipelines"),
    "opportunities": gettext_lazy("Opportunities"),
    "amounts": gettext_lazy("Open amounts"),
    "along": gettext_lazy("Go along"),
    "stay": gettext_lazy("Stay"),
    "close": gettext_lazy("Closed"),
    "identity": gettext_lazy("Signed in as"),
    "to": gettext_lazy("To"),
    **portal_words.FIELDS,
    **signing_in_words.FIELDS,
    **rights_words.JOURNAL_FIELDS,
    **sales_terms.FIELDS,
    **crm_words.FIELDS,
}
"""What a field is called whatever it belongs to; those of mail accounts and of settings are called as on their pages."""
_NUMBERS: Final = frozenset({"batch", "letter", "letters", "move"})
"""Fields that hold numbers of rows, for whoever searches the database."""
_OPTIONS: Final = {option.name: option for page in PAGES for option in page.options}

_ICONS: Final = {
    "added": "plus",
    "created": "plus",
    "changed": "pencil",
    "removed": "trash",
    "letter_linked": "link",
    "letters_linked": "link",
    "older_letters_linked": "link",
    "letter_unlinked": "unlink",
    "letters_unlinked": "unlink",
    "older_letters_unlinked": "unlink",
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

_CHANGES: Final = frozenset(
    {
        "changed",
        "won",
        "lost",
        "stage_undone",
        "deactivated",
        "reactivated",
        "made_default",
        "moved",
        "member_changed",
        "merged",
        "merged_into",
        "member_dated",
        *rights_words.JOURNAL_ACTIONS,
    }
)
"""Deeds whose lines say before and after."""
_CHOICES: Final = (Role, CustomerKind, Theme, Rule, GroupKind, Colour, InfoType, Cause, Rhythm, Means)
_VALUES: Final = {value: label for choices in _CHOICES for value, label in choices.choices}
"""Words of the database as people read them."""
_PAGES: Final = {
    "customer": "customer",
    "lead": "lead",
    "contact": "contact",
    "project": "project",
    "user": "change_staff",
    "group": "group",
    "sales_mailbox": "box",
}
_LONGEST: Final = 120
_NOTHING: Final[tuple[Any, ...]] = (None, "", [], {})
_FIELDS_OF: Final = {
    kind: {field.name: field for field in model._meta.get_fields() if isinstance(field, models.Field)}
    for kind, model in (("account", MailAccount), ("provider", SignInProvider), ("sales_mailbox", SalesMailbox))
}


def moment_of(entry: JournalEntry) -> Moment:
    """A line of the whole journal: names the record and everything that was written down."""
    title = _("%(kind)s %(action)s") % {"kind": _kind(entry), "action": _action(entry)}
    if entry.record_name:
        title = _("%(said)s: %(name)s") % {"said": title, "name": _name(entry)}
    return _moment(entry, title=title, url=_url_of(entry), detail="; ".join(_changes(entry)))


def moment_on_card(entry: JournalEntry, *, hides: Collection[str] = ()) -> Moment:
    """A line about the record on whose card it stands. What it was added with stands there anyway.

    `hides` names fields whose values the reader may not know.
    """
    if not _has_changes(entry):
        return _moment(entry, title=_said_of_plan(entry, capfirst(_action(entry))))
    fields = ", ".join(_field(entry, field) for field in entry.changes)
    title = _("%(action)s: %(fields)s") % {"action": capfirst(_action(entry)), "fields": fields}
    return _moment(entry, title=title, detail="; ".join(_changes(entry, hides=hides)))


def _said_of_plan(entry: JournalEntry, said: str) -> str:
    """Of a task, call, meeting or note on a card, which one it is."""
    plan = entry.changes.get("activity", "")
    return _("%(said)s: %(name)s") % {"said": said, "name": plan} if plan else said


def _moment(entry: JournalEntry, *, title: str, url: str = "", detail: str = "") -> Moment:
    return Moment(title=title, at=entry.at, icon=_ICONS.get(entry.action, "history"), url=url, detail=detail, by=who(entry))


def who(entry: JournalEntry) -> str:
    """Who did it: a person, the worker, or the command line."""
    if entry.user is not None:
        return str(entry.user)
    nobodies = {"worker": _("Mooring itself"), "command": _("Command line"), "portal": _("A portal user")}
    return nobodies.get(entry.source, _("Somebody at the door"))


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


def _name(entry: JournalEntry) -> str:
    return str(_OPTIONS[entry.record_name].label) if entry.record_name in _OPTIONS else entry.record_name


def _field(entry: JournalEntry, name: str) -> str:
    """As the page calls it on which it is entered."""
    if name in _OPTIONS:
        return _("Value")
    if name in _FIELDS_OF.get(entry.record_kind, ()):
        return str(_FIELDS_OF[entry.record_kind][name].verbose_name)
    if name == "name" and entry.record_kind in ("contact", "user"):
        return pgettext("person", "Name")
    if name.startswith("info: "):
        return name.removeprefix("info: ")
    if name.startswith("folder "):
        return _("Folder %(path)s") % {"path": name.removeprefix("folder ")}
    return str(FIELDS.get(name, name))


def _has_changes(entry: JournalEntry) -> bool:
    """Whether the line says before and after, rather than facts about the deed."""
    return entry.action in _CHANGES


def _changes(entry: JournalEntry, *, hides: Collection[str] = ()) -> Iterator[str]:
    """ "Field: before → after" for changes, "Field: value" for facts that say something."""
    for name, change in entry.changes.items():
        if name in hides or name in _NUMBERS:
            continue
        is_pair = isinstance(change, list) and len(change) == 2
        if _has_changes(entry) and is_pair:
            before, after = (_short(_chosen(entry, name, value)) for value in change)
            values = {"field": _field(entry, name), "before": before, "after": after}
            yield _("%(field)s: %(before)s → %(after)s") % values
            continue
        value = change[1] if is_pair and change[0] is None else change
        if value not in _NOTHING:
            yield _("%(field)s: %(value)s") % {"field": _field(entry, name), "value": _short(_chosen(entry, name, value))}


def _chosen(entry: JournalEntry, name: str, value: Any) -> Any:
    """What one chose for a mail account, a provider or a role, in the words of its page."""
    if name in rights_words.JOURNAL_FIELDS:
        return str(rights_words.reach_in_words(value))
    field = _FIELDS_OF.get(entry.record_kind, {}).get(name)
    is_choice = field is not None and isinstance(value, str) and value
    return str(dict(field.flatchoices).get(value, value)) if field is not None and is_choice else value


def _short(value: Any) -> str:
    if value in _NOTHING:
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
