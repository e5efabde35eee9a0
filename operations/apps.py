"""The portal and the domain as a Django application."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """The portal and the domain."""

    name = "operations"
    default_auto_field = "django.db.models.BigAutoField"
