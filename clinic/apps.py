"""The clinic as a Django application."""

from typing import Any

from django.apps import AppConfig
from django.core.management import call_command
from django.db.models.signals import post_migrate


class ClinicConfig(AppConfig):
    """Name the one application that has models; the doors have none."""

    name = "clinic"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the table of the shared cache made with all others, so that nobody has to think of it."""
        post_migrate.connect(make_cache_table, sender=self)


def make_cache_table(using: str, **more: Any) -> None:
    """Make the table in which all processes count tries, where it is missing."""
    call_command("createcachetable", database=using, verbosity=0)
