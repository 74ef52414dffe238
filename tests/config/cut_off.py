"""Commands that are cut off at one step after the other, in forks of one process that has read everything they need."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path

from config.installed import Place

FORKING = """
import json, os, signal, sys
import django.core.management, django.db.migrations.executor, psycopg, zstandard
import mooring.config.cli

def cut(asked):
    left = asked["number"]

    def watch(event, arguments):
        nonlocal left
        if event == asked["step"] and any(asked["within"] in str(each) for each in arguments):
            if event != "open" or arguments[2] & os.O_CREAT:
                left -= 1
                if not left:
                    signal.raise_signal(asked["by"])

    said = os.open(asked["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, said), (2, said)):
        os.dup2(source, target)
    os.chdir("/")
    os.environ.clear()
    os.environ.update(asked["environment"])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["mooring", *asked["words"]]
    sys.addaudithook(watch)
    mooring.config.cli.main()

for line in sys.stdin:
    child = os.fork()
    if not child:
        status = 70
        try:
            cut(json.loads(line))
        except SystemExit as ended:
            status = int(ended.code or 0)
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""Cuts itself off right before the so-many-th renaming or making of a file, or opening of a database, below a folder."""


def ended(place: Place, step: str, number: int, within: Path, *arguments: str, by: int = signal.SIGKILL) -> tuple[int, str]:
    """The status of the command, negative for a signal, and what it said."""
    forking, said = _forking(), place.data.parent / "said by what was cut off"
    asked = {
        "step": step, "number": number, "within": str(within), "by": int(by), "words": arguments, "said": str(said),
        "environment": place.surroundings(),
    }  # fmt: skip
    assert forking.stdin is not None
    assert forking.stdout is not None
    forking.stdin.write(json.dumps(asked) + "\n")
    forking.stdin.flush()
    return int(forking.stdout.readline()), said.read_text()


def was_killed(place: Place, step: str, number: int, within: Path, *arguments: str) -> bool:
    """False where the command ended well before there were so many steps."""
    status, said = ended(place, step, number, within, *arguments)
    assert status in (-signal.SIGKILL, 0), said
    return status != 0


@cache
def _forking() -> subprocess.Popen[str]:
    """Ends with this process, which closes its input."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("MOORING_", "DJANGO_"))}
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", FORKING], env=bare, stdin=pipe, stdout=pipe, text=True, cwd="/")
