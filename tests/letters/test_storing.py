"""Letters written: once each, wherever they lie, however often and in whatever order they arrive."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from letters.making_letters import arrival, make_account, make_folder, make_letter, match_of, raw_letter, reply
from making import BY_COMMAND, NOW, make_customer, make_lead
from mooring.letters import storing
from mooring.letters.arrivals import Arrival, direction_of, is_private_for, position_of
from mooring.letters.linking import remove_link
from mooring.letters.models import Attachment, Delivery, Letter, Link, Original, Participant, Thread, ThreadReference
from mooring.letters.originals import Originals
from mooring.letters.shaping import storable
from mooring.letters.storing import store_batch
from mooring.letters.threads import Overtaken
from mooring.mail.types import Header, Mailbox, ParsedLetter
from mooring.users.models import User

pytestmark = pytest.mark.django_db


def letters() -> Any:
    return Letter.objects.unscoped("test")


def store(*arrivals: Arrival) -> list[Delivery]:
    return store_batch(arrivals=arrivals, now=NOW)


def test_a_letter_is_stored_with_its_people_text_attachments_and_place() -> None:
    raw = raw_letter(extra="Cc: Bea <bea@harbour.example>, cyd@harbour.example", body="Dear sirs,\r\n\r\nropes please")
    account = make_account()
    (delivery,) = store(arrival(account, raw, flags=frozenset({"\\Seen", "\\Flagged"})))
    letter = delivery.letter
    assert (letter.subject, letter.from_name, letter.from_address) == ("Ropes", "Ann", "ann@harbour.example")
    assert letter.recipients == "Box, Bea, cyd@harbour.example"
    assert letter.excerpt == "Dear sirs, ropes please"
    assert "ropes please" in letter.text.text
    assert list(letter.participants.values_list("role", "key", "domain")) == [
        ("from", "ann@harbour.example", "harbour.example"),
        ("to", "box@mooring.example", "mooring.example"),
        ("cc", "bea@harbour.example", "harbour.example"),
        ("cc", "cyd@harbour.example", "harbour.example"),
    ]
    assert delivery.is_seen
    assert delivery.flags == ["\\Flagged", "\\Seen"]
    assert delivery.position == letter.position == position_of(NOW, tie=int(letter.fingerprint[:5], 16))
    assert letter.original.size == len(raw)


def test_attachments_are_listed() -> None:
    extra = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\nX-Ignored: 1'
    body = '--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nContent-Type: image/png; name="a.png"\r\n\r\nxyz\r\n--b--'
    (delivery,) = store(
        arrival(
            make_account(),
            raw_letter(extra=extra, body=body).replace(b"Content-Type: text/plain; charset=utf-8\r\n\r\n", b"\r\n", 1),
        )
    )
    assert list(Attachment.objects.values_list("name", "content_type", "size")) == [("a.png", "image/png", 3)]
    assert delivery.letter.attachment_count == 1


def test_storing_a_batch_again_changes_nothing() -> None:
    account, customer = make_account(), make_customer()
    batch = [arrival(account, matches=(match_of(customer),)) for _ in range(3)]
    first = store(*batch)
    before = snapshot()
    assert [each.pk for each in store(*batch)] == [each.pk for each in first]
    assert snapshot() == before


def snapshot() -> list[int]:
    models = (Letter, Delivery, Link, Participant, Original, Thread, ThreadReference)
    return [model._base_manager.count() for model in models]


def test_a_crash_between_the_bytes_and_the_rows_is_simply_done_again(tmp_path: Path) -> None:
    account, raw = make_account(), raw_letter()
    lost = Originals(tmp_path)
    lost.keep([raw])
    lost.close()
    originals = Originals(tmp_path)
    (again,) = originals.keep([raw])
    (delivery,) = store(arrival(account, raw, original=again))
    assert originals.read(delivery.letter.original) == raw
    assert originals.keep([raw]) == [again]
    assert snapshot()[:2] == [1, 1]


def test_nothing_is_written_when_the_transaction_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = [arrival(make_account(), matches=(match_of(make_customer()),))]

    def killed(*args: Any, **keywords: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(storing, "write_links", killed)
        with pytest.raises(KeyboardInterrupt):
            store(*batch)
    assert snapshot() == [0] * 7
    store(*batch)
    assert snapshot()[:3] == [1, 1, 1]


def test_another_worker_storing_the_same_moment_makes_the_batch_begin_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    account, real, failures = make_account(), storing.assign_threads, [Overtaken(), IntegrityError()]

    def overtaken(*args: Any, **keywords: Any) -> Any:
        threads = real(*args, **keywords)
        if failures:
            raise failures.pop()
        return threads

    monkeypatch.setattr(storing, "assign_threads", overtaken)
    store(arrival(account))
    assert letters().count() == Thread.objects.count() == 1
    failures[:] = [IntegrityError("truly broken")] * 9
    with pytest.raises(IntegrityError, match="truly broken"):
        store(arrival(account))


def test_the_same_letter_in_two_mailboxes_is_one_letter_with_two_deliveries() -> None:
    raw = raw_letter()
    one, two = make_account(), make_account()
    relayed = b"Received: from elsewhere\r\n" + raw
    (first,) = store(arrival(one, raw))
    (second,) = store(arrival(two, relayed))
    assert first.letter_id == second.letter_id
    assert letters().count() == 1
    assert {each.account_id for each in Delivery.objects.all()} == {one.pk, two.pk}


def test_the_same_letter_twice_in_one_batch_is_one_letter() -> None:
    raw, account = raw_letter(), make_account()
    customer = make_customer()
    twice = [arrival(account, raw, folder="INBOX"), arrival(account, raw, folder="Archive", matches=(match_of(customer),))]
    first, second = store(*twice, twice[0])[:2]
    assert first.letter_id == second.letter_id
    assert first.letter.is_linked
    assert Delivery.objects.count() == 2


def test_a_message_id_used_again_for_other_content_is_another_letter_of_the_same_conversation() -> None:
    account = make_account()
    one, two = store(*(arrival(account, raw_letter(message_id="<same@x>", body=body)) for body in ("one", "two")))
    assert one.letter_id != two.letter_id
    assert one.letter.thread_id == two.letter.thread_id


def test_letters_without_a_message_id_are_kept_apart_by_their_content() -> None:
    account = make_account()
    batch = [arrival(account, raw_letter(message_id="", body=body)) for body in ("one", "two")]
    assert len({each.letter_id for each in store(*batch)}) == 2


def test_a_letter_that_could_not_be_taken_apart_is_known_by_its_bytes() -> None:
    broken = arrival(make_account(), b"\x00\xff", letter=ParsedLetter(header=Header(), defects=("unreadable",)), received_at=None)
    (delivery,) = store(broken)
    assert delivery.letter.fingerprint == broken.original.sha256
    assert delivery.letter.defects == ["unreadable"]
    assert delivery.letter.at == NOW


def test_what_databases_refuse_is_taken_out_of_a_strangers_text() -> None:
    header = Header(
        subject="a\0b\ud800c" + "x" * 2000, from_=(Mailbox("\0N\udfff", "a\0@b.c", "a@b.c"),), message_id="i\0d" * 300
    )
    parsed = ParsedLetter(header=header, text="t\0\ud800ext", fingerprint="f" * 64, defects=("d" * 300,))
    (delivery,) = store(arrival(make_account(), letter=parsed))
    letter = letters().get(pk=delivery.letter_id)
    assert letter.subject.startswith("ab?cx")
    assert len(letter.subject) <= 1000
    assert letter.text.text == "t?ext"
    assert storable("plain", 3) == "pla"


def test_letters_of_one_second_have_positions_of_their_own() -> None:
    account = make_account()
    alike = "abcde"
    batch = [arrival(account) for _ in range(4)]
    batch = [
        replace(each, letter=replace(each.letter, fingerprint=alike + each.letter.fingerprint[5:]), received_at=NOW)
        for each in batch
    ]
    store(*batch[:1])
    store(*batch[1:])
    positions = sorted(letters().values_list("position", flat=True))
    assert positions == list(range(positions[0], positions[0] + 4))


def test_a_position_that_is_free_in_the_batch_but_not_in_the_archive_is_not_taken() -> None:
    account = make_account()

    def at_tie(tie: int) -> Arrival:
        each = arrival(account)
        return replace(each, letter=replace(each.letter, fingerprint=f"{tie:05x}" + each.letter.fingerprint[5:]), received_at=NOW)

    store(at_tie(7), at_tie(8))
    store(at_tie(7))
    assert sorted(letters().values_list("position", flat=True)) == [position_of(NOW, tie=tie) for tie in (7, 8, 9)]


def test_a_letter_is_private_while_every_delivery_is() -> None:
    raw = raw_letter()
    (first,) = store(arrival(make_account(), raw, is_private=True))
    assert letters().get().is_private
    store(arrival(make_account(), raw, is_private=True))
    assert letters().get().is_private
    store(arrival(make_account(), raw))
    assert not letters().get().is_private
    assert Delivery.objects.get(pk=first.pk).is_private


def test_a_match_found_later_is_added_and_a_stronger_rule_replaces_a_weaker() -> None:
    account, customer, lead = make_account(), make_customer(), make_lead()
    weak = match_of(customer, rule="customer_domain", address="harbour.example", role="cc")
    one = arrival(account, matches=(weak,))
    store(one)
    store(replace(one, matches=(match_of(customer), match_of(lead))))
    links = {
        (link.customer_id, link.lead_id): (link.rule, link.matched_address, link.matched_role) for link in Link.objects.all()
    }
    assert links == {
        (customer.pk, None): ("customer_email", "ann@harbour.example", "from"),
        (None, lead.pk): ("lead_email", "ann@harbour.example", "from"),
    }
    store(one)
    assert Link.objects.get(customer=customer).rule == "customer_email"


def test_a_letter_kept_unlinked_becomes_linked_when_it_matches() -> None:
    one = arrival(make_account())
    store(one)
    assert not letters().get().is_linked
    store(replace(one, matches=(match_of(make_lead()),)))
    assert letters().get().is_linked


def test_a_link_removed_by_a_person_is_never_made_again(now: datetime) -> None:
    customer = make_customer()
    one = arrival(make_account(), matches=(match_of(customer, rule="customer_domain"),))
    store(one)
    remove_link(link=Link.objects.get(), by=BY_COMMAND, now=now)
    store(replace(one, matches=(match_of(customer),)))
    store(arrival(make_account(), None, letter=one.letter, original=one.original, matches=(match_of(customer),)))
    assert Link.objects.get().removed_at == now
    assert not letters().get().is_linked


def test_a_batch_costs_the_same_number_of_queries_whatever_its_size() -> None:
    account, customer = make_account(), make_customer()
    store(arrival(account))

    def cost(size: int) -> int:
        batch = [arrival(account, reply(1000 * size + each, 1000 * size), matches=(match_of(customer),)) for each in range(size)]
        with CaptureQueriesContext(connection) as queries:
            store(*batch)
        return len(queries)

    assert cost(20) == cost(3) <= 26


def test_the_direction_is_by_the_sent_folder_or_by_our_own_address() -> None:
    ours = Header(from_=(Mailbox("", "Me@us.example", "me@us.example"),))
    own = frozenset({"me@us.example"})
    assert direction_of(header=Header(), own_keys=own, special_use="sent") == "out"
    assert direction_of(header=ours, own_keys=own, special_use="inbox") == "out"
    assert direction_of(header=replace(ours, ambiguous=frozenset({"from"})), own_keys=own, special_use="") == "in"
    assert direction_of(header=Header(), own_keys=own, special_use="") == "in"


@pytest.mark.parametrize("marked", ["marks_incoming_private", "marks_outgoing_private"])
def test_letters_are_private_as_the_account_marks_their_direction(marked: str) -> None:
    account = make_account(**{marked: True})
    for direction, field in (("in", "marks_incoming_private"), ("out", "marks_outgoing_private")):
        assert is_private_for(account, header=Header(), direction=direction) is (field == marked)


def test_a_letter_that_its_sender_calls_confidential_is_private() -> None:
    assert is_private_for(make_account(), header=Header(is_confidential=True), direction="in")


def test_a_letter_to_thousands_lists_only_some_of_them() -> None:
    crowd = tuple(Mailbox("", f"p{number}@x.example", f"p{number}@x.example") for number in range(3000))
    parsed = ParsedLetter(header=Header(to=crowd), fingerprint="c" * 64)
    (delivery,) = store(arrival(make_account(), letter=parsed))
    assert delivery.letter.participants.count() == 2000


def test_the_date_header_orders_letters_without_a_time_of_arrival_but_never_in_the_future(alice: User) -> None:
    account = make_account(alice)
    for days, expected in ((-3, NOW - timedelta(days=3)), (3, NOW)):
        raw = raw_letter(at=NOW + timedelta(days=days))
        (delivery,) = store(arrival(account, raw, received_at=None))
        assert delivery.letter.at == expected
    assert make_letter(account).is_linked is False
    assert make_folder(account).path == "INBOX"
