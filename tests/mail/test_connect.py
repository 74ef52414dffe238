"""Which protocol a name stands for, and a connection tried out step by step."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest

from mooring.mail import connect
from mooring.mail.errors import MailError, PortClosed, UnusableName
from mooring.mail.types import Encryption, Secret, Server, Step
from servers.dovecot import Dovecot
from servers.programs import free_ports
from servers.scripted_imap import LOOPBACK, ScriptedImap


def tried(server: Server) -> tuple[list[Step], connect.ConnectionTest]:
    trial = connect.test_incoming(server, policy=LOOPBACK)
    return list(trial), trial


def test_protocols_are_known_by_name() -> None:
    assert {"imap", "files"} <= set(connect.incoming_protocols())
    with pytest.raises(UnusableName):
        connect.open_incoming(Server(protocol="gopher"), policy=LOOPBACK)


@pytest.mark.server
@pytest.mark.parametrize("encryption", [Encryption.TLS, Encryption.STARTTLS])
def test_a_good_connection_takes_all_steps_and_shows_the_folders(dovecot: Dovecot, encryption: Encryption) -> None:
    user = dovecot.new_user()
    dovecot.create(user, "Customers/North")
    trial = connect.test_incoming(dovecot.server(user, encryption=encryption), policy=dovecot.policy)

    steps = list(trial)

    assert [step.code for step in steps] == ["resolve", "connect", "encrypt", "log_in", "list_folders"]
    assert not any(step.error for step in steps)
    assert steps[0].details == {"addresses": "127.0.0.1"}
    assert steps[-1].details == {"count": str(len(trial.folders))}
    assert "Customers/North" in [folder.path for folder in trial.folders]
    assert trial.error is None


@pytest.mark.server
def test_the_step_that_fails_is_the_last_and_says_why(dovecot: Dovecot) -> None:
    server = dovecot.server("sailor")
    (port,) = free_ports(1)
    cases: dict[str, tuple[Server, str, str]] = {
        "name": (replace(server, host="no-such-host.invalid"), "resolve", "name_not_found"),
        "network": (replace(server, host="169.254.169.254"), "resolve", "address_not_allowed"),
        "port": (replace(server, port=port), "connect", "port_closed"),
        "certificate": (server, "encrypt", "certificate_not_trusted"),
        "password": (
            replace(server, password=Secret("wrong"), trusted_certificate=dovecot.authority.pem),
            "log_in",
            "login_refused",
        ),
    }
    for case, (broken, code, error) in cases.items():
        steps, trial = tried(broken)
        assert (steps[-1].code, steps[-1].error) == (code, error), case
        assert not any(step.error for step in steps[:-1]), case
        assert isinstance(trial.error, MailError)
        assert trial.folders == ()
    assert steps[-1].details["user"] == "sailor"
    assert "Authentication failed" in steps[-1].details["server_said"]


def test_a_plain_connection_has_no_step_for_encryption() -> None:
    with ScriptedImap().start().stopping() as fake:
        steps, trial = tried(fake.server())

    assert [step.code for step in steps] == ["resolve", "connect", "log_in", "list_folders"]
    assert [folder.path for folder in trial.folders] == ["INBOX"]


def test_a_folder_list_that_fails_is_a_failed_step() -> None:
    with ScriptedImap(answers={"LIST": b"TAG NO not now\r\n"}).start().stopping() as fake:
        steps, _ = tried(fake.server())

    assert (steps[-1].code, steps[-1].error) == ("list_folders", "command_refused")


def test_mail_files_are_tried_out_too(tmp_path: Path) -> None:
    (tmp_path / "letters.mbox").write_bytes(b"From x@y Tue Mar  3 10:00:00 2020\nSubject: a\n\nb\n")

    steps, trial = tried(Server(protocol="files", path=str(tmp_path)))

    assert not any(step.error for step in steps)
    assert trial.folders


def test_nothing_stays_open_when_opening_fails() -> None:
    with ScriptedImap(answers={"AUTHENTICATE": b"TAG NO no\r\n"}).start().stopping() as fake:
        with pytest.raises(MailError):
            connect.open_incoming(fake.server(), policy=LOOPBACK)
        assert fake.is_left(within=5.0)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))  # nobody else gets this port, and nobody listens on it
        with pytest.raises(PortClosed):
            connect.open_incoming(Server(protocol="imap", host="127.0.0.1", port=held.getsockname()[1]), policy=LOOPBACK)


def test_a_trial_given_up_half_way_closes_its_connection() -> None:
    with ScriptedImap().start().stopping() as fake:
        steps = iter(connect.test_incoming(fake.server(), policy=LOOPBACK))
        assert [next(steps).code, next(steps).code] == ["resolve", "connect"]
        steps.close()  # type: ignore[attr-defined]
        assert fake.is_left(within=5.0)
