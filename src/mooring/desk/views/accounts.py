"""My mail accounts, under Profile > Email settings."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from mooring.desk.access import may_in, user_of
from mooring.desk.menu import PROFILE, tabs_for
from mooring.letters.models import MailAccount
from mooring.ui.rendering import page
from mooring.users.permissions import Module


@may_in(Module.ACCOUNTS)
def profile_email(request: HttpRequest) -> HttpResponse:
    """The user's own accounts."""
    user = user_of(request)
    accounts = MailAccount.objects.visible_to(user).filter(owner=user, removed_at=None)
    return page(request, "desk/accounts/mine.html", {"accounts": accounts, "tabs": tabs_for(request, PROFILE)})
