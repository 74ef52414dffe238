"""Django's name for the merging room."""

from django.apps import AppConfig


class MergingConfig(AppConfig):
    name = "mooring.merging"
    label = "merging"
    default_auto_field = "django.db.models.BigAutoField"
