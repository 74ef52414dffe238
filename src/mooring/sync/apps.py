"""Django's name for the sync room."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "mooring.sync"
    label = "sync"
    default_auto_field = "django.db.models.BigAutoField"
