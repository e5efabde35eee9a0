"""manage.py simulate: stations that connect over OCPP, to try the portal with."""

import asyncio
import signal
from argparse import ArgumentParser
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ocpp_gateway.simulator.behaviours import BEHAVIOURS, quirks_of
from ocpp_gateway.simulator.fleet import Fleet, mixed_specs
from operations.versions import VERSIONS, by_name

REPORT_EVERY_S = 5


class Command(BaseCommand):
    help = "Run simulated stations against a central system until Ctrl-C."
    requires_system_checks = []

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # Django's own --version gives way to the OCPP version.
        kwargs["conflict_handler"] = "resolve"
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser: ArgumentParser) -> None:
        names = [version.name for version in reversed(VERSIONS)]
        parser.add_argument("--count", type=int, default=10, help="how many stations")
        parser.add_argument("--version", choices=[*names, "mixed"], default="mixed")
        parser.add_argument("--url", default="ws://127.0.0.1:8000/ocpp")
        parser.add_argument(
            "--behaviour",
            action="append",
            default=[],
            metavar="NAME[=VALUE]",
            help="; ".join(f"{each.name}: {each.about}" for each in BEHAVIOURS),
        )
        parser.add_argument("--prefix", default="SIM", help="identities are PREFIX-0001 and on")
        parser.add_argument("--password", help="the same for all of them")
        parser.add_argument("--rate", type=float, default=200.0, help="new stations a second")
        parser.add_argument(
            "--activity", type=float, default=0.0, help="sessions per connector and hour"
        )
        parser.add_argument("--seed", type=int, default=0, help="the same seed, the same fleet")

    def handle(self, *args: object, **options: Any) -> None:
        fleet = self._fleet(options)
        asyncio.run(self._watch(fleet, options["url"]))

    def _fleet(self, options: dict[str, Any]) -> Fleet:
        _check(options)
        try:
            quirks = quirks_of(options["behaviour"])
        except ValueError as error:
            raise CommandError(str(error)) from error
        version = by_name(options["version"])
        specs = mixed_specs(
            options["count"],
            (version,) if version else tuple(reversed(VERSIONS)),
            prefix=options["prefix"],
            password=options["password"],
            quirks=quirks,
            sessions_per_hour=options["activity"],
            seed=options["seed"],
        )
        return Fleet(options["url"], specs, rate=options["rate"])

    async def _watch(self, fleet: Fleet, url: str) -> None:
        stopping = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stopping.set)
        self._tell(f"{len(fleet.stations)} stations connect to {url} (Ctrl-C stops)")
        starting = asyncio.create_task(fleet.start())
        while not stopping.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(REPORT_EVERY_S):
                    await stopping.wait()
            self._tell(self._line(fleet))
        starting.cancel()
        await fleet.stop()

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        # Whoever reads this through a pipe reads it now.
        self.stdout.flush()

    def _line(self, fleet: Fleet) -> str:
        count = fleet.count()
        return (
            f"{count.connected}/{count.stations} connected, {count.accepted} accepted, "
            f"{count.failed_connects} failed connects · {count.said} messages said · "
            f"{count.heard} calls heard, {count.answered} answered"
        )


def _check(options: dict[str, Any]) -> None:
    address = urlsplit(options["url"])
    if address.scheme not in ("ws", "wss") or not address.netloc:
        raise CommandError(
            f"--url is a WebSocket address, like ws://host:8000/ocpp: {options['url']}"
        )
    if options["count"] < 1:
        raise CommandError("--count is at least 1.")
    if options["rate"] <= 0:
        raise CommandError("--rate is more than 0 stations a second.")
    if options["activity"] < 0:
        raise CommandError("--activity is a number of sessions an hour, 0 or more.")
