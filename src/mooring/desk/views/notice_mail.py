"""My profile > Notices: how often one is written to; and the way out of it that every such letter carries."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from mooring.activities.models import Rhythm
from mooring.activities.notice_mail import UnableToChooseMail, broken_off, choose_mail, mailing_of
from mooring.desk.access import actor_of, user_of
from mooring.desk.forms.notice_mail import NoticeMailForm
from mooring.desk.menu import PROFILE, tabs_for
from mooring.desk.notice_letters import user_of_word
from mooring.desk.personal import zone_of
from mooring.ui.rendering import page, see_other, toast
from mooring.users.journal import Actor


def notice_mail(request: HttpRequest) -> HttpResponse:
    """GET shows, POST saves."""
    user = user_of(request)
    form = NoticeMailForm(request.POST or None, known=mailing_of(user))
    if request.method == "POST" and form.is_valid():
        try:
            choose_mail(user=user, **form.cleaned_data, zone=zone_of(user), by=actor_of(request), now=timezone.now())
        except UnableToChooseMail as error:
            form.add_error("rhythm", str(error))
        else:
            toast(request, _("Your choice was saved."))
            return see_other(request, request.path)
    values = {
        "form": form,
        "tabs": tabs_for(request, PROFILE),
        "is_possible": settings.MAIL_IS_CONFIGURED,
        "broken_off": broken_off(user),
    }
    return page(request, "desk/profile/notice_mail.html", values, status=422 if form.errors else 200)


@login_not_required
@csrf_exempt
def stop_notice_mail(request: HttpRequest, word: str) -> HttpResponse:
    """Asks, since programs that look through mail open every address in it; sent, by a person or a mail program, it ends them."""
    user = user_of_word(word)
    if user is None:
        raise Http404
    with translation.override(user.language):
        if request.method == "POST":
            known = mailing_of(user)
            by = Actor(user, "desk", request.META.get("REMOTE_ADDR", ""))
            hour = known.hour if known else 8
            if known is not None and known.rhythm != Rhythm.OFF:
                choose_mail(user=user, rhythm=Rhythm.OFF, hour=hour, zone=zone_of(user), by=by, now=timezone.now())
        return page(request, "desk/notices/stop.html", {"is_done": request.method == "POST", "person": user})
