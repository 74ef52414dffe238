"""What the journal says of the portal, of files on customers, and of what was deleted for good."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy

ACTIONS: Final = {
    "portal_invited": gettext_lazy("invited to the portal"),
    "portal_joined": gettext_lazy("portal invitation accepted"),
    "portal_password": gettext_lazy("portal password changed"),
    "portal_recovery_made": gettext_lazy("recovery codes for the portal made"),
    "portal_recovery_used": gettext_lazy("signed in to the portal with a recovery code"),
    "portal_code_on": gettext_lazy("two-step sign-in switched on in the portal"),
    "portal_code_off": gettext_lazy("two-step sign-in switched off in the portal"),
    "portal_wrote": gettext_lazy("message written in the portal"),
    "letter_shared": gettext_lazy("email shown in the portal"),
    "letter_unshared": gettext_lazy("email no longer shown in the portal"),
    "file_added": gettext_lazy("file added"),
    "file_shared": gettext_lazy("file shown in the portal"),
    "file_unshared": gettext_lazy("file no longer shown in the portal"),
    "file_removed": gettext_lazy("file taken off"),
    "file_restored": gettext_lazy("file brought back"),
    "portal_locked": gettext_lazy("portal login locked"),
    "portal_unlocked": gettext_lazy("portal login unlocked"),
    "portal_removed": gettext_lazy("portal login removed"),
    "erased": gettext_lazy("deleted for good"),
}
FIELDS: Final = {
    "left": gettext_lazy("Still unused"),
    "portal_user": gettext_lazy("Portal user"),
    "file": gettext_lazy("File"),
    "letters_alone": gettext_lazy("Emails that nobody else needs"),
    "letters_of_others": gettext_lazy("Emails that others need"),
    "letters_erased": gettext_lazy("Emails deleted too"),
    "contacts": gettext_lazy("Contacts"),
    "projects": gettext_lazy("Projects"),
    "activities": gettext_lazy("Tasks, calls, meetings and notes"),
    "opportunities": gettext_lazy("Opportunities"),
    "files": gettext_lazy("Files"),
    "portal_users": gettext_lazy("Portal users"),
}
