"""Dealing with letters of a team's account together: new, assigned to somebody, waiting, done; and who is answering just now.

The state is shared by the team, read marks are not (letters.read_marks). A letter that continues a conversation belongs to
whoever the conversation was given to; nobody has to give it away again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from mooring.customers.value_lists import any_of
from mooring.letters.mailboxes import own_deliveries
from mooring.letters.models import (
    Delivery,
    Handling,
    Letter,
    MailAccount,
    OutgoingLetter,
    OutgoingState,
    TeamAccess,
    TeamState,
)
from mooring.letters.visibility import accounts_read_by
from mooring.users.journal import Actor, Line, record_all
from mooring.users.models import Membership, User
from mooring.users.scoping import has_any

WRITING_LASTS: Final = timedelta(minutes=2)
"""So long after the last saving of a draft its author counts as writing."""
_WHY: Final = "members of a team know of each other's answers from the team's account"


class UnableToHandle(Exception):
    """Nothing was changed; the text is fit for the user."""


@dataclass(frozen=True, slots=True)
class Handled:
    """How far a team is with a letter."""

    state: TeamState
    assignee: User | None = None


def assign_letters(
    *, letter_ids: Collection[int], to: User | None, by: Actor, now: datetime, with_conversations: bool = False
) -> list[int]:
    """Give letters of teams to a member, or back to all; the ids of those that changed hands. Raises UnableToHandle.

    Who has it is not waiting any more: the assignee is to look at it.
    """
    places = _places(by, letter_ids, with_conversations)
    if to is not None:
        accounts = {place.account_id for place in places}
        if not all(members_of_team(account_id).filter(pk=to.pk).exists() for account_id in accounts):
            raise UnableToHandle(_("%(person)s does not write from this mailbox.") % {"person": to})
    with transaction.atomic():
        changed = _set(places, assignee=to, is_waiting=False, by=by, now=now)
        _note(changed, "letter_assigned", {"assignee": to.email if to else ""}, by=by, now=now)
    return sorted(changed)


def mark_waiting(
    *, letter_ids: Collection[int], is_waiting: bool, by: Actor, now: datetime, with_conversations: bool = False
) -> list[int]:
    """An answer of the other side is waited for, or not any more; the ids of those that changed.

    Whoever says so of a letter that nobody has, has it from then on. Raises UnableToHandle.
    """
    places = _places(by, letter_ids, with_conversations)
    with transaction.atomic():
        changed = _set(places, assignee=None, is_waiting=is_waiting, by=by, now=now, keeps_assignee=True)
        _note(changed, "letter_waits" if is_waiting else "letter_waits_no_more", {}, by=by, now=now)
    return sorted(changed)


def states_of(*, account_ids: Collection[int], letter_ids: Collection[int]) -> dict[int, Handled]:
    """Letter id -> how far the teams of these accounts are with it, for letters that lie there. Two queries."""
    places = Delivery.objects.filter(account_id__in=account_ids, letter_id__in=any_of(set(letter_ids)), account__is_team=True)
    return states_in(places.select_related("letter"), team_ids=account_ids) if account_ids and letter_ids else {}


def states_in(places: Iterable[Delivery], *, team_ids: Collection[int]) -> dict[int, Handled]:
    """The same for places whose letters are read already; one query, none where no place is of a team."""
    rows = [place for place in places if place.account_id in team_ids]
    if not rows:
        return {}
    is_theirs = Q(letter_id__in=any_of({row.letter_id for row in rows}))
    threads = {row.letter.thread_id for row in rows if row.letter.thread_id}
    if threads:
        is_theirs |= Q(letter__thread_id__in=any_of(threads))
    here = Handling.objects.filter(is_theirs, account_id__in=list(team_ids)).select_related("assignee")
    found = list(here.annotate(thread_id=F("letter__thread_id")).order_by("changed_at", "pk"))
    of_letters = {row.letter_id: row for row in found}
    of_threads = {row.thread_id: row for row in found if row.thread_id}
    return {
        row.letter_id: _handled(
            of_letters.get(row.letter_id), of_threads.get(row.letter.thread_id), is_done=row.done_at is not None
        )
        for row in rows
    }


def members_of_team(account_id: int) -> QuerySet[User]:
    """Who may write from a team's account, by name."""
    writers = TeamAccess.objects.filter(account_id=account_id, may_write=True, group=OuterRef("group_id"))
    memberships = Membership.objects.filter(user=OuterRef("pk")).filter(has_any(writers))
    return User.objects.filter(is_active=True).filter(has_any(memberships)).order_by("name", "pk")


