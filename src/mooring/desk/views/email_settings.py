"""Setup > Email: the switches of archiving, public mail domains, and senders whose letters are never kept."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from mooring.desk.access import actor_of, may_in, unwanted_sender_for, user_of
from mooring.desk.forms.settings import SettingsForm
from mooring.desk.menu import EMAIL_SETUP, SETUP, tabs_for
from mooring.desk.settings_pages import EMAIL, PUBLIC_DOMAINS, SettingsPage
from mooring.letters.unwanted import UnableToRefuseSender, accept_sender, unwanted_senders
from mooring.options.values import UnableToChangeOption, change, read_all
from mooring.ui.rendering import page, see_other, toast
from mooring.users.permissions import Action, Module, may

MOST_SENDERS = 500


@may_in(Module.SETUP, Action.CHANGE)
def email_settings(request: HttpRequest) -> HttpResponse:
    """Scan all email letters, own domains, intervals, sizes."""
    return _settings(request, EMAIL)


@may_in(Module.SETUP, Action.CHANGE)
def public_domains(request: HttpRequest) -> HttpResponse:
    """Hosts that belong to everybody."""
    return _settings(request, PUBLIC_DOMAINS)


@require_GET
@may_in(Module.SETUP)
def refused_senders(request: HttpRequest) -> HttpResponse:
    """Senders whose letters are never kept, with the way back."""
    senders = unwanted_senders(reader=user_of(request))[:MOST_SENDERS]
    tabs = {"tabs": tabs_for(request, SETUP), "parts": tabs_for(request, EMAIL_SETUP)}
    return page(
        request,
        "desk/email_settings/senders.html",
        {"senders": senders, "may_change_setup": may(user_of(request), Module.SETUP, Action.CHANGE), **tabs},
    )


@require_POST
def accept_refused_sender(request: HttpRequest, sender_id: int) -> HttpResponse:
    """Keep letters of this sender again."""
    sender = unwanted_sender_for(request, sender_id)
    try:
        accept_sender(sender=sender, by=actor_of(request), now=timezone.now())
    except UnableToRefuseSender as error:
        toast(request, str(error), is_problem=True)
    else:
        toast(request, _("Letters of %(address)s are kept again.") % {"address": sender.key})
    sees_setup = may(user_of(request), Module.SETUP, Action.VIEW)
    return see_other(request, reverse("refused_senders" if sees_setup else "profile_email"))


def _settings(request: HttpRequest, settings_page: SettingsPage) -> HttpResponse:
    form = SettingsForm(request.POST or None, options=settings_page.options, values=read_all())
    if request.method == "POST" and form.is_valid():
        try:
            for option, value in form.chosen():
                change(option, value, by=actor_of(request), now=timezone.now())
        except UnableToChangeOption as error:
            form.add_error(None, str(error))
        else:
            toast(request, _("The settings were saved."))
            return see_other(request, reverse(settings_page.name))
    context = {
        "form": form,
        "settings_page": settings_page,
        "tabs": tabs_for(request, SETUP),
        "parts": tabs_for(request, EMAIL_SETUP),
    }
    return page(request, "desk/email_settings/settings.html", context, status=422 if form.errors else 200)
