"""The second step as rows: reset from the command line, and taken away with the last means."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.utils.crypto import salted_hmac
from pytest_django.fixtures import Settings

import making
from mooring.users.models import JournalEntry, RecoveryCode, SecondStep, User
from mooring.users.passkeys import UnableToKeepPasskey, keep_passkey, passkeys_of, remove_passkey, rename_passkey
from mooring.users.second_steps import (
    MOST_WRONG,
    UnableToResetSecondStep,
    drop_app,
    is_blocked,
    keep_app,
    note_wrong,
    recovery_codes_left,
    reset_second_step,
    use_recovery_code,
)
from mooring.users.staff import set_password


def with_passkey(user: User, credential_id: str = "key") -> list[str]:
    data = {"name": "  Key   ring ", "credential_id": credential_id, "credential": b"x", "sign_count": 0}
    return keep_passkey(user=user, by=making.BY_COMMAND, now=making.NOW, **data)  # type: ignore[arg-type]  # as above


def test_the_command_line_resets_even_the_last_administrator(alice: User) -> None:
    codes = keep_app(user=alice, sealed=b"sealed", counter=0, by=making.BY_COMMAND, now=making.NOW)
    with_passkey(alice)
    before = alice.session_epoch
    reset_second_step(user=alice, by=making.BY_COMMAND, now=making.NOW)
    assert not SecondStep.objects.exists()
    assert not passkeys_of(alice).exists()
    assert not use_recovery_code(alice, codes[0], now=making.NOW)
    assert alice.session_epoch == before + 1
    assert JournalEntry.objects.get(action="second_step_reset").source == "command"
    with pytest.raises(UnableToResetSecondStep):
        reset_second_step(user=alice, by=making.BY_COMMAND, now=making.NOW)


def test_recovery_codes_of_one_person_open_nothing_for_another(alice: User, bob: User) -> None:
    codes = with_passkey(alice)
    with_passkey(bob, "another")
    assert not use_recovery_code(bob, codes[0], now=making.NOW)
    assert (recovery_codes_left(alice), recovery_codes_left(bob)) == (10, 10)


def test_a_passkey_has_a_name_and_belongs_to_one_person(alice: User, bob: User) -> None:
    with_passkey(alice)
    passkey = passkeys_of(alice).get()
    assert passkey.name == "Key ring"
    with pytest.raises(UnableToKeepPasskey):
        with_passkey(bob)
    assert not SecondStep.objects.filter(pk=bob.pk).exists()
    for name in ("", "Key ring", "Desk drawer"):
        rename_passkey(passkey=passkey, name=name, by=making.BY_COMMAND, now=making.NOW)
    assert passkeys_of(alice).get().name == "Desk drawer"
    assert JournalEntry.objects.filter(action="passkey_renamed").count() == 1


def test_with_the_last_passkey_the_step_and_its_recovery_codes_go(bob: User) -> None:
    with_passkey(bob)
    assert with_passkey(bob, "another") == []
    for passkey in passkeys_of(bob):
        assert SecondStep.objects.filter(pk=bob.pk).exists()
        remove_passkey(passkey=passkey, by=making.BY_COMMAND, now=making.NOW)
    assert not SecondStep.objects.exists()
    assert not RecoveryCode.objects.exists()


def test_twenty_passkeys_are_enough(bob: User) -> None:
    for number in range(20):
        with_passkey(bob, str(number))
    with pytest.raises(UnableToKeepPasskey):
        with_passkey(bob, "one more")


def test_recovery_codes_open_the_door_under_another_secret_key(bob: User, settings: Settings) -> None:
    codes = with_passkey(bob)
    settings.SECRET_KEY = "z" * 60
    assert use_recovery_code(bob, codes[0], now=making.NOW)
    assert not use_recovery_code(bob, codes[0], now=making.NOW)
    assert recovery_codes_left(bob) == 9


def test_a_recovery_code_from_before_goes_on_working_under_the_same_secret_key(bob: User) -> None:
    with_passkey(bob)
    digest = salted_hmac("mooring.users.recovery", f"{bob.pk}:0123456789", algorithm="sha256").hexdigest()
    RecoveryCode.objects.create(user=bob, digest=digest)
    assert [use_recovery_code(bob, "01234 56789", now=making.NOW) for _each in range(2)] == [True, False]
    assert recovery_codes_left(bob) == 10


def test_recovery_codes_are_kept_as_slow_digests_with_a_salt_of_their_own(alice: User, bob: User) -> None:
    for user in (alice, bob):
        with_passkey(user, user.name)
    digests = list(RecoveryCode.objects.values_list("digest", flat=True))
    assert {len(each) for each in digests} == {64}
    assert len({each.rsplit("$", 1)[0] for each in digests}) == 2


def test_with_a_new_password_codes_are_looked_at_again(bob: User) -> None:
    keep_app(user=bob, sealed=b"sealed", counter=0, by=making.BY_COMMAND, now=making.NOW)
    for _each in range(MOST_WRONG):
        note_wrong(SecondStep.objects.get(), by=making.BY_COMMAND, now=making.NOW)
    assert is_blocked(SecondStep.objects.get(), now=making.NOW)
    set_password(user=bob, password="seven unlikely lighthouses", by=making.BY_COMMAND, now=making.NOW)
    step = SecondStep.objects.get()
    assert (is_blocked(step, now=making.NOW), step.wrong_count) == (False, MOST_WRONG)


def in_the_middle_of(deed: Callable[[], object], other: Callable[[], object]) -> None:
    """Do the other deed while the first one is done and not yet committed; neither waits for the other for ever."""
    done, is_over = threading.Event(), threading.Event()

    def first() -> None:
        with transaction.atomic():
            deed()
            done.set()
            is_over.wait(1)
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert done.wait(10)
    other()
    is_over.set()
    thread.join()


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_a_passkey_added_while_the_app_is_switched_off_never_stands_without_the_step() -> None:
    bob = making.make_user("bob")
    keep_app(user=bob, sealed=b"sealed", counter=0, by=making.BY_COMMAND, now=making.NOW)
    in_the_middle_of(lambda: with_passkey(bob), lambda: drop_app(user=bob, by=making.BY_COMMAND, now=making.NOW))
    assert passkeys_of(bob).exists()
    assert SecondStep.objects.filter(user=bob).exists()


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_a_reset_while_a_passkey_is_added_takes_that_one_too() -> None:
    bob = making.make_user("bob")
    keep_app(user=bob, sealed=b"sealed", counter=0, by=making.BY_COMMAND, now=making.NOW)
    in_the_middle_of(lambda: with_passkey(bob), lambda: reset_second_step(user=bob, by=making.BY_COMMAND, now=making.NOW))
    assert not passkeys_of(bob).exists()
    assert not SecondStep.objects.filter(user=bob).exists()
