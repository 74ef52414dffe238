"""What kinds of record, deeds and fields of sales are called in the journal; a part of the words of journal_words."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy, pgettext_lazy

KINDS: Final = {
    "pipeline": gettext_lazy("Pipeline"),
    "stage_template": gettext_lazy("Template of stages"),
    "opportunity": gettext_lazy("Sales opportunity"),
    "opportunitykind": gettext_lazy("Type of opportunities"),
    "rejection": gettext_lazy("Rejection reason"),
}

ACTIONS: Final = {
    "won": pgettext_lazy("opportunity", "won"),
    "lost": pgettext_lazy("opportunity", "lost"),
    "stage_undone": gettext_lazy("moved back to the stage before"),
    "put_back": gettext_lazy("brought back"),
    "line_ticked": gettext_lazy("line of the checklist ticked"),
    "line_unticked": gettext_lazy("line of the checklist no longer ticked"),
    "version_saved": gettext_lazy("version saved"),
    "restored_from": gettext_lazy("brought to an earlier state"),
    "converted": gettext_lazy("converted into a customer"),
    "converted_from": gettext_lazy("made from a lead"),
    "conversion_undone": gettext_lazy("turned back into a lead"),
}

FIELDS: Final = {
    "stage": gettext_lazy("Stage"),
    "stages": gettext_lazy("Stages"),
    "pipeline": gettext_lazy("Pipeline"),
    "mailbox": gettext_lazy("Sales mailbox"),
    "whom": gettext_lazy("Customer or lead"),
    "price": gettext_lazy("Price"),
    "quantity": gettext_lazy("Quantity"),
    "discount": gettext_lazy("Discount"),
    "currency": gettext_lazy("Currency"),
    "probability": gettext_lazy("Probability"),
    "close_on": gettext_lazy("Close date"),
    "rejection": gettext_lazy("Rejection reason"),
    "rejection_note": gettext_lazy("More about the rejection"),
    "next_step": gettext_lazy("Next step"),
    "next_step_on": gettext_lazy("Next step on"),
    "products": gettext_lazy("Products"),
    "people": gettext_lazy("Contacts"),
    "checklist": gettext_lazy("Checklist"),
    "line": gettext_lazy("Line"),
    "version": gettext_lazy("Version"),
    "lead": gettext_lazy("Lead"),
}
