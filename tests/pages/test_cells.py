"""What cells of all lists are made of."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from operations.models import Station
from operations.statuses import ChargingStatus, OperationalStatus
from operations.tables import cells
from operations.tables.links import path

AT = datetime(2026, 10, 3, 22, 30, 5, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "zone", "words", "exact"),
    [
        ("en", "UTC", "3 Oct 2026, 22:30", "3 Oct 2026, 22:30:05 UTC"),
        ("de", "Europe/Berlin", "4 Okt 2026, 00:30", "4 Okt 2026, 00:30:05 CEST"),
    ],
)
def test_a_moment_is_told_in_the_readers_words(
    language: str, zone: str, words: str, exact: str
) -> None:
    with translation.override(language), timezone.override(zone):
        iso = timezone.localtime(AT).isoformat()
        assert cells.moment(AT) == (
            f'<time data-relative datetime="{iso}" title="{exact}">{words}</time>'
        )


def test_no_moment_is_a_dash() -> None:
    assert cells.moment(None) == cells.NOTHING


def test_a_status_is_grey_only_while_its_own_station_is_offline() -> None:
    connected = Station(name="Quay 1", connected_at=AT)
    offline = Station(name="Quay 2", disconnected_at=AT)
    for status in (ChargingStatus.AVAILABLE, OperationalStatus.OPERATIVE):
        tone = f'data-tone="{status.tone}"'
        assert tone in cells.state(status, connected)
        assert tone not in cells.state(status, offline)
        assert "Quay 2 is not connected" in cells.state(status, offline)


def test_a_stations_link_follows_its_connection() -> None:
    station = Station(pk=7, name="Quay <1>", connected_at=AT)
    assert 'data-tone="green"' in cells.station_link(station)
    assert "Quay &lt;1&gt;" in cells.station_link(station)
    station.connected_at, station.disconnected_at = None, AT
    assert 'data-tone="secondary"' in cells.station_link(station)
    assert "2026-10-03 22:30:05" in cells.station_link(station)


def test_a_records_address_is_filled_in() -> None:
    assert path("run-detail", 12) == reverse("run-detail", args=[12])
    assert path("ask-charger", 1_000_003, "reset") == reverse(
        "ask-charger", args=[1_000_003, "reset"]
    )
