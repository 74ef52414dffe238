"""Compiles the catalogues of mooring/locale into what Django reads; plain Python, runs before Django exists.

`python -m mooring.ui.build_translations` or `build()` does nothing while the catalogues are unchanged. An installed wheel
carries the compiled files and has nothing to build.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parents[1] / "locale"


def build(*, locale: Path = LOCALE) -> list[Path]:
    """Compile each <language>/LC_MESSAGES/django.po that has changed since; returns the files written."""
    pairs = [(po, po.with_suffix(".mo")) for po in sorted(locale.glob("*/LC_MESSAGES/django.po"))]
    changed = [(po, mo) for po, mo in pairs if not _is_current(po, mo)]
    for po, mo in changed:
        _compile(po, mo)
    return [mo for _po, mo in changed]


def _is_current(po: Path, mo: Path) -> bool:
    """A compiled file bears the time of its source, so that an older source counts as a change too."""
    return mo.exists() and mo.stat().st_mtime_ns == po.stat().st_mtime_ns


def _compile(po: Path, mo: Path) -> None:
    """In one step, for several processes may build at once and read meanwhile."""
    changed_at = po.stat().st_mtime_ns
    with po.open("rb") as source:
        catalogue = read_po(source, locale=po.parents[1].name, domain="django", abort_invalid=True)
    with tempfile.NamedTemporaryFile(dir=mo.parent, prefix=".django-", suffix=".mo", delete=False) as made:
        write_mo(made, catalogue, use_fuzzy=False)
    os.chmod(made.name, 0o644)
    os.utime(made.name, ns=(changed_at, changed_at))
    os.replace(made.name, mo)


def main() -> int:
    """Build from the command line."""
    written = build()
    sys.stdout.write("Translations built.\n" if written else "Translations are up to date.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
