"""`mooring serve` and `mooring worker`: what runs all day."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click

from mooring.config.checking import reasons_not_to_serve
from mooring.config.commands.starting import UnableToRun, UnableToStart, start_up_to_date
from mooring.config.installation import Installation

log = logging.getLogger("mooring")

PATIENCE = timedelta(seconds=30)
"""How long the engine may take to put down what it holds; its leases run out by themselves after that."""


@click.command()
@click.option(
    "--listen", default="127.0.0.1:8000", show_default=True, envvar="MOORING_LISTEN", help="Address and port for browsers."
)
@click.option("--worker/--no-worker", "with_worker", default=True, help="Also run the engine that visits mailboxes.")
@click.option("--threads", default=16, show_default=True, type=click.IntRange(1, 200), help="Pages answered at once.")
@click.option(
    "--trusted-proxy",
    metavar="ADDRESS",
    envvar="MOORING_TRUSTED_PROXY",
    help="The reverse proxy before Mooring: its X-Forwarded-For is believed.",
)
def serve(listen: str, with_worker: bool, threads: int, trusted_proxy: str | None) -> None:
    """Serve the pages and run the engine, in one process.

    On SQLite this is all there is to run. On PostgreSQL the engine can run elsewhere: serve --no-worker and mooring worker.
    """
    installation = start_up_to_date()
    _refuse_what_is_not_safe(listen)
    _log_to_stderr()
    server = _bind(listen, threads=threads, scheme=installation.base_url.partition(":")[0], trusted_proxy=trusted_proxy)
    stop = threading.Event()
    engine = _Engine(stop, on_failure=server.close) if with_worker else None
    if engine is not None:
        engine.start()
    taking = _take_letters_of_a_demo(installation)
    _end_on_signals()
    click.echo(f"Mooring serves {installation.base_url} (listening on {listen}). Ctrl-C ends it.")
    server.run()  # returns on the SystemExit of a signal, after open requests were answered
    stop.set()
    if engine is not None:
        engine.finish()
    if taking is not None:
        taking.stop()


@click.command()
def worker() -> None:
    """Run only the engine that visits mailboxes.

    On PostgreSQL as many as you like, on as many machines; on SQLite only one, and never beside “mooring serve”.
    """
    start_up_to_date()
    _log_to_stderr()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    click.echo("The engine runs. Ctrl-C ends it.")
    _run_engine(stop)


class _Engine(threading.Thread):
    """The engine beside the pages. When it fails the whole process ends, so that whoever watches it starts it anew."""

    def __init__(self, stop: threading.Event, *, on_failure: Callable[[], Any]) -> None:
        super().__init__(name="engine", daemon=True)
        self._stop_asked = stop
        self._on_failure = on_failure
        self._has_failed = False

    def run(self) -> None:
        try:
            _run_engine(self._stop_asked)
        except Exception:
            log.exception("The engine failed.")
            self._has_failed = True
            self._on_failure()
            signal.raise_signal(signal.SIGTERM)

    def finish(self) -> None:
        """Wait for the engine. Raises UnableToRun if it failed."""
        self.join(PATIENCE.total_seconds())
        if self._has_failed:
            raise UnableToRun("The engine failed; the reason stands above.")


def _run_engine(stop: threading.Event) -> None:
    from mooring.desk.notice_letters import write_notice_letter
    from mooring.sync.notice_mail import run as run_notice_mail
    from mooring.sync.worker import run
    from mooring.transfer.running import run as run_imports

    imports = threading.Thread(target=run_imports, args=(stop,), name="imports", daemon=True)
    writing = {"write": write_notice_letter}
    notices = threading.Thread(target=run_notice_mail, args=(stop,), kwargs=writing, name="notices", daemon=True)
    for thread in (imports, notices):
        thread.start()
    run(stop)
    for thread in (imports, notices):
        thread.join(PATIENCE.total_seconds())


def _take_letters_of_a_demo(installation: Installation) -> Any:
    if not installation.demo_mark.exists():
        return None
    from mooring.config.demo.catch_all import listen

    return listen(installation.demo_sent)


def _refuse_what_is_not_safe(listen: str) -> None:
    reasons = reasons_not_to_serve(listen=listen)
    if reasons:
        raise UnableToStart("\n".join(f"{finding.what} {finding.advice}" for finding in reasons))


def _bind(listen: str, *, threads: int, scheme: str, trusted_proxy: str | None) -> Any:
    """The server, listening but not yet answering. Raises UnableToStart when the address cannot be had."""
    from waitress.server import create_server

    from mooring.config.wsgi import application

    proxy: dict[str, Any] = {}
    if trusted_proxy:
        proxy = {"trusted_proxy": trusted_proxy, "trusted_proxy_headers": {"x-forwarded-for"}}
    try:
        return create_server(
            application,
            listen=listen,
            threads=threads,
            url_scheme=scheme,
            ident="",
            clear_untrusted_proxy_headers=True,
            **proxy,
        )
    except OSError as error:
        raise UnableToStart(
            f"Nothing can listen on {listen}: {error.strerror or error}. "
            "Perhaps Mooring is running already; --listen chooses another address."
        ) from error
    except ValueError as error:
        raise UnableToStart(f"--listen must look like 127.0.0.1:8000 ({error}).") from error


def _end_on_signals() -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: sys.exit(0))


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
