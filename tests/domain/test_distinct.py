"""The words of a column are found without reading its rows; filters go by them."""

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from operations.models import Charger, OcppMessage, Station, distinct
from tests.factories import MessageFactory, StationFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_each_value_once_in_order() -> None:
    for vendor in ("Wallbox", "ABB", "", "ABB", "Alfen"):
        StationFactory(vendor=vendor)
    with CaptureQueriesContext(connection) as queries:
        assert distinct.values(Station, "vendor") == ["", "ABB", "Alfen", "Wallbox"]
    assert len(queries) == 1


@pytest.mark.parametrize("model", [Station, Charger, OcppMessage])
def test_no_rows_have_no_values(model: type[Model]) -> None:
    name = "action" if model is OcppMessage else "vendor"
    assert distinct.values(model, name) == []


def test_upper_and_lower_case_are_the_same() -> None:
    for vendor in ("ABB", "abb e-mobility", "Alfen"):
        StationFactory(vendor=vendor)
    assert distinct.containing(Station, "vendor", "AbB") == ["ABB", "abb e-mobility"]


def test_a_column_of_too_many_words_is_searched_instead(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distinct, "MOST", 2)
    for number in range(3):
        MessageFactory(station=StationFactory(vendor=f"Made up {number}"))
    assert distinct.containing(Station, "vendor", "up") is None
    client.force_login(UserFactory())
    page = client.get(reverse("station-list"), {"vendor": "UP 2"})
    assert [station.vendor for station in page.context["table"].data] == ["Made up 2"]
