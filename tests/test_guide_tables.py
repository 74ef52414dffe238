"""The table of options in the guide names for each the test that proves it; every such test exists."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parent
PAGE = TESTS.parent / "docs" / "guide" / "email-accounts.md"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| `([\w/.]+)(?:::(\w+))?` \|$", re.M)


def test_every_option_in_the_guide_names_a_test_that_exists() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## Every option")[2].partition("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][1:]
    found = ROW.findall(section)
    assert len(found) == len(rows) > 40, "each row ends with the name of a test"
    for option, _meaning, file, name in found:
        text = (TESTS / file).read_text(encoding="utf-8")
        assert not name or f"def {name}(" in text, option


def test_every_setting_of_an_account_stands_in_the_form() -> None:
    from dataclasses import fields

    from mooring.desk.forms.accounts import AccountForm
    from mooring.letters.account_data import AccountData

    asked_as = {"login": "login_by", "outgoing_login": "outgoing_is_spa"}
    offered = set(AccountForm.base_fields)
    assert {asked_as.get(each.name, each.name) for each in fields(AccountData)} <= offered
