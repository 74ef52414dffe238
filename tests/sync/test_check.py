"""“Test connection” and the words for everything that can go wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from django.utils.translation import override

from mooring.letters.credentials import UnableToUnseal
from mooring.letters.originals import UnableToKeep
from mooring.mail import errors
from mooring.mail.egress import EgressPolicy
from mooring.mail.parser_process import ParserUnavailable
from mooring.mail.types import Encryption, Secret, Server
from mooring.sync.check import test_account as check_account
from mooring.sync.items import KILLED, NOT_DELIVERED, UNSTORABLE
from mooring.sync.listing import UNSTABLE
from mooring.sync.outcome import DISK_FULL, INTERNAL, NO_KEY, NO_READER, NOT_KEPT, code_of
from mooring.sync.troubles import _WORDS, trouble_of
from servers.dovecot import Dovecot


def every_error() -> list[type[errors.MailError]]:
    found = [errors.MailError]
    for kind in found:
        found.extend(kind.__subclasses__())
    return found[1:]


@pytest.mark.parametrize("code", [kind.code for kind in every_error()])
def test_every_error_of_a_mail_server_has_words_and_advice(code: str) -> None:
    trouble = trouble_of(code, {"host": "imap.example"})
    assert code in _WORDS
    assert trouble.what.endswith(".")
    assert trouble.advice.endswith(".")


ENGINE_CODES = [KILLED, NOT_DELIVERED, UNSTORABLE, UNSTABLE, INTERNAL, DISK_FULL, NOT_KEPT, NO_READER, NO_KEY]


@pytest.mark.parametrize("code", ENGINE_CODES)
def test_every_trouble_of_the_engine_has_words(code: str) -> None:
    assert code in _WORDS
    assert trouble_of(code).what


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UnableToKeep("no space", is_full=True), DISK_FULL),
        (UnableToKeep("read only"), NOT_KEPT),
        (ParserUnavailable(), NO_READER),
        (UnableToUnseal("no key"), NO_KEY),
        (errors.NoAnswer(), "no_answer"),
        (ZeroDivisionError(), INTERNAL),
    ],
)
def test_every_failure_has_its_word(error: Exception, code: str) -> None:
    assert code_of(error) == code


def test_an_unknown_code_says_at_least_where_to_look() -> None:
    assert "log" in trouble_of("never heard of").what


def test_the_server_is_quoted_apart() -> None:
    trouble = trouble_of("login_refused", {"user": "bob"}, said="go away")
    assert (trouble.quoted, "go away" in str(trouble)) == ("go away", False)


def test_what_a_server_says_cannot_steer_a_terminal_nor_upset_a_database() -> None:
    error = errors.LoginRefused("No\x1b]0;pwned\x07,\r\ngo \x9baway\0 \u202ewon", user="bo\x1b[2Jb\ud800")
    assert error.server_said == "No\ufffd]0;pwned\ufffd,  go \ufffdaway\ufffd \ufffdwon"
    assert error.details == {"user": "bo\ufffd[2Jb\ufffd"}


def test_words_of_other_scripts_stay_as_the_server_said_them() -> None:
    assert errors.LoginRefused("Błędne hasło, 密码错误\u00a0!").server_said.startswith("Błędne hasło, 密码错误")


def test_mail_files_are_tried_out(maildir: Path) -> None:
    result = check_account(Server(protocol="files", path=str(maildir)), EgressPolicy())
    assert [(step.code, step.light) for step in result.steps] == [("find_files", "good"), ("list_folders", "good")]
    assert (result.is_ok, [folder.path for folder in result.folders]) == (True, ["INBOX"])


def test_missing_mail_files_are_named(maildir: Path) -> None:
    result = check_account(Server(protocol="files", path="/nowhere/at/all"), EgressPolicy())
    assert [(step.code, step.light) for step in result.steps] == [("find_files", "bad"), ("list_folders", "idle")]
    assert "/nowhere/at/all" in result.steps[0].detail


def test_an_unknown_protocol_is_no_server_error(maildir: Path) -> None:
    result = check_account(Server(protocol="carrier pigeon"))
    assert (result.is_ok, result.error_code) == (False, "unusable_name")


@pytest.mark.server
def test_a_wrong_password_is_said_in_plain_words(dovecot: Dovecot) -> None:
    server = replace(dovecot.server("erin"), password=Secret("wrong"))
    result = check_account(server, dovecot.policy)
    steps = {step.code: step for step in result.steps}
    assert (steps["connect"].light, steps["log_in"].light, steps["list_folders"].light) == ("good", "bad", "idle")
    assert "erin" in steps["log_in"].detail
    assert "password again" in steps["log_in"].detail


@pytest.mark.server
def test_a_certificate_that_is_not_trusted_is_shown_with_its_names(dovecot: Dovecot) -> None:
    policy = EgressPolicy.opening(["127.0.0.0/8", "::1/128"])
    result = check_account(dovecot.server("erin"), policy)
    bad = next(step for step in result.steps if step.light == "bad")
    assert (result.error_code, "localhost" in bad.detail) == ("certificate_not_trusted", True)


@pytest.mark.server
def test_everything_works_over_starttls(dovecot: Dovecot) -> None:
    result = check_account(dovecot.server(dovecot.new_user(), encryption=Encryption.STARTTLS), dovecot.policy)
    assert result.is_ok
    assert {step.light for step in result.steps} == {"good"}
    assert "INBOX" in [folder.path for folder in result.folders]


def test_words_are_translated_when_they_are_read(maildir: Path) -> None:
    with override("en"):
        assert trouble_of("disk_full").what.startswith("There is no room")
