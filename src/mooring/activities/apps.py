"""Django's name for the activities room."""

from django.apps import AppConfig


class ActivitiesConfig(AppConfig):
    name = "mooring.activities"
    label = "activities"
    default_auto_field = "django.db.models.BigAutoField"
