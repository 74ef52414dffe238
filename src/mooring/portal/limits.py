"""How often one may try: as the settings say, as often as staff, counted by django-allauth's counters apart from theirs."""

from __future__ import annotations

from allauth.core import ratelimit
from django.http import HttpRequest


def may_try(request: HttpRequest, action: str, *, key: str = "", counts: bool = True) -> bool:
    """Whether one more attempt is allowed. It is counted unless `counts` says that only a look is meant; a GET never is."""
    return bool(ratelimit.consume(request, action=f"portal_{action}", key=key.lower(), dry_run=not counts))
