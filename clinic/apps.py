"""The clinic as a Django application."""

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    """Name the one application that has models; the doors have none."""

    name = "clinic"
    default_auto_field = "django.db.models.BigAutoField"
