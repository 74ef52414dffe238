"""Forms as they are drawn: label, help and error belong to their field."""

from __future__ import annotations

import pytest
from django import forms
from selectolax.lexbor import LexborHTMLParser

from mooring.ui.forms import FormRenderer, class_of


class Account(forms.Form):
    name = forms.CharField(label="Your name", help_text="Seen in From.")
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"class": "tall"}))
    kind = forms.ChoiceField(choices=[("a", "A")])
    depth = forms.ChoiceField(label="Depth", choices=[("30", "30 days"), ("all", "All")], widget=forms.RadioSelect)
    scan = forms.BooleanField(label="Scan active", required=False)
    secret = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, renderer=FormRenderer(), **kwargs)
        self.fields["name"].width = "half"

    def clean(self):
        if self.cleaned_data.get("note") == "bad":
            raise forms.ValidationError("These do not fit together.")


def drawn(form):
    return LexborHTMLParser(str(form))


def test_every_field_has_its_label():
    page = drawn(Account())
    for field in ("name", "note", "kind", "scan"):
        assert page.css_first(f"label[for=id_{field}]") is not None
    assert page.css_first("fieldset legend").text(strip=True) == "Depth"


def test_help_and_error_are_said_with_the_field():
    page = drawn(Account({"name": ""}))
    field = page.css_first("#id_name")
    assert field.attributes["aria-invalid"] == "true"
    described = field.attributes["aria-describedby"].split()
    assert [page.css_first(f"#{part}").text(strip=True) for part in described] == ["Seen in From.", "This field is required."]


def test_what_was_typed_is_kept_and_escaped():
    page = str(Account({"name": '"><script>'}))
    assert "<script>" not in page
    assert drawn(Account({"name": '"><script>'})).css_first("#id_name").attributes["value"] == '"><script>'


def test_errors_of_the_whole_form_stand_above_and_are_announced():
    page = drawn(Account({"name": "Bob", "note": "bad", "kind": "a", "depth": "30"}))
    assert page.css_first("[role=alert]").text(strip=True) == "These do not fit together."


def test_optional_fields_say_so():
    page = drawn(Account())
    assert "(optional)" in page.css_first("label[for=id_note]").text()
    assert "(optional)" not in page.css_first("label[for=id_name]").text()


def test_hidden_fields_are_sent_without_a_label():
    page = drawn(Account())
    assert page.css_first("input[type=hidden][name=secret]") is not None
    assert page.css_first("label[for=id_secret]") is None


def test_widgets_keep_their_own_classes():
    assert drawn(Account()).css_first("#id_note").attributes["class"].split() == ["form-control", "tall"]


def test_a_field_takes_the_part_of_the_line_it_was_given():
    assert "half" in drawn(Account()).css_first(".field").attributes["class"].split()


@pytest.mark.parametrize(
    ("widget", "name"),
    [
        (forms.TextInput(), "form-control"),
        (forms.Select(), "form-select"),
        (forms.SelectMultiple(), "form-control"),
        (forms.Select(attrs={"size": 5}), "form-control"),
        (forms.CheckboxInput(), "tick"),
        (forms.RadioSelect(), ""),
        (forms.HiddenInput(), ""),
    ],
)
def test_each_kind_of_widget_has_its_look(widget, name):
    assert class_of(widget) == name
