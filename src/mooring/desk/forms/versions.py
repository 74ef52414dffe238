"""Saving a pipeline to a sales mailbox, and bringing one in from a file."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.sales.pipeline_content import MOST_BYTES, PipelineContent, UnreadablePipeline, from_json

_REASONS: Final = {
    "too_large": gettext_lazy("The file is too large."),
    "no_json": gettext_lazy("This is no file of a pipeline: it is not JSON."),
    "other_format": gettext_lazy("This is a JSON file, but none of a pipeline."),
    "newer": gettext_lazy("The file was written by another version of Mooring, which this one cannot read."),
    "missing": gettext_lazy("Something is missing in the file at “%(place)s”."),
    "twice": gettext_lazy("The file names something twice at “%(place)s”."),
    "unknown_stage": gettext_lazy("The file names a stage that it does not have at “%(place)s”."),
    "unknown_field": gettext_lazy("The file has a field that no pipeline has: “%(place)s”."),
    "too_many": gettext_lazy("The file holds too many entries at “%(place)s”."),
    "unreadable": gettext_lazy("The file cannot be read at “%(place)s”."),
}


class SaveForm(forms.Form):
    """Number and password of the box; a right at it is enough instead of the password."""

    number = forms.IntegerField(
        label=gettext_lazy("Number of the sales mailbox"),
        min_value=1,
        max_value=999_999,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("Only for a mailbox at which you have no right."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=300, help_text=gettext_lazy("What this version is, for later.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("number", "password"):
            self.fields[name].width = "half"  # type: ignore[attr-defined]  # read by ui/form/field.html


class UploadForm(forms.Form):
    """The file; `content` is what it holds once the form is valid."""

    file = forms.FileField(label=gettext_lazy("File of a pipeline"), help_text=gettext_lazy("As it was downloaded here, JSON."))
    as_new = forms.BooleanField(label=gettext_lazy("Add it as a new pipeline even if it is in use here"), required=False)
    content: PipelineContent

    def clean_file(self) -> Any:
        """Reads it whole; says in words where it is no pipeline."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(_REASONS["too_large"])
        try:
            self.content = from_json(file.read())
        except UnicodeDecodeError:
            raise forms.ValidationError(_REASONS["no_json"]) from None
        except UnreadablePipeline as error:
            raise forms.ValidationError(in_words(error)) from error
        return file


def in_words(error: UnreadablePipeline) -> str:
    """Why a text is no pipeline, and where."""
    return str(_REASONS.get(error.reason, _("The file cannot be read."))) % {"place": error.place}
