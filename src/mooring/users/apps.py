"""Django's name for the users room."""

from django.apps import AppConfig


class UsersConfig(AppConfig):
    name = "mooring.users"
    label = "users"
    default_auto_field = "django.db.models.BigAutoField"
