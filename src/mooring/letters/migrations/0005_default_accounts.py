"""Keeps, for every user, which account is the default: a choice of the user's own now, no longer a mark on the account."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def keep_choices(apps: Any, _schema_editor: Any) -> None:
    accounts = apps.get_model("letters", "MailAccount")._base_manager.filter(is_default=True, removed_at=None)
    choice = apps.get_model("letters", "DefaultAccount")
    choice.objects.bulk_create(choice(user_id=account.owner_id, account_id=account.pk) for account in accounts)


def mark_accounts(apps: Any, _schema_editor: Any) -> None:
    accounts = apps.get_model("letters", "MailAccount")._base_manager
    choices = apps.get_model("letters", "DefaultAccount").objects.all()
    for choice in choices:
        accounts.filter(pk=choice.account_id, owner_id=choice.user_id, removed_at=None).update(is_default=True)
    choices.delete()


class Migration(migrations.Migration):
    dependencies = (("letters", "0004_teams_and_sending"),)

    operations = (migrations.RunPython(keep_choices, mark_accounts),)
