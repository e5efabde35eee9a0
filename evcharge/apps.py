"""The project as an application: brings its checks and commands."""

from django.apps import AppConfig


class EvchargeConfig(AppConfig):
    """Registers the system checks."""

    name = "evcharge"

    def ready(self) -> None:
        """Import what registers itself."""
        from evcharge import checks  # noqa: F401
