"""Letters found, removed and sent by Microsoft Graph."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mail.listings import letter_of
from mooring.mail.connect import open_incoming, open_outgoing
from mooring.mail.contract import Finding, Incoming, Keeping, Outgoing, Removing
from mooring.mail.errors import (
    CommandRefused,
    FateUnknown,
    LetterRefused,
    LoginRefused,
    MailError,
    ServerBusy,
)
from mooring.mail.types import Envelope, Folder
from servers.graph import GraphServer, Refused
from servers.web import Given

RAW = letter_of("answer")
ENVELOPE = Envelope("bob@mooring.example", ("carol@harbour.example",))


@pytest.fixture
def outgoing(graph: GraphServer) -> Iterator[Outgoing]:
    with open_outgoing(graph.server(), policy=graph.policy) as opened:
        yield opened


@pytest.fixture
def mailbox(graph: GraphServer) -> Iterator[Incoming]:
    with open_incoming(graph.server(), policy=graph.policy) as opened:
        yield opened


@pytest.fixture
def inbox(mailbox: Incoming) -> Folder:
    return mailbox.folders()[0]


# -- finding and removing ------------------------------------------------------------------------------------------------


def test_a_letter_is_found_by_exactly_its_message_id(graph: GraphServer, mailbox: Incoming, inbox: Folder) -> None:
    assert isinstance(mailbox, Finding)
    assert not isinstance(mailbox, Keeping)
    odd = RAW.replace(b"<answer@tests.example>", b"<it's+odd&so@tests.example>")
    letter_id = graph.mailbox.deliver(inbox.wire_name, odd)
    graph.mailbox.deliver(inbox.wire_name, odd.replace(b"odd", b"ODD"))
    graph.mailbox.deliver(graph.mailbox.add_folder("Other"), odd)

    assert mailbox.find(inbox, "it's+odd&so@tests.example") == [letter_id]
    assert mailbox.find(inbox, "tests.example") == []
    assert mailbox.find(inbox, "") == []


def test_a_letter_that_its_owner_put_elsewhere_is_not_removed_there(graph: GraphServer, mailbox: Incoming, inbox: Folder) -> None:
    assert isinstance(mailbox, Removing)
    ids = [graph.mailbox.deliver(inbox.wire_name, letter_of(str(number))) for number in range(3)]
    graph.mailbox.move(ids[1], graph.mailbox.add_folder("Other"))

    assert mailbox.remove(inbox, ids) == ids
    assert list(graph.mailbox.letters) == [ids[1]]


@pytest.mark.parametrize(("status", "kind"), [(423, None), (403, CommandRefused)])
def test_letters_that_cannot_be_removed_are_not_said_to_be_gone(
    graph: GraphServer, mailbox: Incoming, inbox: Folder, status: int, kind: type[MailError] | None
) -> None:
    assert isinstance(mailbox, Removing)
    letter_id = graph.mailbox.deliver(inbox.wire_name, RAW)
    place = {"id": "0", "status": 200, "body": {"parentFolderId": inbox.wire_name}}
    answers = [[place], [{"id": "0", "status": status, "body": {"error": {"code": "ErrorCannotDelete"}}}]]
    graph.altered = lambda asked, given: Given.of_json({"responses": answers.pop(0)})

    if kind is None:
        assert mailbox.remove(inbox, [letter_id]) == []
    else:
        with pytest.raises(kind):
            mailbox.remove(inbox, [letter_id])


# -- sending -------------------------------------------------------------------------------------------------------------


def test_a_letter_is_sent_as_it_is_and_kept_by_the_server(graph: GraphServer, outgoing: Outgoing, mailbox: Incoming) -> None:
    steps: list[str] = []

    outgoing.send(ENVELOPE, RAW, before_data=lambda: steps.append(f"data, sent {len(graph.sent)}"))

    assert graph.sent == [RAW]
    assert steps == ["data, sent 0"]
    assert outgoing.keeps_sent_copy
    sent = next(folder for folder in mailbox.folders() if folder.special_use == "sent")
    assert isinstance(mailbox, Finding)
    assert len(mailbox.find(sent, "answer@tests.example")) == 1


def test_hidden_recipients_are_named_to_the_server_in_a_field_that_it_takes_out(graph: GraphServer, outgoing: Outgoing) -> None:
    hidden = Envelope(ENVELOPE.sender, ("carol@HARBOUR.example", "dave@quay.example", "erin@quay.example"))

    outgoing.send(hidden, RAW, before_data=lambda: None)
    outgoing.send(hidden, RAW.replace(b"\r\n", b"\n"), before_data=lambda: None)

    assert graph.sent[0] == b"Bcc: dave@quay.example,\r\n erin@quay.example\r\n" + RAW
    assert graph.sent[1].startswith(b"Bcc: dave@quay.example,\n erin@quay.example\nFrom: ")


@pytest.mark.parametrize("recipients", [("dave@quay.example",), (), ("nonsense",)])
def test_a_letter_is_not_sent_to_anybody_whom_the_envelope_does_not_name(
    graph: GraphServer, outgoing: Outgoing, recipients: tuple[str, ...]
) -> None:
    steps: list[str] = []
    with pytest.raises(LetterRefused) as caught:
        outgoing.send(Envelope("bob@mooring.example", recipients), RAW, before_data=lambda: steps.append("data"))
    assert caught.value.is_permanent
    assert not steps
    assert not graph.sent


def refusing(status: int, code: str) -> Given:
    return Refused(status, code).given


@pytest.mark.parametrize(
    ("given", "kind", "is_permanent"),
    [
        (refusing(400, "ErrorInvalidRecipients"), LetterRefused, True),
        (refusing(413, "ErrorMessageSizeExceeded"), LetterRefused, True),
        (refusing(403, "ErrorExceededMessageLimit"), LetterRefused, False),
        (Given.of_json({}, status=429, headers={"Retry-After": "300"}), ServerBusy, None),
        (refusing(401, "InvalidAuthenticationToken"), LoginRefused, None),
        (refusing(500, "ErrorInternalServerError"), FateUnknown, None),
        (refusing(503, "ServiceUnavailable"), FateUnknown, None),
        (Given(302, headers={"Location": "https://evil.example/"}), FateUnknown, None),
        (Given(202, b"x" * 100, cut_to=5), FateUnknown, None),
    ],
)
def test_what_the_server_says_to_a_letter_decides_what_is_certain(
    graph: GraphServer, outgoing: Outgoing, given: Given, kind: type[MailError], is_permanent: bool | None
) -> None:
    graph.alter("/sendMail", given)
    with pytest.raises(kind) as caught:
        outgoing.send(ENVELOPE, RAW, before_data=lambda: None)
    assert getattr(caught.value, "is_permanent", None) is is_permanent


def test_a_letter_that_was_only_throttled_is_sent_once(graph: GraphServer, outgoing: Outgoing) -> None:
    graph.throttled = ["0", "0"]
    outgoing.send(ENVELOPE, RAW, before_data=lambda: None)
    assert len(graph.sent) == 1
