"""The portal and the domain as a Django application."""

from django.apps import AppConfig


class OperationsConfig(AppConfig):
    """The portal and the domain."""

    name = "operations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for who signs in."""
        from operations.services import signing_in

        signing_in.listen()
