"""A password never shows by accident, and compares like what it holds."""

from __future__ import annotations

from mooring.mail.types import Secret


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("harbour-wall")
    assert secret.reveal() == "harbour-wall"
    assert "harbour" not in f"{secret} {secret!r} {[secret]}"


def test_secrets_compare_by_what_they_hold_and_with_nothing_else() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2
    assert Secret("a")
    assert not Secret("")
