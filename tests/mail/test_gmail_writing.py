"""Letters kept in, found in, removed from and sent by the Gmail API."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from mail.listings import Rows, letter_of
from mooring.mail.connect import open_incoming, open_outgoing
from mooring.mail.contract import Incoming, Keeping, Outgoing, Removing
from mooring.mail.errors import CommandRefused, FateUnknown, LetterRefused, LoginRefused, MailError, ServerBusy, ServerUnavailable
from mooring.mail.types import Envelope, Folder
from servers.gmail import GmailServer, Refused
from servers.web import Given

RAW = letter_of("answer")
ENVELOPE = Envelope("bob@mooring.example", ("carol@harbour.example",))


@pytest.fixture
def mailbox(gmail: GmailServer) -> Iterator[Incoming]:
    with open_incoming(gmail.server(), policy=gmail.policy) as opened:
        yield opened


@pytest.fixture
def outgoing(gmail: GmailServer) -> Iterator[Outgoing]:
    with open_outgoing(gmail.server(), policy=gmail.policy) as opened:
        yield opened


def folder_for(mailbox: Incoming, special_use: str) -> Folder:
    return next(folder for folder in mailbox.folders() if folder.special_use == special_use)


def remove(mailbox: Incoming, folder: Folder, ids: list[str]) -> list[str]:
    assert isinstance(mailbox, Removing)
    return list(mailbox.remove(folder, ids))


def labels(gmail: GmailServer, letter_id: str) -> set[str]:
    return gmail.mailbox.letters[letter_id].labels


# -- removing ------------------------------------------------------------------------------------------------------------


def test_a_letter_that_lies_elsewhere_too_only_loses_its_label(gmail: GmailServer, mailbox: Incoming) -> None:
    work = gmail.mailbox.add_label("Work")
    letter_id = gmail.mailbox.deliver(RAW, labels=["INBOX", "UNREAD", work])

    assert remove(mailbox, folder_for(mailbox, "inbox"), [letter_id]) == [letter_id]
    assert labels(gmail, letter_id) == {"UNREAD", work}
    assert remove(mailbox, mailbox.folders()[-1], [letter_id]) == [letter_id]
    assert "TRASH" in labels(gmail, letter_id)


def test_a_letter_that_lies_nowhere_else_goes_to_the_bin(gmail: GmailServer, mailbox: Incoming) -> None:
    letter_id = gmail.mailbox.deliver(RAW)

    assert remove(mailbox, folder_for(mailbox, "inbox"), [letter_id]) == [letter_id]
    assert "TRASH" in labels(gmail, letter_id)


def test_what_is_removed_from_all_mail_goes_to_the_bin_and_from_the_bin_for_good(gmail: GmailServer, mailbox: Incoming) -> None:
    letter_id = gmail.mailbox.deliver(RAW, labels=["INBOX", "IMPORTANT"])

    assert remove(mailbox, folder_for(mailbox, "all"), [letter_id]) == [letter_id]
    assert "TRASH" in labels(gmail, letter_id)
    assert remove(mailbox, folder_for(mailbox, "trash"), [letter_id]) == [letter_id]
    assert gmail.mailbox.letters == {}


def test_a_letter_to_oneself_cannot_be_taken_out_of_what_was_sent(gmail: GmailServer, mailbox: Incoming) -> None:
    letter_id = gmail.mailbox.deliver(RAW, labels=["INBOX", "SENT"])

    assert remove(mailbox, folder_for(mailbox, "sent"), [letter_id]) == []
    assert labels(gmail, letter_id) == {"INBOX", "SENT"}


def test_letters_that_have_left_the_folder_are_gone_and_not_touched(gmail: GmailServer, mailbox: Incoming) -> None:
    ids = [gmail.mailbox.deliver(letter_of(str(number))) for number in range(3)]
    gmail.mailbox.relabel(ids[0], remove=["INBOX"])
    gmail.mailbox.delete(ids[1])

    assert remove(mailbox, folder_for(mailbox, "inbox"), [*ids, "not/an id"]) == ids
    assert "TRASH" not in labels(gmail, ids[0])


def test_without_the_right_to_delete_nothing_is_said_to_be_gone(gmail: GmailServer, mailbox: Incoming) -> None:
    gmail.may_delete = False
    letter_id = gmail.mailbox.deliver(RAW, labels=["TRASH"])

    with pytest.raises(CommandRefused):
        remove(mailbox, folder_for(mailbox, "trash"), [letter_id])


def in_batch(status: int, body: str) -> bytes:
    head = "--b\r\nContent-Type: application/http\r\nContent-ID: <response-0>\r\n\r\n"
    return f"{head}HTTP/1.1 {status} Said\r\n\r\n{body}\r\n--b--".encode()


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([(500, "{}")], ServerUnavailable),
        ([(200, '{"id": "a", "labelIds": ["INBOX"]}'), (403, "{}")], CommandRefused),
        ([(200, '{"id": "a", "labelIds": ["INBOX"]}'), (412, "{}")], None),
        ([(200, '{"id": "a", "labelIds": ["INBOX"]}'), (404, "{}")], None),
    ],
)
def test_letters_that_cannot_be_removed_are_not_said_to_be_gone(
    gmail: GmailServer, mailbox: Incoming, answers: list[tuple[int, str]], kind: type[MailError] | None
) -> None:
    inbox = folder_for(mailbox, "inbox")
    left = [Given(200, in_batch(*answer), {"Content-Type": "multipart/mixed; boundary=b"}) for answer in answers]
    gmail.alter("/batch/gmail/v1", lambda given: left.pop(0))

    if kind is None:
        assert remove(mailbox, inbox, ["a"]) == (["a"] if answers[-1][0] == 404 else [])
    else:
        with pytest.raises(kind):
            remove(mailbox, inbox, ["a"])


# -- keeping and finding -------------------------------------------------------------------------------------------------


def test_a_letter_is_kept_in_all_mail_without_a_label(gmail: GmailServer, mailbox: Incoming) -> None:
    assert isinstance(mailbox, Keeping)
    whole = folder_for(mailbox, "all")

    letter_id = mailbox.keep(whole, RAW)

    assert labels(gmail, letter_id) == set()
    assert Rows(mailbox, whole).visit() == [letter_id]


def test_a_letter_is_found_by_exactly_its_message_id(gmail: GmailServer, mailbox: Incoming) -> None:
    assert isinstance(mailbox, Keeping)
    whole = folder_for(mailbox, "all")
    letter_id = gmail.mailbox.deliver(RAW)
    gmail.mailbox.deliver(RAW.replace(b"answer@", b"ANSWER@"))
    gmail.mailbox.deliver(letter_of("answer").replace(b"<answer", b"<no.answer"))
    gmail.mailbox.deliver(RAW, labels=["SPAM"])

    assert mailbox.find(whole, "answer@tests.example") == [letter_id]
    assert mailbox.find(folder_for(mailbox, "inbox"), "answer@tests.example") == [letter_id]
    assert mailbox.find(folder_for(mailbox, "sent"), "answer@tests.example") == []
    assert mailbox.find(whole, "") == []


# -- sending -------------------------------------------------------------------------------------------------------------


def test_a_letter_is_sent_as_it_is_and_kept_by_the_server(gmail: GmailServer, outgoing: Outgoing, mailbox: Incoming) -> None:
    steps: list[str] = []

    sent = outgoing.send(ENVELOPE, RAW, before_data=lambda: steps.append(f"data, sent {len(gmail.sent)}"))

    assert gmail.sent == [RAW]
    assert steps == ["data, sent 0"]
    assert outgoing.keeps_sent_copy
    assert isinstance(mailbox, Keeping)
    assert mailbox.find(folder_for(mailbox, "sent"), "answer@tests.example") == [sent.remote_id]


def test_an_answer_goes_into_the_conversation_of_the_letter_that_it_answers(gmail: GmailServer, outgoing: Outgoing) -> None:
    first = gmail.mailbox.deliver(letter_of("question"))
    second = gmail.mailbox.deliver(letter_of("another question"), thread_id=first)

    sent = outgoing.send(replace(ENVELOPE, answers=second), RAW, before_data=lambda: None)

    assert gmail.sent == [RAW]
    assert gmail.mailbox.letters[sent.remote_id].thread_id == first


@pytest.mark.parametrize("unknown", ["18f00000000ffff", "12", "../settings", "no id"])
def test_an_answer_to_a_letter_that_gmail_does_not_know_is_sent_all_the_same(
    gmail: GmailServer, outgoing: Outgoing, unknown: str
) -> None:
    sent = outgoing.send(replace(ENVELOPE, answers=unknown), RAW, before_data=lambda: None)

    assert gmail.mailbox.letters[sent.remote_id].thread_id == sent.remote_id


def test_an_answer_is_sent_without_its_conversation_where_what_gmail_says_of_it_is_nonsense(
    gmail: GmailServer, outgoing: Outgoing
) -> None:
    asked = gmail.mailbox.deliver(letter_of("question"))
    gmail.alter(f"/messages/{asked}", Given(200, b"<html>Sign in to the network</html>", {"Content-Type": "text/html"}))

    sent = outgoing.send(replace(ENVELOPE, answers=asked), RAW, before_data=lambda: None)

    assert gmail.mailbox.letters[sent.remote_id].thread_id == sent.remote_id


def test_hidden_recipients_are_named_to_the_server_in_a_field_that_it_takes_out(gmail: GmailServer, outgoing: Outgoing) -> None:
    outgoing.send(Envelope(ENVELOPE.sender, (*ENVELOPE.recipients, "dave@quay.example")), RAW, before_data=lambda: None)

    assert gmail.sent == [b"Bcc: dave@quay.example\r\n" + RAW]


@pytest.mark.parametrize(
    ("given", "kind", "is_permanent"),
    [
        (Refused(400, "invalidArgument", "Invalid To header").given, LetterRefused, True),
        (Refused(413, "uploadTooLarge").given, LetterRefused, True),
        (Refused(403, "dailyLimitExceeded").given, ServerBusy, None),
        (Given.of_json({}, status=429, headers={"Retry-After": "300"}), ServerBusy, None),
        (Refused(401, "authError").given, LoginRefused, None),
        (Refused(500, "backendError").given, FateUnknown, None),
        (Refused(503, "backendError").given, FateUnknown, None),
        (Given(200, b"x" * 100, cut_to=5), FateUnknown, None),
    ],
)
def test_what_the_server_says_to_a_letter_decides_what_is_certain(
    gmail: GmailServer, outgoing: Outgoing, given: Given, kind: type[MailError], is_permanent: bool | None
) -> None:
    gmail.alter("/messages/send", given)

    with pytest.raises(kind) as caught:
        outgoing.send(ENVELOPE, RAW, before_data=lambda: None)
    assert getattr(caught.value, "is_permanent", None) is is_permanent
    if given.status == 429:
        assert caught.value.retry_after == timedelta(seconds=300)


def test_a_letter_that_was_taken_is_sent_whatever_else_the_server_says(gmail: GmailServer, outgoing: Outgoing) -> None:
    gmail.alter("/messages/send", Given(200, b"<html>Thank you</html>"))

    assert outgoing.send(ENVELOPE, RAW, before_data=lambda: None).remote_id == ""
