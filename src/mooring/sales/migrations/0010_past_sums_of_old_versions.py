"""Versions saved before their sums were kept beside them: read once more, a few at a time."""

from django.db import migrations

from mooring.sales.past_sums import past_sums_of
from mooring.sales.versions import content_of_version

_FIELDS = ("kind", "value", "currency", "count", "amount", "weighted")


def fill(apps, schema_editor):
    versions, states, sums = (apps.get_model("sales", name) for name in ("PipelineVersion", "PastState", "PastSum"))
    for version in versions._base_manager.order_by("pk").iterator(chunk_size=50):
        state = states.objects.create(uid=version.uid, number=version.number, saved_at=version.saved_at)
        rows = past_sums_of(content_of_version(version))
        sums.objects.bulk_create(
            (sums(state=state, **{name: getattr(row, name) for name in _FIELDS}) for row in rows), batch_size=500
        )


class Migration(migrations.Migration):
    dependencies = [("sales", "0009_past_sums")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
