"""Permissions of sign-in providers: renewed in time and by one alone, sealed, given away by who signed in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection

import making
from letters.making_letters import make_account
from letters.making_sign_ins import make_grant, make_provider, tokens
from mooring.letters import grants
from mooring.letters.credentials import UnableToUnseal
from mooring.letters.grants import (
    EARLY,
    RENEWAL,
    GrantTokens,
    UnableToKeepGrant,
    forget_grant,
    forget_unused,
    give_grant,
    grant_of,
)
from mooring.letters.models import Grant, MailAccount
from mooring.letters.token_sealing import open_secret
from mooring.mail.errors import NoAnswer, ServerBusy, SignInAgain
from mooring.mail.oauth import Tokens
from mooring.mail.sign_in_providers import Registration
from mooring.mail.types import Secret
from mooring.users.journal import Actor, entries_about
from mooring.users.models import User

pytestmark = pytest.mark.django_db
SOON = making.NOW + timedelta(minutes=1)
LATER = making.NOW + timedelta(hours=1)


class Provider:
    """What is asked when tokens are renewed."""

    def __init__(self, answer: Tokens | Exception) -> None:
        self.answer = answer
        self.asked: list[tuple[str, str, tuple[str, ...]]] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def __call__(self, registration: Registration, refresh: Secret, scopes: tuple[str, ...]) -> Tokens:
        self.asked.append((registration.client_secret.reveal(), refresh.reveal(), scopes))
        self.meanwhile()
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def account(bob: User) -> MailAccount:
    return make_account(bob)


def kept(account: MailAccount, granted: Tokens) -> Grant:
    return make_grant(account, make_provider(), granted)


def source(grant: Grant, provider: Provider) -> GrantTokens:
    return GrantTokens(grant, renew=provider, clock=lambda: making.NOW)


NEW = tokens("new-access", "new-refresh", expires_at=LATER)


# -- renewing ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("expires_at", [LATER, None, making.NOW + EARLY + timedelta(seconds=1)])
def test_a_token_that_is_good_for_a_while_is_used_as_it_is(account: MailAccount, expires_at: object) -> None:
    provider = Provider(NEW)
    grant = kept(account, tokens("old", expires_at=expires_at))  # type: ignore[arg-type]
    assert source(grant, provider).current() == Secret("old")
    assert provider.asked == []


def test_a_token_that_ends_soon_is_renewed_before_it_is_used(account: MailAccount) -> None:
    provider = Provider(NEW)
    grant = kept(account, tokens("old", "old-refresh", expires_at=SOON))
    assert source(grant, provider).current() == Secret("new-access")
    assert provider.asked == [("canary-client-secret", "old-refresh", ("openid", "email", "mail"))]
    grant.refresh_from_db()
    assert (grant.version, grant.expires_at, grant.renewing_until) == (2, LATER, None)
    assert open_secret(grant, "refresh_sealed") == Secret("new-refresh")
    assert source(grant, provider).current() == Secret("new-access")
    assert len(provider.asked) == 1


def test_a_refresh_token_stays_where_the_provider_gave_no_other(account: MailAccount) -> None:
    grant = kept(account, tokens("old", "old-refresh", expires_at=SOON))
    source(grant, Provider(tokens("new", "", expires_at=LATER))).current()
    grant.refresh_from_db()
    assert open_secret(grant, "refresh_sealed") == Secret("old-refresh")


def test_a_refused_token_is_renewed_once_for_all_who_were_refused(account: MailAccount) -> None:
    provider = Provider(NEW)
    grant = kept(account, tokens("old", expires_at=LATER))
    assert source(grant, provider).renewed(Secret("old")) == Secret("new-access")
    assert source(grant, provider).renewed(Secret("old")) == Secret("new-access")
    assert len(provider.asked) == 1


def test_who_comes_while_another_renews_waits_for_what_that_one_brings(account: MailAccount) -> None:
    grant = kept(account, tokens("old", expires_at=SOON))
    second = Provider(NEW)
    Grant.objects.filter(pk=grant.pk).update(renewing_until=making.NOW + RENEWAL)
    waiting = source(grant, second)
    looks = []

    def look_and_finish(_seconds: float) -> None:
        looks.append(1)
        if len(looks) == 2:
            grants._store(grant, NEW, now=making.NOW)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Event, "wait", lambda _event, seconds: look_and_finish(seconds))
        assert waiting.current() == Secret("new-access")
    assert second.asked == []


def test_who_died_while_renewing_is_replaced(account: MailAccount) -> None:
    grant = kept(account, tokens("old", expires_at=SOON))
    Grant.objects.filter(pk=grant.pk).update(renewing_until=making.NOW)
    assert source(grant, Provider(NEW)).current() == Secret("new-access")


def test_nobody_waits_for_ever(account: MailAccount, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grants, "_WAIT_SECONDS", -1)
    grant = kept(account, tokens("old", expires_at=SOON))
    Grant.objects.filter(pk=grant.pk).update(renewing_until=making.NOW + RENEWAL)
    with pytest.raises(ServerBusy):
        source(grant, Provider(NEW)).current()


def test_a_network_in_trouble_costs_nothing_but_time(account: MailAccount) -> None:
    grant = kept(account, tokens("old", expires_at=SOON))
    with pytest.raises(NoAnswer):
        source(grant, Provider(NoAnswer(host="id.example"))).current()
    grant.refresh_from_db()
    assert (grant.renewing_until, grant.gone_at, grant.version) == (None, None, 1)
    assert source(grant, Provider(NEW)).current() == Secret("new-access")


def test_who_was_asleep_does_not_write_over_newer_tokens(account: MailAccount) -> None:
    grant = kept(account, tokens("old", expires_at=SOON))
    provider = Provider(NEW)
    provider.meanwhile = lambda: grants._store(grant, tokens("newest", "newest-refresh", expires_at=LATER), now=making.NOW)
    assert source(grant, provider).current() == Secret("newest")
    grant.refresh_from_db()
    assert open_secret(grant, "refresh_sealed") == Secret("newest-refresh")


# -- gone ----------------------------------------------------------------------------------------------------------------


def test_a_permission_taken_back_is_noted_once_and_asked_for_no_more(account: MailAccount) -> None:
    grant = kept(account, tokens("old", expires_at=SOON))
    provider = Provider(SignInAgain(provider="Lighthouse"))
    for _ in range(3):
        with pytest.raises(SignInAgain) as caught:
            source(grant, provider).current()
        assert caught.value.details == {"provider": "Lighthouse"}
    assert len(provider.asked) == 1
    lost = [entry for entry in entries_about(kind="account", record_id=account.pk) if entry.action == "grant_lost"]
    assert len(lost) == 1


def test_without_a_refresh_token_the_end_of_the_token_is_the_end(account: MailAccount) -> None:
    provider = Provider(NEW)
    grant = kept(account, tokens("old", "", expires_at=SOON))
    with pytest.raises(SignInAgain):
        source(grant, provider).current()
    assert provider.asked == []


def test_a_late_refusal_does_not_undo_newer_tokens(account: MailAccount) -> None:
    grant = kept(account, tokens("old", expires_at=SOON))
    provider = Provider(SignInAgain(provider="Lighthouse"))
    provider.meanwhile = lambda: grants._store(grant, NEW, now=making.NOW)
    with pytest.raises(SignInAgain):
        source(grant, provider).current()
    assert source(grant, provider).current() == Secret("new-access")


def test_a_permission_of_no_account_is_lost_in_silence(bob: User) -> None:
    grant = make_grant(None, make_provider(), tokens("old", expires_at=SOON), user=bob)
    with pytest.raises(SignInAgain):
        source(grant, Provider(SignInAgain(provider="x"))).current()
    grant.refresh_from_db()
    assert grant.gone_at == making.NOW


def test_a_grant_that_was_removed_is_gone(account: MailAccount) -> None:
    grant = kept(account, tokens("old", expires_at=LATER))
    waiting = source(grant, Provider(NEW))
    forget_grant(account=account)
    with pytest.raises(SignInAgain):
        waiting.current()
    assert grant_of(account) is None


# -- given to an account -------------------------------------------------------------------------------------------------


def test_an_account_has_the_last_permission_given_to_it(account: MailAccount, bob: User) -> None:
    provider = make_provider()
    make_grant(account, provider, tokens("first"))
    second = make_grant(account, provider, tokens("second"))
    assert grant_of(account) == second
    assert Grant.objects.count() == 1
    assert entries_about(kind="account", record_id=account.pk)[0].changes == {"provider": "Lighthouse", "identity": ""}


def test_only_who_signed_in_gives_a_permission_and_gives_it_once(account: MailAccount, bob: User, alice: User) -> None:
    grant = make_grant(None, make_provider(), tokens(), user=bob)
    for by in (Actor(alice, "desk"), making.BY_COMMAND):
        with pytest.raises(UnableToKeepGrant):
            give_grant(account=account, grant=grant, by=by, now=making.NOW)
    give_grant(account=account, grant=grant, by=Actor(bob, "desk"), now=making.NOW)
    with pytest.raises(UnableToKeepGrant):
        give_grant(account=make_account(bob), grant=grant, by=Actor(bob, "desk"), now=making.NOW)


def test_a_permission_that_nobody_used_is_forgotten_after_a_day(account: MailAccount, bob: User) -> None:
    provider = make_provider()
    used = make_grant(account, provider, tokens())
    unused = make_grant(None, provider, tokens(), user=bob)
    assert forget_unused(now=making.NOW + timedelta(hours=23)) == 0
    assert forget_unused(now=making.NOW + timedelta(hours=25)) == 1
    assert list(Grant.objects.all()) == [used]
    assert unused != used


# -- at rest -------------------------------------------------------------------------------------------------------------


def test_nothing_secret_lies_in_the_clear(account: MailAccount) -> None:
    kept(account, tokens("canary-access", "canary-refresh"))
    found = []
    with connection.cursor() as cursor:
        for table in ("letters_grant", "letters_signinprovider", "users_journalentry"):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - names of our own tables
            found += [table for row in cursor.fetchall() if any(b"canary" in _bytes(value) for value in row)]
    assert found == []


def _bytes(value: object) -> bytes:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else str(value).encode()


def test_tokens_of_two_swapped_rows_or_fields_do_not_open(bob: User) -> None:
    provider = make_provider()
    one, other = (make_grant(make_account(bob), provider, tokens(name, name)) for name in ("one", "other"))
    one.access_sealed, other.refresh_sealed = other.access_sealed, other.access_sealed
    for grant, field in ((one, "access_sealed"), (other, "refresh_sealed")):
        with pytest.raises(UnableToUnseal):
            open_secret(grant, field)
