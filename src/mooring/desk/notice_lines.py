"""Notices as lines: what each is about, and where it leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mooring.activities.models import Activity, Notice, NoticeKind
from mooring.customers.models import BulkField
from mooring.letters.models import MailAccount
from mooring.letters.visibility import visible_letters
from mooring.transfer.models import ImportState
from mooring.users.models import User

_PLACES: Final = (
    ("customer_id", "customer_tasks"),
    ("lead_id", "lead_tasks"),
    ("project_id", "project_tasks"),
    ("opportunity_id", "opportunity"),
)
JOB_PAGES: Final = ("bulk_change", "import")
"""The addresses that jobs have, which notices name with the job's id."""


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One line behind the bell, or in a letter about notices. Without `url` it leads nowhere."""

    notice: Notice
    text: str
    url: str


def lines_of(notices: Iterable[Notice]) -> list[NoticeLine]:
    """In the same order. No query, if the notices came with what they are about."""
    return [NoticeLine(notice, _text(notice), _url(notice)) for notice in notices]


def lines_behind_bell(notices: Sequence[Notice], user: User) -> list[NoticeLine]:
    """In the same order; of what the user may not see any more, only that there was something."""
    open_ids = {notice.pk for notice in seen_by(user, notices)}
    closed = _("No longer open to you")
    return [line if line.notice.pk in open_ids else NoticeLine(line.notice, closed, "") for line in lines_of(notices)]


def seen_by(user: User, notices: Sequence[Notice]) -> list[Notice]:
    """Those whose subject the user may see now. One query for each kind of subject."""
    activities = Activity.objects.visible_to(user).filter(removed_at=None)
    allowed = {
        "activity_id": _ids(activities, [each.activity_id for each in notices]),
        "letter_id": _ids(visible_letters(user), [each.letter_id for each in notices]),
        "account_id": _ids(MailAccount.objects.visible_to(user), [each.account_id for each in notices]),
    }
    return [each for each in notices if each.job or any(getattr(each, key) in ids for key, ids in allowed.items())]


def _ids(rows: QuerySet[Any], wanted: list[int | None]) -> set[int]:
    ids = [pk for pk in wanted if pk is not None]
    return set(rows.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()


def _text(notice: Notice) -> str:
    if notice.job:
        return _of_job(notice.facts)
    if notice.letter is not None:
        return notice.letter.subject or _("(no subject)")
    if notice.account is not None:
        text = _("The permission for %(address)s is gone. Letters wait until somebody signs in with the provider again.")
        return text % {"address": notice.account.address}
    return str(notice.activity)


def _of_job(facts: Mapping[str, Any]) -> str:
    """What the job came to; numbers as they were when it ended."""
    what, done = facts.get("what"), facts.get("done", 0)
    if what == "import":
        return _said_of_import(facts) % {"name": facts.get("name", ""), "count": done}
    if facts.get("state") == "failed":
        return _of_broken(done)
    if what == BulkField.ARCHIVED:
        said = ngettext(
            "Moving to the archive has ended: %(count)d customer.", "Moving to the archive has ended: %(count)d customers.", done
        )
    elif what == BulkField.RESTORED:
        said = ngettext("Restoring has ended: %(count)d customer.", "Restoring has ended: %(count)d customers.", done)
    elif what == "undo":
        said = ngettext("%(count)d record is as it was.", "%(count)d records are as they were.", done)
    else:
        said = ngettext("%(count)d record was changed.", "%(count)d records were changed.", done)
    left = facts.get("total", done) - done
    if left:
        said += " " + ngettext("%(left)d was left alone.", "%(left)d were left alone.", left)
    return said % {"count": done, "left": left}


def _of_broken(done: int) -> str:
    said = ngettext("A bulk change broke off after %(count)d record.", "A bulk change broke off after %(count)d records.", done)
    return said % {"count": done}


def _said_of_import(facts: Mapping[str, Any]) -> str:
    if facts.get("state") == ImportState.FAILED:
        return _("The import of %(name)s broke off.")
    if facts.get("state") == ImportState.TRIED:
        return _("The import of %(name)s was tried out. Nothing was changed.")
    return ngettext("%(name)s was imported: %(count)d record.", "%(name)s was imported: %(count)d records.", facts.get("done", 0))


def _url(notice: Notice) -> str:
    if notice.job:
        name, _dash, job_id = notice.job.rpartition("-")
        # A notice outlives the pages of its day.
        return reverse(name, args=[int(job_id)]) if name in JOB_PAGES else reverse("notices")
    if notice.letter_id is not None:
        return reverse("letter", args=[notice.letter_id])
    if notice.account_id is not None:
        return reverse("account", args=[notice.account_id])
    if notice.kind == NoticeKind.MENTION and notice.activity is not None:
        return where_it_stands(notice.activity)
    return reverse("edit_activity", args=[notice.activity_id])


def where_it_stands(activity: Activity) -> str:
    """The tab of its record, or its own page: who is mentioned may see a note on its record, but not always change it."""
    for key, name in _PLACES:
        if record_id := getattr(activity, key):
            return reverse(name, args=[record_id])
    return reverse("edit_activity", args=[activity.pk])
