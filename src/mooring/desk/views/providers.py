"""Setup > Email > Providers: where this installation is registered so that people can sign in for their mailboxes."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, may_in, provider_for
from mooring.desk.forms.providers import ProviderForm
from mooring.desk.forms.staff import refuse
from mooring.desk.menu import EMAIL_SETUP, SETUP, tabs_for
from mooring.desk.provider_pages import is_public_address, return_url
from mooring.letters.models import ProviderKind, SignInProvider
from mooring.letters.registering import UnableToRegister, add_provider, change_provider, remove_provider
from mooring.mail.types import Secret
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module


@require_GET
@may_in(Module.SETUP, Action.CHANGE)
def providers(request: HttpRequest) -> HttpResponse:
    """Those that are registered, and those that could be."""
    found = list(SignInProvider.objects.all())
    kinds = {each.kind for each in found}
    new = [(kind, label) for kind, label in ProviderKind.choices if kind == ProviderKind.OTHER or kind not in kinds]
    return page(request, "desk/providers/list.html", {"providers": found, "new": new, **_around(request)})


@sensitive_post_parameters("client_secret")
@may_in(Module.SETUP, Action.CHANGE)
def new_provider(request: HttpRequest, kind: str) -> HttpResponse:
    """Google, Microsoft or another provider."""
    if kind not in ProviderKind.values:
        raise Http404
    form = ProviderForm(request.POST if request.method == "POST" else None, kind=kind)
    if request.method == "POST" and form.is_valid():
        secret = form.secret_entered() or Secret("")
        try:
            provider = add_provider(data=form.data_entered(), secret=secret, by=actor_of(request), now=timezone.now())
        except UnableToRegister as error:
            refuse(form, error.problems)
        else:
            toast(request, _("People can sign in with %(provider)s now.") % {"provider": provider})
            return see_other(request, reverse("providers"))
    return _form_page(request, form, kind)


@sensitive_post_parameters("client_secret")
def provider(request: HttpRequest, provider_id: int) -> HttpResponse:
    """Change a registration."""
    found = provider_for(request, provider_id)
    form = ProviderForm.of(found, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data, secret = form.data_entered(), form.secret_entered()
        try:
            change_provider(provider=found, data=data, secret=secret, by=actor_of(request), now=timezone.now())
        except UnableToRegister as error:
            refuse(form, error.problems)
        else:
            toast(request, _("%(provider)s was saved.") % {"provider": found})
            return see_other(request, reverse("providers"))
    return _form_page(request, form, found.kind, provider=found)


@require_POST
def drop_provider(request: HttpRequest, provider_id: int) -> HttpResponse:
    """Forget a registration that nobody uses."""
    found = provider_for(request, provider_id)
    try:
        remove_provider(provider=found, by=actor_of(request), now=timezone.now())
    except UnableToRegister as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, _("%(provider)s was removed.") % {"provider": found})
    return see_other(request, reverse("providers"))


def _form_page(request: HttpRequest, form: ProviderForm, kind: str, *, provider: SignInProvider | None = None) -> HttpResponse:
    context = {
        "form": form,
        "kind": kind,
        "provider": provider,
        "title": str(provider) if provider else str(ProviderKind(kind).label),
        "return_url": return_url(kind),
        "is_public_address": is_public_address(),
        **_around(request),
    }
    return page(request, "desk/providers/form.html", context, status=422 if form.errors else 200)


def _around(request: HttpRequest) -> dict[str, object]:
    return {"tabs": tabs_for(request, SETUP), "parts": tabs_for(request, EMAIL_SETUP)}
