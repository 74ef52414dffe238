"""A template of letters as a person enters it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.letters.models import LetterTemplate
from mooring.mail.written_html import written_html


class TemplateForm(forms.Form):
    name = forms.CharField(label=pgettext_lazy("template", "Name"), max_length=80)
    subject = forms.CharField(
        label=_("Subject"),
        max_length=300,
        required=False,
        help_text=_("Put in where the email has no subject yet."),
    )
    body_html = forms.CharField(
        label=_("Text"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 12, "data-rich-text": ""})
    )
    is_shared = forms.BooleanField(label=_("Shared with all colleagues"), required=False)

    def __init__(self, *args: Any, template: LetterTemplate | None, **kwargs: Any) -> None:
        names = ("name", "subject", "body_html", "is_shared")
        initial = {name: getattr(template, name) for name in names} if template is not None else {}
        super().__init__(*args, **{"initial": initial, **kwargs})

    def clean_body_html(self) -> str:
        """Without a script, what is typed is plain text with its line ends, or HTML left as it was."""
        return written_html(self.cleaned_data["body_html"])
