"""A provider's copy of a letter sent from here is that letter, whatever Message-ID or footer the provider gave it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from letters.making_letters import arrival, make_account, raw_letter
from letters.making_outgoing import make_outgoing
from making import NOW
from mooring.letters.models import Delivery, Direction, Letter, MailAccount, OutgoingLetter, OutgoingState
from mooring.letters.storing import store_batch
from mooring.letters.written_here import WRITTEN_HERE
from mooring.users.models import User

pytestmark = pytest.mark.django_db
OURS: dict[str, Any] = {"sender": "Bob <bob@mooring.example>", "to": "carol@harbour.example", "body": "Two coils.\nBob"}


@pytest.fixture
def box(bob: User) -> MailAccount:
    return make_account(bob, address="bob@mooring.example")


@pytest.fixture
def sent(box: MailAccount) -> OutgoingLetter:
    """Sent, archived, and not yet seen on the server."""
    outgoing = make_outgoing(box, state=OutgoingState.SENT, remote_id="as-taken")
    raw = raw_letter(message_id=f"<{outgoing.message_id}>", **OURS)
    written: dict[str, Any] = {"epoch": WRITTEN_HERE, "direction": Direction.OUTGOING, "server_id": str(outgoing.pk)}
    (delivery,) = store_batch(arrivals=[arrival(box, raw, folder="Sent", **written)], now=NOW)
    OutgoingLetter.objects.unscoped("a test").filter(pk=outgoing.pk).update(letter=delivery.letter, archived_at=NOW)
    outgoing.refresh_from_db()
    return outgoing


def seen(box: MailAccount, raw: bytes, **fields: Any) -> Delivery:
    (delivery,) = store_batch(arrivals=[arrival(box, raw, folder="Sent", direction=Direction.OUTGOING, **fields)], now=NOW)
    return delivery


def test_a_copy_under_another_message_id_is_the_letter_and_its_answers_find_the_conversation(
    box: MailAccount, sent: OutgoingLetter
) -> None:
    copy = seen(box, raw_letter(message_id="<rewritten@provider.example>", **OURS))
    assert copy.letter == sent.letter
    assert Delivery.objects.count() == 1, "it took the place of the delivery that no server had told of"
    again = seen(box, raw_letter(message_id="<rewritten@provider.example>", **OURS))
    assert again.letter == sent.letter, "in another folder, too"
    answer = raw_letter(extra="In-Reply-To: <rewritten@provider.example>", message_id="<answer@harbour.example>")
    (delivery,) = store_batch(arrivals=[arrival(box, answer)], now=NOW)
    assert sent.letter is not None
    assert delivery.letter.thread_id == sent.letter.thread_id


@pytest.mark.parametrize("changed", [{"body": "Two coils.\nBob\n-- \nSent by a provider"}, {"at": NOW + timedelta(minutes=2)}])
def test_a_footer_or_another_date_makes_no_second_letter_where_an_id_is_ours(
    box: MailAccount, sent: OutgoingLetter, changed: dict[str, Any]
) -> None:
    assert seen(box, raw_letter(message_id=f"<{sent.message_id}>", **{**OURS, **changed})).letter == sent.letter
    known_by_server = raw_letter(message_id="<other@provider.example>", **{**OURS, **changed})
    assert seen(box, known_by_server, server_id="as-taken").letter == sent.letter


@pytest.mark.parametrize("changed", [{"body": "Three coils."}, {"subject": "Sails"}, {"at": NOW + timedelta(minutes=2)}])
def test_another_letter_stays_another(box: MailAccount, sent: OutgoingLetter, changed: dict[str, Any]) -> None:
    assert seen(box, raw_letter(message_id="<new@mooring.example>", **{**OURS, **changed})).letter != sent.letter


def test_what_comes_in_or_lies_elsewhere_is_never_taken_for_it(bob: User, box: MailAccount, sent: OutgoingLetter) -> None:
    forged = raw_letter(message_id="<forged@evil.example>", **OURS)
    (incoming,) = store_batch(arrivals=[arrival(box, forged)], now=NOW)
    assert incoming.letter != sent.letter
    other = seen(make_account(bob, address="other@mooring.example"), raw_letter(message_id="<2@mooring.example>", **OURS))
    assert other.letter != sent.letter
    assert Letter.objects.unscoped("a test").count() == 3
