"""The module Email in its panes: folders with what is unread, the list as its address asks for it, the letter that is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from mooring.customers.models import Customer
from mooring.desk.access import user_of
from mooring.desk.account_folders import FOLDER_ICONS
from mooring.desk.forms.letters import LinkForm
from mooring.desk.forms.mailbox import MailboxForm
from mooring.desk.letter_lines import lines_of_conversations, lines_of_links
from mooring.desk.letter_pages import LINKABLE, reading_context
from mooring.letters.conversations import Conversation, conversations_in, found_in, letters_in, members_of
from mooring.letters.mailboxes import MOST_COUNTED, FolderCount, Place, all_inboxes, inbox_of, is_inbox
from mooring.letters.models import Folder, Letter, MailAccount
from mooring.letters.paging import Page
from mooring.letters.queries import conversation_around, letters_of, links_of
from mooring.ui.parts import BulkAction, KeysetPage
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may

SINGLE = "single_letters"
"""The session's word for a list of single letters instead of conversations."""


@dataclass(frozen=True, slots=True)
class Box:
    """Which part of the reader's mailboxes a page shows."""

    title: str
    place: Place
    name: str
    """The name of its address; "" for an account or folder."""
    folder: Folder | None = None
    account: MailAccount | None = None


@dataclass(frozen=True, slots=True)
class ShownFolder:
    """A line of the left pane; `count` is empty where everything is read."""

    folder: Folder
    label: str
    url: str
    icon: str
    count: str


@dataclass(frozen=True, slots=True)
class ShownAccount:
    """An account of the left pane with its folders."""

    account: MailAccount
    url: str
    folders: list[ShownFolder] = field(default_factory=list)


def box_of(
    counts: Sequence[FolderCount],
    *,
    reader: User,
    name: str = "email",
    folder: Folder | None = None,
    account: MailAccount | None = None,
) -> Box:
    """A place among the folders of the reader's own accounts, which `counts` are."""
    folders = [counted.folder for counted in counts]
    if folder is not None:
        siblings = [each for each in folders if each.account_id == folder.account_id]
        hides_done = folder in inbox_of(siblings)
        place = Place((folder.account_id,), (folder.pk,), hides_done, reader_id=reader.pk, team_ids=_team(folder.account))
        return Box(_label(folder), place, "", folder, folder.account)
    if account is not None:
        place = Place((account.pk,), reader_id=reader.pk, team_ids=_team(account))
        return Box(account.address, place, "", account=account)
    everything = replace(all_inboxes(folders, reader=reader), folder_ids=(), hides_done=False)
    if name == "email_all":
        return Box(_("All letters"), everything, name)
    if name == "email_bin":
        return Box(pgettext("deleted letters", "Bin"), replace(everything, is_bin=True), name)
    return Box(_("Inbox"), all_inboxes(folders, reader=reader), "email")


def _team(account: MailAccount) -> tuple[int, ...]:
    return (account.pk,) if account.is_team else ()


def panes_context(request: HttpRequest, box: Box, counts: Sequence[FolderCount]) -> dict[str, Any]:
    """Everything on the page: at most twelve queries with those of the session and of who is signed in."""
    form = MailboxForm(request.GET)
    is_single = bool(request.session.get(SINGLE)) or bool(form.asked().get("q"))
    found = _listed(request, box, form, is_single=is_single)
    letters, letter = _opened(request)
    links = links_of(letters={*(row.letter for row in found.rows), *([letter] if letter else ())}, reader=user_of(request))
    current = {each.pk for each in letters}
    context: dict[str, Any] = {
        **_around(request, box, counts, letter),
        "form": form,
        "chips": form.chips(_filters_of(request), request.path),
        "is_single": is_single,
        "page": KeysetPage(found.rows, found.next or None, found.previous or None),
        "lines": lines_of_conversations(
            found.rows, base=base_of(request), links=links, current=current, team_ids=box.place.team_ids
        ),
        "has_team": bool(box.place.team_ids),
        "actions": bulk_actions(box),
        "bulk_link_form": LinkForm(reader=user_of(request), auto_id="bulk_%s"),
        "newest": found.rows[0].letter.position if found.rows and not request.GET.get("after") else None,
    }
    if letter is not None:
        members = _members_of_open(found.rows, letter, box)
        context |= reading_context(request, letters, letter, members=members, links=links)
    return context


def record_panes_context(request: HttpRequest, record: Customer, counts: Sequence[FolderCount]) -> dict[str, Any]:
    """The same panes with all letters of a customer that the reader may see, in whosever mailbox they lie."""
    cursor = request.GET.get("after") or request.GET.get("before") or ""
    found = letters_of(record=record, reader=user_of(request), cursor=cursor)
    letters, letter = _opened(request)
    box = Box(str(record), Place(()), "")
    lines = lines_of_links(found.rows, base=base_of(request), current=letter.pk if letter else None)
    context = {
        **_around(request, box, counts, letter),
        "record": record,
        "page": KeysetPage(found.rows, found.next or None, found.previous or None),
        "lines": lines,
    }
    return context | (reading_context(request, letters, letter) if letter is not None else {})


