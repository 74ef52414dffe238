"""Adding, changing and deactivating members of staff.

The last active administrator can neither be deactivated nor given another role, so that an installation always has
somebody who may set it up. Nobody is ever deleted: the journal keeps naming people.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import available_timezones

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from mooring.users.journal import Actor, changes_between, record
from mooring.users.models import Language, Role, SecondStep, Theme, User
from mooring.users.open_sessions import end_sessions, forget_sessions
from mooring.users.permissions import Action, Module, may

PREFERENCES: Final = ("language", "time_zone", "theme")
_ENDS_SESSIONS: Final = frozenset({"email", "role", "is_active"})
"""Whoever changes these ends every session of the person, so that none comes back with them."""


class UnableToChangeUser(Exception):
    """The member of staff was not added or changed. `problems`: field -> text fit for the user; "" is the whole form."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


def add_user(
    *,
    email: str,
    name: str,
    role: str,
    password: str,
    by: Actor,
    now: datetime,
    language: str = Language.ENGLISH,
    time_zone: str = "UTC",
) -> User:
    """Raises UnableToChangeUser: address or role no good, address in use, password too weak, no right to do so."""
    _demand_administrator(by)
    email = email.strip()
    user = User(email=email, name=" ".join(name.split()), role=role, language=language, time_zone=time_zone, created_at=now)
    with transaction.atomic():
        _demand_sound(user, password=password)
        user.set_password(password)
        user.save(force_insert=True)
        facts = {"email": email, "role": role}
        record(by=by, action="added", kind="user", record_id=user.pk, name=str(user), changes=facts, now=now)
    return user


def change_user(
    *, user: User, by: Actor, now: datetime, email: str | None = None, name: str | None = None, role: str | None = None
) -> User:
    """What administrators may change of anybody. What is None stays; another address or role ends the person's sessions, and
    whoever has a session that shall go on gives it the new hash. Raises UnableToChangeUser.
    """
    _demand_administrator(by)
    wanted = {
        "email": None if email is None else email.strip(),
        "name": None if name is None else " ".join(name.split()),
        "role": role,
    }
    return _change(user.pk, wanted, by=by, now=now)


def change_preferences(
    *,
    user: User,
    by: Actor,
    now: datetime,
    name: str | None = None,
    language: str | None = None,
    time_zone: str | None = None,
    theme: str | None = None,
) -> User:
    """What people may change of themselves, or an administrator of them. What is None stays. Raises UnableToChangeUser."""
    if by.user is None or by.user.pk != user.pk:
        _demand_administrator(by)
    wanted = {
        "name": None if name is None else " ".join(name.split()),
        "language": language,
        "time_zone": time_zone,
        "theme": theme,
    }
    return _change(user.pk, wanted, by=by, now=now)


def deactivate_user(*, user: User, by: Actor, now: datetime) -> User:
    """The user can no longer sign in; open sessions end with their next click, for good. Raises UnableToChangeUser."""
    _demand_administrator(by)
    return _change(user.pk, {"is_active": False}, by=by, now=now, action="deactivated")


def reactivate_user(*, user: User, by: Actor, now: datetime) -> User:
    """The user can sign in again, with the password of before. Raises UnableToChangeUser."""
    _demand_administrator(by)
    return _change(user.pk, {"is_active": True}, by=by, now=now, action="reactivated")


def set_password(*, user: User, password: str, by: Actor, now: datetime) -> User:
    """A new password, by the user or an administrator; ends the user's other sessions, and codes are looked at again, which
    somebody with the password of before may have stopped. Raises UnableToChangeUser.
    """
    if by.user is None or by.user.pk != user.pk:
        _demand_administrator(by)
    problems = _password_problems(password, user)
    if problems:
        raise UnableToChangeUser(problems)
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        forget_sessions(user)
        SecondStep.objects.filter(pk=user.pk).update(blocked_until=None)
        record(by=by, action="password set", kind="user", record_id=user.pk, name=str(user), changes={}, now=now)
    return user


def user_with_address(email: str) -> User | None:
    """Who signs in with this address now, whatever its case; nobody who had it before. Letters go to the address of the user,
    never to what was typed.
    """
    wanted = email.strip().lower()
    return next((user for user in User.objects.filter(email__iexact=wanted) if user.email.lower() == wanted), None)


def is_last_administrator(user: User) -> bool:
    """Whether nobody else could set up the installation."""
    if user.role != Role.ADMINISTRATOR or not user.is_active:
        return False
    return not User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk).exists()


def _change(user_id: int, wanted: Mapping[str, Any], *, by: Actor, now: datetime, action: str = "changed") -> User:
    with transaction.atomic():
        list(User.objects.select_for_update().filter(role=Role.ADMINISTRATOR).order_by("pk"))
        user = User.objects.select_for_update().get(pk=user_id)
        after = {field: value for field, value in wanted.items() if value is not None}
        changes = changes_between({field: getattr(user, field) for field in after}, after)
        if not changes:
            return user
        stops_administering = changes.keys() & {"role", "is_active"} and is_last_administrator(user)
        if stops_administering:
            raise UnableToChangeUser({"": _("This is the last administrator. Make somebody else an administrator first.")})
        for field, (_before, value) in changes.items():
            setattr(user, field, value)
        _demand_sound(user)
        user.save(update_fields=list(changes))
        if changes.keys() & _ENDS_SESSIONS:
            end_sessions(user)
        record(by=by, action=action, kind="user", record_id=user.pk, name=str(user), changes=changes, now=now)
    return user


def _demand_administrator(by: Actor) -> None:
    """Commands and the worker act for the installation; a person needs the right to set it up."""
    if by.user is not None and not may(by.user, Module.SETUP, Action.CHANGE):
        raise UnableToChangeUser({"": _("Only an administrator may do this.")})


def _demand_sound(user: User, *, password: str | None = None) -> None:
    problems = _address_problems(user)
    if not user.name:
        problems["name"] = _("Enter a name.")
    elif len(user.name) > 200:
        problems["name"] = _("The name may have at most 200 characters.")
    if user.role not in Role.values:
        problems["role"] = _("Choose one of the roles.")
    if user.language not in Language.values:
        problems["language"] = _("Choose one of the languages.")
    if user.theme not in Theme.values:
        problems["theme"] = _("Choose one of the colours.")
    if user.time_zone not in available_timezones():
        problems["time_zone"] = _("Choose one of the time zones.")
    if password is not None:
        problems |= _password_problems(password, user)
    if problems:
        raise UnableToChangeUser(problems)


def _address_problems(user: User) -> dict[str, str]:
    try:
        validate_email(user.email)
    except ValidationError:
        return {"email": _("Enter a complete email address, like name@example.com.")}
    if len(user.email) > 254:
        return {"email": _("The address may have at most 254 characters.")}
    if User.objects.filter(email__iexact=user.email).exclude(pk=user.pk).exists():
        return {"email": _("Somebody with this address can sign in already.")}
    return {}


def _password_problems(password: str, user: User) -> dict[str, str]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {"password": " ".join(error.messages)}
    return {}
