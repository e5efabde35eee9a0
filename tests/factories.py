"""Rows for tests: a small network, the people who look at it, and what they asked of it."""

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from operations import models
from operations.statuses import ChargingStatus, OperationalStatus, Role, RunStatus
from operations.variables import Variable

PASSWORD = "correct horse battery staple"


class OrganisationFactory(DjangoModelFactory[models.Organisation]):
    class Meta:
        model = models.Organisation

    name = factory.Sequence(lambda number: f"Organisation {number}")
    code = factory.Sequence(lambda number: f"organisation-{number}")


class SiteFactory(DjangoModelFactory[models.Site]):
    class Meta:
        model = models.Site

    organisation = factory.SubFactory(OrganisationFactory)
    name = factory.Sequence(lambda number: f"Site {number}")
    code = factory.Sequence(lambda number: f"site-{number}")


class UserFactory(DjangoModelFactory[models.User]):
    """Sees the organisation given, or the whole network where none is."""

    class Meta:
        model = models.User

    username = factory.Sequence(lambda number: f"user-{number}")
    password = factory.django.Password(PASSWORD)
    role = Role.OPERATOR
    organisation = None
    sees_all_organisations = factory.LazyAttribute(lambda user: user.organisation is None)


class StationFactory(DjangoModelFactory[models.Station]):
    """Connected unless told otherwise; `open_connection=True` gives it a connection's row too."""

    class Meta:
        model = models.Station
        skip_postgeneration_save = True

    class Params:
        connected = True

    organisation = factory.SubFactory(OrganisationFactory)
    identity = factory.Sequence(lambda number: f"CP-{number:04}")
    name = factory.Sequence(lambda number: f"Quay {number}")
    serial_number = factory.Sequence(lambda number: f"SN-{number:04}")
    model = "Terra 54"
    vendor = "ABB"
    firmware_version = "1.4.2"
    protocol = "1.6"
    operational_status = OperationalStatus.OPERATIVE
    connected_at = factory.LazyAttribute(
        lambda station: timezone.now() - timedelta(hours=2) if station.connected else None
    )
    disconnected_at = factory.LazyAttribute(
        lambda station: None if station.connected else timezone.now() - timedelta(hours=1)
    )
    last_seen_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def open_connection(self: models.Station, create: bool, given: bool, **_kwargs: Any) -> None:  # type: ignore[misc]
        if create and given:
            self.epoch += 1
            self.save(update_fields=["epoch"])
            ConnectionFactory(station=self, epoch=self.epoch, protocol=self.protocol)


class ConnectionFactory(DjangoModelFactory[models.Connection]):
    class Meta:
        model = models.Connection

    station = factory.SubFactory(StationFactory)
    epoch = factory.Sequence(lambda number: number + 1)
    node = "node-1"
    channel_name = factory.Sequence(lambda number: f"specific.test!{number}")
    protocol = factory.SelfAttribute("station.protocol")
    remote_address = "192.0.2.7"
    opened_at = factory.LazyFunction(timezone.now)
    last_seen_at = factory.LazyFunction(timezone.now)


class ChargerFactory(DjangoModelFactory[models.Charger]):
    class Meta:
        model = models.Charger

    station = factory.SubFactory(StationFactory)
    number = factory.LazyAttribute(lambda charger: charger.station.chargers.count() + 1)
    name = factory.LazyAttribute(lambda charger: f"{charger.station.name}-{charger.number}")
    serial_number = factory.SelfAttribute("station.serial_number")
    model = factory.SelfAttribute("station.model")
    vendor = factory.SelfAttribute("station.vendor")
    operational_status = OperationalStatus.OPERATIVE
    charging_status = ChargingStatus.AVAILABLE
    status_at = factory.LazyFunction(timezone.now)


class ConnectorFactory(DjangoModelFactory[models.Connector]):
    """Numbered as OCPP does: through the station in 1.6, from 1 inside each charger in 2.x."""

    class Meta:
        model = models.Connector

    charger = factory.SubFactory(ChargerFactory)
    station = factory.SelfAttribute("charger.station")
    number = factory.LazyAttribute(
        lambda connector: (
            (
                connector.station.connectors.count()
                if connector.station.protocol == "1.6"
                else connector.charger.connectors.count()
            )
            + 1
        )
    )
    type = "CCS2"
    max_power_kw = 50
    operational_status = OperationalStatus.OPERATIVE
    charging_status = ChargingStatus.AVAILABLE
    status_at = factory.LazyFunction(timezone.now)
    status_heard_at = factory.LazyFunction(timezone.now)


