"""Lists sorted by something of another record, which not all have: these come last."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from operations.models import Station
from operations.statuses import Role
from operations.tables import pages
from tests.factories import SiteFactory, StationFactory, UserFactory

pytestmark = pytest.mark.django_db
ALL = ["A1", "A2", "B1", "C1", "N1", "N2", "N3"]


@pytest.fixture
def stations() -> None:
    """Some at three sites, some at none, made in another order than they are shown in."""
    sites = {name: SiteFactory(name=name) for name in "CAB"}
    for name in ("N2", "C1", "A2", "N3", "B1", "A1", "N1"):
        StationFactory(name=name, site=sites.get(name[0]))


def names(start: int | None, stop: int | None, *, sign: str = "") -> list[str]:
    rows = Station.objects.order_by(f"{sign}site__name", "name", "pk")
    return [station.name for station in pages.page(rows, slice(start, stop))]


@pytest.mark.usefixtures("stations")
def test_those_without_come_last_whichever_way_it_is_sorted() -> None:
    assert names(None, None) == ALL
    assert names(None, None, sign="-") == ["C1", "B1", "A1", "A2", "N1", "N2", "N3"]


@pytest.mark.usefixtures("stations")
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8])
def test_pages_follow_one_another_without_gaps(size: int) -> None:
    found = [names(start, start + size) for start in range(0, len(ALL), size)]
    assert [name for page in found for name in page] == ALL
    assert names(len(ALL), len(ALL) + size) == []


@pytest.mark.usefixtures("stations")
def test_a_page_of_those_that_have_it_takes_one_query() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert names(1, 3) == ["A2", "B1"]
    assert len(queries) == 1


@pytest.mark.usefixtures("stations")
def test_the_list_of_stations_is_sorted_so(client: Client) -> None:
    client.force_login(UserFactory(role=Role.VIEWER, sees_all_organisations=True))
    text = client.get("/operations/stations/?sort=-site").content.decode()
    places = [text.index(f">{name}<") for name in ("C1", "B1", "A2", "A1", "N3", "N2", "N1")]
    assert places == sorted(places)
