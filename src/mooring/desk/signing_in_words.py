"""What the journal says of two-step sign-in."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy

ACTIONS: Final = {
    "app_code_on": gettext_lazy("app for codes switched on"),
    "app_code_off": gettext_lazy("app for codes switched off"),
    "recovery_codes_made": gettext_lazy("recovery codes made"),
    "second_step_taken": gettext_lazy("signed in with the second step"),
    "second_step_confirmed": gettext_lazy("confirmed with a code"),
    "second_step_failed": gettext_lazy("wrong code for the second step"),
    "second_step_reset": gettext_lazy("second step reset"),
    "passkey_added": gettext_lazy("passkey added"),
    "passkey_renamed": gettext_lazy("passkey renamed"),
    "passkey_removed": gettext_lazy("passkey removed"),
    "signed_in_by_passkey": gettext_lazy("signed in with a passkey"),
    "passkey_failed": gettext_lazy("a passkey was refused"),
    "sessions_ended": gettext_lazy("signed out in other browsers"),
}
FIELDS: Final = {
    "passkey": gettext_lazy("Passkey"),
    "means": gettext_lazy("Taken with"),
    "wrong_in_a_row": gettext_lazy("Wrong codes in a row"),
}
