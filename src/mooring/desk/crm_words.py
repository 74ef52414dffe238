"""What the journal says of the lists of Settings > CRM, and of what was chosen from them."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy

KINDS: Final = {
    "source": gettext_lazy("Source"),
    "category": gettext_lazy("Category"),
    "tag": gettext_lazy("Tag"),
    "industry": gettext_lazy("Industry"),
    "contactrole": gettext_lazy("Contact role"),
    "customerstatus": gettext_lazy("Customer status"),
    "infofield": gettext_lazy("Field of additional information"),
}
ACTIONS: Final = {
    "retired": gettext_lazy("retired from its list"),
    "brought_back": gettext_lazy("brought back into its list"),
    "tags_merged": gettext_lazy("merged into another tag"),
    "ordered": gettext_lazy("list put into another order"),
    "customers_moved": gettext_lazy("customers moved to another industry"),
    "merged": gettext_lazy("merged"),
    "merged_into": gettext_lazy("merged into another"),
    "merge_undone": gettext_lazy("merge undone"),
    "told_apart": gettext_lazy("said to be no duplicate"),
    "told_apart_no_more": gettext_lazy("may be a duplicate after all"),
    "move_undone": gettext_lazy("customers moved back"),
}
FIELDS: Final = {
    "merged_with": gettext_lazy("Merged with"),
    "left_behind": gettext_lazy("Not put back, because it changed since"),
    "status": gettext_lazy("Status"),
    "industry": gettext_lazy("Industry"),
    "source": gettext_lazy("Source"),
    "categories": gettext_lazy("Categories"),
    "tags": gettext_lazy("Tags"),
    "colour": gettext_lazy("Colour"),
    "is_of_customers": gettext_lazy("On companies"),
    "is_of_contacts": gettext_lazy("On contacts"),
    "order": gettext_lazy("Order"),
    "help_text": gettext_lazy("Help text"),
    "is_required": gettext_lazy("Must be filled in"),
    "is_on_tab": gettext_lazy("On a separate tab"),
    "choices": gettext_lazy("Choices"),
}
