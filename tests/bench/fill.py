"""Fills an empty database with what a measurement needs; prints what its tellers must know."""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import json
import os
import secrets
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evcharge.settings")

import django

django.setup()

from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.management import call_command
from django.utils import timezone

from operations.models import Charger, Connector, Organisation, Station, Token, User
from operations.services import stations as station_service
from operations.statuses import ChargingStatus, OperationalStatus, Role
from tests.bench import frames

BATCH = 2_000


def add_stations(count: int) -> tuple[int, int, int]:
    """Stations with a charger and a connector each; returns the first ones' keys."""
    organisation = Organisation.objects.create(name="Bench", code="bench")
    digest = station_service.digest(frames.PASSWORD.encode())
    now = timezone.now()
    stations = Station.objects.bulk_create(
        (
            Station(
                organisation=organisation,
                identity=frames.identity(number),
                name=f"Bench {number}",
                operational_status=OperationalStatus.OPERATIVE,
                password_digest=digest,
                protocol="1.6",
            )
            for number in range(count)
        ),
        batch_size=BATCH,
    )
    parts: dict[str, Any] = {
        "number": 1,
        "operational_status": OperationalStatus.OPERATIVE,
        "charging_status": ChargingStatus.AVAILABLE,
        "status_at": now,
    }
    chargers = Charger.objects.bulk_create(
        (Charger(station=station, name=station.name, **parts) for station in stations),
        batch_size=BATCH,
    )
    connectors = Connector.objects.bulk_create(
        (Connector(charger=charger, station=charger.station, **parts) for charger in chargers),
        batch_size=BATCH,
    )
    return stations[0].pk, chargers[0].pk, connectors[0].pk


def sign_in() -> dict[str, str]:
    """An operator who sees everything, and the cookies of their browser."""
    user = User.objects.create(
        username="operator", role=Role.OPERATOR, sees_all_organisations=True, password="!"
    )
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    return {
        settings.SESSION_COOKIE_NAME: store.session_key,
        settings.CSRF_COOKIE_NAME: secrets.token_hex(16),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--stations", type=int, required=True)
    arguments = parser.parse_args()
    call_command("migrate", verbosity=0)
    station, charger, connector = add_stations(arguments.stations)
    Token.objects.create(identifier=frames.TOKEN)
    said = {
        "first_station": station,
        "first_charger": charger,
        "first_connector": connector,
        "cookies": sign_in(),
    }
    print(json.dumps(said))  # noqa: T201


if __name__ == "__main__":
    main()
