"""How one mail account is doing, folder by folder, and what a person may ask of the engine about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import account_folder_for, account_for, actor_of, changeable_accounts, may_in, user_of
from mooring.desk.account_pages import around
from mooring.desk.account_rows import rows_of
from mooring.desk.forms.accounts import ReadAgainForm
from mooring.desk.menu import EMAIL_SETUP, SETUP, tabs_for
from mooring.letters.grants import grant_of
from mooring.letters.models import MailAccount
from mooring.letters.visibility import accounts_written_by
from mooring.sync.health import failed_letters, health_of_account
from mooring.sync.wishes import UnableToScan, agree_to_vanishing, read_again_from, retry_failed, scan_now
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module, may


@require_GET
@may_in(Module.SETUP)
def all_accounts(request: HttpRequest) -> HttpResponse:
    """Setup > Email > All accounts: every account of everybody and of every team with its light, and whose default it is."""
    accounts = list(MailAccount.objects.visible_to(user_of(request)).filter(removed_at=None).select_related("owner"))
    context = {
        "rows": rows_of(accounts, reader=user_of(request), now=timezone.now()),
        "may_add": may(user_of(request), Module.SETUP, Action.CHANGE),
        "changeable": changeable_accounts(request, accounts),
        "tabs": tabs_for(request, SETUP),
        "parts": tabs_for(request, EMAIL_SETUP),
    }
    return page(request, "desk/email_settings/accounts.html", context)


@require_GET
def account(request: HttpRequest, account_id: int) -> HttpResponse:
    """The health of one account with its folders and the letters that failed."""
    found = account_for(request, account_id)
    return page(request, "desk/accounts/health.html", _context(request, found, ReadAgainForm()), fragment="health")


@require_GET
def account_progress(request: HttpRequest, account_id: int) -> HttpResponse:
    """The light of a list of accounts, and how far the first scan is; asks again while it goes on."""
    found = account_for(request, account_id)
    health = health_of_account(found, now=timezone.now())
    return page(request, "desk/accounts/_progress.html", {"account": found, "health": health})


@require_POST
def scan_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Scan now."""
    found = account_for(request, account_id, Action.CHANGE)
    return _wish(
        request, found, lambda: scan_now(account=found, by=actor_of(request), now=timezone.now()), _("It is visited next.")
    )


@require_POST
def retry_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Try the letters again that failed."""
    found = account_for(request, account_id, Action.CHANGE)
    deed = partial(retry_failed, account=found, by=actor_of(request), now=timezone.now())
    return _wish(request, found, deed, _("What failed is tried again."))


@require_POST
def read_account_again(request: HttpRequest, account_id: int) -> HttpResponse:
    """Decide anew about every letter since a day."""
    found = account_for(request, account_id, Action.CHANGE)
    form = ReadAgainForm(request.POST)
    if not form.is_valid():
        return page(request, "desk/accounts/health.html", _context(request, found, form), status=422)
    since = datetime.combine(form.cleaned_data["since"], time(), tzinfo=timezone.get_current_timezone()).astimezone(UTC)
    try:
        count = read_again_from(account=found, since=since, by=actor_of(request), now=timezone.now())
    except UnableToScan as error:
        toast(request, str(error), is_problem=True)
    else:
        said = ngettext("%(count)d letter is looked at again.", "%(count)d letters are looked at again.", count)
        toast(request, said % {"count": count})
    return see_other(request, reverse("account", args=[found.pk]))


@require_POST
def agree_folder_vanished(request: HttpRequest, account_id: int, folder_id: int) -> HttpResponse:
    """Yes, these many letters are really gone from the server. They stay archived."""
    folder = account_folder_for(request, account_id, folder_id)
    deed = partial(agree_to_vanishing, folder=folder, by=actor_of(request), now=timezone.now())
    return _wish(request, folder.account, deed, _("They are marked as gone from the server; the archive keeps them."))


def _wish(request: HttpRequest, found: MailAccount, deed: Callable[[], Any], said: str) -> HttpResponse:
    try:
        deed()
    except UnableToScan as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, said)
    return see_other(request, reverse("account", args=[found.pk]))


def _context(request: HttpRequest, found: MailAccount, form: ReadAgainForm) -> dict[str, Any]:
    now = timezone.now()
    health = health_of_account(found, now=now)
    return {
        "account": found,
        "health": health,
        "is_due": health.next_visit_at is not None and health.next_visit_at <= now,
        "failed": failed_letters(found) if health.numbers.failed else [],
        "form": form,
        "writes_from": accounts_written_by(user_of(request)).filter(pk=found.pk).exists(),
        "may_change_account": found.pk in changeable_accounts(request, [found]),
        "grant": grant_of(found),
        **around(request, found.owner),
    }
