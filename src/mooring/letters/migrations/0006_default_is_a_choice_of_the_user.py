from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('letters', '0005_default_accounts'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='mailaccount',
            name='a_user_has_one_default_account',
        ),
        migrations.RemoveField(
            model_name='mailaccount',
            name='is_default',
        ),
    ]
