"""Mail accounts: set up by their owner or by an administrator, and tested for real before they are saved.

The password typed for a test is kept nowhere; the proof of the test travels with the form and fits exactly these settings.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from mooring.desk.access import account_for, actor_of, changeable_accounts, demand, may_in, staff_for, user_of
from mooring.desk.account_folders import choices_sent, folder_nodes, remember_listed
from mooring.desk.account_pages import around, list_url, new_url
from mooring.desk.forms.accounts import AccountForm, AddressForm
from mooring.desk.forms.staff import refuse
from mooring.letters.accounts import (
    AccountData,
    UnableToSaveAccount,
    add_account,
    change_account,
    default_account_of,
    is_proven,
    leads_elsewhere,
    proof_of,
    remove_account,
    server_described_by,
    set_default,
)
from mooring.letters.credentials import UnableToUnseal, open_password
from mooring.letters.models import MailAccount, Protocol, UnwantedSender
from mooring.mail.types import Secret, Server
from mooring.sync.check import test_account
from mooring.sync.health import health_of_accounts
from mooring.sync.reaching import find_servers
from mooring.ui.rendering import page, see_other, toast
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may

ADVANCED = ("path", "timeout_seconds", "plain_login_allowed", "organization", "reply_address")
"""Fields that stay folded unless one of them is wanted or wrong."""
MOST_SENDERS = 500
PROVEN_BY_TEST = ("protocol", "host", "port", "encryption", "plain_login_allowed", "user_name", "path", "address")


@may_in(Module.ACCOUNTS)
def profile_email(request: HttpRequest) -> HttpResponse:
    """Profile > Email settings."""
    return _accounts_of(request, user_of(request))


@may_in(Module.SETUP)
def staff_email(request: HttpRequest, user_id: int) -> HttpResponse:
    """Setup > Staff > user > Email settings."""
    return _accounts_of(request, staff_for(request, user_id))


@sensitive_post_parameters("password")
@may_in(Module.ACCOUNTS, Action.CHANGE)
def new_profile_account(request: HttpRequest) -> HttpResponse:
    """New mailbox of one's own."""
    return _new_account(request, user_of(request))


@sensitive_post_parameters("password")
@may_in(Module.SETUP, Action.CHANGE)
def new_staff_account(request: HttpRequest, user_id: int) -> HttpResponse:
    """New mailbox for a member of staff."""
    return _new_account(request, staff_for(request, user_id))