def _around(request: HttpRequest, box: Box, counts: Sequence[FolderCount], letter: Letter | None) -> dict[str, Any]:
    """What stands around the list and the letter."""
    return {
        "box": box,
        "title": box.title,
        "accounts": shown_accounts(counts),
        "inbox_count": inbox_count(counts),
        "shows": "letter" if letter else "folders" if request.GET.get("show") == "folders" else "list",
        "back_url": base_of(request).rstrip("?&"),
        "may_link": any(may(user_of(request), module, Action.CHANGE) for module in LINKABLE),
        "may_add": may(user_of(request), Module.ACCOUNTS, Action.CHANGE),
    }


def _opened(request: HttpRequest) -> tuple[list[Letter], Letter | None]:
    """The letter that the address names, and the conversation around it."""
    chosen = request.GET.get("letter", "")
    if not (chosen.isascii() and chosen.isdigit()):
        return [], None
    letters = conversation_around(letter_id=int(chosen[:18]), reader=user_of(request))
    letter = next((each for each in letters if each.pk == int(chosen[:18])), None)
    if letter is None:
        raise Http404
    return letters, letter


def shown_accounts(counts: Sequence[FolderCount]) -> list[ShownAccount]:
    """The left pane: the accounts with their folders."""
    accounts: dict[int, ShownAccount] = {}
    for counted in counts:
        account = counted.folder.account
        url = reverse("email_account", args=[account.pk])
        accounts.setdefault(account.pk, ShownAccount(account, url)).folders.append(_shown(counted))
    return list(accounts.values())


def inbox_count(counts: Sequence[FolderCount]) -> str:
    """How much is unread in all inboxes together."""
    accounts = {counted.folder.account_id for counted in counts}
    inboxes = {
        folder.pk for account in accounts for folder in inbox_of([c.folder for c in counts if c.folder.account_id == account])
    }
    return _count(sum(counted.unread_count for counted in counts if counted.folder.pk in inboxes))


def bulk_actions(box: Box) -> list[BulkAction]:
    """What can be done with the ticked letters of a list."""
    unread = BulkAction(label=_("Unread"), url=reverse("mark_letters_unread"), icon="mail", key="u")
    read = BulkAction(label=pgettext("mark as", "Read"), url=reverse("mark_letters_read"), icon="mail-opened")
    if box.place.is_bin:
        return [BulkAction(label=_("Restore"), url=reverse("restore_letters"), icon="arrow-back-up"), read, unread]
    done = BulkAction(label=_("Done"), url=reverse("finish_letters"), icon="check", key="e")
    delete = BulkAction(label=_("Delete"), url=reverse("bin_letters"), icon="trash", key="#")
    return [done, read, unread, delete]


def base_of(request: HttpRequest) -> str:
    """The address of this list with its filters, ready for `letter=` at its end."""
    kept = request.GET.copy()
    for name in ("letter", "show", "pictures"):
        kept.pop(name, None)
    return f"{request.path}?{kept.urlencode()}&" if kept else f"{request.path}?"


def _listed(request: HttpRequest, box: Box, form: MailboxForm, *, is_single: bool) -> Page[Conversation]:
    cursor = request.GET.get("after") or request.GET.get("before") or ""
    words = form.asked().get("q", "")
    if words:
        return found_in(place=box.place, filters=form.filters(), text=words, cursor=cursor, reader=user_of(request))
    seek = letters_in if is_single else conversations_in
    return seek(place=box.place, filters=form.filters(), cursor=cursor)


def _members_of_open(rows: Sequence[Conversation], letter: Letter, box: Box) -> dict[int, Any]:
    """What the list knows already of the open conversation, else asked for."""
    for row in rows:
        if row.members and row.letter.thread_id == letter.thread_id and letter.thread_id is not None:
            return {letter.thread_id: row.members}
    return members_of(thread_ids=[letter.thread_id] if letter.thread_id else [], place=box.place)


def _filters_of(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET[name] for name in MailboxForm.base_fields if request.GET.get(name)}


def _shown(counted: FolderCount) -> ShownFolder:
    """The last part of a folder's path names it; the parts above stand in its title."""
    folder = counted.folder
    return ShownFolder(
        folder,
        label=_label(folder),
        url=reverse("email_folder", args=[folder.pk]),
        icon=FOLDER_ICONS.get("inbox" if is_inbox(folder) else folder.special_use, FOLDER_ICONS[""]),
        count=_count(counted.unread_count),
    )


def _label(folder: Folder) -> str:
    name = folder.path.rpartition(folder.delimiter)[2] if folder.delimiter else folder.path
    return _("Inbox") if is_inbox(folder) else name or folder.path


def _count(number: int) -> str:
    return f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number) if number else ""
