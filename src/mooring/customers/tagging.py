"""Tags on records: what was typed becomes tags of the list, new ones included; tags offered while one types; two made one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from mooring.customers.lists import UnableToKeepList
from mooring.customers.models import Tag
from mooring.customers.record_data import RecordData, TagData, UnableToSave, in_order
from mooring.users.journal import Actor, record

Data = TypeVar("Data", bound=RecordData)


def typed(text: str) -> tuple[TagData, ...]:
    """What stands between commas or semicolons."""
    names = (" ".join(part.split()) for part in text.replace(";", ",").split(","))
    return tuple(TagData(name) for name in names if name)


def with_known_tags(data: Data, before: RecordData | None = None) -> Data:
    """The same data with its tags spelt as the list has them. One query if any is new to the record. Raises UnableToSave."""
    tags = known_tags(data.tags, before.tags if before else ())
    return data if tags is data.tags else replace(data, tags=tags)


def known_tags(tags: tuple[TagData, ...], before: Sequence[TagData] = ()) -> tuple[TagData, ...]:
    """These, spelt as the list has them. One query if any is new. Raises UnableToSave for one that is used no more."""
    has = {tag.name for tag in before}
    if all(tag.name in has for tag in tags):
        return tags
    known = tags_called([tag.name for tag in tags])
    for tag in tags:
        found = known.get(tag.name.lower())
        if found is not None and found.retired_at is not None and found.name not in has:
            raise UnableToSave({"tags": used_no_more(found.name)})
    spelt = (known.get(tag.name.lower(), tag) for tag in tags)
    return in_order(TagData(tag.name, tag.colour) for tag in spelt)


def used_no_more(name: str) -> str:
    """Why a retired tag is not given to a record that does not have it."""
    return _("The tag “%(name)s” is used no more.") % {"name": name}


def retired_tags() -> dict[str, str]:
    """The names of tags that are used no more, by these in lower case. One query."""
    return {name.lower(): name for name in Tag.objects.exclude(retired_at=None).values_list("name", flat=True)}


def tags_called(names: Sequence[str]) -> dict[str, Tag]:
    """The tags of these names whatever their case, by their names in lower case. One query."""
    lowered = {name.lower() for name in names}
    rows = Tag.objects.annotate(low=Lower("name")).filter(Q(low__in=lowered) | Q(name__in=names))
    return {tag.name.lower(): tag for tag in rows}


def tags_for(names: Sequence[str]) -> dict[str, Tag]:
    """The same; those that are not in the list yet are put into it. Within the caller's transaction."""
    known = tags_called(names) if names else {}
    missing = [name for name in dict.fromkeys(names) if name.lower() not in known]
    if missing:
        Tag.objects.bulk_create([Tag(name=name) for name in missing], ignore_conflicts=True)
        known = tags_called(names)
    return known


def keep_tags(row: Any, tags: Sequence[TagData]) -> None:
    """Make the record's tags these. Within the caller's transaction."""
    has = {tag.name.lower() for tag in row.tags.all()} if not row._state.adding else set()
    if has != {tag.name.lower() for tag in tags}:
        row.tags.set(tags_for([tag.name for tag in tags]).values())


def tags_of(row: Any) -> tuple[TagData, ...]:
    """Read with the record (with_tags), or with one query."""
    rows = getattr(row, "tag_rows", None)
    found = ({"name": tag.name, "colour": tag.colour} for tag in row.tags.all()) if rows is None else rows
    return in_order(TagData(**each) for each in found)


def offered_tags(text: str, *, most: int) -> list[Tag]:
    """Tags in use whose name contains the text, those that begin with it first."""
    rows = Tag.objects.filter(retired_at=None, name__icontains=text).order_by("name", "id")[: most * 5]
    return sorted(rows, key=lambda tag: not tag.name.lower().startswith(text.lower()))[:most]


def _tagged() -> list[Any]:
    """The models that have tags, those of rooms above this one among them."""
    fields = Tag._meta.get_fields(include_hidden=True)
    return [field.related_model for field in fields if field.many_to_many and field.auto_created]


def merge_tags(*, tag: Tag, into: Tag, by: Actor, now: datetime) -> int:
    """Whatever has the one gets the other instead, and the one is gone; how many records. Raises UnableToKeepList."""
    if tag == into:
        raise UnableToKeepList("into", _("Choose another tag than this one."))
    count = 0
    with transaction.atomic():
        for model in _tagged():
            through, owner = model.tags.through.objects, f"{model.__name__.lower()}_id"
            count += (of_tag := through.filter(tag=tag)).count()
            of_tag.filter(**{f"{owner}__in": through.filter(tag=into).values(owner)}).delete()
            of_tag.update(tag=into)
        changes = {"to": into.name, "count": count}
        record(by=by, action="tags_merged", kind="tag", record_id=into.pk, name=tag.name, changes=changes, now=now)
        tag.delete()
    return count
