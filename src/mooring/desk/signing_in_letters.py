"""Letters to staff about what was done with their signing in, where the installation sends letters of its own.

Whoever got hold of a password and adds a passkey does so unseen, were it not for these.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.users.journal import Actor
from mooring.users.models import User

logger = logging.getLogger(__name__)

PASSWORD: Final = gettext_lazy("Your password was changed.")
APP_ON: Final = gettext_lazy("An app for codes was set up.")
APP_OFF: Final = gettext_lazy("The app for codes was switched off.")
NEW_CODES: Final = gettext_lazy("New recovery codes were made; those from before are worth nothing any more.")
CODE_USED: Final = gettext_lazy("Somebody signed in with one of your recovery codes.")
PASSKEY_ADDED: Final = gettext_lazy("A passkey was added.")
PASSKEY_REMOVED: Final = gettext_lazy("A passkey was removed.")
TOO_MANY_CODES: Final = gettext_lazy("Somebody who knows your password typed five wrong codes in a row.")


def tell_of_reset(user: User, *, who: Any) -> bool:
    """Tell them that their second step was reset; returns whether a letter went out. That it could not stops nobody."""
    with translation.override(user.language):
        subject = _("Your second step of signing in to Mooring was reset")
        return _tell(user, subject, "second_step_reset", who=str(who))


def tell_of_change(user: User, what: Any, *, by: Actor) -> bool:
    """Tell them one of the texts above, and from which address it was done. As tell_of_reset."""
    with translation.override(user.language):
        return _tell(user, _("Your signing in to Mooring"), "sign_in_changed", what=str(what), address=by.address)


def _tell(user: User, subject: str, template: str, **context: str) -> bool:
    if not settings.MAIL_IS_CONFIGURED:
        return False
    context["url"] = f"{settings.BASE_URL}{reverse('signing_in')}"
    text = render_to_string(f"account/email/{template}.txt", {"user": user, **context})
    try:
        return bool(send_mail(subject, text, None, [user.email]))
    except OSError as error:
        logger.error("%s could not be told of a change of their signing in (%s): %s", user.email, template, error)
        return False