@sensitive_post_parameters("password")
@sensitive_variables("password", "server")
def edit_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Change the settings; those of the server only after they were tested anew."""
    account = account_for(request, account_id, Action.CHANGE)
    if request.method != "POST":
        listed = account.folders.filter(missing_since=None)
        nodes = folder_nodes([(each, each.is_synced) for each in listed])
        return _form_page(request, account.owner, _form_of(request, account), account=account, nodes=nodes)
    form = _form_of(request, account, request.POST)
    if not form.is_valid():
        return _incomplete(request, account.owner, form, account=account)
    data, password = form.data_entered(), form.password_entered()
    is_tested = "test" in request.POST
    if not is_tested and password is None and all(getattr(account, name) == getattr(data, name) for name in PROVEN_BY_TEST):
        return _changed(request, account, form, None)
    try:
        server = server_described_by(data, password=password or _stored_password(account, data))
    except UnableToSaveAccount as error:
        refuse(form, error.problems)
        return _incomplete(request, account.owner, form, account=account)
    if is_tested:
        return _tested(request, account.owner, form, server, account=account)
    if not _is_proven(request, server):
        return _must_test(request, account.owner, form, account=account)
    return _changed(request, account, form, password)


def _stored_password(account: MailAccount, data: AccountData) -> Secret:
    """For the server that it was entered for and no other. Raises UnableToSaveAccount."""
    if leads_elsewhere(AccountData.of(account), data):
        raise UnableToSaveAccount({"password": _("The server has changed. Please enter the password again.")})
    try:
        return open_password(account)
    except UnableToUnseal:
        said = _("The stored password cannot be read any more, because its key is gone. Please enter it again.")
        raise UnableToSaveAccount({"password": said}) from None


@require_POST
def remove(request: HttpRequest, account_id: int) -> HttpResponse:
    """Stop reading a mailbox. Its letters stay in the archive."""
    account = account_for(request, account_id, Action.DELETE)
    remove_account(account=account, by=actor_of(request), now=timezone.now())
    toast(request, _("%(address)s is no longer read. Its archived letters stay.") % {"address": account.address})
    return see_other(request, list_url(request, account.owner))


@require_POST
def make_default(request: HttpRequest, account_id: int) -> HttpResponse:
    """The account that somebody writes from: its owner, or of a team account whoever asks or is named by an administrator."""
    account = account_for(request, account_id)
    named = request.POST.get("user", "")
    user = staff_for(request, int(named)) if named.isdecimal() else account.owner or user_of(request)
    if user != user_of(request):
        demand(request, Module.SETUP, Action.CHANGE)
    try:
        set_default(account=account, user=user, by=actor_of(request), now=timezone.now())
    except UnableToSaveAccount as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, _("%(address)s is the default account now.") % {"address": account.address})
    return see_other(request, list_url(request, user))


def _accounts_of(request: HttpRequest, owner: User) -> HttpResponse:
    found = MailAccount.objects.visible_to(user_of(request)).filter(owner=owner, removed_at=None)
    accounts = list(found.select_related("owner"))
    health = health_of_accounts(accounts, now=timezone.now())
    rows = [(account, health[account.pk]) for account in accounts]
    default = default_account_of(owner)
    may_add = may(user_of(request), Module.ACCOUNTS if owner == user_of(request) else Module.SETUP, Action.CHANGE)
    context = {
        **around(request, owner),
        "rows": rows,
        "changeable": changeable_accounts(request, accounts),
        "default_id": default.pk if default else None,
        "new_url": new_url(request, owner),
        "may_add": may_add,
        "senders": UnwantedSender.objects.filter(account__in=accounts).select_related("account")[:MOST_SENDERS],
    }
    return page(request, "desk/accounts/list.html", context)


@sensitive_variables("password", "server")
def _new_account(request: HttpRequest, owner: User) -> HttpResponse:
    if request.method != "POST":
        return _begin(request, owner)
    form = AccountForm(request.POST, offers_files=_offers_files(request), is_new=True)
    if not form.is_valid():
        return _incomplete(request, owner, form)
    data, password = form.data_entered(), form.password_entered() or Secret("")
    server = server_described_by(data, password=password)
    if "test" in request.POST:
        return _tested(request, owner, form, server)
    if not _is_proven(request, server):
        return _must_test(request, owner, form)
    try:
        folders = choices_sent(request)
        add_account(owner=owner, data=data, password=password, folders=folders, by=actor_of(request), now=timezone.now())
    except UnableToSaveAccount as error:
        return _refused(request, owner, form, error)
    toast(request, _("%(address)s is set up. Its letters arrive from now on.") % {"address": data.address})
    return see_other(request, list_url(request, owner))


@sensitive_variables("password")
def _changed(request: HttpRequest, account: MailAccount, form: AccountForm, password: Secret | None) -> HttpResponse:
    try:
        change_account(
            account=account,
            data=form.data_entered(),
            password=password,
            folders=choices_sent(request, account=account),
            by=actor_of(request),
            now=timezone.now(),
        )
    except UnableToSaveAccount as error:
        return _refused(request, account.owner, form, error, account=account)
    toast(request, _("%(address)s was saved.") % {"address": form.cleaned_data["address"]})
    return see_other(request, list_url(request, account.owner))


def _form_of(request: HttpRequest, account: MailAccount, sent: Any = None) -> AccountForm:
    return AccountForm.of(account, sent, offers_files=_offers_files(request))


def _offers_files(request: HttpRequest) -> bool:
    """Mail files lie on the server that runs Mooring, where only an administrator may look around."""
    return may(user_of(request), Module.SETUP, Action.CHANGE)


def _begin(request: HttpRequest, owner: User) -> HttpResponse:
    """Ask for name and address; once they are there, look for the servers and show the whole form."""
    if "address" not in request.GET:
        form = AddressForm(initial={"your_name": owner.name, "address": owner.email})
        return page(request, "desk/accounts/begin.html", {**around(request, owner), "form": form})
    asked = AddressForm(request.GET)
    if not asked.is_valid():
        return page(request, "desk/accounts/begin.html", {**around(request, owner), "form": asked}, status=422)
    known: dict[str, Any] = asked.cleaned_data
    guesses = find_servers(known["address"])
    if guesses:
        best = guesses[0]
        known |= {"host": best.host, "port": best.port, "encryption": best.encryption}
        known["user_name"] = "" if best.user_name == known["address"] else best.user_name
    filled = AccountForm.filled(AccountData(**known), offers_files=_offers_files(request))
    return _form_page(request, owner, filled, guesses=guesses)


@sensitive_variables("server")
def _tested(
    request: HttpRequest, owner: User | None, form: AccountForm, server: Server, *, account: MailAccount | None = None
) -> HttpResponse:
    """The result of the test beside what was typed; with Submit only when all went well."""
    result = test_account(server)
    context: dict[str, Any] = {"steps": result.steps, "is_proven": result.is_ok}
    if result.is_ok:
        context["proof"] = proof_of(server, now=timezone.now())
        context["nodes"] = folder_nodes(remember_listed(request, result.folders, account=account))
    return _form_page(request, owner, form, account=account, fragment="tested", **context)


def _incomplete(
    request: HttpRequest, owner: User | None, form: AccountForm, *, account: MailAccount | None = None
) -> HttpResponse:
    """What is missing, at its fields; and, where only the result of a test was to be shown, in its place."""
    fragment = "tested" if "test" in request.POST else None
    nodes = folder_nodes(choices_sent(request, account=account))
    return _form_page(request, owner, form, account=account, fragment=fragment, nodes=nodes, has_problems=bool(fragment))


def _must_test(
    request: HttpRequest, owner: User | None, form: AccountForm, *, account: MailAccount | None = None
) -> HttpResponse:
    form.add_error(None, _("Please test the connection with exactly these settings, the password included, and then submit."))
    nodes = folder_nodes(choices_sent(request, account=account))
    return _form_page(request, owner, form, account=account, nodes=nodes)


def _refused(
    request: HttpRequest,
    owner: User | None,
    form: AccountForm,
    error: UnableToSaveAccount,
    *,
    account: MailAccount | None = None,
) -> HttpResponse:
    refuse(form, error.problems)
    nodes = folder_nodes(choices_sent(request, account=account))
    return _form_page(request, owner, form, account=account, nodes=nodes)


def _is_proven(request: HttpRequest, server: Server) -> bool:
    return is_proven(server, request.POST.get("proof", ""), now=timezone.now())


def _form_page(
    request: HttpRequest,
    owner: User | None,
    form: AccountForm,
    *,
    account: MailAccount | None = None,
    fragment: str | None = None,
    **context: Any,
) -> HttpResponse:
    values = {
        **around(request, owner),
        "form": form,
        "account": account,
        "has_advanced": form["protocol"].value() == Protocol.FILES or any(name in form.errors for name in ADVANCED),
        **context,
    }
    return page(request, "desk/accounts/form.html", values, fragment=fragment, status=422 if form.errors else 200)
