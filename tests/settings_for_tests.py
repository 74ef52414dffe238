"""The settings of a throw-away installation in a temporary folder, on the database that MOORING_TEST_DATABASE names.

MOORING_TEST_DATABASE is empty for SQLite or a postgresql:// address of a server on which databases may be created. SQLite is a
file here, too: to one database in memory all threads of a server would come over a single connection, which no installation does.
"""

import atexit
import base64
import os
import secrets
import shutil
import tempfile
from pathlib import Path

_data = Path(tempfile.mkdtemp(prefix="mooring-tests-"))
atexit.register(shutil.rmtree, _data, ignore_errors=True)
_keys = _data / "keys"
_keys.mkdir(mode=0o700)
(_keys / "secret_key").write_text(secrets.token_urlsafe(48), encoding="ascii")
(_keys / "sealing_keys").write_text(f"test:{base64.b64encode(secrets.token_bytes(32)).decode()}\n", encoding="ascii")
os.environ.update(
    MOORING_DATA=str(_data),
    MOORING_KEYS=str(_keys),
    MOORING_MEMORY=str(_data / "memory"),
    MOORING_DATABASE_URL=os.environ.get("MOORING_TEST_DATABASE", ""),
    MOORING_ALLOWED_NETWORKS="127.0.0.0/8,::1/128",
    MOORING_HOSTS="testserver,127.0.0.1,localhost",
)

from mooring.config.settings import *  # noqa: E402, F403
from mooring.ui import build_translations  # noqa: E402

build_translations.build()

ACCOUNT_RATE_LIMITS = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *PASSWORD_HASHERS]  # noqa: F405
RECOVERY_CODE_COST = 4
"""A strong hash takes a tenth of a second, and every test has people who sign in."""

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # It is thrown away: a power cut would cost nothing. Who waits for whom is as it always is.
    DATABASES["default"]["TEST"]["NAME"] = str(_data / "tests.sqlite3")  # noqa: F405
    _pragmas = DATABASES["default"]["OPTIONS"]["init_command"].replace("=DELETE;", "=MEMORY;")  # noqa: F405
    DATABASES["default"]["OPTIONS"]["init_command"] = f"{_pragmas} PRAGMA synchronous=OFF;"  # noqa: F405
