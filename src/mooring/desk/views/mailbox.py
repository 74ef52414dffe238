"""The module Email: the reader's own Main accounts in three panes, folders, list, letter. Reading only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from mooring.desk.access import letter_for, own_account_for, own_folder_for, user_of
from mooring.desk.account_folders import FOLDER_ICONS
from mooring.desk.letter_pages import letter_context, lines_of_deliveries
from mooring.letters.models import Folder, MailAccount
from mooring.letters.queries import MOST_COUNTED, FolderCount, folder_counts, letters_in
from mooring.ui.parts import KeysetPage
from mooring.ui.rendering import page
from mooring.users.permissions import Action, Module, may


@dataclass(frozen=True, slots=True)
class ShownFolder:
    """A line of the left pane; `count` is empty where everything is read."""

    counted: FolderCount
    label: str
    url: str
    icon: str
    count: str


@require_GET
def email(request: HttpRequest) -> HttpResponse:
    """All Main accounts together."""
    return _panes(request, title=_("All mailboxes"))


@require_GET
def email_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account, all its folders."""
    account = own_account_for(request, account_id)
    return _panes(request, title=account.address, account=account)


@require_GET
def email_folder(request: HttpRequest, folder_id: int) -> HttpResponse:
    """One folder."""
    folder = own_folder_for(request, folder_id)
    return _panes(request, title=folder.path, folder=folder)


def _panes(request: HttpRequest, *, title: str, account: MailAccount | None = None, folder: Folder | None = None) -> HttpResponse:
    is_unread = request.GET.get("unread") == "1"
    cursor = request.GET.get("after") or request.GET.get("before") or ""
    chosen = request.GET.get("letter", "")
    found = letters_in(reader=user_of(request), account=account, folder=folder, is_unread=is_unread, cursor=cursor)
    letter = letter_for(request, int(chosen[:18])) if chosen.isascii() and chosen.isdigit() else None
    shows = "letter" if letter else "folders" if request.GET.get("show") == "folders" else "list"
    context: dict[str, Any] = {
        "title": title,
        "folders": _grouped(request),
        "current_folder": folder,
        "current_account": account,
        "is_unread": is_unread,
        "shows": shows,
        "page": KeysetPage(found.rows, found.next or None, found.previous or None),
        "back_url": _base(request).rstrip("?&"),
        "may_add": may(user_of(request), Module.ACCOUNTS, Action.CHANGE),
        "lines": lines_of_deliveries(found.rows, base=_base(request), current=letter.pk if letter else None),
        **(letter_context(request, letter) if letter else {}),
    }
    return page(request, "desk/mailbox/mailbox.html", context)


def _base(request: HttpRequest) -> str:
    """The address of this list with its filters, ready for `letter=` at its end."""
    kept = request.GET.copy()
    for name in ("letter", "show", "pictures"):
        kept.pop(name, None)
    return f"{request.path}?{kept.urlencode()}&" if kept else f"{request.path}?"


def _grouped(request: HttpRequest) -> list[dict[str, Any]]:
    """The folders under their accounts, as addresses."""
    groups: dict[int, dict[str, Any]] = {}
    for each in folder_counts(reader=user_of(request)):
        account = each.folder.account
        group = groups.setdefault(
            account.pk, {"account": account, "url": reverse("email_account", args=[account.pk]), "folders": []}
        )
        group["folders"].append(_shown(each))
    return list(groups.values())


def _shown(counted: FolderCount) -> ShownFolder:
    """The last part of a folder's path names it; the parts above stand in its title."""
    folder = counted.folder
    name = folder.path.rpartition(folder.delimiter)[2] if folder.delimiter else folder.path
    unread = counted.unread_count
    return ShownFolder(
        counted,
        label=_("Inbox") if folder.path.upper() == "INBOX" else name or folder.path,
        url=reverse("email_folder", args=[folder.pk]),
        icon=FOLDER_ICONS.get("inbox" if folder.path.upper() == "INBOX" else folder.special_use, FOLDER_ICONS[""]),
        count=f"{MOST_COUNTED}+" if unread > MOST_COUNTED else str(unread) if unread else "",
    )
