"""Configuration templates: which stations they are for, what they want, and how they are kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from operations.models import AuditEntry, ConfigurationTemplate, Station
from operations.models.templates import Bound
from operations.services import desired, drift, templates
from operations.services.desired import Wishes
from tests.factories import (
    ConnectorFactory,
    OrganisationFactory,
    SiteFactory,
    StationFactory,
    TemplateFactory,
)

pytestmark = pytest.mark.django_db


def wanted(station: Station, *, also: ConfigurationTemplate | None = None) -> dict[str, str]:
    """What the templates in force say the station should have."""
    wishes = desired.wishes(timezone.now(), also=also)
    parts = desired.parts_of([station])[station.pk]
    return {key: wish.value for key, wish in wishes.of(station, parts).items()}


def test_the_higher_priority_says_what_both_name() -> None:
    TemplateFactory(settings={"HeartbeatInterval": "300", "MinimumStatusDuration": "2"})
    TemplateFactory(priority=200, settings={"HeartbeatInterval": "60"})
    assert wanted(StationFactory()) == {"HeartbeatInterval": "60", "MinimumStatusDuration": "2"}


def test_what_is_off_or_not_valid_now_counts_for_nothing() -> None:
    now = timezone.now()
    TemplateFactory(is_enabled=False, settings={"A": "1"})
    TemplateFactory(valid_from=now + timedelta(hours=1), settings={"B": "1"})
    TemplateFactory(valid_until=now - timedelta(hours=1), settings={"C": "1"})
    TemplateFactory(valid_from=now - timedelta(hours=1), settings={"D": "1"})
    assert wanted(StationFactory()) == {"D": "1"}


def test_a_template_is_for_stations_that_are_all_it_says() -> None:
    site = SiteFactory()
    mine = StationFactory(
        organisation=site.organisation, site=site, vendor="ABB", model="Terra 54", protocol="1.6"
    )
    same = {
        "organisation": site.organisation,
        "site": site,
        "vendor": "abb",
        "model": "TERRA 54",
        "protocol": "1.6",
    }
    other = {
        "organisation": OrganisationFactory(),
        "site": SiteFactory(),
        "vendor": "Alfen",
        "model": "Eve",
        "protocol": "2.0.1",
    }
    fits = TemplateFactory(**same)
    assert fits.fits(mine)
    assert list(templates.stations_of(fits, Station.objects.all())) == [mine]
    for name, value in other.items():
        misfit = TemplateFactory(**{**same, name: value})
        assert not misfit.fits(mine), name
        assert not templates.stations_of(misfit, Station.objects.all()).exists(), name


def test_each_family_of_versions_gets_its_own_names() -> None:
    TemplateFactory(settings={"HeartbeatInterval": "60", "OCPPCommCtrlr.HeartbeatInterval": "70"})
    assert wanted(StationFactory(protocol="1.6")) == {"HeartbeatInterval": "60"}
    assert wanted(StationFactory(protocol="2.1")) == {"OCPPCommCtrlr.HeartbeatInterval": "70"}


def test_closed_stations_and_those_of_no_version_want_nothing() -> None:
    TemplateFactory(settings={"HeartbeatInterval": "60"})
    assert wanted(StationFactory(protocol="")) == {}
    assert wanted(StationFactory(operational_status="Closed")) == {}


def test_settings_of_chargers_and_connectors_are_said_of_each() -> None:
    template = TemplateFactory()
    for bound_to, key, value in (
        (Bound.CHARGER, "EVSE.Power", "22"),
        (Bound.CONNECTOR, "Connector.Type", "c{connector}"),
        (Bound.CONNECTOR, "ConnectorPhaseRotation{connector}", "{connector}.RST"),
    ):
        template.settings.create(bound_to=bound_to, key=key, value=value)
    first = ConnectorFactory(charger__station__protocol="2.0.1", number=1)
    ConnectorFactory(charger=first.charger, number=2)
    ConnectorFactory(charger=first.charger, number=3, operational_status="Closed")
    assert wanted(first.station) == {
        "EVSE@1.Power": "22",
        "Connector@1/1.Type": "c1",
        "Connector@1/2.Type": "c2",
    }
    older = ConnectorFactory(charger__station__protocol="1.6", number=1)
    assert wanted(older.station) == {"ConnectorPhaseRotation1": "1.RST"}


def test_a_template_that_is_not_in_force_can_be_looked_at_as_if_it_were() -> None:
    TemplateFactory(priority=1, settings={"HeartbeatInterval": "300"})
    draft = TemplateFactory(is_enabled=False, settings={"HeartbeatInterval": "60"})
    station = StationFactory()
    assert wanted(station) == {"HeartbeatInterval": "300"}
    assert wanted(station, also=draft) == {"HeartbeatInterval": "60"}


def test_lines_are_read_as_people_write_them() -> None:
    text = "HeartbeatInterval = 300\n\n  MeterValuesSampledData=Energy,Power=x  \nEmpty ="
    read = [(line.key, line.value) for line in templates.read_lines(text, Bound.STATION)]
    assert read == [
        ("HeartbeatInterval", "300"),
        ("MeterValuesSampledData", "Energy,Power=x"),
        ("Empty", ""),
    ]


@pytest.mark.parametrize(
    ("text", "bound_to", "sentence"),
    [
        ("HeartbeatInterval", Bound.STATION, "Line 1: write a setting as NAME = VALUE."),
        ("A = 1\nA = 2", Bound.STATION, "Line 2: A is there twice."),
        ("A.B.C = 1", Bound.STATION, "A.B.C is no setting's name"),
        ("AuthorizationKey = hunter2", Bound.STATION, "is a password"),
        ("A = " + "x" * 3000, Bound.STATION, "too long"),
        ("Rotation = RST", Bound.CONNECTOR, "write {connector} where its number belongs"),
    ],
)
def test_lines_that_no_station_can_be_asked_for_are_refused(
    text: str, bound_to: Bound, sentence: str
) -> None:
    with pytest.raises(ValueError, match=r"Line \d") as refused:
        list(templates.read_lines(text, bound_to))
    assert sentence in str(refused.value)


def test_what_is_kept_can_be_read_back_and_is_in_the_audit_log() -> None:
    lines = list(templates.read_lines("HeartbeatInterval = 300", Bound.STATION))
    template = templates.save(
        template=ConfigurationTemplate(name="Quays", code="quays"), lines=lines
    )
    assert templates.written(template, Bound.STATION) == "HeartbeatInterval = 300"
    assert templates.written(template, Bound.CHARGER) == ""
    changed = list(templates.read_lines("HeartbeatInterval = 60", Bound.STATION))
    templates.save(template=template, lines=changed)
    created, change = AuditEntry.objects.order_by("pk")
    assert created.deed == "created"
    assert change.changes == {"HeartbeatInterval": ["300", "60"]}
    templates.delete(template=template)
    assert AuditEntry.objects.latest("pk").deed == "deleted"


def test_a_fleet_of_one_kind_is_reckoned_once() -> None:
    TemplateFactory(settings={"HeartbeatInterval": "60"})
    stations = [StationFactory(organisation=None) for _ in range(3)]
    wishes = desired.wishes(timezone.now())
    found = [wishes.of(station, ()) for station in stations]
    assert found[0] is found[1] is found[2]
    assert drift.standings(stations, wishes)[stations[0].pk].unread == ["HeartbeatInterval"]
    assert isinstance(wishes, Wishes)
