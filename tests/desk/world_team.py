"""What the small world has for a team: its group, with one below it, and the mailbox in which the group works."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import making
from letters.making_letters import make_letter, make_team_account
from letters.making_outgoing import make_outgoing
from mooring.letters.models import OutgoingState, TeamAccess
from mooring.users.models import PastMembership, User


def team_of(members: Iterable[User], *, reader: User, below: User, mark: str) -> dict[str, Any]:
    """A mailbox from which the members write and which `reader` only reads, with a private letter that is linked to nothing.

    `below` works in the group below theirs, which says nothing about the mailbox; `reader` was once in theirs.
    """
    first, *others = members
    group = making.make_group(f"Sailors{mark}"[:100], members=[first, *others], description=f"g{mark}")
    making.make_group(f"Ship boys{mark}"[:100], members=[below], parent=group)
    account = make_team_account(group=group, address="team@mooring.example", your_name=f"Team{mark}", is_main=True)
    watchers = making.make_group(f"Watchers{mark}"[:100], members=[reader])
    TeamAccess.objects.create(account=account, group=watchers, may_write=False)
    quoted = mark.replace('"', "'")
    people = {"sender": f'"Eve{quoted}" <eve@else.example>', "to": f'"Team{quoted}" <team@mooring.example>'}
    letter = make_letter(account, private=True, subject=f"Sails{mark}", body=f"Sails?{mark}", **people)
    left_on = making.NOW.date() - timedelta(days=1)
    return {
        "group": group,
        "past_member": PastMembership.objects.create(group=group, user=reader, position=f"p{mark}"[:100], until_on=left_on),
        "team_account": account,
        "team_folder": account.folders.get(),
        "team_letter": letter,
        "team_queued": make_outgoing(
            account, author=first, state=OutgoingState.READY, subject=f"Queued{mark}", body_text=f"t{mark}"
        ),
    }
