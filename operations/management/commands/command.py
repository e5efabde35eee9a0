"""manage.py command: ask a station something from the shell, in the way the pages do."""

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from operations.commands import BY_SLUG
from operations.commands import base as commands
from operations.commands.base import CommandForm, Target
from operations.management.run_json import run_as_json
from operations.models import Charger, CommandRun, Connector, Station
from operations.services import auditing, runs, targets
from operations.statuses import RunStatus

POLL_S = 0.2
# The station has said yes: the rest is its own to do.
GOOD = frozenset({RunStatus.DONE, RunStatus.ACCEPTED, RunStatus.SCHEDULED, RunStatus.IN_PROGRESS})
# Without --wait nobody has heard the answer yet; that it is on its way is all there is to say.
UNDER_WAY = GOOD | {RunStatus.QUEUED, RunStatus.SENT}


class Command(BaseCommand):
    """Submits one run; exit 0 when it is done, accepted or scheduled, 1 otherwise."""

    help = "Ask a station something: submits a request, and with --wait shows what becomes of it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What, whom, how."""
        parser.add_argument("slug", help=f"one of: {', '.join(BY_SLUG)}")
        parser.add_argument("identity", help="the station's")
        parser.add_argument("--charger", type=int, metavar="N", help="the EVSE id in OCPP 2.x")
        parser.add_argument(
            "--connector", type=int, metavar="N", help="through the station in OCPP 1.6"
        )
        parser.add_argument(
            "--set", action="append", default=[], metavar="FIELD=VALUE", dest="fields"
        )
        parser.add_argument("--wait", type=float, default=0, metavar="SECONDS")
        parser.add_argument("--json", action="store_true", help="print the request as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, wait, tell."""
        command = _command(options["slug"])
        target = find_target(options["identity"], options["charger"], options["connector"])
        _check_kind(command, target)
        form = command.form(_data(command, target, options["fields"]), target=target)
        if not form.is_valid():
            raise CommandError(_faults(form))
        with auditing.acting(auditing.shell()):
            run = runs.submit(command=command, target=target, params=form.params())
        run = _wait(run, options["wait"])
        if options["json"]:
            text = json.dumps(run_as_json(run), indent=2, ensure_ascii=False)
            self.stdout.write(text)
        else:
            self.stdout.write(f"{run.pk} {run.status}: {run.summary}")
        if run.status not in (GOOD if options["wait"] else UNDER_WAY):
            sys.exit(1)


def _command(slug: str) -> commands.Command:
    if slug not in BY_SLUG:
        raise CommandError(
            _("There is no command %(slug)s. There are: %(known)s.")
            % {"slug": slug, "known": ", ".join(BY_SLUG)}
        )
    return BY_SLUG[slug]


def find_target(identity: str, charger_number: int | None, connector_number: int | None) -> Target:
    """The station, or the part of it these numbers name."""
    station = Station.objects.filter(identity=identity).first()
    if station is None:
        raise CommandError(_("No station has the identity %(identity)s.") % {"identity": identity})
    charger = None
    if charger_number is not None:
        charger = Charger.objects.filter(station=station, number=charger_number).first()
        if charger is None:
            raise CommandError(
                _("%(station)s has no charger %(number)d.")
                % {"station": identity, "number": charger_number}
            )
        charger.station = station
    if connector_number is not None:
        return targets.of_connector(_connector(station, charger, connector_number))
    return targets.of_charger(charger) if charger else targets.of_station(station)


def _connector(station: Station, charger: Charger | None, number: int) -> Connector:
    """Without a charger the number must mean one connector: always so in OCPP 1.6."""
    found = Connector.objects.filter(station=station, number=number)
    if charger is not None:
        found = found.filter(charger=charger)
    connectors = list(found.select_related("charger", "station")[:2])
    if not connectors:
        raise CommandError(
            _("%(owner)s has no connector %(number)d.")
            % {"owner": charger or station.identity, "number": number}
        )
    if len(connectors) > 1:
        raise CommandError(
            _("Several chargers of %(station)s have a connector %(number)d: add --charger.")
            % {"station": station.identity, "number": number}
        )
    return connectors[0]


def _check_kind(command: commands.Command, target: Target) -> None:
    if target.kind in command.targets:
        return
    wanted = [kind.value for kind in commands.TargetKind if kind in command.targets]
    raise CommandError(
        _("%(slug)s is asked of: %(wanted)s. Say which by --charger or --connector, or neither.")
        % {"slug": command.slug, "wanted": ", ".join(wanted)}
    )


def _data(command: commands.Command, target: Target, fields: list[str]) -> dict[str, str]:
    """The form's data; fields that are not known are refused rather than passed by."""
    known = command.form(target=target).fields
    data = {}
    for assignment in fields:
        name, equals, value = assignment.partition("=")
        if not equals:
            raise CommandError(_("--set takes FIELD=VALUE, not %(given)s.") % {"given": assignment})
        if name not in known:
            raise CommandError(
                _("%(slug)s has no field %(name)s. It has: %(known)s.")
                % {"slug": command.slug, "name": name, "known": ", ".join(known) or _("none")}
            )
        data[name] = value
    return data


def _faults(form: CommandForm) -> str:
    return " ".join(
        f"{name}: {error}" if name != "__all__" else str(error)
        for name, errors in form.errors.items()
        for error in errors
    )


def _wait(run: CommandRun, seconds: float) -> CommandRun:
    """Until the run is over, or the time is."""
    until = time.monotonic() + seconds
    while run.state.is_open and time.monotonic() < until:
        time.sleep(POLL_S)
        run.refresh_from_db()
    return run
