"""People with a second step, and the codes that their apps show."""

from __future__ import annotations

import re
from typing import Any

import pyotp
from django.test import Client
from django.utils import timezone

import making
from mooring.letters.code_sealing import seal_staff_code
from mooring.mail.types import Secret
from mooring.users.app_codes import STEP, new_secret
from mooring.users.models import User
from mooring.users.second_steps import keep_app

LOGIN = "/accounts/login/"
CODE = "/accounts/login/code/"


def with_app(user: User) -> tuple[str, list[str]]:
    """The secret of an app that was never asked for a code yet, and recovery codes."""
    secret = new_secret()
    sealed = seal_staff_code(Secret(secret), user=user)
    codes = keep_app(user=user, sealed=sealed, counter=0, by=making.BY_COMMAND, now=making.NOW)
    return secret, codes


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the app shows now, or shows some steps of thirty seconds from now."""
    return pyotp.TOTP(secret).at(int(timezone.now().timestamp()) + STEP * steps)


def wrong_code(secret: str) -> str:
    """Six digits that the app does not show about now."""
    shown = {code_of(secret, steps=steps) for steps in range(-3, 4)}
    return next(code for code in (f"{number:06}" for number in range(10)) if code not in shown)


def after_password(client: Client, user: User, **more: str) -> Any:
    """The answer to the right password."""
    return client.post(LOGIN, {"login": user.email, "password": making.PASSWORD, **more})


def type_code(client: Client, code: str) -> Any:
    """The answer to a code at the door."""
    return client.post(CODE, {"code": code})


def is_in(client: Client) -> bool:
    """Whether somebody is signed in."""
    return bool(client.get("/").status_code == 200)


def recovery_codes_on(answer: Any) -> list[str]:
    """Those that a page shows."""
    return re.findall(r"^(?:.*>)?(\d{5} \d{5})$", answer.content.decode(), re.MULTILINE)
