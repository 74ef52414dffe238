"""Passwords at rest: bound to their row and host, rotated row by row, and never silent about what is wrong."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from letters.making_letters import make_account
from mooring.letters.credentials import INCOMING, Place, SealingKeys, UnableToUnseal, open_sealed, rotate, seal_for
from mooring.letters.models import MailAccount
from mooring.mail.types import Secret

PLACE = Place("letters_mailaccount", 7, "password_sealed", "imap.example.org")
OLD, NEW = b"o" * 32, b"n" * 32
CANARY = Secret("canary-9f3")


def keys_file(folder: Path, *keys: tuple[str, bytes]) -> Path:
    path = folder / "sealing_keys"
    path.write_text("# keys\n\n" + "".join(f"{name}:{base64.b64encode(key).decode()}\n" for name, key in keys))
    return path


def stored(account: MailAccount, password: Secret) -> MailAccount:
    account.password_sealed = seal_for(account, INCOMING, password)
    account.save()
    return account


def test_a_sealed_password_opens_in_its_place_and_shows_nothing_of_itself() -> None:
    keys = SealingKeys([("a", NEW)])
    sealed = keys.seal(CANARY, place=PLACE)
    assert keys.open(sealed, place=PLACE) == CANARY
    assert b"canary" not in sealed
    assert sealed != keys.seal(CANARY, place=PLACE)


@pytest.mark.parametrize(
    "other",
    [
        Place("other_table", 7, "password_sealed", "imap.example.org"),
        Place("letters_mailaccount", 8, "password_sealed", "imap.example.org"),
        Place("letters_mailaccount", 7, "other_field", "imap.example.org"),
        Place("letters_mailaccount", 7, "password_sealed", "imap.attacker.example"),
    ],
    ids=["table", "row", "field", "host"],
)
def test_a_password_does_not_open_in_another_place(other: Place) -> None:
    keys = SealingKeys([("a", NEW)])
    with pytest.raises(UnableToUnseal, match="Enter the password again"):
        keys.open(keys.seal(CANARY, place=PLACE), place=other)


def test_the_case_of_the_host_does_not_matter() -> None:
    keys = SealingKeys([("a", NEW)])
    shouted = Place(PLACE.table, PLACE.row, PLACE.field, "IMAP.Example.ORG")
    assert keys.open(keys.seal(CANARY, place=PLACE), place=shouted) == CANARY


def test_every_key_opens_and_the_first_one_seals() -> None:
    sealed = SealingKeys([("old", OLD)]).seal(CANARY, place=PLACE)
    both = SealingKeys([("new", NEW), ("old", OLD)])
    assert both.open(sealed, place=PLACE) == CANARY
    assert not both.is_current(sealed)
    assert both.is_current(both.seal(CANARY, place=PLACE))


def test_a_lost_key_is_named() -> None:
    sealed = SealingKeys([("march", OLD)]).seal(CANARY, place=PLACE)
    with pytest.raises(UnableToUnseal, match="“march” is missing"):
        SealingKeys([("may", NEW)]).open(sealed, place=PLACE)


@pytest.mark.parametrize("cut", [0, 1, 2, 10, 40])
def test_a_damaged_password_is_refused_wherever_it_was_cut(cut: int) -> None:
    keys = SealingKeys([("key", NEW)])
    with pytest.raises(UnableToUnseal):
        keys.open(keys.seal(CANARY, place=PLACE)[:cut], place=PLACE)


def test_a_flipped_bit_is_noticed_wherever_it_is() -> None:
    keys = SealingKeys([("key", NEW)])
    sealed = keys.seal(CANARY, place=PLACE)
    for place in range(len(sealed)):
        with pytest.raises(UnableToUnseal):
            keys.open(sealed[:place] + bytes((sealed[place] ^ 1,)) + sealed[place + 1 :], place=PLACE)


def test_a_keys_file_that_cannot_be_read_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(UnableToUnseal, match="mooring init"):
        SealingKeys.read(tmp_path / "nowhere")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(UnableToUnseal, match="not a text file"):
        SealingKeys.read(tmp_path / "binary")
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(UnableToUnseal, match="no key"):
        SealingKeys.read(tmp_path / "empty")


@pytest.mark.parametrize("line", ["nocolon", "a:not base64!", "a:c2hvcnQ=", f":{base64.b64encode(NEW).decode()}"])
def test_a_bad_line_of_the_keys_file_is_named_by_number_not_by_content(tmp_path: Path, line: str) -> None:
    path = tmp_path / "keys"
    path.write_text(f"# one\n{line}\n")
    with pytest.raises(UnableToUnseal, match="Line 2") as caught:
        SealingKeys.read(path)
    assert line.partition(":")[2] not in str(caught.value) or not line.partition(":")[2]


def test_passwords_of_two_swapped_rows_do_not_open(db: None) -> None:
    one, other = stored(make_account(), Secret("one")), stored(make_account(), Secret("other"))
    one.password_sealed, other.password_sealed = other.password_sealed, one.password_sealed
    for account in (one, other):
        with pytest.raises(UnableToUnseal):
            open_sealed(account, INCOMING)


def test_a_password_does_not_go_to_a_host_changed_behind_our_back(db: None) -> None:
    account = stored(make_account(), CANARY)
    assert open_sealed(account, INCOMING) == CANARY
    account.host = "imap.attacker.example"
    with pytest.raises(UnableToUnseal):
        open_sealed(account, INCOMING)


def test_an_empty_password_is_not_sealed_and_an_unsaved_account_has_no_place(db: None) -> None:
    assert seal_for(make_account(), INCOMING, Secret("")) == b""
    assert open_sealed(make_account(), INCOMING) == Secret("")
    with pytest.raises(ValueError, match="save the account first"):
        seal_for(MailAccount(host="h"), INCOMING, CANARY)


def test_rotation_seals_anew_and_goes_on_where_it_stopped(db: None, settings: Any, tmp_path: Path) -> None:
    settings.SEALING_KEYS_FILE = keys_file(tmp_path, ("old", OLD))
    accounts = [stored(make_account(), Secret(f"secret {number}")) for number in range(3)]
    settings.SEALING_KEYS_FILE = keys_file(tmp_path, ("new", NEW), ("old", OLD))
    done_before_the_kill = stored(accounts[0], Secret("secret 0"))
    before = bytes(done_before_the_kill.password_sealed)
    assert rotate().resealed_count == 2
    assert rotate().resealed_count == 0
    settings.SEALING_KEYS_FILE = keys_file(tmp_path, ("new", NEW))
    fresh = MailAccount.objects.unscoped("test").order_by("pk")
    assert [open_sealed(account, INCOMING).reveal() for account in fresh] == ["secret 0", "secret 1", "secret 2"]
    assert bytes(fresh[0].password_sealed) == before


def test_rotation_names_accounts_whose_password_is_lost_and_goes_on(db: None, settings: Any, tmp_path: Path) -> None:
    settings.SEALING_KEYS_FILE = keys_file(tmp_path, ("lost", b"l" * 32))
    lost = stored(make_account(), CANARY)
    settings.SEALING_KEYS_FILE = keys_file(tmp_path, ("old", OLD))
    kept = stored(make_account(), CANARY)
    settings.SEALING_KEYS_FILE = keys_file(tmp_path, ("new", NEW), ("old", OLD))
    rotation = rotate()
    assert rotation.resealed_count == 1
    assert [account_id for account_id, _reason in rotation.failed] == [lost.pk]
    kept.refresh_from_db()
    assert open_sealed(kept, INCOMING) == CANARY
