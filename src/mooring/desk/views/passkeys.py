"""Profile > Signing in: passkeys added, named, removed."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from mooring.desk.access import actor_of, user_of
from mooring.desk.confirming import problem_with_password, problem_with_password_or_code
from mooring.desk.forms.signing_in import ConfirmAnyForm, NewPasskeyForm, PasskeyForm
from mooring.desk.passkeys import UnableToBelieve, ask_for_new, is_possible, new_key, origin
from mooring.desk.signing_in_letters import PASSKEY_ADDED, PASSKEY_REMOVED, tell_of_change
from mooring.desk.signing_in_pages import new_codes_page, sign_in_page
from mooring.ui.rendering import see_other, toast
from mooring.users.models import Passkey
from mooring.users.passkeys import UnableToKeepPasskey, keep_passkey, passkeys_of, remove_passkey, rename_passkey


@sensitive_post_parameters("password")
def new_passkey(request: HttpRequest) -> HttpResponse:
    """A name, the password, and what the device answered; the script asks for the question between."""
    form = NewPasskeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and is_possible():
        codes = _kept(request, form)
        if codes is not None:
            toast(request, _("The passkey was added."))
            return new_codes_page(request, codes) if codes else see_other(request, reverse("signing_in"))
    context = {"form": form, "is_possible": is_possible(), "origin": origin()}
    return sign_in_page(request, "new_passkey", context)


@require_POST
@sensitive_post_parameters("password")
def ask_new_passkey(request: HttpRequest) -> JsonResponse:
    """What the device is asked, for whoever gives the password."""
    if not is_possible():
        raise Http404
    problem = problem_with_password(request, request.POST.get("password", ""))
    if problem:
        return JsonResponse({"problem": problem}, status=422)
    return JsonResponse(ask_for_new(request, user_of(request)))


def passkey(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """Its name, and the way to remove it."""
    key = _passkey_for(request, passkey_id)
    form = PasskeyForm(request.POST or None, initial={"name": key.name})
    if request.method == "POST" and form.is_valid():
        rename_passkey(passkey=key, name=form.cleaned_data["name"], by=actor_of(request), now=timezone.now())
        toast(request, _("The passkey was renamed."))
        return see_other(request, reverse("signing_in"))
    return _passkey_page(request, key, form=form, remove_form=ConfirmAnyForm())


@require_POST
@sensitive_post_parameters("confirmation")
def remove(request: HttpRequest, passkey_id: int) -> HttpResponse:
    """It opens nothing any more."""
    key = _passkey_for(request, passkey_id)
    form = ConfirmAnyForm(request.POST)
    if form.is_valid():
        problem = problem_with_password_or_code(request, form.cleaned_data["confirmation"])
        if not problem:
            remove_passkey(passkey=key, by=actor_of(request), now=timezone.now())
            tell_of_change(key.user, PASSKEY_REMOVED, by=actor_of(request))
            toast(request, _("The passkey %(name)s was removed.") % {"name": key.name})
            return see_other(request, reverse("signing_in"))
        form.add_error("confirmation", problem)
    return _passkey_page(request, key, form=PasskeyForm(initial={"name": key.name}), remove_form=form)


def _kept(request: HttpRequest, form: NewPasskeyForm) -> list[str] | None:
    """Recovery codes, none where there are some; nothing where the form says what is wrong."""
    user = user_of(request)
    try:
        key = new_key(request, user, form.cleaned_data["credential"])
        codes = keep_passkey(
            user=user,
            name=form.cleaned_data["name"],
            credential_id=key.credential_id,
            credential=key.credential,
            sign_count=key.sign_count,
            by=actor_of(request),
            now=timezone.now(),
        )
    except (UnableToBelieve, UnableToKeepPasskey) as error:
        form.add_error(None, str(error))
        return None
    if codes:
        update_session_auth_hash(request, user)
    tell_of_change(user, PASSKEY_ADDED, by=actor_of(request))
    return codes


def _passkey_for(request: HttpRequest, passkey_id: int) -> Passkey:
    key = passkeys_of(user_of(request)).select_related("user").filter(pk=passkey_id).first()
    if key is None:
        raise Http404
    return key


def _passkey_page(request: HttpRequest, key: Passkey, **forms: Any) -> HttpResponse:
    return sign_in_page(request, "passkey", {"passkey": key, **forms})
