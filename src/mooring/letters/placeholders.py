"""Places in a template that are filled for each letter: {{contact.name}}. Pure: texts in, texts out, nothing is evaluated.

A place for which nothing is known stays as it is and is marked, so that nobody sends "Dear ," without seeing it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

_PLACE: Final = re.compile(r"\{\{\s*([a-z]{1,30}\.[a-z][a-z_]{0,29})\s*\}\}")
_MARKED: Final = re.compile(r"<mark>(\{\{[^<>{}]{1,80}\}\})</mark>")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """`name` stands between the braces; `label` is what the menu calls it."""

    name: str
    label: object

    @property
    def written(self) -> str:
        """As it stands in a text."""
        return f"{{{{{self.name}}}}}"


PLACEHOLDERS: Final[tuple[tuple[object, tuple[Placeholder, ...]], ...]] = (
    (
        _("Contact"),
        (
            Placeholder("contact.name", pgettext_lazy("person", "Name")),
            Placeholder("contact.first_name", _("First name")),
            Placeholder("contact.email", _("Email address")),
            Placeholder("contact.job_title", _("Job title")),
        ),
    ),
    (
        _("Customer"),
        (
            Placeholder("customer.name", pgettext_lazy("company", "Name")),
            Placeholder("customer.number", _("Customer number")),
            Placeholder("customer.city", _("City")),
            Placeholder("customer.website", _("Website")),
        ),
    ),
    (
        pgettext_lazy("who writes", "Me"),
        (
            Placeholder("me.name", pgettext_lazy("person", "Name")),
            Placeholder("me.email", _("Email address")),
            Placeholder("me.organization", _("Organization")),
        ),
    ),
)
"""What the menu offers, by group. Any other name may stand in a template too: it stays marked until somebody knows its value."""


def fill_html(html: str, values: Mapping[str, str]) -> str:
    """HTML that mail.written_html made, with its places filled; what is missing stands in <mark>."""

    def filled(found: re.Match[str]) -> str:
        value = values.get(found[1], "")
        return escape(value, quote=False) if value else f"<mark>{found[0]}</mark>"

    return _PLACE.sub(filled, _MARKED.sub(r"\1", html))


def fill_text(text: str, values: Mapping[str, str]) -> str:
    """A subject or a plain text with its places filled; what is missing stays in its braces."""
    return _PLACE.sub(lambda found: values.get(found[1], "") or found[0], text)


def unfilled(text: str) -> tuple[str, ...]:
    """The places still open in a text or in HTML, each once, as they are written."""
    return tuple(dict.fromkeys(found[0] for found in _PLACE.finditer(text)))
