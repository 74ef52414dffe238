"""What the database itself refuses about letters on their way out."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError

from letters.making_letters import make_account
from letters.making_outgoing import make_outgoing
from mooring.letters.models import OutgoingState, Phase

pytestmark = pytest.mark.django_db


def test_an_account_sends_one_letter_at_a_time() -> None:
    account = make_account()
    make_outgoing(account, state=OutgoingState.SENDING)
    make_outgoing(make_account(), state=OutgoingState.SENDING)
    with pytest.raises(IntegrityError, match=r"an_account_sends_one_letter_at_a_time|account_id"):
        make_outgoing(account, state=OutgoingState.SENDING)


def test_two_outgoing_letters_never_share_a_message_id() -> None:
    make_outgoing(state=OutgoingState.READY, message_id="one@mooring.example")
    with pytest.raises(IntegrityError):
        make_outgoing(state=OutgoingState.READY, message_id="one@mooring.example")


@pytest.mark.parametrize(
    "broken",
    [
        {"state": OutgoingState.READY, "message_id": ""},
        {"state": OutgoingState.UNKNOWN, "undo_until": None},
        {"state": OutgoingState.SENDING, "lease_owner": ""},
        {"state": OutgoingState.SENDING, "phase": Phase.NONE},
        {"state": OutgoingState.SENT, "sent_at": None},
        {"state": OutgoingState.READY, "phase": Phase.DONE},
    ],
    ids=["ready without a name", "unknown without undo", "sending by nobody", "sending in no phase", "sent at no time", "done"],
)
def test_states_that_make_no_sense_are_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError):
        make_outgoing(**broken)
