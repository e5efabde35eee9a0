"""A portal to try: fresh database, a made-up network, simulated stations, one Ctrl-C to end.

PORT, HOST and DEMO_PASSWORD come from the environment.
"""

import os
import secrets
import shutil
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from ocpp_gateway import server
from operations.services import transfers


class Command(BaseCommand):
    """`manage.py demo`, which `make demo` runs."""

    help = "Serve a portal with a simulated network until Ctrl-C. Forgets everything each time."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the network, serve it, and let the stations in."""
        if os.environ.get("DJANGO_SETTINGS_MODULE") != "evcharge.demo.settings":
            raise CommandError("Start the demo with `manage.py demo`; it brings its own settings.")
        password = os.environ.get("DEMO_PASSWORD") or secrets.token_urlsafe(9)
        self.stdout.write("Making the demo's network ...")
        specs = self._make(password)
        # After the database: importing the application starts what needs it.
        from evcharge.asgi import application
        from evcharge.demo.fleet import FleetThread

        fleet = FleetThread(specs)
        host = os.environ.get("HOST") or "127.0.0.1"

        def on_ready(port: int) -> None:
            transfers.served_at(host, port)
            fleet.start(f"ws://127.0.0.1:{port}/ocpp")
            self.stdout.write(_welcome(host, port, password))
            self.stdout.flush()

        server.run(
            application,
            host=host,
            port=int(os.environ.get("PORT") or "8000"),
            on_ready=on_ready,
            on_stop=fleet.stop,
        )
        self.stdout.write("The demo has ended.")

    @staticmethod
    def _make(password: str) -> Any:
        folder = settings.DATA_DIR
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        call_command("migrate", verbosity=0)
        from evcharge.demo import network

        return network.create(password=password)


def _welcome(host: str, port: int, password: str) -> str:
    folder = settings.DATA_DIR.relative_to(settings.BASE_DIR)
    shown = "localhost" if host in {"127.0.0.1", "0.0.0.0", "::"} else host  # noqa: S104
    return f"""
  The portal is ready:   http://{shown}:{port}/
  Sign in as             admin, engineer, operator or viewer
  Password               {password}
  Stations connect to    ws://{shown}:{port}/ocpp/<identity>   (unknown ones are accepted)
  From the shell         DEBUG=true DATA_DIR={folder} .venv/bin/python manage.py \\
                         command reboot HARBOUR-EAST-01 --wait 20

  Ctrl-C stops everything.
"""
