"""A letter as a person writes it. Half-typed addresses are kept as they are; whether they can be sent to is asked later."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from mooring.letters.drafting import DraftData
from mooring.letters.models import MailAccount, OutgoingLetter
from mooring.letters.visibility import accounts_written_by
from mooring.mail.addresses import read_addresses
from mooring.mail.types import Mailbox
from mooring.users.models import User

_NEXT: Final = re.compile(r'((?:[^,;"<\n]|"(?:[^"\\]|\\.)*"|<[^>]*>|["<])*)(?:[,;\n]|\Z)')
MOST_ANSWER_DAYS: Final = 60


def mailboxes_in(text: str) -> list[Mailbox]:
    """The people named in a line of recipients, in order; what cannot be read as one address comes without a key."""
    pieces = (found[1].strip() for found in _NEXT.finditer(text[:50_000]))
    return [_mailbox(piece) for piece in pieces if piece]


def line_of(mailboxes: Iterable[Mailbox]) -> str:
    """The people as a line that `mailboxes_in` reads back."""
    return ", ".join(_written(each) for each in mailboxes)


def _mailbox(piece: str) -> Mailbox:
    found = read_addresses(piece)
    if len(found.mailboxes) == 1 and found.mailboxes[0].key and not found.is_ambiguous:
        return found.mailboxes[0]
    return Mailbox("", piece[:320], "")


def _written(person: Mailbox) -> str:
    if not person.name:
        return person.address
    name = person.name if re.fullmatch(r"[\w .'-]+", person.name) else '"' + re.sub(r'(["\\])', r"\\\1", person.name) + '"'
    return f"{name} <{person.address}>"


class PeopleField(forms.CharField):
    """A line of recipients; cleans to mailboxes. Suggestions appear while one types."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {"autocomplete": "off", "spellcheck": "false", "data-people": reverse_lazy("recipients")}
        super().__init__(required=False, max_length=50_000, widget=forms.TextInput(attrs=attrs), **kwargs)

    def clean(self, value: Any) -> list[Mailbox]:
        """Nothing is refused here."""
        return mailboxes_in(super().clean(value))


_WITHOUT_REMARK: Final = ("to", "cc", "bcc", "subject", "body")
"""A draft may be kept without them, but nobody wants to read “optional” beside the recipient of a letter."""


class DraftForm(forms.Form):
    """One letter. `version` says which saving the writer saw."""

    account: forms.ModelChoiceField[MailAccount] = forms.ModelChoiceField(
        queryset=None, label=pgettext_lazy("of an email", "From"), empty_label=None
    )
    to = PeopleField(label=pgettext_lazy("of an email", "To"))
    cc = PeopleField(label=_("Cc"))
    bcc = PeopleField(label=_("Bcc"))
    subject = forms.CharField(label=_("Subject"), max_length=1000, required=False)
    body = forms.CharField(label=_("Text"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 14}))
    send_at = forms.DateTimeField(
        label=_("Send later, at"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    wants_answer_days = forms.IntegerField(
        label=_("If no answer in so many working days, remind me"), required=False, min_value=1, max_value=MOST_ANSWER_DAYS
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, writer: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["account"]
        field.queryset = accounts_written_by(writer).order_by("address", "id")
        field.label_from_instance = account_in_words
        for name in _WITHOUT_REMARK:
            self.fields[name].is_expected = True  # type: ignore[attr-defined]  # read by ui/form/field.html

    def clean_send_at(self) -> datetime | None:
        """A time that has passed means at once."""
        at: datetime | None = self.cleaned_data["send_at"]
        return at if at is not None and at > timezone.now() else None

    def draft_data(self, *, body: str) -> DraftData:
        """What was entered, with the text as the caller has made it."""
        values = self.cleaned_data
        return DraftData(
            account=values["account"],
            to=values["to"],
            cc=values["cc"],
            bcc=values["bcc"],
            subject=values["subject"],
            body=body,
            send_at=values["send_at"],
            wants_answer_days=values["wants_answer_days"],
        )


def account_in_words(account: MailAccount) -> str:
    """Who writes, as recipients will see it."""
    return f"{account.your_name} <{account.address}>"


def values_of(draft: OutgoingLetter, people: dict[str, list[Mailbox]], *, body: str) -> dict[str, Any]:
    """What the form of a draft begins with."""
    return {
        "account": draft.account_id,
        **{role: line_of(those) for role, those in people.items()},
        "subject": draft.subject,
        "body": body,
        "send_at": timezone.localtime(draft.send_at) if draft.send_at else None,
        "wants_answer_days": draft.wants_answer_days,
        "version": draft.version,
    }
