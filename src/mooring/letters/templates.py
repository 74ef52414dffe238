"""Templates of letters: saved, removed and brought back; which of them somebody may use, and which change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from mooring.letters.models import LetterTemplate
from mooring.mail.written_html import written_html
from mooring.users.journal import Actor, changes_between, record
from mooring.users.models import User
from mooring.users.permissions import Action, Module, may

LONGEST_TEXT: Final = 100_000


class UnableToSaveTemplate(Exception):
    """The template was not saved, removed or brought back; the text is fit for the user."""


def templates_of(user: User) -> QuerySet[LetterTemplate]:
    """One's own and those that active colleagues share, by name."""
    if not may(user, Module.ACCOUNTS, Action.CHANGE):
        return LetterTemplate.objects.none()
    usable = Q(owner=user) | Q(is_shared=True, owner__is_active=True)
    return LetterTemplate.objects.filter(usable, removed_at=None).select_related("owner").order_by("name", "id")


def changeable_templates(user: User) -> QuerySet[LetterTemplate]:
    """One's own, and for administrators all that are shared; removed ones too, which can be brought back."""
    own = Q(owner=user)
    if may(user, Module.SETUP, Action.CHANGE):
        own |= Q(is_shared=True)
    return LetterTemplate.objects.filter(own) if may(user, Module.ACCOUNTS, Action.CHANGE) else LetterTemplate.objects.none()


def save_template(
    *,
    template: LetterTemplate | None = None,
    name: str,
    subject: str = "",
    body_html: str,
    is_shared: bool = False,
    by: Actor,
    now: datetime,
) -> LetterTemplate:
    """Keep a new template, or change one. The HTML is made safe here. Raises UnableToSaveTemplate."""
    if by.user is None or not may(by.user, Module.ACCOUNTS, Action.CHANGE):
        raise UnableToSaveTemplate(_("Only people who write letters keep templates."))
    name = " ".join(name.split())
    if not 0 < len(name) <= 80:
        raise UnableToSaveTemplate(_("Give the template a name of at most 80 characters."))
    if len(body_html) > LONGEST_TEXT:
        raise UnableToSaveTemplate(_("The text is too long for a template."))
    wanted = {
        "name": name,
        "subject": " ".join(subject.split())[:300],
        "body_html": written_html(body_html),
        "is_shared": is_shared,
    }
    with transaction.atomic():
        template = LetterTemplate(owner=by.user, created_at=now) if template is None else _locked(template, by)
        before = {field: getattr(template, field) for field in wanted} if template.pk else {}
        _write(template, wanted, now)
        changes = changes_between(before, wanted)
        changes.pop("body_html", None)
        _note(template, "changed" if before else "added", changes, by=by, now=now)
    return template


def remove_template(*, template: LetterTemplate, by: Actor, now: datetime) -> LetterTemplate:
    """Take the template out of all menus; letters written with it stay as they are. Raises UnableToSaveTemplate."""
    with transaction.atomic():
        template = _locked(template, by)
        template.removed_at = now
        template.save(update_fields=["removed_at"])
        _note(template, "removed", {}, by=by, now=now)
    return template


def restore_template(*, template: LetterTemplate, by: Actor, now: datetime) -> LetterTemplate:
    """Undo a removal. Raises UnableToSaveTemplate, for example when its name was given to another one meanwhile."""
    with transaction.atomic():
        template = _locked(template, by)
        _write(template, {"removed_at": None}, now)
        _note(template, "added", {"is_shared": template.is_shared}, by=by, now=now)
    return template


def _locked(template: LetterTemplate, by: Actor) -> LetterTemplate:
    changeable = changeable_templates(by.user) if by.user is not None else LetterTemplate.objects.none()
    found = changeable.select_for_update(of=("self",)).filter(pk=template.pk).first()
    if found is None:
        raise UnableToSaveTemplate(_("Only its owner or an administrator may change this template."))
    return found


def _write(template: LetterTemplate, wanted: dict[str, object], now: datetime) -> None:
    for field, value in wanted.items():
        setattr(template, field, value)
    template.changed_at = now
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError as error:
        raise UnableToSaveTemplate(_("You have a template of this name already.")) from error


def _note(template: LetterTemplate, action: str, changes: Mapping[str, object], *, by: Actor, now: datetime) -> None:
    record(by=by, action=action, kind="template", record_id=template.pk, name=template.name, changes=changes, now=now)
