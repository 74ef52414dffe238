"""Signing in with a provider for a mailbox: sent to its page and back, or with a code that is entered there.

What a person began in one browser is answered in that browser only. Coming back is the one GET that writes: a provider sends
people back in no other way, and its state stands for the CSRF token of a form.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import (
    SIGN_INS_BEGUN,
    account_for,
    actor_of,
    begun_here,
    offered_provider_for,
    sign_in_for,
    user_of,
)
from mooring.desk.provider_pages import back_url_of, is_public_address, return_url, typed_in
from mooring.letters.grants import grant_of
from mooring.letters.models import MailAccount, SignIn
from mooring.letters.sign_ins import UnableToSignIn, Wanted, find_by_state
from mooring.mail.addresses import match_key
from mooring.sync.signing_in import ask_device, begin_consent, begin_device, finish_consent, refuse_consent, why_not
from mooring.sync.wishes import UnableToScan, scan_now
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action

_MOST_BEGUN = 20


@require_POST
def begin_sign_in(request: HttpRequest) -> HttpResponse:
    """From the form of an account: what was typed is kept while the person is away."""
    number = request.POST.get("sign_in_with", "")
    provider = offered_provider_for(request, int(number) if number.isdecimal() else 0)
    address = _signs_in_as(request.POST.get("user_name", ""), request.POST.get("address", ""))
    back = back_url_of(request)
    if not match_key(address):
        toast(request, _("Please enter the email address first; it says who has to sign in."), is_problem=True)
        return see_other(request, back)
    protocol = request.POST.get("protocol", "")[:10]
    return _begun(request, Wanted(provider, address, protocol, back, form=typed_in(request)))


@require_POST
def sign_in_again(request: HttpRequest, account_id: int) -> HttpResponse:
    """From the page of an account whose permission is gone: everything else stays as it is."""
    account = account_for(request, account_id, Action.CHANGE)
    grant = grant_of(account)
    if grant is None:
        return see_other(request, reverse("edit_account", args=[account.pk]))
    address = _signs_in_as(account.user_name, account.address)
    return _begun(request, Wanted(grant.provider, address, account.protocol, reverse("account", args=[account.pk]), account))


@require_GET
def sign_in_question(request: HttpRequest, sign_in_id: int) -> HttpResponse:
    """What comes next and as whom to sign in there; or the code, and where to enter it."""
    sign_in = sign_in_for(request, sign_in_id)
    if sign_in.ended_at is not None:
        return _ended(request, sign_in)
    return _question(request, sign_in)


@require_POST
def sign_in_by_code(request: HttpRequest, sign_in_id: int) -> HttpResponse:
    """Not over the provider's page but with a code, or with a new one."""
    old = sign_in_for(request, sign_in_id)
    return _begun(request, Wanted(old.provider, old.address, old.protocol, old.back_url, old.account, old.form), by_code=True)


@require_POST
def ask_sign_in(request: HttpRequest, sign_in_id: int) -> HttpResponse:
    """Whether the code was entered; the page asks by itself, and its button without a script."""
    sign_in = ask_device(sign_in_for(request, sign_in_id), by=actor_of(request), now=timezone.now())
    return _ended(request, sign_in) if sign_in.ended_at is not None else _question(request, sign_in)


@require_GET
@sensitive_variables("code")
def provider_return(request: HttpRequest, kind: str) -> HttpResponse:
    """Back from the provider, with a code or with its reason for giving none."""
    try:
        sign_in = find_by_state(user=user_of(request), kind=kind, state=request.GET.get("state", ""))
        if sign_in.pk not in begun_here(request):
            raise UnableToSignIn(_("This sign-in was begun in another browser. Please begin again."))
        code = request.GET.get("code", "")
        if code:
            now, by = timezone.now(), actor_of(request)
            finish_consent(sign_in, code=code, redirect_url=return_url(kind), by=by, now=now)
        else:
            said = request.GET.get("error_description", "")
            refuse_consent(sign_in, error=request.GET.get("error", "")[:60], said=said, now=timezone.now())
    except UnableToSignIn as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, reverse("profile_email"))
    return _ended(request, sign_in)


def _signs_in_as(user_name: str, address: str) -> str:
    return user_name.strip() if match_key(user_name) else address.strip()


def _begun(request: HttpRequest, wanted: Wanted, *, by_code: bool = False) -> HttpResponse:
    """Where the provider cannot send people back to us, a code is the way to begin with."""
    is_by_code = by_code or not is_public_address()
    user, now = user_of(request), timezone.now()
    try:
        if wanted.provider.offers_device_code and is_by_code:
            sign_in = begin_device(user=user, wanted=wanted, now=now)
        else:
            sign_in, _state = begin_consent(user=user, wanted=wanted, redirect_url=return_url(wanted.provider.kind), now=now)
    except UnableToSignIn as error:
        toast(request, str(error), is_problem=True)
        return see_other(request, wanted.back_url)
    request.session[SIGN_INS_BEGUN] = [*begun_here(request), sign_in.pk][-_MOST_BEGUN:]
    return see_other(request, reverse("sign_in_question", args=[sign_in.pk]))


def _question(request: HttpRequest, sign_in: SignIn) -> HttpResponse:
    if sign_in.user_code:
        return page(request, "desk/sign_ins/code.html", {"sign_in": sign_in}, fragment="waiting")
    return page(request, "desk/sign_ins/consent.html", {"sign_in": sign_in})


def _ended(request: HttpRequest, sign_in: SignIn) -> HttpResponse:
    """Back to the form, which shows what came of it; or to the account, which goes on by itself."""
    if sign_in.account is None:
        return see_other(request, f"{sign_in.back_url}?sign_in={sign_in.pk}")
    problem = why_not(sign_in)
    if problem:
        toast(request, problem, is_problem=True)
    elif sign_in.grant_id is not None:
        toast(request, _("Signed in. The mailbox is visited next."))
        _visit_soon(request, sign_in.account)
    return see_other(request, sign_in.back_url)


def _visit_soon(request: HttpRequest, account: MailAccount) -> None:
    try:
        scan_now(account=account, by=actor_of(request), now=timezone.now())
    except UnableToScan as error:
        toast(request, str(error), is_problem=True)
