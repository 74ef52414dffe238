import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def end_all_sessions(apps, schema_editor):
    """Sessions from before stand in no list; everybody signs in once more, so that no browser is missing from it."""
    apps.get_model("users", "User").objects.update(session_epoch=models.F("session_epoch") + 1)


class Migration(migrations.Migration):

    dependencies = [
        ("sessions", "0001_initial"),
        ("users", "0008_second_step"),
    ]

    operations = [
        migrations.CreateModel(
            name="OpenSession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("session_key", models.CharField(max_length=40, unique=True)),
                ("address", models.CharField(blank=True, max_length=45)),
                ("browser", models.CharField(blank=True, max_length=300)),
                ("began_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={"ordering": ("-seen_at", "id")},
        ),
        migrations.RunPython(end_all_sessions, migrations.RunPython.noop, elidable=True),
    ]
