"""Mail accounts: one's own, those of somebody, those of teams; removed, made the default, told a password that is not kept."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from mooring.desk.access import account_for, actor_of, changeable_accounts, demand, may_in, staff_for, user_of
from mooring.desk.account_pages import around, list_url, new_url
from mooring.desk.account_rows import rows_of
from mooring.desk.forms.accounts import PasswordAgainForm
from mooring.letters.accounts import UnableToSaveAccount, default_account_of, remove_account, set_default
from mooring.letters.models import UnwantedSender
from mooring.letters.passwords import is_waiting_for_password, tell_passwords
from mooring.letters.visibility import accounts_read_by
from mooring.mail.types import Secret
from mooring.sync.reaching import egress_policy
from mooring.sync.servers import give_back
from mooring.sync.wishes import UnableToScan, scan_now
from mooring.ui.rendering import page, see_other, toast
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may

MOST_SENDERS = 500


@may_in(Module.ACCOUNTS)
def profile_email(request: HttpRequest) -> HttpResponse:
    """Profile > Email settings."""
    return _accounts_of(request, user_of(request))


@may_in(Module.SETUP)
def staff_email(request: HttpRequest, user_id: int) -> HttpResponse:
    """Setup > Staff > user > Email settings."""
    return _accounts_of(request, staff_for(request, user_id))


@require_POST
def remove(request: HttpRequest, account_id: int) -> HttpResponse:
    """Stop reading a mailbox. Its letters stay in the archive."""
    account = account_for(request, account_id, Action.DELETE)
    give_back(account, policy=egress_policy())
    remove_account(account=account, by=actor_of(request), now=timezone.now())
    toast(request, _("%(address)s is no longer read. Its archived letters stay.") % {"address": account.address})
    return see_other(request, list_url(request, account.owner))


@require_POST
def make_default(request: HttpRequest, account_id: int) -> HttpResponse:
    """The account that somebody writes from: its owner; of a team account whoever asks, or whom an administrator names."""
    account = account_for(request, account_id)
    named = request.POST.get("user", "")
    if named in ("", str(user_of(request).pk)):
        user = account.owner or user_of(request)
    else:
        user = staff_for(request, int(named) if named.isdecimal() else 0)
    if user != user_of(request):
        demand(request, Module.SETUP, Action.CHANGE)
    try:
        set_default(account=account, user=user, by=actor_of(request), now=timezone.now())
    except UnableToSaveAccount as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, _("%(address)s is the default account now.") % {"address": account.address})
    return see_other(request, list_url(request, user))


@sensitive_post_parameters("password", "outgoing_password")
@sensitive_variables("outgoing")
def tell_password(request: HttpRequest, account_id: int) -> HttpResponse:
    """The password of an account that does not remember it; a visit follows."""
    account = account_for(request, account_id, Action.CHANGE)
    form = PasswordAgainForm(request.POST or None, account=account)
    if not form.is_valid():
        context = {**around(request, account.owner), "account": account, "form": form}
        context["is_waiting"] = not account.remembers_password and is_waiting_for_password(account)
        return page(request, "desk/accounts/password.html", context, status=422 if form.errors else 200)
    outgoing = form.cleaned_data.get("outgoing_password")
    by, now = actor_of(request), timezone.now()
    tell_passwords(
        account=account,
        password=Secret(form.cleaned_data["password"]),
        outgoing=Secret(outgoing) if outgoing else None,
        by=by,
        now=now,
    )
    try:
        scan_now(account=account, by=by, now=now)
    except UnableToScan as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, _("The password is known now. The mailbox is visited next."))
    return see_other(request, list_url(request, account.owner))


def _accounts_of(request: HttpRequest, owner: User) -> HttpResponse:
    found = accounts_read_by(owner).filter(removed_at=None).order_by("is_team", "address", "id")
    accounts = list(found.select_related("owner"))
    default = default_account_of(owner)
    may_add = may(user_of(request), Module.ACCOUNTS if owner == user_of(request) else Module.SETUP, Action.CHANGE)
    own = [account for account in accounts if not account.is_team]
    context = {
        **around(request, owner),
        "rows": rows_of(accounts, reader=owner, now=timezone.now()),
        "changeable": changeable_accounts(request, accounts),
        "default_id": default.pk if default else None,
        "new_url": new_url(request, owner),
        "may_add": may_add,
        "senders": UnwantedSender.objects.filter(account__in=own).select_related("account")[:MOST_SENDERS],
    }
    return page(request, "desk/accounts/list.html", context)
