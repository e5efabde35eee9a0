"""The demo's network: three organisations, a dozen sites, eighty stations of many kinds."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from evcharge.demo import firmware, history, lists, templates, tokens
from ocpp_gateway.simulator.behaviours import quirks_of
from ocpp_gateway.simulator.profiles import PROFILES, Profile
from ocpp_gateway.simulator.specs import StationSpec
from operations.models import Charger, Connector, Organisation, Site, Station, User
from operations.services import usual_rules
from operations.statuses import ChargingStatus, OperationalStatus, Role
from operations.versions import V16, V21, V201, OcppVersion

# Code, name, address, zone, latitude, longitude: by organisation.
SITES = {
    ("northern-grid", "Northern Grid Charging", "Europe/Copenhagen"): [
        ("harbour-east", "Harbour East", "Copenhagen", 55.6881, 12.6012),
        ("airport-p4", "Airport P4", "Copenhagen", 55.6290, 12.6450),
        ("mall-north", "Mall North", "Malmö", 55.6050, 13.0038),
        ("ferry-terminal", "Ferry Terminal", "Göteborg", 57.6970, 11.9470),
    ],
    ("alpine-drive", "Alpine Drive", "Europe/Ljubljana"): [
        ("castle-garage", "Castle Garage", "Ljubljana", 46.0489, 14.5086),
        ("lake-resort", "Lake Resort", "Bled", 46.3683, 14.1146),
        ("tunnel-rest", "Tunnel Rest Area", "Jesenice", 46.4330, 14.0530),
        ("old-depot", "Old Bus Depot", "Maribor", 46.5547, 15.6459),
    ],
    ("city-parking", "City Parking Power", "Europe/Lisbon"): [
        ("quay", "Quay", "Lisboa", 38.7071, -9.1355),
        ("station-square", "Station Square", "Porto", 41.1456, -8.6109),
        ("campus", "Campus", "Coimbra", 40.2056, -8.4196),
        ("test-bench", "Test Bench", "Lisboa", 38.7370, -9.1500),
    ],
}

# How the stations of a site behave, in turn; most do as the specification says.
SCENES = (
    ("normal",),
    ("charging",),
    ("normal",),
    ("normal",),
    ("charging",),
    ("normal",),
    ("faulted",),
    ("normal",),
    ("normal",),
    ("offline",),
    ("normal",),
    ("status-before-answer",),
    ("charging",),
)

# Those of the test bench say by their names what is wrong with them.
BENCH = (
    ("Never answers", "silent"),
    ("Answers after 40 s", "late-answers=40"),
    ("Refuses everything", "rejects"),
    ("Accepts and does nothing", "ignores"),
    ("Answers with errors", "callerror=InternalError"),
    ("Reboots without answering", "reset-without-answer"),
    ("Drops out every 45 s", "flapping=45"),
    ("Downloads fail twice", "download-fails-twice"),
    ("Never says Installed", "never-installed"),
    ("Reports in the wrong order", "wrong-order"),
    ("Says Idle to everything", "idle-only"),
    ("Floods Uploading", "floods-uploading"),
    ("Gives up at once", "ignores-retries"),
    ("Has no logs", "no-logs"),
    ("Says Uploaded, brings nothing", "uploads-nothing"),
    ("Brings logs by form", "uploads-by-form"),
    ("Signed firmware only", "security-extension"),
    ("Keeps its settings", "ignores-settings"),
    ("Old value until rebooted", "old-until-reboot"),
    ("Hides some keys", "hides-keys"),
    ("Wrong about read-only", "wrong-readonly"),
    ("Takes 5 identifiers, says 10", "small-lists=5"),
    ("Its list is changed by others", "list-changes=20"),
    ("Advertises lists, has none", "no-lists"),
    ("Version -1 when off", "denies-disabled-list"),
)
# What only OCPP 1.6 has: its security extension (2.x has it all), a version of -1.
ONLY_V16 = frozenset({"security-extension", "denies-disabled-list"})

VERSIONS = (V16, V201, V16, V21, V16, V201, V21)
PER_SITE = 5
ROLES = {
    "admin": Role.ADMIN,
    "engineer": Role.ENGINEER,
    "operator": Role.OPERATOR,
    "viewer": Role.VIEWER,
}


@dataclass(frozen=True, slots=True)
class _Plan:
    """One station to be."""

    site: Site
    name: str
    identity: str
    version: OcppVersion
    profile: Profile
    scene: tuple[str, ...]
    number: int


@transaction.atomic
def create(*, password: str) -> list[StationSpec]:
    """Everything but the stations' own words; returns who is to be simulated."""
    _create_users(password)
    chance = random.Random(11)  # noqa: S311  the same demo each time
    specs = []
    for plan in _plans():
        station = _create_station(plan, chance)
        if plan.scene != ("closed",):
            specs.append(_spec(plan, station))
    tokens.create()
    lists.create()
    templates.create()
    firmware.create()
    history.create()
    usual_rules.add(kinds=[usual.kind for usual in usual_rules.USUAL], organisation=None)
    return specs


