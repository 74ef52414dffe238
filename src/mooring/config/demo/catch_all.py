"""The outgoing server of the demo: takes every letter, and sends none. Each becomes a file that one can look at.

It listens on this machine only, beside the pages of a demo.
"""

from __future__ import annotations

import logging
from itertools import count
from pathlib import Path
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST: Final = "127.0.0.1"
PORT: Final = 8025
"""Written into the demo's mail accounts."""
_log = logging.getLogger("mooring")
_logs_of_library = logging.getLogger("mail.log")
"""Of aiosmtpd, which tells of every connection."""


class _KeepsEverything:
    """Writes letters into the folder, the first one free as 1.eml."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, ARG002 - names of aiosmtpd
        """Only answered once the file is there."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content or "").encode()
        for number in count(1):
            try:
                with (self._folder / f"{number}.eml").open("xb") as file:
                    file.write(raw)
            except FileExistsError:
                continue
            return f"250 Kept as {number}.eml; the demo sends nothing to anybody"
        return "451 No name is free"


def listen(folder: Path, *, port: int = PORT) -> Any:
    """A running server that keeps letters in `folder`, to be ended with stop(); None where the port is taken."""
    _logs_of_library.setLevel(logging.WARNING)
    controller = Controller(_KeepsEverything(folder), hostname=HOST, port=port)
    try:
        controller.start()
    except OSError as error:
        _log.warning("The demo cannot take letters at port %s: %s", port, error.strerror or error)
        return None
    return controller
