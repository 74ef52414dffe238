"""The module Email: the reader's own Main accounts in three panes, folders, list, letter."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import customer_for, own_account_for, own_folder_for, user_of
from mooring.desk.attachment_pages import attachments_context
from mooring.desk.list_pages import own_path
from mooring.desk.mailbox_pages import SINGLE, Box, box_of, inbox_count, panes_context, record_panes_context, shown_accounts
from mooring.letters.conversations import newer_count
from mooring.letters.mailboxes import MOST_COUNTED, FolderCount, folder_counts
from mooring.letters.models import Folder, MailAccount
from mooring.ui.rendering import page, see_other


@require_GET
def email(request: HttpRequest) -> HttpResponse:
    """What arrived in any of the accounts and is not done; with `customer` all letters of that customer."""
    customer = request.GET.get("customer", "")
    if customer.isascii() and customer.isdigit():
        record = customer_for(request, int(customer[:18]))
        context = record_panes_context(request, record, folder_counts(reader=user_of(request)))
        return page(request, "desk/mailbox/mailbox.html", context)
    return _panes(request, "email")


@require_GET
def email_all(request: HttpRequest) -> HttpResponse:
    """Every letter of all Main accounts, those done too."""
    return _panes(request, "email_all")


@require_GET
def email_bin(request: HttpRequest) -> HttpResponse:
    """What was deleted here in the last thirty days."""
    return _panes(request, "email_bin")


@require_GET
def email_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """One account, all its folders."""
    return _panes(request, account=own_account_for(request, account_id))


@require_GET
def email_folder(request: HttpRequest, folder_id: int) -> HttpResponse:
    """One folder."""
    return _panes(request, folder=own_folder_for(request, folder_id))


@require_GET
def email_attachments(request: HttpRequest) -> HttpResponse:
    """Everything that came with letters, newest first: of all accounts, of one, or of a customer."""
    context = attachments_context(request, folder_counts(reader=user_of(request)))
    return page(request, "desk/mailbox/attachments.html", context, fragment="list")


@require_POST
def choose_email_view(request: HttpRequest) -> HttpResponse:
    """Conversations or single letters, remembered until signing out."""
    if request.POST.get("show") == "letters":
        request.session[SINGLE] = True
    else:
        request.session.pop(SINGLE, None)
    return see_other(request, own_path(request, reverse("email")))


@require_GET
def email_news(request: HttpRequest) -> HttpResponse:
    """Asked every few seconds by an open list: how many letters came since, and how much is unread in each folder.

    `since` is the position of the newest letter on the list, `folder` or `account` what it shows.
    """
    counts, box = _asked(request)
    since = request.GET.get("since", "")
    newer = newer_count(place=box.place, than=int(since[:18]), most=MOST_COUNTED) if since.isascii() and since.isdigit() else 0
    said = ngettext("%(count)d new letter", "%(count)d new letters", newer) % {"count": newer}
    values = {
        "box": box,
        "newest": since if since.isascii() and since.isdigit() else "",
        "newer": newer,
        "newer_said": said,
        "accounts": shown_accounts(counts),
        "inbox_count": inbox_count(counts),
        "list_url": _url_of(box),
        "is_news": True,
    }
    return page(request, "desk/mailbox/news.html", values)


def _panes(
    request: HttpRequest, name: str = "email", *, folder: Folder | None = None, account: MailAccount | None = None
) -> HttpResponse:
    counts = folder_counts(reader=user_of(request))
    box = box_of(counts, reader=user_of(request), name=name, folder=folder, account=account)
    return page(request, "desk/mailbox/mailbox.html", panes_context(request, box, counts))


def _asked(request: HttpRequest) -> tuple[list[FolderCount], Box]:
    """The place that a list says it shows; only among the reader's own folders."""
    counts = folder_counts(reader=user_of(request))
    folder_id, account_id = request.GET.get("folder", ""), request.GET.get("account", "")
    folder = next((each.folder for each in counts if str(each.folder.pk) == folder_id), None)
    account = next((each.folder.account for each in counts if str(each.folder.account_id) == account_id), None)
    name = "email_all" if request.GET.get("name") == "email_all" else "email"
    return counts, box_of(counts, reader=user_of(request), name=name, folder=folder, account=None if folder else account)


def _url_of(box: Box) -> str:
    if box.folder is not None:
        return reverse("email_folder", args=[box.folder.pk])
    return reverse("email_account", args=[box.account.pk]) if box.account is not None else reverse(box.name)
