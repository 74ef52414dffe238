"""Letters to staff about what others did with their signing in, where the installation sends letters of its own."""

from __future__ import annotations

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from mooring.users.models import User

logger = logging.getLogger(__name__)


def tell_of_reset(user: User, *, who: str) -> bool:
    """Tell them that their second step was reset; returns whether a letter went out. That it could not stops nobody."""
    if not settings.MAIL_IS_CONFIGURED:
        return False
    with translation.override(user.language):
        url = f"{settings.BASE_URL}{reverse('signing_in')}"
        text = render_to_string("account/email/second_step_reset.txt", {"user": user, "who": who, "url": url})
        subject = _("Your second step of signing in to Mooring was reset")
    try:
        return bool(send_mail(subject, text, None, [user.email]))
    except OSError as error:
        logger.error("%s could not be told that the second step was reset: %s", user.email, error)
        return False
