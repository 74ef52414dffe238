"""Read by one member of a team is not read by the others; what is read in a personal account stands at its delivery."""

from __future__ import annotations

from typing import Any

import pytest

from letters.making_letters import make_account, make_letter, make_team_account
from making import NOW
from mooring.letters.conversations import MailboxFilters, conversations_in, letters_in
from mooring.letters.done_marks import mark_done, mark_to_do
from mooring.letters.mailboxes import all_inboxes, folder_counts
from mooring.letters.models import Delivery, Letter, MailAccount, ReadMark
from mooring.letters.read_marks import mark_read, mark_unread
from mooring.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def team(alice: User, bob: User) -> MailAccount:
    return make_team_account(alice, bob, is_main=True)


def unread(reader: User, **filters: Any) -> list[str]:
    """Subjects of what the reader has not read in any inbox, in both views, which say the same."""
    place = all_inboxes([counted.folder for counted in folder_counts(reader=reader)], reader=reader)
    shown = [
        sorted(row.letter.subject for row in seek(place=place).rows if row.is_unread) for seek in (conversations_in, letters_in)
    ]
    only = [
        sorted(row.letter.subject for row in seek(place=place, filters=MailboxFilters(is_unread=True)).rows)
        for seek in (conversations_in, letters_in)
    ]
    assert shown[0] == shown[1] == only[0] == only[1]
    return shown[0]


def counted(reader: User) -> int:
    return sum(each.unread_count for each in folder_counts(reader=reader))


def seen_on_server(letter: Letter) -> None:
    Delivery.objects.filter(letter=letter).update(is_seen=True, is_unread=False)


def test_each_member_of_a_team_reads_for_themselves(alice: User, bob: User, team: MailAccount) -> None:
    one, two = make_letter(team, subject="one"), make_letter(team, subject="two")
    seen_on_server(two)
    assert mark_read(letter_ids=[one.pk, two.pk], reader=alice) == [one.pk]
    assert (unread(alice), unread(bob)) == ([], ["one"])
    assert mark_unread(letter_ids=[one.pk, two.pk], reader=alice) == [one.pk, two.pk]
    assert (unread(alice), unread(bob)) == (["one", "two"], ["one"])
    assert (counted(alice), counted(bob)) == (2, 1)
    assert mark_read(letter_ids=[two.pk], reader=alice) == [two.pk]
    assert counted(alice) == 1


def test_personal_and_team_accounts_stand_in_one_list(bob: User, team: MailAccount) -> None:
    own = make_letter(make_account(bob, is_main=True), subject="own")
    of_team = make_letter(team, subject="team")
    assert unread(bob) == ["own", "team"]
    mark_read(letter_ids=[own.pk, of_team.pk], reader=bob)
    assert unread(bob) == []
    assert ReadMark.objects.count() == 1, "a personal account needs none"


def test_who_may_only_read_a_teams_letters_has_read_marks_but_finishes_nothing(alice: User) -> None:
    letter = make_letter(make_team_account(alice, may_write=False, is_main=True))
    assert mark_read(letter_ids=[letter.pk], reader=alice) == [letter.pk]
    assert mark_done(letter_ids=[letter.pk], reader=alice, now=NOW) == 0


def test_what_a_colleague_has_dealt_with_was_not_read_by_the_others(alice: User, bob: User, team: MailAccount) -> None:
    letter, own = make_letter(team, subject="team"), make_letter(make_account(bob, is_main=True), subject="own")
    assert mark_done(letter_ids=[letter.pk, own.pk], reader=bob, now=NOW) == 2
    assert (unread(alice), unread(bob)) == ([], [])
    mark_to_do(letter_ids=[letter.pk, own.pk], reader=bob)
    assert (unread(alice), unread(bob)) == (["team"], [])
