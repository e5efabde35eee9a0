"""Every list page: few queries, however many rows; pages are found by their keys first."""

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from operations.models import AuditEntry, BatchSchedule, FirmwareImage, LocalList, RejectedToken
from operations.models.audit import Deed
from operations.statuses import Registration, Role
from operations.urls import urlpatterns
from operations.views.lists import PortalList
from tests.factories import (
    AlertDeliveryFactory,
    AlertFactory,
    ConnectorFactory,
    MessageFactory,
    OrganisationFactory,
    RunFactory,
    SessionFactory,
    SettingFactory,
    SiteFactory,
    StationFactory,
    TemplateFactory,
    TokenFactory,
    UserFactory,
)
from tests.pages.counting import queries_of

pytestmark = pytest.mark.django_db

MOST_QUERIES = 12
PARTS = ("firmware-roll-out",)  # of the page of one image


def list_names() -> Iterator[str]:
    """The lists that are pages of their own."""
    for pattern in urlpatterns:
        view = getattr(getattr(pattern, "callback", None), "view_class", object)
        is_alone = isinstance(pattern, URLPattern) and "<" not in str(pattern.pattern)
        if is_alone and issubclass(view, PortalList) and pattern.name not in (None, *PARTS):
            yield pattern.name


@pytest.fixture
def desk(client: Client) -> Client:
    """The browser of somebody who may see every list."""
    client.force_login(UserFactory(role=Role.ADMIN))
    return client


def add_rows() -> None:
    """A few more rows to each list, of other organisations each time."""
    now = timezone.now()
    for _number in range(4):
        organisation = OrganisationFactory()
        station = StationFactory(organisation=organisation, site=SiteFactory())
        StationFactory(organisation=None, registration=Registration.PENDING)
        connector = ConnectorFactory(charger__station=station)
        SessionFactory(connector=connector)
        RunFactory(station=station, charger=connector.charger, created_by=UserFactory())
        MessageFactory(station=station)
        AlertFactory(station=station)
        AlertDeliveryFactory()
        TokenFactory(organisation=organisation)
        TemplateFactory(settings={"HeartbeatInterval": "60"})
        SettingFactory(station=station, key="HeartbeatInterval", value="300")
        LocalList.objects.create(organisation=organisation, name="Offline")
        FirmwareImage.objects.create(
            vendor="ABB", model="Terra", version=str(station.pk), url="https://x", created_at=now
        )
        BatchSchedule.objects.create(command="reboot", created_at=now, at=now.time())
        AuditEntry.objects.create(
            at=now, actor_kind="person", deed=Deed.EXPORTED, organisation=organisation
        )
        RejectedToken.objects.create(
            token=str(station.pk), station=station, reason="unknown", first_at=now, last_at=now
        )


def test_lists_take_few_queries_however_long(desk: Client) -> None:
    counts = []
    for _round in range(2):
        add_rows()
        counts.append({name: len(queries_of(desk, reverse(name))) for name in list_names()})
    few, many = counts
    assert len(few) > 20
    assert {name: count for name, count in few.items() if count > MOST_QUERIES} == {}
    assert {name: (count, many[name]) for name, count in few.items() if many[name] > count} == {}


@pytest.mark.parametrize("name", ["charger-list", "station-list", "session-list", "run-list"])
def test_a_page_is_found_by_its_keys_first(desk: Client, name: str) -> None:
    add_rows()
    table = {"run-list": "commandrun"}.get(name, name.removesuffix("-list"))
    key = f'"operations_{table}"."id"'
    page = next(sql for sql in queries_of(desk, reverse(name)) if f"{key} IN (SELECT" in sql)
    whole, _, keys = page.partition(f"{key} IN (SELECT ")
    assert " JOIN " in whole
    keys = keys.partition(" LIMIT ")[0]
    # What is skipped must cost an index entry, not a row with all that is joined to it.
    assert " ORDER BY " in keys
    assert " JOIN " not in keys
