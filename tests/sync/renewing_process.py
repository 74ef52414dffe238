"""Uses the token of an account in a process of its own, with several threads, whenever a line comes in.

python renewing_process.py prepare PROVIDER_JSON   make the database, an account and its permission
python renewing_process.py use GRANT_ID            print what all threads got, as JSON, once for every line
"""

from __future__ import annotations

import json
import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import django
from django.core.management import call_command

THREADS = 4


def main(command: str, argument: str) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mooring.config.settings")
    django.setup()
    {"prepare": prepare, "use": use}[command](argument)


def prepare(provider: str) -> None:
    call_command("migrate", verbosity=0)
    from letters.making_letters import make_account
    from letters.making_sign_ins import make_grant, make_provider, tokens

    said = json.loads(provider)
    row = make_provider(token_url=said["token_url"])
    now = datetime.now(UTC)
    grant = make_grant(make_account(), row, tokens(said["access"], said["refresh"], expires_at=now))
    print(grant.pk)  # noqa: T201 - the test reads it


def use(grant_id: str) -> None:
    from mooring.letters.grants import GrantTokens
    from mooring.letters.models import Grant
    from mooring.mail.egress import EgressPolicy
    from mooring.sync.servers import RenewingAtProvider

    def clock() -> datetime:
        return datetime.now(UTC)

    policy = EgressPolicy.opening(["127.0.0.0/8"], extra_authorities=Path(os.environ["AUTHORITY"]).read_text())
    source = GrantTokens(Grant.objects.get(pk=int(grant_id)), renew=RenewingAtProvider(policy, clock), clock=clock)
    print("ready", flush=True)  # noqa: T201 - the test waits for it
    for _line in sys.stdin:
        found: list[str] = []

        def look(found: list[str] = found) -> None:
            try:
                found.append(source.current().reveal())
            except Exception as error:  # whatever it was, the test shows it
                found.append(repr(error))
            finally:
                from django.db import connection

                connection.close()

        threads = [threading.Thread(target=look) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(json.dumps(found), flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    main(*sys.argv[1:])
