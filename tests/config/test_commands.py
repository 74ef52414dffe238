"""What an administrator scripts: staff, imports, mail accounts, scans, the report, keys."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import making
from config.installed import PASSWORD, Ended
from mooring.config.checking import check_engine
from mooring.config.cli import mooring

pytestmark = pytest.mark.django_db(transaction=True)

LETTER = (
    b"From: Nora Quayle <nora@pilots.example>\r\nTo: alice@mooring.example\r\nSubject: =1+1\r\n"
    b"Date: Mon, 02 Nov 2026 10:00:00 +0000\r\nMessage-ID: <one@pilots.example>\r\n\r\nDear Alice.\r\n"
)


class Here:
    """The command within this process, on the database of the tests."""

    def run(self, *arguments: str, **environment: str) -> Ended:
        result = CliRunner().invoke(mooring, arguments, env=environment)
        return Ended(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def installed(alice: Any, settings: Any, tmp_path: Path) -> Here:
    """An installation with alice as administrator."""
    settings.ORIGINALS_FOLDER = tmp_path / "originals"
    return Here()


def write(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    return str(path)


def mail_folder(tmp_path: Path) -> str:
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "one.eml").write_bytes(LETTER)
    (folder / "other.eml").write_bytes(LETTER.replace(b"nora@pilots", b"who@nobody").replace(b"<one@", b"<two@"))
    return str(folder)


def add_account(installed: Here, tmp_path: Path) -> None:
    ended = installed.run(
        "accounts",
        "add",
        "alice@mooring.example",
        "--owner",
        "alice@mooring.example",
        "--protocol",
        "files",
        "--path",
        mail_folder(tmp_path),
    )
    assert ended.status == 0, ended.complained


def test_staff_are_added_and_listed(installed: Here) -> None:
    ended = installed.run("staff", "add", "bob@example.com", "--name", "Bob", MOORING_STAFF_PASSWORD=PASSWORD)
    assert ended.status == 0
    assert "bob@example.com\tsales_person\tactive\tBob" in installed.run("staff", "list").said


def test_the_second_step_of_somebody_locked_out_is_reset(installed: Here) -> None:
    ended = installed.run("staff", "reset-second-step", "nobody@example.com")
    assert (ended.status, "Nobody signs in" in ended.complained) == (1, True)
    ended = installed.run("staff", "reset-second-step", "ALICE@mooring.example")
    assert (ended.status, "password alone already" in ended.complained) == (1, True)


def test_somebody_cannot_be_added_twice(installed: Here) -> None:
    ended = installed.run("staff", "add", "ALICE@mooring.example", "--name", "Alice", MOORING_STAFF_PASSWORD=PASSWORD)
    assert ended.status == 1
    assert ended.complained.startswith("email: ")


def test_without_a_terminal_a_password_comes_from_the_environment(installed: Here) -> None:
    ended = installed.run("staff", "add", "bob@example.com", "--name", "Bob")
    assert ended.status == 1
    assert "MOORING_STAFF_PASSWORD" in ended.complained


def test_letters_of_an_imported_customer_are_archived_and_reported_with_their_rule(installed: Here, tmp_path: Path) -> None:
    table = write(tmp_path / "customers.csv", "id,name,email\nC1,Harbour Pilots,nora@pilots.example\n")
    assert installed.run("customers", "import", table).status == 0
    add_account(installed, tmp_path)
    scanned = installed.run("scan")
    assert scanned.status == 0
    assert "1 archived, 1 not for us" in scanned.said
    (row,) = csv.DictReader(installed.run("report", "synced-emails", "--csv").said.splitlines())
    assert (row["record_type"], row["record_name"], row["rule"]) == ("customer", "Harbour Pilots", "customer_email")
    assert row["subject"] == "'=1+1"


def test_a_second_scan_changes_nothing(installed: Here, tmp_path: Path) -> None:
    table = write(tmp_path / "leads.csv", "id;name;email\nL1;Nora;nora@pilots.example\n")
    assert installed.run("leads", "import", table).status == 0
    add_account(installed, tmp_path)
    installed.run("scan", "alice@mooring.example")
    before = installed.run("report", "synced-emails").said
    assert installed.run("scan", "alice@mooring.example").status == 0
    assert installed.run("report", "synced-emails").said == before


def test_accounts_are_listed_with_how_they_are(installed: Here, tmp_path: Path) -> None:
    add_account(installed, tmp_path)
    installed.run("scan")
    assert "alice@mooring.example\talice@mooring.example\tfiles\tgood\t" in installed.run("accounts", "list").said


def test_an_account_that_cannot_be_read_is_not_added(installed: Here) -> None:
    ended = installed.run(
        "accounts",
        "add",
        "bob@example.com",
        "--owner",
        "alice@mooring.example",
        "--host",
        "192.168.1.1",
        MOORING_MAIL_PASSWORD="secret",
    )
    assert ended.status == 1
    assert "secret" not in ended.said + ended.complained
    assert installed.run("accounts", "list").said == ""


def test_a_mailbox_that_vanished_is_told_by_test_scan_and_check(installed: Here, tmp_path: Path) -> None:
    add_account(installed, tmp_path)
    (tmp_path / "mail").rename(tmp_path / "elsewhere")
    assert installed.run("accounts", "test", "alice@mooring.example").status == 1
    assert installed.run("scan").status == 1
    (trouble,) = [found.what for found in check_engine(now=making.NOW + timedelta(days=3650)) if "fails" in found.what]
    assert "alice@mooring.example" in trouble


def test_names_that_mean_nobody_are_told_in_words(installed: Here) -> None:
    for command in (("scan", "nobody@example.com"), ("accounts", "test", "7"), ("report", "synced-emails", "--account", "7")):
        ended = installed.run(*command)
        assert ended.status == 1
        assert "There is no mail account" in ended.complained


def test_a_rehearsal_of_an_import_changes_nothing(installed: Here, tmp_path: Path) -> None:
    table = write(tmp_path / "customers.csv", "id,name\nC1,Harbour Pilots\n")
    rehearsed = installed.run("customers", "import", table, "--dry-run")
    assert "1 created" in rehearsed.said
    assert "1 created" in installed.run("customers", "import", table).said
    assert "1 known already" in installed.run("customers", "import", table).said


def test_bad_rows_are_told_with_their_line_and_the_others_come_in(installed: Here, tmp_path: Path) -> None:
    table = write(tmp_path / "contacts.csv", "name,email,parent_id\nNora,nora@pilots.example,C9\n")
    ended = installed.run("contacts", "import", table)
    assert ended.status == 1
    assert ended.complained.startswith("line 2: ")


def test_a_bad_value_is_left_out_told_and_written_into_the_report(installed: Here, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    table = write(tmp_path / "customers.csv", "name,email,note\nHarbour Pilots,=nonsense,\n,,Nameless\n")
    rehearsed = installed.run("customers", "import", table, "--on-bad-value", "refuse", "--dry-run")
    assert "0 created, 0 changed, 0 known already, 2 left out." in rehearsed.said
    ended = installed.run("customers", "import", table, "--report", str(report))
    assert "1 created, 0 changed, 0 known already, 1 left out, 1 without a value that was no good." in ended.said
    assert "line 2, email: “=nonsense” is not a complete email address. Left out: =nonsense" in ended.complained
    rows = list(csv.reader(report.read_text("utf-8-sig").splitlines()))
    assert [row[:4] for row in rows[1:]] == [["2", "value", "email", "'=nonsense"], ["3", "row", "", ""]]


def test_what_a_file_says_stays_on_the_line_that_tells_it(installed: Here, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    bad = "x\x1b[2J\x07\nline 9: All is well."
    table = tmp_path / "customers.csv"
    table.write_bytes(f'name,type,"odd\x1b\ncolumn"\r\nHarbour Pilots,"{bad}",\r\n'.encode())
    ended = installed.run("customers", "import", str(table), "--report", str(report))
    assert "Left out: x [2J line 9: All is well." in ended.complained
    assert "\nline 9" not in ended.complained
    assert not {"\x1b", "\x07"} & set(ended.complained)
    assert "Columns that were not understood: odd column." in ended.complained
    with report.open(encoding="utf-8-sig", newline="") as file:
        assert [row[3] for row in csv.reader(file)] == ["value", bad]
    assert "line,left out,column" in installed.run("customers", "import", str(table), "--report", "-", "--dry-run").said


def test_what_is_no_table_is_told_in_words(installed: Here, tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_bytes(b"")
    ended = installed.run("customers", "import", str(tmp_path / "empty.csv"))
    assert ended.status == 1
    assert "Traceback" not in ended.complained


def test_every_command_explains_itself(installed: Here) -> None:
    for command in ("init", "serve", "worker", "check", "scan", "staff", "accounts", "customers", "report", "keys", "demo"):
        ended = installed.run(command, "--help")
        assert ended.status == 0
        assert ended.said.startswith(f"Usage: mooring {command}")


def test_a_command_that_does_not_exist_is_wrong_usage(installed: Here) -> None:
    assert installed.run("nonsense").status == 2