def _create_users(password: str) -> None:
    hashed = make_password(password)
    for username, role in ROLES.items():
        is_admin = role == Role.ADMIN
        User.objects.create(
            username=username,
            password=hashed,
            role=role,
            is_staff=is_admin,
            is_superuser=is_admin,
            sees_all_organisations=True,
        )


def _plans() -> Iterator[_Plan]:
    scenes, versions = itertools.cycle(SCENES), itertools.cycle(VERSIONS)
    # More of those with several chargers than there are models of them.
    profiles = itertools.cycle([*PROFILES, *(each for each in PROFILES if len(each.layout) > 1)])
    number = 0
    for (code, name, zone), sites in SITES.items():
        organisation = Organisation.objects.create(code=code, name=name, time_zone=zone)
        for site_code, site_name, address, latitude, longitude in sites:
            site = Site.objects.create(
                organisation=organisation,
                code=site_code,
                name=site_name,
                address=address,
                time_zone=zone,
                latitude=latitude,
                longitude=longitude,
            )
            for place, (label, scene) in enumerate(_places(site, scenes), start=1):
                number += 1
                yield _Plan(
                    site=site,
                    name=label,
                    identity=f"{site_code.upper()}-{place:02d}",
                    version=V16 if ONLY_V16.intersection(scene) else next(versions),
                    profile=next(profiles),
                    scene=scene,
                    number=number,
                )


def _places(site: Site, scenes: Iterator[tuple[str, ...]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    if site.code == "test-bench":
        for label, behaviour in BENCH:
            yield f"Bench: {label}", (behaviour,)
        return
    for place in range(1, PER_SITE + 1):
        is_scrap = site.code == "old-depot" and place == PER_SITE
        yield f"{site.name} {place}", ("closed",) if is_scrap else next(scenes)


def _create_station(plan: _Plan, chance: random.Random) -> Station:
    """What an operator would have typed in; the rest the station says itself."""
    is_closed = plan.scene == ("closed",)
    is_offline = plan.scene == ("offline",)
    now = timezone.now()
    station = Station.objects.create(
        organisation=plan.site.organisation,
        site=plan.site,
        name=plan.name,
        identity=plan.identity,
        vendor=plan.profile.vendor,
        model=plan.profile.model,
        serial_number=f"{plan.profile.vendor[:2].upper()}{plan.number:03d}{chance.randrange(10**5):05d}",
        operational_status=(
            OperationalStatus.CLOSED if is_closed else OperationalStatus.INOPERATIVE
        ),
        protocol=plan.version.name if is_offline else "",
        disconnected_at=now - timedelta(minutes=chance.randrange(20, 900)) if is_offline else None,
    )
    _create_chargers(plan, station, known=is_offline)
    return station


def _create_chargers(plan: _Plan, station: Station, *, known: bool) -> None:
    """One charger per EVSE; of a 1.6 station too, split as an admin would."""
    flat = itertools.count(1)
    status = {"charging_status": ChargingStatus.AVAILABLE, "status_at": station.disconnected_at}
    operational = OperationalStatus.OPERATIVE if known else station.operational_status
    several = len(plan.profile.layout) > 1
    for number, outlets in enumerate(plan.profile.layout, start=1):
        charger = Charger.objects.create(
            station=station,
            number=number,
            name=f"{station.name}-{chr(64 + number)}" if several else station.name,
            serial_number=f"{station.serial_number}-{number}",
            model=station.model,
            vendor=station.vendor,
            operational_status=operational,
            **(status if known else {}),
        )
        Connector.objects.bulk_create(
            Connector(
                charger=charger,
                station=station,
                number=next(flat) if plan.version is V16 else outlet,
                type="CCS2" if plan.profile.power_w > 22_000 else "Type 2",
                max_power_kw=plan.profile.power_w / 1000,
                operational_status=operational,
                **(status if known else {}),
            )
            for outlet in range(1, outlets + 1)
        )


def _spec(plan: _Plan, station: Station) -> StationSpec:
    return StationSpec(
        identity=station.identity,
        version=plan.version,
        profile=plan.profile,
        quirks=quirks_of(plan.scene),
        sessions_per_hour=0.6,
        seed=plan.number,
    )
