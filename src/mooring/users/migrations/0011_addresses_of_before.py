from django.db import migrations


def forget_addresses(apps, schema_editor):
    """django-allauth's own list of addresses kept those that were taken away; nothing reads or writes it any more."""
    apps.get_model("account", "EmailAddress").objects.all().delete()


class Migration(migrations.Migration):

    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("users", "0010_passkeys"),
    ]

    operations = [migrations.RunPython(forget_addresses, migrations.RunPython.noop, elidable=True)]
