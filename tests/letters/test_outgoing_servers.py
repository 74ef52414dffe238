"""How letters leave an account: which server, whose password, and that neither ever goes where it was not entered for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from making import actor
from mooring.letters.account_data import USUAL_PORTS, outgoing_server_described_by, problems_of
from mooring.letters.accounts import (
    AccountData,
    UnableToSaveAccount,
    UnableToSend,
    add_account,
    change_account,
    is_proven,
    outgoing_server_of,
    proof_of,
    server_described_by,
    server_of,
)
from mooring.letters.models import MailAccount
from mooring.mail.types import Encryption, Login, Secret
from mooring.users.models import JournalEntry, User

IN, OUT = Secret("canary-in"), Secret("canary-out")
DATA = AccountData(
    your_name="Bob",
    address="bob@us.example",
    host="imap.us.example",
    outgoing_protocol="smtp",
    outgoing_host="smtp.us.example",
)
OWN = replace(DATA, outgoing_login_of="own", outgoing_user_name="bob.out", outgoing_login="spa")


def add(owner: User, now: datetime, data: AccountData) -> MailAccount:
    return add_account(owner=owner, data=data, password=IN, outgoing_password=OUT, by=actor(owner), now=now)


class TestWhoseLogin:
    def test_the_same_settings_are_those_of_the_incoming_server(self) -> None:
        data = replace(DATA, user_name="bob1", login="spa", timeout_seconds=30)
        incoming = server_described_by(data, password=IN)
        outgoing = outgoing_server_described_by(data, password=IN, outgoing_password=OUT)
        assert outgoing is not None
        assert (outgoing.protocol, outgoing.host, outgoing.port) == ("smtp", "smtp.us.example", 465)
        assert (outgoing.user_name, outgoing.password, outgoing.login) == ("bob1", IN, Login.SPA)
        assert outgoing.timeout == incoming.timeout

    def test_another_user_name_and_password_are_used_for_sending_alone(self) -> None:
        outgoing = outgoing_server_described_by(OWN, password=IN, outgoing_password=OUT)
        assert outgoing is not None
        assert (outgoing.user_name, outgoing.password, outgoing.login) == ("bob.out", OUT, Login.SPA)

    def test_a_server_that_requires_no_authentication_gets_to_know_no_password(self) -> None:
        outgoing = outgoing_server_described_by(replace(DATA, outgoing_login_of="none"), password=IN, outgoing_password=OUT)
        assert outgoing is not None
        assert (outgoing.user_name, outgoing.password, outgoing.login) == ("", Secret(""), Login.NONE)

    def test_a_server_over_http_takes_letters_itself(self) -> None:
        data = replace(DATA, protocol="jmap", host="", url="https://mail.us.example/jmap", outgoing_protocol="same")
        assert outgoing_server_described_by(data, password=IN) == server_described_by(data, password=IN)


@pytest.mark.django_db
class TestStored:
    def test_both_passwords_are_opened_for_their_servers(self, bob: User, now: datetime) -> None:
        account = add(bob, now, OWN)
        assert (server_of(account).password, outgoing_server_of(account).password) == (IN, OUT)
        assert b"canary" not in bytes(account.password_sealed) + bytes(account.outgoing_password_sealed)
        assert "canary" not in repr(list(JournalEntry.objects.values_list("changes", flat=True)))

    def test_from_an_account_without_an_outgoing_server_nothing_is_sent(self, bob: User, now: datetime) -> None:
        account = add(bob, now, replace(DATA, outgoing_protocol=""))
        with pytest.raises(UnableToSend, match=r"bob@us\.example"):
            outgoing_server_of(account)

    def test_a_password_that_sending_no_longer_needs_is_forgotten(self, bob: User, now: datetime) -> None:
        account = change_account(account=add(bob, now, OWN), data=DATA, password=IN, by=actor(bob), now=now)
        assert bytes(account.outgoing_password_sealed) == b""
        assert outgoing_server_of(account).password == IN

    @pytest.mark.parametrize(
        ("before", "after", "field"),
        [
            (DATA, {"outgoing_host": "smtp.attacker.example"}, "password"),
            (replace(DATA, outgoing_protocol=""), {"outgoing_protocol": "smtp"}, "password"),
            (DATA, {"outgoing_encryption": "none"}, "password"),
            (DATA, {"login": "spa_old"}, "password"),
            (replace(DATA, encryption="none"), {"plain_login_allowed": True}, "password"),
            (replace(DATA, protocol="jmap", url="https://us.example/"), {"url": "https://attacker.example/"}, "password"),
            (OWN, {"outgoing_host": "smtp.attacker.example"}, "outgoing_password"),
            (OWN, {"outgoing_encryption": "none"}, "outgoing_password"),
            (OWN, {"outgoing_login": "spa_old"}, "outgoing_password"),
        ],
    )
    def test_no_stored_password_goes_elsewhere_or_less_safely(
        self, bob: User, now: datetime, before: AccountData, after: dict[str, Any], field: str
    ) -> None:
        account = add(bob, now, before)
        with pytest.raises(UnableToSaveAccount) as caught:
            change_account(account=account, data=replace(before, **after), by=actor(bob), now=now)
        assert set(caught.value.problems) == {field}
        given: dict[str, Any] = {field: Secret("again")}
        assert change_account(account=account, data=replace(before, **after), by=actor(bob), now=now, **given)


def test_a_proof_is_of_both_servers(now: datetime) -> None:
    incoming = server_described_by(OWN, password=IN)
    outgoing = outgoing_server_described_by(OWN, password=IN, outgoing_password=OUT)
    assert outgoing is not None
    proof = proof_of(incoming, outgoing, now=now)
    assert is_proven(incoming, proof, outgoing=outgoing, now=now)
    others: list[Any] = [None, incoming]
    changes: list[dict[str, Any]] = [
        {"host": "x"},
        {"port": 587},
        {"encryption": Encryption.STARTTLS},
        {"password": IN},
        {"user_name": "x"},
        {"login": Login.PASSWORD},
        {"plain_login_allowed": True},
        {"url": "https://x"},
    ]
    others += [replace(outgoing, **change) for change in changes]
    for other in others:
        assert not is_proven(incoming, proof, outgoing=other, now=now), other
    for change in ({"login": Login.SPA}, {"url": "https://x"}):
        assert not is_proven(replace(incoming, **change), proof, outgoing=outgoing, now=now), change


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outgoing_host": ""}, "outgoing_host"),
        ({"outgoing_port": 0}, "outgoing_port"),
        ({"outgoing_protocol": "same"}, "outgoing_protocol"),
        ({"outgoing_login_of": "own"}, "outgoing_user_name"),
        ({"outgoing_login_of": "own", "outgoing_user_name": "x", "outgoing_login": "token"}, "outgoing_login"),
        ({"protocol": "files", "path": "/mail"}, "outgoing_login_of"),
        ({"protocol": "jmap"}, "url"),
        ({"protocol": "jmap", "url": "https://user@host/"}, "url"),
        ({"protocol": "jmap", "url": "https://["}, "url"),
        ({"protocol": "jmap", "url": "https://host/", "login": "spa"}, "login"),
        ({"protocol": "graph"}, "login"),
        ({"removes_after_days": 0}, "removes_after_days"),
        ({"removes_after_days": 4_000}, "removes_after_days"),
        ({"protocol": "files", "path": "/mail", "outgoing_protocol": "", "removes_when_deleted": True}, "leaves_copy"),
        ({"signature": "x" * 20_001}, "signature"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(change: dict[str, Any], field: str) -> None:
    assert [where for where, _text in problems_of(replace(DATA, **change))] == [field]


def test_what_fits_together_has_no_problems() -> None:
    for change in (
        {},
        {"protocol": "pop3", "leaves_copy": False, "removes_after_days": 14, "removes_when_deleted": True},
        {"protocol": "graph", "login": "token", "outgoing_protocol": "same"},
        {"protocol": "jmap", "url": "http://localhost:8080/jmap", "outgoing_protocol": "same"},
        {"outgoing_login_of": "none"},
    ):
        assert not list(problems_of(replace(DATA, **change))), change
    assert {USUAL_PORTS["pop3", "tls"], USUAL_PORTS["smtp", "starttls"]} == {995, 587}
