"""The settings as a type checker reads them: with throw-away keys instead of an installation."""

import os
import tempfile
from pathlib import Path

_keys = Path(tempfile.mkdtemp(prefix="mooring-types-"))
(_keys / "secret_key").write_text("only for checking types, never for running the program", encoding="ascii")
os.environ["MOORING_KEYS"] = str(_keys)

from mooring.config.settings import *  # noqa: E402, F403
