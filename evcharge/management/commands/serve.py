"""Serves pages and stations: the hardened daphne."""

import argparse
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from ocpp_gateway import server
from operations.services import transfers


class Command(BaseCommand):
    """`manage.py serve`: until SIGTERM or Ctrl-C."""

    help = "Serve the portal and the stations' sockets until stopped."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Where to listen."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on")
        parser.add_argument(
            "--proxy-headers",
            action="store_true",
            help="believe X-Forwarded-For; only behind a proxy of yours",
        )

        parser.add_argument(
            "--files",
            action="store_true",
            help="also serve FTP and SFTP, for stations that fetch or send files so",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say where, and serve."""
        # Imported by name: the server must choose its reactor before daphne is loaded.
        from evcharge.asgi import application
        from ocpp_gateway.gateway import gateway

        host = options["host"]
        if options["files"]:
            settings.EVCHARGE_FILES_SERVERS = True
            settings.EVCHARGE_FILES_HOST = host

        def on_ready(port: int) -> None:
            transfers.served_at(host, port)
            self.stdout.write(f"Serving on http://{host}:{port}/ and ws://{host}:{port}/ocpp/")
            self.stdout.flush()

        server.run(
            application,
            host=host,
            port=options["port"],
            on_ready=on_ready,
            drain=gateway.drain,
            options=server.Options(proxy_headers=options["proxy_headers"]),
        )
