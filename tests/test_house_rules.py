"""Rules of the house that import-linter and ruff cannot see (docs/architecture.md, docs/style.md)."""

from __future__ import annotations

import ast
import configparser
import importlib
import importlib.util
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "mooring"
DOCS = ROOT / "docs"
ROOMS = tuple(sorted(path.parent.name for path in SOURCE.glob("*/__init__.py")))

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
LONGEST_TEMPLATE = 150
FORBIDDEN_NAMES = {"utils", "util", "helpers", "helper", "common", "core", "base", "services", "service", "manager", "managers"}
FORBIDDEN_NAMES |= {"handler", "handlers", "lib", "misc", "signals"}
OWN_FRAMES = {"src/mooring/ui/templates/ui/letter_body.html"}
"""A stranger's letter in a sandboxed frame that has its own, stricter policy."""
PAGES = {"config", "desk", "portal", "api", "ui"}
"""Rooms in which django.http and its like are not banned."""


@cache
def tracked_files() -> tuple[Path, ...]:
    """Every file of the project as git knows it, new ones included, ignored ones not."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    return tuple(path for path in (ROOT / name for name in listed.splitlines()) if path.is_file())


def python_files() -> Iterator[Path]:
    return (path for path in tracked_files() if path.suffix == ".py" and "migrations" not in path.parts)


def templates() -> Iterator[Path]:
    return (path for path in tracked_files() if path.suffix == ".html" and "templates" in path.parts)


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def floor_numbers() -> dict[str, int]:
    """The rooms as .importlinter stacks them, the lowest floor first."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    layers = contracts["importlinter:contract:floors"]["layers"].split("\n")
    floors = [re.findall(r"\w+", layer) for layer in layers if layer.strip()]
    return {room: number for number, rooms in enumerate(reversed(floors)) for room in rooms}


def relations() -> Iterator[tuple[str, models.Field[object, object], str]]:
    """(room, field, room it points to) of every relation between records of this program."""
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("mooring.")}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.get_fields():
            if model._meta.app_label in ours and field.is_relation and field.concrete and field.related_model is not None:
                yield model._meta.app_label, field, field.related_model._meta.app_label


def test_every_room_has_a_floor() -> None:
    assert set(ROOMS) <= set(floor_numbers())


def test_relations_point_to_the_same_or_a_lower_floor() -> None:
    floors = floor_numbers()
    assert [str(field) for room, field, to in relations() if to in floors and floors[to] > floors[room]] == []


def test_relations_across_rooms_leave_no_name_below() -> None:
    leaks = [str(field) for room, field, to in relations() if to != room and not field.remote_field.hidden]
    assert leaks == []


def test_only_the_upper_rooms_may_speak_http() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    ignores = settings["tool"]["ruff"]["lint"]["per-file-ignores"]
    lifted = {pattern.split("/")[2] for pattern, codes in ignores.items() if "TID251" in codes and pattern.startswith("src/")}
    assert lifted <= PAGES


def test_templates_take_from_their_own_room_or_from_ui() -> None:
    foreign = []
    for path in templates():
        room = path.relative_to(SOURCE).parts[0]
        for name in re.findall(r"\{%\s*(?:extends|include)\s+[\"']([^\"']+)[\"']", path.read_text(encoding="utf-8")):
            own = {room, "ui"} | ({"account", "allauth"} if room == "desk" else set())
            if name.split("/")[0].partition("#")[0] not in own and not name.startswith("#"):
                foreign.append(f"{shown(path)}: {name}")
    assert foreign == []


def test_templates_obey_the_content_security_policy() -> None:
    inline = re.compile(r"\sstyle\s*=|<style|<script(?![^>]*\ssrc=)(?![^>]*application/json)|\son[a-z]+\s*=|javascript:", re.I)
    pages = [path for path in templates() if shown(path) not in OWN_FRAMES]
    found = [f"{shown(path)}: {hit.group()}" for path in pages for hit in inline.finditer(path.read_text(encoding="utf-8"))]
    assert found == []


def test_no_file_is_longer_than_a_person_reads() -> None:
    kinds = (".py", ".js", ".css", ".sh")
    paths = [path for path in tracked_files() if path.suffix in kinds and "migrations" not in path.parts]
    lengths = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {}
    for path in python_files():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long[f"{shown(path)}:{node.name}"] = length
    assert long == {}


def test_no_template_is_longer_than_a_person_reads() -> None:
    lengths = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in templates()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_TEMPLATE} == {}


def test_no_file_has_a_name_that_says_nothing() -> None:
    parts = ((path, name) for path in python_files() for name in (*path.relative_to(ROOT).parts[:-1], path.stem))
    assert [shown(path) for path, name in parts if name in FORBIDDEN_NAMES] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = []
    for path in python_files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if tree.body and ast.get_docstring(tree) is None:
            silent.append(shown(path))
    assert silent == []


def test_nothing_is_put_off_in_comments() -> None:
    mark = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
    own = Path(__file__)
    kinds = (".py", ".js", ".css", ".html")
    paths = [path for path in tracked_files() if path.suffix in kinds and path != own]
    assert [shown(path) for path in paths if mark.search(path.read_text(encoding="utf-8"))] == []


