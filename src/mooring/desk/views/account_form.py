"""A mailbox set up or changed: by its owner or by an administrator, for one person or for a team, and tested for real before.

Passwords typed for a test are kept nowhere; the proof of the test travels with the form and fits exactly these settings.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from mooring.desk.access import account_for, actor_of, may_in, staff_for, user_of
from mooring.desk.account_folders import choices_sent, folder_nodes, remember_listed
from mooring.desk.account_pages import around, list_url
from mooring.desk.account_trial import Servers, is_proof_sent, proof_for, reach_the_same, servers_entered, tried
from mooring.desk.asking_servers import may_ask
from mooring.desk.forms.accounts import AccountForm, AddressForm, initial_of
from mooring.desk.forms.staff import refuse
from mooring.desk.provider_pages import fill_again, grant_entered, sign_in_context, sign_in_shown
from mooring.letters.accounts import (
    AccountData,
    UnableToSaveAccount,
    add_account,
    change_account,
    team_rights_of,
)
from mooring.letters.models import Login, MailAccount, OutgoingProtocol, Protocol
from mooring.letters.models.account import OVER_HTTP
from mooring.mail.types import Secret
from mooring.sync.reaching import Found, find_servers, receiving_protocols
from mooring.ui.rendering import page, see_other, toast
from mooring.users.groups import group_lines
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may

FOLDED = (
    *("timeout_seconds", "uses_default_ports", "port", "outgoing_port", "plain_login_allowed", "is_spa_old"),
    *("outgoing_plain_login_allowed", "outgoing_is_spa_old"),
)
"""Fields that stay folded unless one of them is wrong."""
_PASSWORDS = ("password", "outgoing_password")


@sensitive_post_parameters(*_PASSWORDS)
@may_in(Module.ACCOUNTS, Action.CHANGE)
def new_profile_account(request: HttpRequest) -> HttpResponse:
    """New mailbox of one's own."""
    return _new_account(request, user_of(request))


@sensitive_post_parameters(*_PASSWORDS)
@may_in(Module.SETUP, Action.CHANGE)
def new_staff_account(request: HttpRequest, user_id: int) -> HttpResponse:
    """New mailbox for a member of staff."""
    return _new_account(request, staff_for(request, user_id))


@sensitive_post_parameters(*_PASSWORDS)
@may_in(Module.SETUP, Action.CHANGE)
def new_team_account(request: HttpRequest) -> HttpResponse:
    """New mailbox of a team."""
    return _new_account(request, None)


