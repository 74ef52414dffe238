"""Profile > Signing in: signing out other browsers."""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from mooring.desk.access import actor_of, user_of
from mooring.ui.rendering import see_other, toast
from mooring.users.models import OpenSession
from mooring.users.open_sessions import end_other_sessions, end_session


@require_POST
def end_one(request: HttpRequest, session_id: int) -> HttpResponse:
    """One of one's own."""
    session = OpenSession.objects.filter(pk=session_id, user=user_of(request)).select_related("user").first()
    if session is None:
        raise Http404
    end_session(session=session, by=actor_of(request), now=timezone.now())
    toast(request, _("That browser is signed out."))
    return see_other(request, reverse("signing_in"))


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """All but this one."""
    user = user_of(request)
    end_other_sessions(user=user, by=actor_of(request), now=timezone.now())
    update_session_auth_hash(request, user)
    toast(request, _("All other browsers are signed out."))
    return see_other(request, reverse("signing_in"))
