"""Letters kept, found, removed and sent over JMAP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from mail.listings import letter_of
from mooring.mail.connect import open_incoming, open_outgoing
from mooring.mail.contract import Incoming, Keeping, Outgoing, Removing
from mooring.mail.errors import (
    AllRecipientsRefused,
    CommandRefused,
    FateUnknown,
    LetterRefused,
    ProtocolViolation,
    SendingNotOffered,
    ServerBusy,
)
from mooring.mail.protocols.jmap import JmapSender
from mooring.mail.types import Envelope, Folder
from servers.jmap import Arguments, MethodError, ScriptedJmap
from servers.web import Asked, Given

RAW = letter_of("answer")
ENVELOPE = Envelope("bob@mooring.example", ("carol@harbour.example", "dave@quay.example"))


@pytest.fixture
def mailbox(jmap: ScriptedJmap) -> Iterator[Incoming]:
    with open_incoming(jmap.server(), policy=jmap.policy) as opened:
        yield opened


@pytest.fixture
def inbox(mailbox: Incoming) -> Folder:
    return mailbox.folders()[0]


@pytest.fixture
def outgoing(jmap: ScriptedJmap) -> Iterator[Outgoing]:
    with open_outgoing(jmap.server(), policy=jmap.policy) as opened:
        yield opened


def failing(kind: str) -> Callable[[Arguments], Any]:
    def answer(arguments: Arguments) -> Any:
        raise MethodError(kind, description="So there.")

    return answer


# -- removing ------------------------------------------------------------------------------------------------------------


def test_a_letter_that_lies_elsewhere_too_is_only_taken_out_of_here(jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder) -> None:
    assert isinstance(mailbox, Removing)
    both, alone, moved = jmap.deliver(RAW, "m1", "m3"), jmap.deliver(letter_of("alone")), jmap.deliver(letter_of("moved"), "m3")

    assert mailbox.remove(inbox, [both, alone, moved, "gone", "not an id"]) == [both, alone, moved, "gone"]
    assert {each.letter_id: each.mailboxes for each in jmap.letters.values()} == {both: {"m3"}, moved: {"m3"}}


def test_a_letter_that_its_owner_saves_meanwhile_is_not_destroyed(jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder) -> None:
    assert isinstance(mailbox, Removing)
    letter_id = jmap.deliver(RAW)
    saved: list[bool] = []

    def save_first(arguments: Arguments) -> Any:
        if not saved:
            saved.append(True)
            jmap.move(letter_id, "m1", "m3")
        return jmap._email_set(arguments)

    jmap.answers["Email/set"] = save_first

    assert mailbox.remove(inbox, [letter_id]) == [letter_id]
    assert jmap.letters[letter_id].mailboxes == {"m3"}


def test_a_mailbox_that_never_rests_is_left_for_later(jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder) -> None:
    assert isinstance(mailbox, Removing)
    letter_id = jmap.deliver(RAW)
    jmap.answers["Email/set"] = failing("stateMismatch")
    with pytest.raises(ServerBusy):
        mailbox.remove(inbox, [letter_id])

    jmap.answers["Email/set"] = failing("accountReadOnly")
    with pytest.raises(CommandRefused):
        mailbox.remove(inbox, [letter_id])


def test_letters_that_cannot_be_removed_are_not_said_to_be_gone(jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder) -> None:
    assert isinstance(mailbox, Removing)
    ids = [jmap.deliver(letter_of(str(number))) for number in range(3)]
    kept = {"notDestroyed": {ids[0]: {"type": "forbidden"}, ids[1]: {"type": "notFound"}}, "destroyed": [ids[2]]}
    jmap.answers["Email/set"] = lambda arguments: kept

    assert mailbox.remove(inbox, ids) == ids[1:]


# -- keeping and finding -------------------------------------------------------------------------------------------------


def test_a_letter_that_the_server_has_already_is_put_into_the_folder_too(
    jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder
) -> None:
    assert isinstance(mailbox, Keeping)
    letter_id = jmap.deliver(RAW, "m3")
    there = {"notCreated": {"letter": {"type": "alreadyExists", "existingId": letter_id}}}
    jmap.answers["Email/import"] = lambda arguments: there

    assert mailbox.keep(inbox, RAW) == letter_id
    assert jmap.letters[letter_id].mailboxes == {"m1", "m3"}

    jmap.answers["Email/set"] = lambda arguments: {"notUpdated": {letter_id: {"type": "tooManyMailboxes"}}}
    with pytest.raises(CommandRefused, match="tooManyMailboxes"):
        mailbox.keep(inbox, RAW)


def test_a_letter_that_the_server_does_not_take_is_refused(jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder) -> None:
    assert isinstance(mailbox, Keeping)
    refused = {"notCreated": {"letter": {"type": "invalidEmail", "description": "No header."}}}
    jmap.answers["Email/import"] = lambda arguments: refused

    with pytest.raises(CommandRefused) as caught:
        mailbox.keep(inbox, RAW)
    assert caught.value.server_said == "invalidEmail No header."


def test_a_letter_is_found_by_exactly_its_message_id(jmap: ScriptedJmap, mailbox: Incoming, inbox: Folder) -> None:
    assert isinstance(mailbox, Keeping)
    letter_id = jmap.deliver(RAW)
    jmap.deliver(RAW.replace(b"<answer", b"<no.answer"))
    jmap.deliver(RAW.replace(b"Bob", b"Robert"), "m3")

    assert mailbox.find(inbox, "answer@tests.example") == [letter_id]


# -- sending -------------------------------------------------------------------------------------------------------------


def test_a_letter_is_submitted_with_its_envelope_and_moved_to_sent(jmap: ScriptedJmap, outgoing: Outgoing) -> None:
    steps: list[str] = []

    sent = outgoing.send(ENVELOPE, RAW, before_data=lambda: steps.append(f"data, sent {len(jmap.submissions)}"))

    assert steps == ["data, sent 0"]
    assert jmap.submissions == [
        {
            "identityId": "i2",
            "emailId": sent.remote_id,
            "envelope": {
                "mailFrom": {"email": "bob@mooring.example", "parameters": None},
                "rcptTo": [{"email": each, "parameters": None} for each in ENVELOPE.recipients],
            },
        }
    ]
    letter = jmap.letters[sent.remote_id]
    assert (letter.raw, letter.mailboxes, letter.keywords) == (RAW, {"m3"}, {"$seen"})
    assert outgoing.keeps_sent_copy


def test_the_first_identity_stands_in_for_senders_without_one(jmap: ScriptedJmap, outgoing: Outgoing) -> None:
    outgoing.send(Envelope("team@mooring.example", ENVELOPE.recipients), RAW, before_data=lambda: None)

    assert jmap.submissions[0]["identityId"] == "i1"


def test_a_mailbox_without_drafts_keeps_the_letter_where_it_is(jmap: ScriptedJmap) -> None:
    del jmap.boxes["m2"]
    with open_outgoing(jmap.server(), policy=jmap.policy) as outgoing:
        sent = outgoing.send(ENVELOPE, RAW, before_data=lambda: None)
    assert jmap.letters[sent.remote_id].mailboxes == {"m3"}


@pytest.mark.parametrize("lack", ["submission", "identity", "folder"])
def test_who_cannot_send_says_so_when_it_is_opened(jmap: ScriptedJmap, lack: str) -> None:
    jmap.may_send = lack != "submission"
    if lack == "identity":
        jmap.identities = []
    if lack == "folder":
        jmap.boxes.clear()
    with pytest.raises(SendingNotOffered):
        open_outgoing(jmap.server(), policy=jmap.policy)


def test_a_sender_that_is_not_open_is_of_no_use(jmap: ScriptedJmap) -> None:
    with pytest.raises(ProtocolViolation):
        JmapSender(jmap.server(), policy=jmap.policy).send(ENVELOPE, RAW, before_data=lambda: None)


def not_created(kind: str, **more: Any) -> dict[str, Any]:
    return {"notCreated": {"it": {"type": kind, "description": "So there.", **more}}}


@pytest.mark.parametrize(
    ("answer", "kind", "is_permanent"),
    [
        (not_created("forbiddenToSend"), LetterRefused, True),
        (not_created("tooManyRecipients", maxRecipients=1), LetterRefused, True),
        (not_created("overQuota"), LetterRefused, False),
        (not_created("invalidRecipients", invalidRecipients=list(ENVELOPE.recipients)), AllRecipientsRefused, True),
    ],
)
def test_a_letter_that_is_refused_leaves_no_draft(
    jmap: ScriptedJmap, outgoing: Outgoing, answer: dict[str, Any], kind: type[LetterRefused], is_permanent: bool
) -> None:
    jmap.answers["EmailSubmission/set"] = lambda arguments: answer

    with pytest.raises(LetterRefused) as caught:
        outgoing.send(ENVELOPE, RAW, before_data=lambda: None)
    assert type(caught.value) is kind
    assert caught.value.is_permanent is is_permanent
    assert jmap.letters == {}
    if isinstance(caught.value, AllRecipientsRefused):
        assert [each.address for each in caught.value.refused] == list(ENVELOPE.recipients)


@pytest.mark.parametrize("kind", ["forbidden", "invalidArguments"])
def test_a_method_that_is_refused_sends_nothing_even_if_the_draft_cannot_be_taken_away(
    jmap: ScriptedJmap, outgoing: Outgoing, kind: str
) -> None:
    jmap.answers["EmailSubmission/set"] = failing(kind)
    jmap.answers["Email/set"] = failing("serverFail")

    with pytest.raises(LetterRefused) as caught:
        outgoing.send(ENVELOPE, RAW, before_data=lambda: None)
    assert caught.value.is_permanent
    assert len(jmap.letters) == 1


def cut_submissions(asked: Asked, given: Given) -> Given:
    return Given(200, b"x" * 100, cut_to=5) if b"EmailSubmission" in asked.body else given


def test_a_lost_answer_leaves_the_fate_of_the_letter_unknown(jmap: ScriptedJmap, outgoing: Outgoing) -> None:
    jmap.altered = cut_submissions
    with pytest.raises(FateUnknown):
        outgoing.send(ENVELOPE, RAW, before_data=lambda: None)
    assert len(jmap.submissions) == 1


@pytest.mark.parametrize("answer", [{}, {"created": {}, "notCreated": None}])
def test_an_answer_that_names_no_letter_tells_nothing(jmap: ScriptedJmap, outgoing: Outgoing, answer: dict[str, Any]) -> None:
    jmap.answers["EmailSubmission/set"] = lambda arguments: answer
    with pytest.raises(FateUnknown):
        outgoing.send(ENVELOPE, RAW, before_data=lambda: None)


def test_a_letter_that_cannot_become_a_draft_is_certainly_not_sent(jmap: ScriptedJmap, outgoing: Outgoing) -> None:
    steps: list[str] = []
    jmap.answers["Email/import"] = lambda arguments: not_created("invalidEmail")

    with pytest.raises(LetterRefused):
        outgoing.send(ENVELOPE, RAW, before_data=lambda: steps.append("data"))
    assert not steps


def test_a_letter_whose_draft_is_there_already_is_sent_from_it(jmap: ScriptedJmap, outgoing: Outgoing) -> None:
    letter_id = jmap.deliver(RAW, "m2")
    jmap.answers["Email/import"] = lambda arguments: not_created("alreadyExists", existingId=letter_id)

    assert outgoing.send(ENVELOPE, RAW, before_data=lambda: None).remote_id == letter_id
    assert jmap.letters[letter_id].mailboxes == {"m3"}
