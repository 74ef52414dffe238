"""What the worker does for people's plans at each look around: reminders that are due, letters that wait for an answer,
mailboxes that want to be signed in to again."""

from __future__ import annotations

from datetime import datetime

from mooring.activities.archived_letters import tell_of_archived
from mooring.activities.noticing import remind, tell_of_lost_sign_ins
from mooring.activities.waiting import begin_to_wait, look_for_answers, remind_of_silence
from mooring.options.values import Values


def look_after_plans(*, values: Values, now: datetime) -> None:
    """Some eight queries where nothing is due."""
    remind(now=now)
    tell_of_archived(now=now)
    tell_of_lost_sign_ins(now=now)
    begin_to_wait(values=values, now=now)
    look_for_answers(now=now)
    remind_of_silence(now=now)