def test_project_texts_name_nothing_outside_the_project() -> None:
    outside = re.compile(r"/" + r"work/|(?<![\w-])" + r"sh" + r"ared/")
    allowed = {"tests/testdata.py", "uv.lock", "package-lock.json"}
    found = []
    for path in tracked_files():
        if shown(path) in allowed or path.suffix in (".png", ".jpg", ".ico", ".woff2", ".mo"):
            continue
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{shown(path)}: {hit.group()}" for hit in outside.finditer(text)]
    assert found == []


def test_every_environment_variable_is_explained() -> None:
    readers = [path for path in tracked_files() if path.suffix == ".py" or path.name == "run"]
    texts = [path.read_text(encoding="utf-8") for path in readers if path != Path(__file__)]
    used = {name for text in texts for name in re.findall(r"\bMOORING_[A-Z_]+\b", text)}
    explained = set(re.findall(r"^#+ `(MOORING_[A-Z_]+)`", (DOCS / "settings.md").read_text(encoding="utf-8"), re.M))
    assert used == explained


def test_every_option_is_explained() -> None:
    from mooring.options.option import Option

    modules = [importlib.import_module(f"mooring.{path.parent.name}.options") for path in SOURCE.glob("*/options.py")]
    names = {value.name for module in modules for value in vars(module).values() if isinstance(value, Option)}
    headings = set(re.findall(r"^#+ `([a-z_]+\.[a-z_]+)`", (DOCS / "settings.md").read_text(encoding="utf-8"), re.M))
    assert headings == names


def test_every_command_is_explained() -> None:
    import click

    from mooring.config.cli import mooring

    page = (DOCS / "guide" / "command-line.md").read_text(encoding="utf-8")
    names = []
    for name, command in mooring.commands.items():
        below = command.commands if isinstance(command, click.Group) else {"": None}
        names += [f"mooring {name} {sub}".strip() for sub in below]
    assert [name for name in names if f"`{name}" not in page] == []


def test_every_name_in_the_architecture_exists() -> None:
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    dotted = set(re.findall(rf"(?<![\w./-])(?:{'|'.join(ROOMS)})(?:\.[A-Za-z_]\w*)+", page))
    paths = set(re.findall(rf"(?<![\w/-])(?:{'|'.join(ROOMS)})/[\w/.-]+\.(?:py|html)", page))
    missing = [name for name in sorted(dotted) if not name.endswith(".py") and not resolves(name)]
    missing += [path for path in sorted(paths) if not (SOURCE / path).exists()]
    assert missing == []


def resolves(name: str) -> bool:
    """Whether "room.module.name" is a module, or something in one."""
    parts = name.split(".")
    found: object = importlib.import_module(f"mooring.{parts[0]}")
    for index, part in enumerate(parts[1:], 2):
        name_so_far = f"mooring.{'.'.join(parts[:index])}"
        if hasattr(found, "__path__") and importlib.util.find_spec(name_so_far) is not None:
            found = importlib.import_module(name_so_far)
        elif hasattr(found, part):
            found = getattr(found, part)
        else:
            return False
    return True


def test_the_tree_in_the_architecture_is_the_tree() -> None:
    spec = importlib.util.spec_from_file_location("tree", DOCS / "tree.py")
    assert spec is not None
    assert spec.loader is not None
    tree = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tree)
    page = (DOCS / "architecture.md").read_text(encoding="utf-8")
    assert page == tree.with_tree(page), "write it anew: python docs/tree.py"


@pytest.mark.django_db
def test_every_change_of_a_record_has_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_reading_without_a_reader_gives_a_known_reason() -> None:
    listed = (ROOT / "tests" / "unscoped_reasons.txt").read_text(encoding="utf-8").splitlines()
    known = {line for line in listed if line and not line.startswith("#")}
    assert known == set(reasons_to_read_everything())


def reasons_to_read_everything() -> Iterator[str]:
    """ "module: reason" of every call of unscoped(); a reason stands there as a text, or as a constant of the module."""
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = dict(texts_named_in(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "unscoped":
                (reason,) = node.args
                text = (
                    reason.value if isinstance(reason, ast.Constant) else constants.get(ast.unparse(reason), ast.unparse(reason))
                )
                yield f"{'.'.join(path.relative_to(SOURCE).with_suffix('').parts)}: {text}"


def texts_named_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        value = getattr(node, "value", None)
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield from ((target.id, value.value) for target in targets if isinstance(target, ast.Name))


def test_links_in_the_documents_lead_somewhere() -> None:
    dead = []
    for path in (*DOCS.rglob("*.md"), *ROOT.glob("*.md")):
        targets = re.findall(r"\]\(([^)\s#]+)[^)]*\)", path.read_text(encoding="utf-8"))
        ours = [target for target in targets if not re.match(r"[a-z]+:", target)]
        dead += [f"{shown(path)}: {target}" for target in ours if not (path.parent / target).exists()]
    assert dead == []
