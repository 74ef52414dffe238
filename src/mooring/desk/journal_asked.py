"""What an address asks of the journal."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

from mooring.desk.journal_words import KINDS
from mooring.desk.timeline import id_in
from mooring.users.models import User


@dataclass(frozen=True, slots=True)
class JournalAsked:
    """The lines of one person or of one kind of record, or of all."""

    user: User | None
    kind: str


def journal_asked(request: HttpRequest) -> JournalAsked:
    """What makes no sense is as good as not asked. One query."""
    user = User.objects.filter(pk=id_in(request.GET.get("user", "")) or 0).first()
    kind = request.GET.get("kind", "")
    return JournalAsked(user, kind if kind in KINDS else "")
