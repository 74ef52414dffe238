"""What came back is shown where people look for it: at the letter in the outbox, and beside the sent letter itself."""

from __future__ import annotations

import pytest
from django.urls import reverse

from desk.kept_letters import keep
from desk.world import client_of
from letters.making_letters import make_account, raw_letter
from letters.making_outgoing import make_outgoing
from making import NOW
from mooring.letters.models import OutgoingReport, OutgoingState
from mooring.letters.outgoing_bytes import new_message_id
from mooring.users.models import User

pytestmark = pytest.mark.django_db


def test_a_bounce_is_shown_in_the_outbox_and_beside_the_letter(bob: User) -> None:
    account = make_account(bob, outgoing_protocol="smtp")
    message_id = new_message_id(account.address, token="abc")
    letter = keep(account, raw_letter(message_id=f"<{message_id}>", sender="Bob <box@mooring.example>"))
    sent = make_outgoing(account, state=OutgoingState.SENT, message_id=message_id, letter=letter)
    OutgoingReport.objects.create(
        outgoing=sent, kind="failed", address="carol@harbour.example", status="5.1.1", said="no such <user>", at=NOW
    )
    for name, key in (("outgoing", sent.pk), ("beside_letter", letter.pk)):
        page = client_of(bob).get(reverse(name, args=[key])).content.decode()
        assert "Came back: carol@harbour.example (5.1.1)" in page
        assert "no such &lt;user&gt;" in page
