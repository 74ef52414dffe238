"""mooring init: from nothing to an installation that can serve, as often as one likes."""

from __future__ import annotations

import stat
from pathlib import Path

from config.installed import Place


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_makes_folders_and_keys_for_their_owner_alone(place: Place) -> None:
    assert place.init().status == 0
    assert rights(place.data) == 0o700
    assert rights(place.data / "keys") == 0o700
    assert rights(place.data / "keys" / "secret_key") == 0o600
    assert rights(place.data / "keys" / "sealing_keys") == 0o600
    assert rights(place.data / "mooring.sqlite3") == 0o600


def test_the_first_administrator_is_made_once(with_tables: Place) -> None:
    first, second = with_tables.init(), with_tables.init()
    assert "alice@example.com may sign in" in first.said
    assert "There is an administrator already" in second.said
    assert with_tables.run("staff", "list").said == "alice@example.com\tadministrator\tactive\tAlice\n"


def test_running_it_again_keeps_the_keys(installed: Place) -> None:
    keys = [path.read_bytes() for path in sorted((installed.data / "keys").iterdir())]
    assert installed.run("init").status == 0
    assert [path.read_bytes() for path in sorted((installed.data / "keys").iterdir())] == keys


def test_without_a_terminal_it_says_how_to_name_the_administrator(with_tables: Place) -> None:
    ended = with_tables.run("init")
    assert ended.status == 2
    assert "--admin-email" in ended.complained
    assert "Traceback" not in ended.complained


def test_a_weak_password_is_refused_in_words(with_tables: Place) -> None:
    ended = with_tables.run("init", "--admin-email", "alice@example.com", MOORING_ADMIN_PASSWORD="short")
    assert ended.status == 1
    assert ended.complained.startswith("password: This password is too short.")


def test_a_new_secret_key_is_made_when_asked_for(installed: Place) -> None:
    key = installed.data / "keys" / "secret_key"
    before = key.read_text()
    assert installed.run("init", "--new-secret-key").status == 0
    assert key.read_text() != before
    assert rights(key) == 0o600


def test_commands_before_init_say_what_to_do(place: Place) -> None:
    for command in (("serve",), ("worker",), ("staff", "list")):
        ended = place.run(*command)
        assert ended.status == 2
        assert "mooring init" in ended.complained
        assert "Traceback" not in ended.complained


def test_a_database_of_an_older_version_is_not_served(installed: Place) -> None:
    (installed.data / "mooring.sqlite3").unlink()
    ended = installed.run("serve")
    assert ended.status == 2
    assert "mooring init" in ended.complained


def test_nonsense_in_the_environment_is_told_in_words(place: Place) -> None:
    ended = place.run("init", MOORING_ALLOWED_NETWORKS="everything")
    assert ended.status == 2
    assert "MOORING_ALLOWED_NETWORKS" in ended.complained
    ended = place.run("init", MOORING_DATABASE_URL="mysql://localhost/mooring")
    assert ended.status == 2
    assert "MOORING_DATABASE_URL" in ended.complained


def test_a_data_folder_that_cannot_be_made_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ended = Place(tmp_path / "file" / "data").run("init")
    assert ended.status == 1
    assert str(tmp_path / "file") in ended.complained
    assert "Traceback" not in ended.complained


def test_keys_are_rotated_and_old_ones_forgotten_when_asked(installed: Place) -> None:
    path = installed.data / "keys" / "sealing_keys"
    old = path.read_text()
    assert installed.run("keys", "rotate").status == 0
    assert path.read_text().endswith(old)
    assert installed.run("keys", "rotate", "--forget-old").status == 0
    assert old not in path.read_text()
    assert len(path.read_text().splitlines()) == 1