class SessionFactory(DjangoModelFactory[models.Session]):
    class Meta:
        model = models.Session

    connector = factory.SubFactory(ConnectorFactory)
    charger = factory.SelfAttribute("connector.charger")
    station = factory.SelfAttribute("connector.station")
    transaction_id = factory.Sequence(lambda number: str(1000 + number))
    token = "04A2B3C4"
    started_at = factory.LazyFunction(timezone.now)
    meter_start_wh = 1000.0
    meter_last_wh = 42_200.0


class RunFactory(DjangoModelFactory[models.CommandRun]):
    """A run of Reboot unless told otherwise, with the transition that began it."""

    class Meta:
        model = models.CommandRun
        skip_postgeneration_save = True

    station = factory.SubFactory(StationFactory)
    command = "reboot"
    params = factory.LazyFunction(lambda: {"mode": "idle"})
    status = RunStatus.QUEUED
    summary = "Waiting to be sent."
    created_by = None
    created_at = factory.LazyFunction(timezone.now)
    released_at = factory.SelfAttribute("created_at")
    answer_timeout_s = 30
    effect_timeout_s = 60

    @factory.post_generation
    def began(self: models.CommandRun, create: bool, _given: object, **_kwargs: Any) -> None:  # type: ignore[misc]
        if create:
            models.RunTransition.objects.create(
                run=self, at=self.created_at, to_status=self.status, cause=self.summary
            )


class MessageFactory(DjangoModelFactory[models.OcppMessage]):
    """A Heartbeat and its answer unless told otherwise."""

    class Meta:
        model = models.OcppMessage

    station = factory.SubFactory(StationFactory)
    is_from_station = True
    action = "Heartbeat"
    unique_id = factory.Sequence(lambda number: f"m-{number}")
    call = factory.LazyAttribute(
        lambda message: f'[2,"{message.unique_id}","{message.action}",{{}}]'
    )
    called_at = factory.LazyFunction(timezone.now)
    answer = factory.LazyAttribute(lambda message: f'[3,"{message.unique_id}",{{}}]')
    answered_at = factory.LazyFunction(timezone.now)


class TokenFactory(DjangoModelFactory[models.Token]):
    class Meta:
        model = models.Token

    identifier = factory.Sequence(lambda number: f"04A2B3C4{number:04}")


class AlertRuleFactory(DjangoModelFactory[models.AlertRule]):
    """The whole network's, for what is offline for ten minutes, unless told otherwise."""

    class Meta:
        model = models.AlertRule

    name = factory.Sequence(lambda number: f"Rule {number}")
    kind = "offline"
    threshold = 10
    calm_minutes = 2


class AlertFactory(DjangoModelFactory[models.Alert]):
    class Meta:
        model = models.Alert

    rule = factory.SubFactory(AlertRuleFactory)
    station = factory.SubFactory(StationFactory)
    severity = factory.SelfAttribute("rule.severity")
    summary = "Offline for more than 10 minutes."
    opened_at = factory.LazyFunction(timezone.now)
    last_seen_at = factory.LazyFunction(timezone.now)
    announced_at = factory.LazyFunction(timezone.now)


class AlertDeliveryFactory(DjangoModelFactory[models.AlertDelivery]):
    """A webhook's that waits, unless told otherwise."""

    class Meta:
        model = models.AlertDelivery

    rule = factory.SubFactory(AlertRuleFactory)
    event = "opened"
    channel = "webhook"
    address = "https://hooks.example.org/secret-path"
    subject = "Rule: Quay 1"
    body = "{}"
    next_attempt_at = factory.LazyFunction(timezone.now)
    created_at = factory.LazyFunction(timezone.now)


class TemplateFactory(DjangoModelFactory[models.ConfigurationTemplate]):
    """For every station; `settings={"HeartbeatInterval": "300"}` are each station's."""

    class Meta:
        model = models.ConfigurationTemplate
        skip_postgeneration_save = True

    name = factory.Sequence(lambda number: f"Template {number}")
    code = factory.Sequence(lambda number: f"template-{number}")

    @factory.post_generation
    def settings(self: models.ConfigurationTemplate, create: bool, given: Any, **_k: Any) -> None:  # type: ignore[misc]
        for key, value in (given or {}).items():
            models.TemplateSetting.objects.create(template=self, key=key, value=value)


class SettingFactory(DjangoModelFactory[models.StationSetting]):
    """What a station reports: a key of OCPP 1.6, or one of 2.x, by its text."""

    class Meta:
        model = models.StationSetting

    station = factory.SubFactory(StationFactory)
    key = "HeartbeatInterval"
    component = factory.LazyAttribute(lambda row: Variable.of_key(row.key).component)
    variable = factory.LazyAttribute(lambda row: Variable.of_key(row.key).name)
    value = "300"
    mutability = "ReadWrite"
    read_at = factory.LazyFunction(timezone.now)
