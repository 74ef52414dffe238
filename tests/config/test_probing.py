"""What monitoring asks: whether this installation can do its work, and how much of it there is."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from letters.making_letters import make_account, make_letter
from letters.making_outgoing import make_outgoing
from making import NOW
from mooring.config import reaching
from mooring.config.installation import BadInstallation, read_installation
from mooring.letters.models import Folder, OutgoingState
from mooring.sync.models import AccountState, Item, ItemState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def originals(settings: Any, tmp_path: Path) -> Path:
    settings.ORIGINALS_FOLDER = tmp_path / "originals"
    settings.ORIGINALS_FOLDER.mkdir()
    folder: Path = settings.ORIGINALS_FOLDER
    return folder


def health() -> tuple[int, str]:
    answer = Client().get("/health/")
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.status_code, answer.content.decode()


def test_an_installation_that_can_do_its_work_is_ok(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):  # the one query goes over a connection of its own
        assert health() == (200, "ok\n")


def test_without_the_folder_of_originals_it_is_not(originals: Path) -> None:
    originals.rmdir()
    assert health() == (503, "not ok\n")


def test_without_a_table_of_this_version_it_is_not() -> None:
    last = MigrationRecorder.Migration.objects.filter(app="letters").latest("pk")
    MigrationRecorder.Migration.objects.filter(pk=last.pk).delete()
    try:
        assert health() == (503, "not ok\n")
    finally:
        last.save(force_insert=True)


def test_without_a_database_it_is_not_and_says_so_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = {"NAME": "/nowhere/mooring.sqlite3"} if connection.vendor == "sqlite" else {"HOST": "127.0.0.1", "PORT": "1"}
    usual = reaching.connections["default"]
    monkeypatch.setattr(usual, "settings_dict", {**usual.settings_dict, **nowhere})
    assert health() == (503, "not ok\n")


def test_it_is_asked_and_not_told() -> None:
    assert Client().post("/health/").status_code == 405
    assert Client().head("/health/").status_code == 200


TOKEN = "a-token-that-nobody-guesses"


def metrics(token: str = TOKEN) -> Any:
    return Client().get("/metrics/", headers={"Authorization": f"Bearer {token}"} if token else {})


def test_without_a_token_in_the_installation_there_are_no_metrics(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert metrics().status_code == 404
    assert metrics("").status_code == 404


def test_whoever_does_not_know_the_token_is_told_nothing(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    for token in ("", "another", TOKEN[:-1], f"{TOKEN}x", "\xe4"):
        answer = metrics(token)
        assert (answer.status_code, answer.content) == (401, b"")


def numbers() -> dict[str, float]:
    answer = metrics()
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.content.decode().splitlines()
    return {name: float(number) for name, number in (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))}


def test_the_numbers_are_those_of_the_installation(settings: Any, tmp_path: Path) -> None:
    settings.METRICS_TOKEN, settings.WORKER_BEAT_FILE = TOKEN, tmp_path / "beat"
    make_outgoing(state=OutgoingState.UNKNOWN)
    account = make_account(address="second@mooring.example")
    folder = Folder.objects.create(account=account, path="INBOX")
    Item.objects.create(folder=folder, epoch="1", server_id="1", rank=1, state=ItemState.FAILED)
    Item.objects.create(folder=folder, epoch="1", server_id="2", rank=2)
    AccountState.objects.create(account=account, next_visit_at=NOW, error_code="timeout", last_visit_at=NOW)
    letter = make_letter(account)
    found = numbers()
    assert found["mooring_newest_letter"] == letter.pk
    assert (found['mooring_items{state="listed"}'], found['mooring_items{state="failed"}']) == (1, 1)
    assert (found['mooring_accounts{state="failing"}'], found['mooring_accounts{state="well"}']) == (1, 0)
    assert found["mooring_accounts_overdue"] == 1
    assert (found['mooring_outbox_letters{state="unknown"}'], found['mooring_outbox_letters{state="ready"}']) == (1, 0)
    assert found["mooring_database_bytes"] > 100_000
    assert "mooring_worker_age_seconds" not in found


def test_the_age_of_the_worker_is_told(settings: Any, tmp_path: Path) -> None:
    settings.METRICS_TOKEN, settings.WORKER_BEAT_FILE = TOKEN, tmp_path / "beat"
    settings.WORKER_BEAT_FILE.touch()
    os.utime(settings.WORKER_BEAT_FILE, (time.time() - 500, time.time() - 500))
    assert 495 < numbers()["mooring_worker_age_seconds"] < 560


def test_the_numbers_cost_five_queries_at_most(settings: Any, django_assert_max_num_queries: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    with django_assert_max_num_queries(5):
        assert metrics().status_code == 200


@pytest.mark.parametrize("token", ["short", "with a space in the middle"])
def test_a_token_that_is_easily_guessed_is_refused(token: str) -> None:
    with pytest.raises(BadInstallation, match="MOORING_METRICS_TOKEN"):
        read_installation({"MOORING_METRICS_TOKEN": token})
