"""Stations: who they are, how they prove it, and what they say of themselves."""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from operations.answers import BootAnswer
from operations.events import StationBooted, Told
from operations.models import Charger, Organisation, Site, Station
from operations.models.audit import Deed
from operations.services import auditing, connections, rows
from operations.services.live import Changes, publishing
from operations.services.parts import Parts
from operations.statuses import OperationalStatus, Registration

PENDING_INTERVAL_S = 60  # how soon a station that waits for approval shall ask again


def digest(password: bytes) -> str:
    """What is kept of a station's password: an HMAC under the server's key, 64 hex digits.

    Generated machine secrets need no slow hash; a thousand stations reconnect at once.
    """
    return salted_hmac("operations.station-password", password, algorithm="sha256").hexdigest()


def accepts_password(*, station: Station, password: bytes | None) -> bool:
    """Whether the handshake's password is the station's; a station may have none."""
    if not station.password_digest:
        return True
    return password is not None and constant_time_compare(station.password_digest, digest(password))


def generate_password() -> str:
    """20 characters: strong, and within OCPP 1.6's 16 to 20 bytes (security whitepaper §3.4)."""
    return secrets.token_urlsafe(15)


@transaction.atomic
def create_station(
    *,
    identity: str,
    name: str = "",
    organisation: Organisation | None = None,
    site: Site | None = None,
    password: str | None = None,
    registration: Registration = Registration.ACCEPTED,
) -> Station:
    """A new station. Raises ValidationError when the identity is taken or not one."""
    station = Station(
        identity=identity,
        name=name or identity,
        organisation=organisation,
        site=site,
        registration=registration,
        password_digest="" if password is None else digest(password.encode()),
    )
    station.full_clean()
    station.save()
    auditing.note(Deed.CREATED, station, changes=auditing.difference(None, station))
    return station


@transaction.atomic
def renew_password(*, station: Station) -> str:
    """Give the station a new password, returned this once; the old one ends with it."""
    password = generate_password()
    station.password_digest = digest(password.encode())
    station.save(update_fields=["password_digest"])
    auditing.note(Deed.NEW_PASSWORD, station)
    return password


def admit_unknown(*, identity: str) -> Station | None:
    """What EVCHARGE_UNKNOWN_STATIONS says of an identity nobody created."""
    if settings.EVCHARGE_UNKNOWN_STATIONS == "refuse":
        return None
    waits = settings.EVCHARGE_UNKNOWN_STATIONS == "quarantine"
    return create_station(
        identity=identity, registration=Registration.PENDING if waits else Registration.ACCEPTED
    )


def approve(*, station: Station, organisation: Organisation | None) -> None:
    """Take a station out of quarantine; its next BootNotification is accepted."""
    with publishing() as changes:
        before = auditing.stored(station)
        station.registration = Registration.ACCEPTED
        station.organisation = organisation or station.organisation
        station.save(update_fields=["registration", "organisation"])
        auditing.note(Deed.APPROVED, station, changes=auditing.difference(before, station))
        changes.add("station", station.pk)


def quarantine(*, station: Station, why: str) -> None:
    """Have a station wait for approval: its socket is closed, its next boot answered Pending."""
    with publishing() as changes:
        was = station.registration
        station.registration = Registration.PENDING
        station.save(update_fields=["registration"])
        registration = [was, Registration.PENDING.value]
        auditing.note(Deed.QUARANTINED, station, changes={"registration": registration})
        connections.disconnect(station=station, why=why)
        changes.add("station", station.pk)


def forget(*, station: Station, why: str) -> None:
    """Delete a station nobody owns, with all it told. Raises ValueError where somebody does."""
    if station.organisation_id is not None:
        raise ValueError(_("%(station)s belongs to an organisation.") % {"station": station.name})
    with publishing() as changes:
        connections.disconnect(station=station, why=why)
        changes.add("connectivity", station.pk)
        auditing.note(Deed.DELETED, station, changes=auditing.difference(station, None))
        station.delete()


def record_boots(told: Sequence[Told], changes: Changes) -> list[BootAnswer]:
    """Note who stations say they are (1.6 §4.2, 2.0.1 B01); tell them how to go on."""
    stations = Station.objects.in_bulk([item.station_id for item in told])
    saved: dict[tuple[str, ...], list[Station]] = defaultdict(list)
    for item in told:
        assert isinstance(item.event, StationBooted)  # noqa: S101
        station = stations[item.station_id]
        saved[_note_boot(station, item.event, item.heard_at)].append(station)
        changes.add("station", station.pk)
    for names, alike in saved.items():
        rows.update(Station, alike, names)
    parts = Parts(set(stations))
    for pk in stations:
        parts.charger(pk, 1)  # whatever boots has at least one
    return [_answer_to_boot(stations[item.station_id]) for item in told]


def _answer_to_boot(station: Station) -> BootAnswer:
    registration = Registration(station.registration)
    accepted = registration == Registration.ACCEPTED
    interval_s = settings.EVCHARGE_HEARTBEAT_S if accepted else PENDING_INTERVAL_S
    return BootAnswer(registration, interval_s, timezone.now())


def _note_boot(station: Station, boot: StationBooted, at: datetime) -> tuple[str, ...]:
    """What the station did not say, it does not change; returns what is to be saved."""
    known = {
        "serial_number": boot.serial_number,
        "model": boot.model,
        "vendor": boot.vendor,
        "firmware_version": boot.firmware_version,
        "iccid": boot.iccid,
        "imsi": boot.imsi,
    }
    said = {name: text[: limit(name)] for name, text in known.items() if text}
    before = {name: getattr(station, name) for name in ("serial_number", "model", "vendor")}
    for name, text in said.items():
        setattr(station, name, text)
    station.boot_reason = boot.reason[:30]
    station.booted_at = at
    _pass_on(station, before)
    return (*said, "boot_reason", "booted_at")


def limit(name: str) -> int:
    """How long a text field of a station may be."""
    field: Any = Station._meta.get_field(name)
    return int(field.max_length)


def _pass_on(station: Station, before: dict[str, str]) -> None:
    """Chargers that follow their station (nobody gave them own values) follow on."""
    for name, old in before.items():
        new = getattr(station, name)
        if new != old:
            followers = Charger.objects.filter(station=station, **{f"{name}__in": ["", old]})
            followers.update(**{name: new})


def note_ignored_boot_trigger(*, station_pk: int) -> None:
    """The station never answered when asked to boot: it is not asked again."""
    Station.objects.filter(pk=station_pk).update(ignores_boot_trigger=True)


def is_closed(station: Station) -> bool:
    """Whether the station is discarded and may not connect any more."""
    return station.operational_status == OperationalStatus.CLOSED