@sensitive_post_parameters(*_PASSWORDS)
@sensitive_variables("servers")
def edit_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Change the settings; those of the servers only after they were tested anew."""
    account = account_for(request, account_id, Action.CHANGE)
    form = _form_of(request, account, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        fill_again(form, shown.form if (shown := sign_in_shown(request)) else {})
        listed = account.folders.filter(missing_since=None)
        return _form_page(
            request, form, account.owner, account=account, nodes=folder_nodes([(each, each.is_synced) for each in listed])
        )
    if not form.is_valid():
        return _incomplete(request, form, account.owner, account=account)
    is_tested = "test" in request.POST
    if not is_tested and _needs_no_test(form, account):
        return _saved(request, form, account.owner, account=account)
    try:
        servers = servers_entered(form, account, grant=grant_entered(request, account), clock=timezone.now)
    except UnableToSaveAccount as error:
        refuse(form, error.problems)
        return _incomplete(request, form, account.owner, account=account)
    return _tested_or_saved(request, form, account.owner, servers, account=account)


@sensitive_variables("servers")
def _new_account(request: HttpRequest, owner: User | None) -> HttpResponse:
    if request.method != "POST":
        return _begin(request, owner)
    form = _new_form(request, owner, request.POST)
    if not form.is_valid():
        return _incomplete(request, form, owner)
    try:
        servers = servers_entered(form, None, grant=grant_entered(request, None), clock=timezone.now)
    except UnableToSaveAccount as error:
        refuse(form, error.problems)
        return _incomplete(request, form, owner)
    return _tested_or_saved(request, form, owner, servers)


@sensitive_variables("servers")
def _tested_or_saved(
    request: HttpRequest, form: AccountForm, owner: User | None, servers: Servers, *, account: MailAccount | None = None
) -> HttpResponse:
    if "test" in request.POST:
        if may_ask(user_of(request), "test", now=timezone.now()):
            return _tested(request, form, owner, servers, account=account)
        form.add_error(None, _("You tested connections very often. Please wait ten minutes."))
        return _incomplete(request, form, owner, account=account)
    if not is_proof_sent(request, servers, now=timezone.now()):
        form.add_error(None, _("Please test the connection with exactly these settings, passwords included, and then submit."))
        return _form_page(request, form, owner, account=account, nodes=folder_nodes(choices_sent(request, account=account)))
    return _saved(request, form, owner, account=account)


def _needs_no_test(form: AccountForm, account: MailAccount) -> bool:
    is_typed = any(form.password_entered(name) is not None for name in _PASSWORDS)
    return not is_typed and reach_the_same(AccountData.of(account), form.data_entered())


@sensitive_variables("password", "outgoing")
def _saved(request: HttpRequest, form: AccountForm, owner: User | None, *, account: MailAccount | None = None) -> HttpResponse:
    data, folders = form.data_entered(), choices_sent(request, account=account)
    password, outgoing = form.password_entered(), form.password_entered("outgoing_password")
    grant = grant_entered(request, account) if data.login == Login.TOKEN else None
    deed: dict[str, Any] = {"grant": grant, "data": data, "folders": folders, "by": actor_of(request), "now": timezone.now()}
    team = form.team_entered() if owner is None else ()
    try:
        if account is None:
            none = Secret("")
            add_account(owner=owner, team=team, password=password or none, outgoing_password=outgoing or none, **deed)
        else:
            change_account(
                account=account, team=team if owner is None else None, password=password, outgoing_password=outgoing, **deed
            )
    except UnableToSaveAccount as error:
        refuse(form, error.problems)
        return _form_page(request, form, owner, account=account, nodes=folder_nodes(choices_sent(request, account=account)))
    said = _("%(address)s was saved.") if account else _("%(address)s is set up. Its letters arrive from now on.")
    toast(request, said % {"address": data.address})
    return see_other(request, list_url(request, owner))


def _form_of(request: HttpRequest, account: MailAccount, sent: Any) -> AccountForm:
    """Filled with what is stored, or with what was sent to change it; passwords stay empty."""
    form = AccountForm(
        sent,
        initial=initial_of(AccountData.of(account)),
        protocols=receiving_protocols(),
        offers_files=_administers(request),
        groups=group_lines() if account.is_team else (),
        rights=team_rights_of(account) if account.is_team else (),
    )
    if account.remembers_password:
        form.fields["password"].help_text = _("Leave it empty to keep the stored one.")
    return form


def _new_form(request: HttpRequest, owner: User | None, sent: Any = None, known: AccountData | None = None) -> AccountForm:
    return AccountForm(
        sent,
        initial=initial_of(known) if known else None,
        protocols=receiving_protocols(),
        offers_files=_administers(request),
        is_new=True,
        groups=group_lines() if owner is None else (),
    )


def _administers(request: HttpRequest) -> bool:
    """Mail files lie on the server that runs Mooring, where only an administrator may look around."""
    return may(user_of(request), Module.SETUP, Action.CHANGE)


def _begin(request: HttpRequest, owner: User | None) -> HttpResponse:
    """Ask for name and address; once they are there, look for the servers and show the whole form.

    Back from signing in with a provider, the form is as it was left.
    """
    shown = sign_in_shown(request)
    if shown is not None:
        form = _new_form(request, owner)
        fill_again(form, shown.form)
        return _form_page(request, form, owner)
    offers_team = owner is not None and _administers(request)
    known = {"your_name": owner.name, "address": owner.email} if owner else {}
    asked = AddressForm(request.GET or None, initial=known, offers_team=offers_team)
    if not asked.is_valid():
        context = {**around(request, owner), "form": asked}
        return page(request, "desk/accounts/begin.html", context, status=422 if asked.errors else 200)
    entered: dict[str, Any] = asked.cleaned_data
    kind = entered.pop("kind", "")
    if kind == "team":
        return see_other(request, f"{reverse('new_team_account')}?{urlencode(entered)}")
    protocol = request.GET.get("protocol", "")
    if not may_ask(user_of(request), "find", now=timezone.now()):
        asked.add_error(None, _("You looked for servers very often. Please wait ten minutes."))
        return page(request, "desk/accounts/begin.html", {**around(request, owner), "form": asked}, status=422)
    found = find_servers(entered["address"], protocol=protocol)
    filled = _new_form(request, owner, known=_data_found(found, entered))
    others = [
        (Protocol(guess.protocol).label, f"?{urlencode({**entered, 'protocol': guess.protocol})}") for guess in found.others
    ]
    return _form_page(request, filled, owner, found=found, others=others)


def _data_found(found: Found, entered: dict[str, Any]) -> AccountData:
    """The settings as far as they can be known from the address."""
    known = dict(entered)
    known["outgoing_protocol"] = OutgoingProtocol.SMTP.value
    if found.incoming is not None:
        known |= {"protocol": found.incoming.protocol, "host": found.incoming.host, "port": found.incoming.port}
        known["encryption"] = found.incoming.encryption.value
        known["user_name"] = "" if found.incoming.user_name == entered["address"] else found.incoming.user_name
        known["url"] = found.incoming.url
        if found.incoming.protocol in OVER_HTTP:
            known["outgoing_protocol"] = OutgoingProtocol.SAME.value
    if found.outgoing is not None:
        known |= {"outgoing_host": found.outgoing.host, "outgoing_port": found.outgoing.port}
        known["outgoing_encryption"] = found.outgoing.encryption.value
    if found.needs_token:
        known["login"] = "token"
    return AccountData(**known)


@sensitive_variables("servers")
def _tested(
    request: HttpRequest, form: AccountForm, owner: User | None, servers: Servers, *, account: MailAccount | None
) -> HttpResponse:
    """The result of the test beside what was typed; with Submit only when all went well."""
    trial = tried(servers)
    context: dict[str, Any] = {"trial": trial, "is_proven": trial.is_ok}
    if trial.is_ok:
        context["proof"] = proof_for(servers, now=timezone.now())
        context["nodes"] = folder_nodes(remember_listed(request, trial.folders, account=account))
    return _form_page(request, form, owner, account=account, fragment="tested", **context)


def _incomplete(
    request: HttpRequest, form: AccountForm, owner: User | None, *, account: MailAccount | None = None
) -> HttpResponse:
    """What is missing, at its fields; and, where only the result of a test was to be shown, in its place."""
    fragment = "tested" if "test" in request.POST else None
    nodes = folder_nodes(choices_sent(request, account=account))
    return _form_page(request, form, owner, account=account, fragment=fragment, nodes=nodes, has_problems=bool(fragment))


def _form_page(
    request: HttpRequest,
    form: AccountForm,
    owner: User | None,
    *,
    account: MailAccount | None = None,
    fragment: str | None = None,
    **context: Any,
) -> HttpResponse:
    values = {
        **around(request, owner),
        "form": form,
        "account": account,
        **sign_in_context(request, account),
        "has_folded_problems": any(name in form.errors for name in FOLDED),
        **context,
    }
    return page(request, "desk/accounts/form.html", values, fragment=fragment, status=422 if form.errors else 200)
