from django.db import migrations


def forget_notices_of_moves(apps, schema_editor):
    """The pages that they led to are gone, with what they would tell."""
    apps.get_model("activities", "Notice").objects.filter(job__startswith="bulk_move-").delete()


class Migration(migrations.Migration):

    dependencies = [
        ('activities', '0010_notices_of_jobs'),
    ]

    operations = [
        migrations.RunPython(forget_notices_of_moves, migrations.RunPython.noop),
    ]
