"""The access matrix with rights that reach over groups: every address that tells the owner of a record from a colleague.

With GROUP a member of the owner's group is answered as the owner is, somebody in a group above as a stranger. With
GROUP_AND_BELOW those above are answered as the owner is, somebody in a group below as a stranger. What is personal stays so.
"""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from desk.asking import Asking
from desk.group_rights import reach_over_groups, see_all_and_change_own, somebody_above
from desk.policy import ROWS
from desk.policy_words import PRINCIPALS, Row
from desk.world import make_world
from mooring.users.permissions import Scope

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

PERSONAL = (
    "draft",
    "discarded_draft",
    "queued",
    "failed",
    "template",
    "removed_template",
    "view",
    "bulk_change",
    "folder",
    "sender",
)
"""Things of the world that no scope shares: only their owner has them."""
ONES_OWN = frozenset(
    {
        "email_account",
        "mark_letters_read",
        "finish_letters",
        "bin_letters",
        "make_letters_private",
        "refuse_senders",
        "revoke_calendar_feed",
    }
)
"""What one does in one's own mailbox or calendar."""
OTHERWISE = {
    # Which account letters go out from is its owner's choice; so is whose letters are kept there.
    "default_account post": "403",
    "refuse_letter_sender post": "see",
    # The letter is written from the owner's mailbox.
    "write post": "422",
    "invite_portal_user post": "422",
}


SETTINGS_SEEN = {"account", "account_progress"}
"""Of mail accounts, which those who come with looking at everything do not see."""


def test_addresses_answer_by_the_scope_of_the_role() -> None:
    world = make_world()
    somebody_above(world)
    reach_over_groups(Scope.GROUP)
    asking = Asking(world)
    reached = {(name, method): _as_one_of_the_group(name, method) for name, method in _telling("get", "post")}
    assert _answers(asking, "group", reached) == reached
    seen = {cell: word for cell, word in reached.items() if cell[1] == "get" and not cell[0].endswith("#team")}
    unseen = {(name, method): _word(name, method, "colleague") for name, method in seen}
    assert _answers(asking, "above", unseen) == unseen
    reach_over_groups(Scope.GROUP_AND_BELOW)
    asking = Asking(world)
    assert _answers(asking, "above", seen) == seen
    assert _answers(asking, "outside", unseen) == unseen
    assert len(seen) > 50


def test_whoever_sees_all_and_changes_their_own_writes_to_no_record_of_a_colleague() -> None:
    """What only may be looked at is shown as to readers; what would be written is refused, and nothing is."""
    world = make_world()
    see_all_and_change_own()
    asking = Asking(world)
    for_readers = {cell for cell in _telling("get") if _word(*cell, "reader") == "ok"}
    shown = _answers(asking, "colleague", _telling("get"))
    assert {cell for cell in for_readers if shown[cell] != "ok"} == set()
    refused = {cell for cell in shown.keys() - for_readers if shown[cell] not in ("403", "404")}
    assert {name for name, _method in refused} == SETTINGS_SEEN
    answers = _answers(asking, "colleague", _telling("post"))
    assert {cell: word for cell, word in answers.items() if word.startswith("W")} == {}
    assert len(for_readers) > 20
    assert len(answers) > 100


def _telling(*methods: str) -> list[tuple[str, str]]:
    """The cells in which the owner and a colleague are answered differently; the others are no matter of scopes."""
    cells = [(name, method) for name in ROWS for method in methods]
    return [(name, method) for name, method in cells if _word(name, method, "owner") != _word(name, method, "colleague")]


def _as_one_of_the_group(name: str, method: str) -> str:
    special = OTHERWISE.get(f"{name} {method}")
    return special or _word(name, method, "colleague" if name in ONES_OWN or _is_personal(ROWS[name]) else "owner")


def _is_personal(row: Row) -> bool:
    return any(str(arg).removeprefix("$").partition(".")[0] in PERSONAL for arg in row.args[:1])


def _word(name: str, method: str, principal: str) -> str:
    words: list[str] = getattr(ROWS[name], method).split()
    return words[PRINCIPALS.index(principal)]


def _answers(asking: Asking, who: str, cells: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    return {(name, method): asking.word(who, name, ROWS[name], method) for name, method in cells}
