"""Mail accounts: one default each, passwords that never leak, and folders that are read or not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from letters.making_letters import make_account, make_letter
from making import BY_COMMAND, actor
from mooring.letters.accounts import (
    AccountData,
    UnableToSaveAccount,
    add_account,
    change_account,
    is_proven,
    proof_of,
    remove_account,
    server_described_by,
    server_of,
    set_default,
)
from mooring.letters.folders import FolderChoice, choose_folders, default_choices, note_listed
from mooring.letters.models import DefaultAccount, Folder, Letter, MailAccount
from mooring.letters.options import (
    EXTRA_PUBLIC_DOMAINS,
    OPTIONS,
    OWN_DOMAINS,
    REMOVED_PUBLIC_DOMAINS,
    scope_of_account,
    scope_of_everything,
)
from mooring.mail import types as wire
from mooring.mail.types import Secret
from mooring.options.values import change, read_all
from mooring.users.journal import entries_about
from mooring.users.models import JournalEntry, User

DATA = AccountData(your_name="Bob", address="bob@us.example", host="imap.us.example")
CANARY = Secret("canary-pass-77")


def add(owner: User, now: datetime, **data: Any) -> MailAccount:
    return add_account(owner=owner, data=replace(DATA, **data), password=CANARY, by=actor(owner), now=now)


def defaults(owner: User) -> list[str]:
    return [choice.account.address for choice in DefaultAccount.objects.filter(user=owner)]


def test_the_first_account_is_the_default_and_the_next_is_not(bob: User, now: datetime) -> None:
    add(bob, now)
    add(bob, now, address="second@us.example")
    assert defaults(bob) == ["bob@us.example"]


def test_another_account_can_be_made_the_default(bob: User, now: datetime) -> None:
    add(bob, now)
    second = add(bob, now, address="second@us.example")
    for _ in range(2):
        set_default(account=second, user=bob, by=actor(bob), now=now)
    assert defaults(bob) == ["second@us.example"]
    actions = [entry.changes for entry in entries_about(kind="account", record_id=second.pk)]
    assert actions.count({"user": str(bob), "default": ["bob@us.example", "second@us.example"]}) == 1


def test_removing_forgets_the_password_keeps_the_letters_and_hands_the_default_on(bob: User, now: datetime) -> None:
    first, second = add(bob, now), add(bob, now, address="second@us.example")
    letter = make_letter(first)
    removed = remove_account(account=first, by=actor(bob), now=now)
    assert (bytes(removed.password_sealed), removed.is_scanned, removed.removed_at) == (b"", False, now)
    assert defaults(bob) == [second.address]
    assert Letter.objects.unscoped("test").get() == letter
    with pytest.raises(UnableToSaveAccount, match="was removed"):
        set_default(account=first, user=bob, by=actor(bob), now=now)
    remove_account(account=second, by=actor(bob), now=now)
    assert defaults(bob) == []
    assert defaults(add(bob, now, address="third@us.example").owner) == ["third@us.example"]


def test_removing_an_account_that_is_not_the_default_leaves_the_default(bob: User, now: datetime) -> None:
    add(bob, now)
    remove_account(account=add(bob, now, address="second@us.example"), by=actor(bob), now=now)
    assert defaults(bob) == ["bob@us.example"]


def test_no_secret_reaches_the_journal(bob: User, now: datetime) -> None:
    account = add(bob, now)
    change_account(account=account, data=DATA, password=Secret("canary-pass-78"), by=actor(bob), now=now)
    remove_account(account=account, by=actor(bob), now=now)
    lines = [entry.changes for entry in JournalEntry.objects.filter(record_kind="account").order_by("id")]
    assert len(lines) == 3
    assert "canary" not in repr(lines)
    assert lines[1] == {"password_was_entered": True}


def test_the_server_is_reached_with_the_opened_password_and_the_address_as_user_name(bob: User, now: datetime) -> None:
    server = server_of(add(bob, now, timeout_seconds=30))
    assert server == server_described_by(replace(DATA, timeout_seconds=30), password=CANARY)
    assert (server.user_name, server.password, server.timeout) == ("bob@us.example", CANARY, timedelta(seconds=30))
    assert server_of(add(bob, now, address="b@us.example", user_name="bob1")).user_name == "bob1"


def test_settings_change_without_the_password_while_the_server_stays(bob: User, now: datetime) -> None:
    account = add(bob, now)
    changed = change_account(
        account=account, data=replace(DATA, organization="Us", host="IMAP.us.example"), by=actor(bob), now=now
    )
    assert server_of(changed).password == CANARY
    (entry, _added) = entries_about(kind="account", record_id=account.pk)
    assert entry.changes == {"organization": ["", "Us"], "host": ["imap.us.example", "IMAP.us.example"]}
    change_account(account=changed, data=AccountData.of(changed), by=actor(bob), now=now)
    assert len(entries_about(kind="account", record_id=account.pk)) == 2


@pytest.mark.parametrize(
    "elsewhere",
    [{"host": "imap.attacker.example"}, {"encryption": "none"}, {"protocol": "pop3"}],
    ids=["host", "in the clear", "protocol"],
)
def test_a_stored_password_never_follows_to_another_server(bob: User, now: datetime, elsewhere: dict[str, Any]) -> None:
    account = add(bob, now)
    with pytest.raises(UnableToSaveAccount) as caught:
        change_account(account=account, data=replace(DATA, **elsewhere), by=actor(bob), now=now)
    assert set(caught.value.problems) == {"password"}
    changed = change_account(account=account, data=replace(DATA, **elsewhere), password=Secret("new"), by=actor(bob), now=now)
    assert server_of(changed).password == Secret("new")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("your_name", " "),
        ("address", "nobody"),
        ("reply_address", "nobody"),
        ("host", ""),
        ("port", 0),
        ("port", 65_536),
        ("timeout_seconds", 1),
    ],
)
def test_what_cannot_be_saved_is_said_at_its_field(bob: User, now: datetime, field: str, value: Any) -> None:
    with pytest.raises(UnableToSaveAccount) as caught:
        add(bob, now, **{field: value})
    assert set(caught.value.problems) == {field}


def test_mail_files_need_a_folder(bob: User, now: datetime) -> None:
    with pytest.raises(UnableToSaveAccount) as caught:
        add(bob, now, protocol="files", host="")
    assert set(caught.value.problems) == {"path"}


def test_a_proof_is_of_exactly_the_tested_settings(now: datetime) -> None:
    server = server_described_by(DATA, password=CANARY)
    proof = proof_of(server, now=now)
    assert is_proven(server, proof, now=now + timedelta(minutes=59))
    assert "canary" not in proof
    changes: list[dict[str, Any]] = [
        {"protocol": "files"},
        {"host": "imap.other.example"},
        {"port": 143},
        {"encryption": wire.Encryption.NONE},
        {"user_name": "other"},
        {"password": Secret("other")},
        {"timeout": timedelta(seconds=61)},
        {"plain_login_allowed": True},
        {"path": "/x"},
    ]
    for other in changes:
        assert not is_proven(replace(server, **other), proof, now=now), other


def test_a_proof_ends_after_an_hour_and_cannot_be_made_up(now: datetime) -> None:
    server = server_described_by(DATA, password=CANARY)
    proof = proof_of(server, now=now)
    assert not is_proven(server, proof, now=now + timedelta(hours=1, seconds=1))
    assert not is_proven(server, proof, now=now - timedelta(minutes=5))
    stamp, _dot, digest = proof.partition(".")
    later = f"{int(stamp) + 60}.{digest}"
    for forged in ("", "x", later, f"{'9' * 30}.{digest}", f"²{proof}", proof[:-1]):
        assert not is_proven(server, forged, now=now + timedelta(minutes=1))


def listed(path: str, special_use: str = "", *, selectable: bool = True) -> wire.Folder:
    return wire.Folder(path, path, "/", special_use, selectable)


FOLDERS = [
    listed("INBOX", "inbox"),
    listed("Sent", "sent"),
    listed("Archive", "archive"),
    listed("Work"),
    listed("Junk", "junk"),
    listed("Trash", "trash"),
    listed("Drafts", "drafts"),
    listed("All", "all"),
    listed("Shared", selectable=False),
]


def test_spam_bin_drafts_and_collections_are_not_read_unasked() -> None:
    assert [each.folder.path for each in default_choices(FOLDERS) if each.is_synced] == ["INBOX", "Sent", "Archive", "Work"]


def test_of_a_gmail_account_only_the_folder_with_every_letter_is_read() -> None:
    folders = [listed("INBOX", "inbox"), listed("Label"), listed("[Gmail]/All Mail", "all"), listed("[Gmail]/Spam", "junk")]
    assert [each.folder.path for each in default_choices(folders) if each.is_synced] == ["[Gmail]/All Mail"]


def test_chosen_folders_are_kept_and_changes_are_journalled(bob: User, now: datetime) -> None:
    account = add_account(owner=bob, data=DATA, password=CANARY, folders=default_choices(FOLDERS), by=actor(bob), now=now)
    assert account.folders.count() == len(FOLDERS)
    choices = [FolderChoice(listed("Work"), False), FolderChoice(listed("Junk", "junk"), True)]
    change_account(account=account, data=DATA, folders=choices, by=actor(bob), now=now)
    entry = entries_about(kind="account", record_id=account.pk)[0]
    assert entry.changes == {"folder Work": [True, False], "folder Junk": [False, True]}
    assert set(synced(account)) == {"INBOX", "Sent", "Archive", "Junk"}


def synced(account: MailAccount) -> list[str]:
    return list(account.folders.filter(is_synced=True).values_list("path", flat=True))


def test_folders_are_chosen_by_id_and_never_one_that_cannot_be_opened(bob: User, now: datetime) -> None:
    account = add_account(owner=bob, data=DATA, password=CANARY, folders=default_choices(FOLDERS), by=actor(bob), now=now)
    wanted = Folder.objects.filter(account=account, path__in=("INBOX", "Shared", "All"))
    changes = choose_folders(account=account, folder_ids=[row.pk for row in wanted])
    assert synced(account) == ["All", "INBOX"]
    assert set(changes) == {"folder Sent", "folder Archive", "folder Work", "folder All"}


def test_what_the_server_lists_is_noted_and_what_it_no_longer_lists_is_missing(bob: User, now: datetime) -> None:
    account = make_account(bob)
    note_listed(account=account, listed=FOLDERS, now=now)
    assert set(synced(account)) == {"INBOX", "Sent", "Archive", "Work"}
    choose_folders(account=account, folder_ids=[account.folders.get(path="Work").pk])
    later = now + timedelta(days=1)
    rows = note_listed(account=account, listed=[listed("Work"), listed("New"), listed("Bin", "trash")], now=later)
    assert {row.path for row in rows if row.missing_since is None} == {"Work", "New", "Bin"}
    assert {row.missing_since for row in rows if row.path == "INBOX"} == {later}
    assert set(synced(account)) == {"Work", "New"}
    note_listed(account=account, listed=FOLDERS, now=later + timedelta(days=1))
    assert account.folders.get(path="INBOX").missing_since is None


def test_a_new_label_of_a_gmail_account_is_not_read_twice(bob: User, now: datetime) -> None:
    account = make_account(bob)
    Folder.objects.create(account=account, path="[Gmail]/All", wire_name="[Gmail]/All", special_use="all", is_synced=True)
    note_listed(account=account, listed=[listed("[Gmail]/All", "all"), listed("New label")], now=now)
    assert synced(account) == ["[Gmail]/All"]


def test_the_scope_of_matching_comes_from_ticks_options_and_all_our_addresses(alice: User, bob: User, now: datetime) -> None:
    account = make_account(bob, address="Bob@us.example", syncs_leads=False)
    make_account(alice, address="alice@us.example", reply_address="desk@us.example")
    make_account(alice, address="sales@us.example", user_name="Alice.Sales@login.example")
    make_account(alice, address="post@us.example", user_name="alice")
    make_account(alice, address="gone@us.example", removed_at=now)
    change(OWN_DOMAINS, ("Own.example", "@second.example", "not a domain".replace(" ", "!")), by=BY_COMMAND, now=now)
    change(EXTRA_PUBLIC_DOMAINS, ("local-isp.example",), by=BY_COMMAND, now=now)
    change(REMOVED_PUBLIC_DOMAINS, ("gmail.com",), by=BY_COMMAND, now=now)
    scope = scope_of_account(account, values=read_all())
    assert (scope.syncs_customers, scope.syncs_leads) == (True, False)
    addresses = {f"{name}@us.example" for name in ("bob", "alice", "desk", "sales", "post")}
    assert scope.own_keys == addresses | {"alice.sales@login.example"}
    assert scope.own_domains == {"own.example", "second.example"}
    assert [scope.is_public(host) for host in ("local-isp.example", "gmail.com", "yahoo.com", "us.example")] == [
        True,
        False,
        True,
        False,
    ]
    assert scope_of_everything(values=read_all()).syncs_leads


def test_every_option_can_be_shown_and_explained(db: None) -> None:
    assert all(str(option.label) and str(option.help) for option in OPTIONS)
    assert len({option.name for option in OPTIONS}) == len(OPTIONS)
