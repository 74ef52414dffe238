"""Which file stands for "app.css" today: reads the list that the build wrote. Knows nothing of how it is built."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from django.templatetags.static import static

MANIFEST = Path(__file__).parent / "static" / "ui" / "dist" / "manifest.json"


class AssetsMissing(Exception):
    """Style sheet, script and icons have not been built yet, or lack what a page asks for."""


def asset_url(name: str) -> str:
    """Address of a built file ("app.css", "app.js", "icons.svg", "mark.svg"); AssetsMissing if there is none."""
    try:
        changed = MANIFEST.stat().st_mtime_ns
    except FileNotFoundError:
        raise AssetsMissing("Build the assets first: python -m mooring.ui.build_assets") from None
    try:
        return _addresses(changed)[name]
    except KeyError:
        raise AssetsMissing(f"There is no built file {name!r}; see src/mooring/ui/assets.") from None


@lru_cache(maxsize=1)
def _addresses(_changed: int) -> dict[str, str]:
    """A page asks some two hundred times, mostly for its icons."""
    files: dict[str, str] = json.loads(MANIFEST.read_text())["files"]
    return {name: static(f"ui/dist/{file}") for name, file in files.items()}
