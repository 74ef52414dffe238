"""The filters of a mailbox, taken from its address, and what is done with ticked letters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, ClassVar, Final
from urllib.parse import urlencode

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.desk.forms.letters import sensible_day
from mooring.letters.conversations import MailboxFilters
from mooring.ui.parts import Chip

MOST_TICKED: Final = 500
_LINKED: Final = (("", _("Either")), ("yes", _("Linked")), ("no", _("Not linked")))


class MailboxForm(forms.Form):
    """What a mailbox is narrowed to; each field can be left empty. A value that makes no sense is no filter."""

    q = forms.CharField(label=_("Contains"), max_length=200, required=False)
    sender = forms.CharField(label=_("From address or domain"), max_length=320, required=False)
    since = forms.DateField(
        label=_("From"), required=False, validators=[sensible_day], widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"), required=False, validators=[sensible_day], widget=forms.DateInput(attrs={"type": "date"})
    )
    linked = forms.ChoiceField(label=_("Linked"), required=False, choices=_LINKED)
    unread = forms.BooleanField(label=_("Unread"), required=False)
    attachments = forms.BooleanField(label=_("With attachments"), required=False)
    private = forms.BooleanField(label=_("Private"), required=False)
    mine = forms.BooleanField(label=_("Given to me"), required=False)
    says: ClassVar[dict[str, Any]] = {
        "q": _("that contain"),
        "sender": pgettext_lazy("letters", "from"),
        "since": _("since"),
        "until": _("until"),
        "linked": _("that are"),
        "unread": _("that are"),
        "attachments": pgettext_lazy("letters", "with"),
        "private": _("that are"),
        "mine": _("that are"),
    }
    values: ClassVar[dict[str, Any]] = {
        "unread": pgettext_lazy("letters", "unread"),
        "attachments": pgettext_lazy("letters", "attachments"),
        "private": pgettext_lazy("letters", "private"),
        "mine": pgettext_lazy("letters", "given to me"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("since", "until"):
            self.fields[name].width = "half"  # type: ignore[attr-defined]  # read by ui/form/field.html

    def asked(self) -> dict[str, Any]:
        """The filters that are set and make sense."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "", False)}

    def filters(self) -> MailboxFilters:
        """What the list is asked with; the words are looked up apart."""
        asked = self.asked()
        until = asked.get("until")
        return MailboxFilters(
            is_unread=bool(asked.get("unread")),
            has_attachment=bool(asked.get("attachments")),
            is_linked={"yes": True, "no": False}.get(asked.get("linked", "")),
            is_private=bool(asked.get("private")),
            is_mine=bool(asked.get("mine")),
            sender=asked.get("sender", ""),
            since=_midnight(asked.get("since")),
            before=_midnight(until + timedelta(days=1)) if until else None,
        )

    def chips(self, query: Mapping[str, str], path: str) -> list[Chip]:
        """One chip per filter; dropping one keeps the rest of `query`."""
        return [
            Chip(
                label=str(self.says[name]),
                value=self._in_words(name, value),
                off_url=f"{path}?{urlencode({key: kept for key, kept in query.items() if key != name})}",
            )
            for name, value in self.asked().items()
        ]

    def _in_words(self, name: str, value: Any) -> str:
        if name in ("since", "until"):
            return date_format(value)
        if name == "linked":
            return str(dict(_LINKED)[value])
        return str(self.values.get(name, value))


def ticked(texts: list[str]) -> list[int]:
    """The ids among what was sent; whatever is no id is left out."""
    return [int(text) for text in texts[:MOST_TICKED] if text.isascii() and text.isdigit() and len(text) < 18]


def _midnight(day: Any) -> datetime | None:
    """The first moment of a day where the reader lives."""
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone()) if day else None
