"""Many threads of several processes want a token at the moment when it has ended: one renews it, and all have the new one.

The provider ends the whole permission when a refresh token is used twice, so a mistake here would be the end of the account.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from journeys.installation import Installation
from servers.certificates import Authority
from servers.identity_provider import IdentityProvider
from servers.postgresql import running_cluster

PROGRAM = Path(__file__).parent / "renewing_process.py"
PROCESSES = 3
ROUNDS = 3


@pytest.fixture
def idp(authority: Authority) -> Iterator[IdentityProvider]:
    running = IdentityProvider(authority).start()
    running.authorization.refresh_seconds = 0.5
    running.authorization.lifetime = 60
    """Shorter than how early a token is renewed: every round renews."""
    yield running
    running.stop()


@pytest.mark.slow
def test_processes_on_one_database_file_use_a_refresh_token_once(
    tmp_path: Path, idp: IdentityProvider, authority: Authority
) -> None:
    _renew_at_once(Installation(tmp_path / "data"), idp, authority, tmp_path)


@pytest.mark.slow
@pytest.mark.database
@pytest.mark.skipif(connection.vendor == "sqlite", reason="MOORING_TEST_DATABASE names no PostgreSQL")
def test_processes_on_postgresql_use_a_refresh_token_once(tmp_path: Path, idp: IdentityProvider, authority: Authority) -> None:
    with running_cluster() as cluster:
        _renew_at_once(Installation(tmp_path / "data", database_url=cluster.url), idp, authority, tmp_path)


def _renew_at_once(installation: Installation, idp: IdentityProvider, authority: Authority, folder: Path) -> None:
    (folder / "authority.pem").write_text(authority.pem)
    first = idp.authorization.issue("anna@mooring.example")
    said = json.dumps({"token_url": idp.url("token"), "access": first.access, "refresh": first.refresh})
    grant_id = installation.call("prepare", said, program=PROGRAM).decode().strip()
    environment = installation.environment | {"AUTHORITY": str(folder / "authority.pem")}
    workers = [
        subprocess.Popen(
            [sys.executable, str(PROGRAM), "use", grant_id],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    try:
        assert [_line(worker) for worker in workers] == ["ready"] * PROCESSES
        for number in range(1, ROUNDS + 1):
            _check_round(workers, idp, number)
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert idp.authorization.reuse_count == 0


def _check_round(workers: list[subprocess.Popen[str]], idp: IdentityProvider, number: int) -> None:
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write(os.linesep)
        worker.stdin.flush()
    found = {token for worker in workers for token in json.loads(_line(worker))}
    assert found == {idp.authorization.tokens[-1].access}
    assert idp.authorization.refresh_count == number


def _line(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    return worker.stdout.readline().strip()
