"""A row of everything, and the address of every page: for tests that look at all of them.

What people and stations named is made of words in ZQ: it says the same in every language.
"""

from collections.abc import Iterator, Mapping
from datetime import time, timedelta
from typing import Any

from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from operations import models
from operations.commands import COMMANDS
from operations.commands.base import Command, TargetKind
from operations.models.local_lists import LocalList, StationList
from operations.statuses import ChargingStatus, Role
from operations.versions import V16, V21, V201
from tests import factories

# Neither is a page: what other programs fetch, and what browsers do without showing it.
NO_PAGES = (
    *("healthz", "readyz", "metrics", "words", "map-markers", "home"),
    *("token-export", "diagnostic-log-download", "firmware-roll-out"),
    *("openid_connect_login", "openid_connect_callback", "mfa_download_recovery_codes"),
    *("account_reset_password_from_key", "ask-many", "configuration-template-deed"),
    *("local-list-assign", "drift-deed", "station-settings-ask"),
    # Only for people with a second factor.
    *("mfa_deactivate_totp", "mfa_view_recovery_codes"),
)
NAMES = {"name": "ZQ", "vendor": "ZQ", "model": "ZQ", "firmware_version": "ZQ1"}


class Everything:
    """The rows; `keys` has one of each kind, by how the names of its pages begin."""

    def __init__(self, user: models.User) -> None:
        self.user = user
        self.now = timezone.now()
        owner = factories.OrganisationFactory(name="ZQ", code="zq")
        site = factories.SiteFactory(organisation=owner, name="ZQ", latitude=55.7, longitude=12.6)
        place = {"organisation": owner, "site": site, **NAMES}
        self.stations = {
            version: factories.StationFactory(
                protocol=version.name,
                identity=f"ZQ-{version.slug}",
                serial_number="ZQ7",
                open_connection=True,
                **place,
            )
            for version in (V16, V201, V21)
        }
        factories.StationFactory(connected=False, identity="ZQ-off", serial_number="ZQ", **place)
        self.parts = {version: self._parts(station) for version, station in self.stations.items()}
        self.station = self.stations[V16]
        self.connector = self.parts[V16]
        self.keys: Mapping[str, int] = self._keys(owner)
        minute = self.now.replace(second=0, microsecond=0)
        models.FleetMinute.objects.bulk_create(
            models.FleetMinute(
                organisation=owner, at=minute - timedelta(minutes=ago), stations=4, connected=ago
            )
            for ago in (1, 2)
        )

    def _parts(self, station: models.Station) -> models.Connector:
        charger = factories.ChargerFactory(station=station, charging_status=ChargingStatus.CHARGING)
        factories.ConnectorFactory(charger=charger, type="ZQ", charging_status="Faulted")
        connector: models.Connector = factories.ConnectorFactory(charger=charger, type="ZQ")
        return connector

    def _keys(self, owner: models.Organisation) -> dict[str, int]:
        session = factories.SessionFactory(connector=self.connector, token="ZQ9")
        batch = self._batch()
        run = factories.RunFactory(station=self.station, summary="ZQ", created_by=self.user)
        image = models.FirmwareImage.objects.create(
            vendor="ZQ", model="ZQ", version="ZQ1", url="https://zq.zq/zq", created_at=self.now
        )
        return {
            "unknown-station": self._unknown(),
            "station": self.station.pk,
            "charger": self.connector.charger_id,
            "connector": self.connector.pk,
            "session": session.pk,
            "account-session": self._browser(),
            "run": run.pk,
            "batch": batch.pk,
            "schedule": self._schedule(),
            "firmware": image.pk,
            "diagnostic-log": self._log(run),
            "local-list": self._list(owner),
            "view": models.SavedView.objects.create(
                user=self.user, list="station-list", name="ZQ", query="vendor=ZQ"
            ).pk,
            "message": factories.MessageFactory(station=self.station, unique_id="ZQ").pk,
            "alert-rule": (rule := factories.AlertRuleFactory(name="ZQ")).pk,
            "alert": factories.AlertFactory(station=self.station, rule=rule, summary="ZQ").pk,
            "alert-delivery": factories.AlertDeliveryFactory(
                rule=rule,
                address="https://zq.zq/",
                subject="ZQ",
                next_attempt_at=self.now + timedelta(days=1),
            ).pk,
            "token": factories.TokenFactory(identifier="ZQ8").pk,
            "token-import": self._import(),
            "station-report": self._report(),
            "configuration-template": self._template(),
            "authorization-cache": self.station.pk,
        }

    def _batch(self) -> models.CommandBatch:
        batch = models.CommandBatch.objects.create(
            command="reboot", created_by=self.user, created_at=self.now, size=1, summary="ZQ"
        )
        factories.RunFactory(
            station=self.stations[V201], batch=batch, summary="ZQ", created_by=self.user
        )
        return batch

    def _schedule(self) -> int:
        schedule = models.BatchSchedule.objects.create(
            command="reboot",
            created_by=self.user,
            created_at=self.now,
            at=time(3),
            target_pks=[self.station.pk],
            next_at=self.now + timedelta(days=1),
        )
        return schedule.pk

    def _unknown(self) -> int:
        station = factories.StationFactory(organisation=None, identity="ZQ-new", **NAMES)
        return int(station.pk)

    def _browser(self) -> int:
        session, _made = models.UserSession.objects.get_or_create(
            user=self.user,
            session_key="zq" * 16,
            defaults={"began_at": self.now, "last_seen_at": self.now},
        )
        return session.pk

    def _log(self, run: models.CommandRun) -> int:
        file = models.ReceivedFile.objects.create(
            run=run,
            station=self.station,
            original_name="zq",
            state="partial",
            protocol="ftp",
            started_at=self.now,
            heard_at=self.now,
            received_at=self.now,
            expires_at=self.now + timedelta(days=1),
        )
        return file.pk

    def _list(self, owner: models.Organisation) -> int:
        held = LocalList.objects.create(name="ZQ", organisation=owner)
        StationList.objects.create(station=self.station, local_list=held)
        return held.pk

    def _import(self) -> int:
        found = models.TokenImport.objects.create(
            created_by=self.user,
            created_at=self.now,
            file_name="zq",
            time_zone="UTC",
            status="checked",
            rows=3,
            checked=3,
            new=1,
            mistakes=1,
            examples=[[2, "zq", "ZQ"]],
        )
        return found.pk

    def _report(self) -> int:
        report = models.StationReport.objects.create(
            station=self.stations[V201],
            kind="ZQ",
            request_id=1,
            started_at=self.now,
            updated_at=self.now,
        )
        return report.pk

    def _template(self) -> int:
        template = factories.TemplateFactory(
            name="ZQ", code="zq", settings={"HeartbeatInterval": "60"}
        )
        factories.SettingFactory(station=self.station)
        models.SettingDrift.objects.create(
            station=self.station,
            key="HeartbeatInterval",
            template=template,
            desired="60",
            reported="300",
            state="differs",
            since=self.now,
        )
        return int(template.pk)

    def addresses(self) -> Iterator[str]:
        """Every page that can be looked at, and one dialog of each command."""
        yield from self.pages()
        for kind in ("station", "charger", "connector"):
            yield reverse(f"more-{kind}", args=[self.keys[kind]])
        for command in COMMANDS:
            yield self._dialog(command)

    def pages(self) -> Iterator[str]:
        """Every page that can be looked at."""
        for name, takes in names():
            if name in NO_PAGES or name.startswith(("ask-", "more-")):
                continue
            url = reverse(name, kwargs=self._facts(name)) if takes else reverse(name)
            # A menu of a list's views is that list's.
            yield f"{url}?next=/operations/stations/" if name.startswith("view-") else url

    @staticmethod
    def is_of_one(url: str) -> bool:
        """Whether the page is about one thing, which its address names."""
        return any(part.isdigit() for part in url.split("/"))

    def _facts(self, name: str) -> dict[str, Any]:
        fitting = [kind for kind in self.keys if name.startswith(kind)]
        return {"pk": self.keys[max(fitting, key=len)]}

    def _dialog(self, command: Command) -> str:
        version = next(each for each in (V21, V201, V16) if command.supports(each))
        kind = next(iter(command.targets))
        target = {
            TargetKind.STATION: self.stations[version],
            TargetKind.CHARGER: self.parts[version].charger,
            TargetKind.CONNECTOR: self.parts[version],
        }[kind]
        return reverse(f"ask-{kind.value}", args=[target.pk, command.slug])


def everything() -> Everything:
    """A row of everything, and an administrator named in ZQ who looks at it."""
    user = factories.UserFactory(username="zq", role=Role.ADMIN, is_superuser=True, is_staff=True)
    return Everything(user)


def names() -> Iterator[tuple[str, bool]]:
    """The names of what can be looked at, and whether they take facts; no administration."""
    for pattern in get_resolver().url_patterns:
        if getattr(pattern, "app_name", None) == "admin":
            continue
        for each in getattr(pattern, "url_patterns", [pattern]):
            if isinstance(each, URLPattern) and each.name and _can_be_seen(each.callback):
                yield each.name, bool(each.pattern.converters or each.pattern.regex.groups)


def _can_be_seen(view: Any) -> bool:
    kind = getattr(view, "view_class", None)
    return kind is None or (hasattr(kind, "get") and "get" in kind.http_method_names)
