"""The second step of signing in, as rows: switched on and off, recovery codes, and what happens after wrong codes.

Whether a code is right is found out by the desk, which can open the secret; whoever does so holds the row of `locked_step`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import models, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mooring.users.journal import Actor, record
from mooring.users.models import Passkey, RecoveryCode, SecondStep, User
from mooring.users.open_sessions import end_sessions
from mooring.users.permissions import Action, Module, may
from mooring.users.recovery_codes import digests_of, digests_that_fit, in_fives, new_codes, typed_digits

_SALT: Final = "mooring.users.recovery"
"""Of recovery codes from before, which the secret key guards."""
MOST_WRONG: Final = 5
"""Wrong codes in a row after which none is looked at for a while."""
_FIRST_BLOCK: Final = timedelta(minutes=5)
_LONGEST_BLOCK: Final = timedelta(hours=1)


class Means(models.TextChoices):
    """With what the second step was taken."""

    APP_CODE = "app_code", gettext_lazy("Code of the app")
    RECOVERY_CODE = "recovery_code", gettext_lazy("Recovery code")
    PASSKEY = "passkey", gettext_lazy("Passkey")


class UnableToResetSecondStep(Exception):
    """Nothing was changed; the text is fit for the user."""


def has_second_step(user: User) -> bool:
    """Whether the password alone does not let them in."""
    return SecondStep.objects.filter(pk=user.pk).exists()


def with_second_step(users: QuerySet[User]) -> QuerySet[User]:
    """Users with `has_second_step`, in the same query."""
    return users.annotate(has_second_step=Exists(SecondStep.objects.filter(pk=OuterRef("pk"))))


def hold_means(user: User) -> None:
    """Until the transaction ends nobody else adds, takes away or resets what this user signs in with: none of it stands without
    the second step. Waits for nobody who only names the user in a row of theirs.
    """
    User.objects.select_for_update(no_key=True).get(pk=user.pk)


def locked_step(user: User) -> SecondStep | None:
    """The row, which nobody else changes until the transaction ends: of codes tried at once each is counted."""
    return SecondStep.objects.select_for_update().filter(pk=user.pk).first()


def keep_app(*, user: User, sealed: bytes, counter: int, by: Actor, now: datetime) -> list[str]:
    """From now on signing in takes a code as well. Other sessions end. Returns recovery codes where there were none yet."""
    with transaction.atomic():
        hold_means(user)
        step, is_first = SecondStep.objects.get_or_create(user=user, defaults={"since": now})
        SecondStep.objects.filter(pk=step.pk).update(code_sealed=sealed, code_counter=counter)
        note(user, "app_code_on", by=by, now=now)
        end_sessions(user)
        return make_recovery_codes(user=user, by=by, now=now) if is_first else []


def drop_app(*, user: User, by: Actor, now: datetime) -> None:
    """No codes of an app any more; where nothing else was set up, the password alone again."""
    with transaction.atomic():
        hold_means(user)
        if SecondStep.objects.filter(pk=user.pk).exclude(code_sealed=b"").update(code_sealed=b"", code_counter=0):
            note(user, "app_code_off", by=by, now=now)
            end_without_means(user)


def reset_second_step(*, user: User, by: Actor, now: datetime) -> None:
    """For somebody who lost all means: the password alone again, and every session ends. Raises UnableToResetSecondStep."""
    if by.user is not None and not may(by.user, Module.SETUP, Action.CHANGE):
        raise UnableToResetSecondStep(_("Only an administrator may do this."))
    if by.user is not None and by.user.pk == user.pk:
        raise UnableToResetSecondStep(_("You switch off your own at Profile > Signing in, with your password or a code."))
    with transaction.atomic():
        hold_means(user)
        if not SecondStep.objects.filter(pk=user.pk).delete()[0]:
            raise UnableToResetSecondStep(_("%(name)s signs in with the password alone already.") % {"name": user})
        _forget_means(user)
        end_sessions(user)
        note(user, "second_step_reset", by=by, now=now)


def make_recovery_codes(*, user: User, by: Actor, now: datetime) -> list[str]:
    """Ten new ones, shown this once; those from before are worth nothing any more."""
    codes = new_codes()
    digests = digests_of(codes)
    with transaction.atomic():
        hold_means(user)
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=each) for each in digests)
        note(user, "recovery_codes_made", by=by, now=now)
    return [in_fives(code) for code in codes]


def recovery_codes_left(user: User) -> int:
    """How many were not used yet."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def use_recovery_code(user: User, typed: str, *, now: datetime) -> bool:
    """Whether it is one of the user's, which is used up by asking."""
    digits = typed_digits(typed)
    if not digits:
        return False
    unused = RecoveryCode.objects.filter(user=user, used_at=None)
    before = salted_hmac(_SALT, f"{user.pk}:{digits}", algorithm="sha256").hexdigest()
    fitting = digests_that_fit(digits, unused.values_list("digest", flat=True), before=before)
    return unused.filter(digest__in=fitting).update(used_at=now) == 1


def note_right(step: SecondStep, means: Means, *, action: str, by: Actor, now: datetime) -> None:
    """The count of wrong codes begins anew, and the journal says with what the step was taken."""
    SecondStep.objects.filter(pk=step.pk).update(wrong_count=0, blocked_until=None)
    facts: dict[str, Any] = {"means": means.value}
    if means is Means.RECOVERY_CODE:
        facts["left"] = recovery_codes_left(step.user)
    note(step.user, action, by=by, now=now, facts=facts)


def note_wrong(step: SecondStep, *, by: Actor, now: datetime) -> bool:
    """One more wrong code. Returns whether this was one too many: then none is looked at for five minutes, next time for ten,
    up to an hour.
    """
    count = step.wrong_count + 1
    is_too_many = count % MOST_WRONG == 0
    blocked_until = now + block_after(count) if is_too_many else None
    SecondStep.objects.filter(pk=step.pk).update(wrong_count=count, blocked_until=blocked_until)
    note(step.user, "second_step_failed", by=by, now=now, facts={"wrong_in_a_row": count})
    return is_too_many


def block_after(wrong_count: int) -> timedelta:
    """For how long none is looked at after so many wrong ones in a row."""
    rounds = min(wrong_count // MOST_WRONG - 1, 10)
    return min(_FIRST_BLOCK * (1 << rounds), _LONGEST_BLOCK)


def is_blocked(step: SecondStep, *, now: datetime) -> bool:
    """Whether typed codes are not looked at now."""
    return step.blocked_until is not None and now < step.blocked_until


def end_without_means(user: User) -> None:
    """The row stands as long as there is something to ask for beside recovery codes."""
    passkeys = Passkey.objects.filter(user=OuterRef("pk"))
    if SecondStep.objects.filter(~Exists(passkeys), pk=user.pk, code_sealed=b"").delete()[0]:
        _forget_means(user)


def note(user: User, action: str, *, by: Actor, now: datetime, facts: Mapping[str, Any] | None = None) -> None:
    """A line of the journal about the user's signing in."""
    record(by=by, action=action, kind="user", record_id=user.pk, name=str(user), changes=facts or {}, now=now)


def _forget_means(user: User) -> None:
    Passkey.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
