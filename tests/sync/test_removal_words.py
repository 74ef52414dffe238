"""What the pages say about letters that are to leave the server: how many, why not, and that a mailbox only grows."""

from __future__ import annotations

from typing import Any

import pytest

import making
from mooring.letters.models import MailAccount
from mooring.letters.models.account import Protocol
from mooring.mail.egress import EgressPolicy
from mooring.sync.check import test_account as tried_account
from mooring.sync.health import AccountHealth, health_of_account
from mooring.sync.models import AccountState, FolderState, Item, ItemState, Removal, RemovalReason
from mooring.users.models import User
from servers.scripted import LOOPBACK
from servers.scripted_pop3 import ScriptedPop3
from sync.mailboxes import WHY, account_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(owner: User) -> Any:
    with ScriptedPop3().start().stopping() as fake:
        made = account_of(owner, fake.server(), LOOPBACK)
        AccountState.objects.create(account=made, next_visit_at=making.NOW, last_visit_at=making.NOW)
        yield made


def health(account: MailAccount) -> AccountHealth:
    return health_of_account(MailAccount.objects.unscoped(WHY).get(pk=account.pk), now=making.NOW)


def removal(account: MailAccount, **fields: Any) -> None:
    folder = account.folders.get()
    item = Item.objects.create(
        folder=folder, epoch="uidl.x", server_id=f"u:{Item.objects.count()}", rank=1, state=ItemState.FILED
    )
    facts = {"reason": RemovalReason.DAYS, "due_at": making.NOW, "next_try_at": making.NOW, **fields}
    Removal.objects.create(item=item, account=account, **facts)


def test_nothing_is_said_where_nothing_is_to_go(account: MailAccount) -> None:
    assert health(account).remarks == ()


def test_letters_that_are_to_go_are_counted(account: MailAccount) -> None:
    removal(account)
    removal(account, done_at=making.NOW)

    assert health(account).remarks == ("1 letter is to be removed from the server.",)
    assert health(account).light == "good"
    removal(account)
    assert health(account).remarks == ("2 letters are to be removed from the server.",)


def test_letters_that_do_not_go_are_explained(account: MailAccount) -> None:
    removal(account)
    removal(account, attempts=1, error_code="not_removed")
    assert "keeps letters that it was asked to remove" in health(account).remarks[1]
    assert health(account).light == "good"
    removal(account, attempts=3, error_code="not_removed")

    assert health(account).light == "warn"
    assert health(account).summary == "Everything is archived, but some letters could not be removed from the server."


@pytest.mark.parametrize(
    ("options", "count", "is_said"),
    [
        ({}, 10_001, True),
        ({}, 10_000, False),
        ({"removes_after_days": 14}, 10_001, False),
        ({"removes_when_deleted": True}, 10_001, False),
        ({"leaves_copy": False}, 10_001, False),
        ({"protocol": Protocol.IMAP}, 10_001, False),
    ],
)
def test_a_mailbox_that_only_grows_is_pointed_out(
    account: MailAccount, options: dict[str, Any], count: int, is_said: bool
) -> None:
    MailAccount.objects.unscoped(WHY).filter(pk=account.pk).update(**options)
    FolderState.objects.create(folder=account.folders.get(), server_count=count)

    assert any("nothing removes any" in remark for remark in health(account).remarks) is is_said


@pytest.mark.parametrize(("answers", "is_said"), [({"UIDL": b"-ERR what\r\n"}, True), ({"CAPA": b"-ERR what\r\n"}, False)])
def test_a_test_of_the_connection_points_out_that_letters_have_no_ids(answers: dict[str, bytes], is_said: bool) -> None:
    with ScriptedPop3(capabilities=("TOP",), answers=dict(answers)).start().stopping() as fake:
        fake.letters = []
        result = tried_account(fake.server(), EgressPolicy.opening(["127.0.0.0/8", "::1/128"]))

    assert result.is_ok
    step = next(step for step in result.steps if step.code == "log_in")
    assert ("lasting ids" in step.detail) is is_said
