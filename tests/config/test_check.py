"""mooring check: what is wrong with an installation, and what to do about it."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path

import pytest

from config.installed import Place
from mooring.config.checking import Level, check_addresses, check_files, check_listening, sqlite_journal
from mooring.config.installation import Installation, journal_of, read_installation


def test_a_fresh_installation_is_well(installed: Place) -> None:
    ended = installed.run("check", "--quiet")
    assert (ended.status, ended.said) == (0, "")


def test_an_installation_that_does_not_exist_is_told_to_run_init(place: Place) -> None:
    ended = place.run("check")
    assert ended.status == 1
    assert "mooring init" in ended.said


def test_keys_that_others_can_read_are_wrong(installed: Place) -> None:
    key = installed.data / "keys" / "sealing_keys"
    key.chmod(0o644)
    ended = installed.run("check", "--quiet")
    assert ended.status == 1
    assert f"chmod 600 {key}" in ended.said


def test_missing_tables_are_wrong(installed: Place) -> None:
    (installed.data / "mooring.sqlite3").unlink()
    ended = installed.run("check", "--quiet")
    assert ended.status == 1
    assert "mooring init" in ended.said


def test_a_database_server_that_does_not_answer_is_told_in_words(installed: Place) -> None:
    ended = installed.run("check", "--quiet", MOORING_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert ended.status == 1
    assert "MOORING_DATABASE_URL" in ended.said
    assert "refused" in ended.said
    assert "Traceback" not in ended.complained


def installation(tmp_path: Path, **environment: str) -> Installation:
    return read_installation({"MOORING_DATA": str(tmp_path), **environment})


def findings(tmp_path: Path, **environment: str) -> dict[Level, str]:
    return {finding.level: finding.what for finding in check_addresses(installation=installation(tmp_path, **environment))}


def test_a_host_that_is_not_served_is_wrong(tmp_path: Path) -> None:
    found = findings(tmp_path, MOORING_BASE_URL="https://crm.example.com")
    assert "MOORING_HOSTS does not name crm.example.com" in found[Level.WRONG]


@pytest.mark.parametrize("hosts", ["crm.example.com", ".example.com", "*"])
def test_a_host_is_named_as_django_names_it(tmp_path: Path, hosts: str) -> None:
    assert set(findings(tmp_path, MOORING_BASE_URL="https://crm.example.com", MOORING_HOSTS=hosts)) == {Level.FINE}


def test_passwords_over_an_open_line_are_warned_of(tmp_path: Path) -> None:
    found = findings(tmp_path, MOORING_BASE_URL="http://crm.example.com", MOORING_HOSTS="crm.example.com")
    assert "not encrypted" in found[Level.WARNING]


def test_an_address_without_a_scheme_is_wrong(tmp_path: Path) -> None:
    assert Level.WRONG in findings(tmp_path, MOORING_BASE_URL="crm.example.com")


def test_debugging_for_strangers_is_wrong_and_for_oneself_a_warning(tmp_path: Path) -> None:
    stranger = findings(tmp_path, MOORING_DEBUG="1", MOORING_BASE_URL="https://a.example", MOORING_HOSTS="a.example")
    assert "MOORING_DEBUG" in stranger[Level.WRONG]
    assert "MOORING_DEBUG" in findings(tmp_path, MOORING_DEBUG="1")[Level.WARNING]


@pytest.mark.parametrize("listen", ["0.0.0.0:8000", "*:8000", ":8000", "[::]:8000", "127.0.0.1:8000 192.168.1.5:8000", "8000"])
def test_debugging_where_other_machines_can_reach_it_is_wrong(tmp_path: Path, listen: str) -> None:
    (finding,) = check_listening(installation=installation(tmp_path, MOORING_DEBUG="1"), listen=listen)
    assert finding.level is Level.WRONG
    assert not list(check_listening(installation=installation(tmp_path), listen=listen))


@pytest.mark.parametrize("listen", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000", "127.0.0.1:8000 [::1]:8000"])
def test_debugging_on_this_machine_alone_is_served(tmp_path: Path, listen: str) -> None:
    assert not list(check_listening(installation=installation(tmp_path, MOORING_DEBUG="1"), listen=listen))


def test_a_demo_is_shown_to_this_machine_alone(tmp_path: Path) -> None:
    demo = installation(tmp_path)
    demo.demo_mark.write_text("complete")
    (finding,) = check_listening(installation=demo, listen="0.0.0.0:8000")
    assert finding.level is Level.WRONG
    assert not list(check_listening(installation=demo, listen="127.0.0.1:8000"))


def test_a_data_folder_open_to_others_is_warned_of(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    levels = [finding.level for finding in check_files(installation=installation(tmp_path))]
    assert levels[0] is Level.WARNING


def test_a_journal_weaker_than_promised_is_wrong() -> None:
    assert sqlite_journal(journal="off", synchronous=0).level is Level.WRONG


def test_the_journal_depends_on_the_version_of_sqlite() -> None:
    assert journal_of((3, 51, 2)) == ("DELETE", "EXTRA")
    assert journal_of((3, 51, 3)) == ("WAL", "FULL")


def test_networks_are_read_as_a_list(tmp_path: Path) -> None:
    read = installation(tmp_path, MOORING_ALLOWED_NETWORKS="10.0.0.0/8, ::1/128")
    assert read.allowed_networks == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