def team_account_of(letter: Letter, *, reader: User) -> MailAccount | None:
    """The team's account among the reader's in which the letter lies; of several the first."""
    place = own_deliveries(reader=reader, letter_ids=[letter.pk], must_write=True).filter(account__is_team=True)
    found = place.select_related("account").order_by("pk").first()
    return found.account if found else None


def colleagues_answering(letter: Letter, *, reader: User, now: datetime) -> list[User]:
    """Who else wrote on an answer to this conversation in the last two minutes, from a team's account that the reader reads."""
    writing = {"state": OutgoingState.DRAFT, "discarded_at": None, "changed_at__gt": now - WRITING_LASTS}
    answers = _answers_to(letter).filter(**writing)
    return _authors(answers.filter(account__in=accounts_read_by(reader)).exclude(author=reader))


def answered_meanwhile(draft: OutgoingLetter) -> list[User]:
    """Who else has sent, or queued, an answer to the same conversation since this draft was begun: ask before sending another."""
    if draft.answers is None:
        return []
    others = _answers_to(draft.answers).exclude(pk=draft.pk).exclude(author=draft.author)
    gone = others.exclude(state=OutgoingState.DRAFT).filter(queued_at__gte=draft.created_at)
    return _authors(gone)


def assigned_to(user_id: int) -> Q:
    """Of deliveries: that the letter, or another of its conversation, was given to the user."""
    given = Handling.objects.filter(account=OuterRef("account_id"), assignee=user_id)
    of_conversation = given.filter(letter__thread=OuterRef("letter__thread"), letter__thread__isnull=False)
    return has_any(given.filter(letter=OuterRef("letter_id"))) | has_any(of_conversation)


def _places(by: Actor, letter_ids: Collection[int], with_conversations: bool) -> list[Delivery]:
    assert by.user is not None, "a team is made of people"
    rows = own_deliveries(reader=by.user, letter_ids=letter_ids, with_conversations=with_conversations, must_write=True).filter(
        account__is_team=True
    )
    places = list({(row.account_id, row.letter_id): row for row in rows.only("account_id", "letter_id", "done_at")}.values())
    if not places:
        raise UnableToHandle(_("None of these letters lies in a mailbox of a team that you write from."))
    return places


def _set(
    places: Iterable[Delivery], *, assignee: User | None, is_waiting: bool, by: Actor, now: datetime, keeps_assignee: bool = False
) -> set[int]:
    places = list(places)
    ids = any_of({place.letter_id for place in places})
    stored = {(row.account_id, row.letter_id): row for row in Handling.objects.select_for_update().filter(letter_id__in=ids)}
    changed = set()
    for place in places:
        row = stored.get((place.account_id, place.letter_id))
        wanted = (row.assignee_id if row else _id_of(by.user)) if keeps_assignee else _id_of(assignee)
        if keeps_assignee and wanted is None:
            wanted = _id_of(by.user)
        if row is not None and (row.assignee_id, row.is_waiting) == (wanted, is_waiting):
            continue
        values = {"assignee_id": wanted, "is_waiting": is_waiting, "changed_by": by.user, "changed_at": now}
        Handling.objects.update_or_create(account_id=place.account_id, letter_id=place.letter_id, defaults=values)
        changed.add(place.letter_id)
    return changed


def _handled(own: Handling | None, of_conversation: Handling | None, *, is_done: bool) -> Handled:
    """A letter that nobody said anything of is no answer that is waited for, whatever was said of those before."""
    row = own or of_conversation
    assignee = row.assignee if row else None
    if is_done:
        return Handled(TeamState.DONE, assignee)
    if own is not None and own.is_waiting:
        return Handled(TeamState.WAITING, assignee)
    return Handled(TeamState.ASSIGNED if assignee else TeamState.NEW, assignee)


def _answers_to(letter: Letter) -> QuerySet[OutgoingLetter]:
    answers = OutgoingLetter.objects.unscoped(_WHY).filter(account__is_team=True)
    if letter.thread_id is None:
        return answers.filter(answers=letter)
    return answers.filter(answers__thread_id=letter.thread_id)


def _authors(answers: QuerySet[OutgoingLetter]) -> list[User]:
    return list({answer.author.pk: answer.author for answer in answers.select_related("author") if answer.author}.values())


def _id_of(user: User | None) -> int | None:
    return user.pk if user else None


def _note(letter_ids: Collection[int], action: str, changes: dict[str, str], *, by: Actor, now: datetime) -> None:
    """Without subjects: administrators read the journal, and not the letters."""
    lines = [
        Line(action=action, kind="letter", record_id=letter_id, name="", changes=changes) for letter_id in sorted(letter_ids)
    ]
    record_all(lines, by=by, now=now)
