"""The caution before a reset as it is answered: the boxes' numbers typed, and whether they may come back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.sales.models import SalesMailbox

MOST_TYPED: Final = 10
"""Of more boxes than these one types how many they are."""


class ResetForm(forms.Form):
    typed = forms.CharField(max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}))
    destroy_now = forms.BooleanField(
        label=gettext_lazy("Destroy now: nobody can undo it, neither today nor within thirty days"), required=False
    )

    def __init__(self, *args: Any, boxes: Sequence[SalesMailbox], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._wanted = sorted(box.number for box in boxes) if len(boxes) <= MOST_TYPED else [len(boxes)]
        if len(boxes) == 1:
            label = _("Type the number of the sales mailbox: %(number)d") % {"number": boxes[0].number}
        elif len(boxes) <= MOST_TYPED:
            label = _("Type the numbers of the sales mailboxes: %(numbers)s") % {"numbers": ", ".join(map(str, self._wanted))}
        else:
            label = _("Type how many sales mailboxes these are: %(count)d") % {"count": len(boxes)}
        self.fields["typed"].label = label

    def clean_typed(self) -> str:
        """The numbers, in any order, whatever stands between them."""
        typed = str(self.cleaned_data["typed"])
        if sorted(map(int, re.findall(r"\d{1,9}", typed))) != self._wanted:
            raise ValidationError(_("These are not the numbers asked for. Nothing was reset."))
        return typed
