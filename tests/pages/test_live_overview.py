"""What pages are told of the fleet as a whole: soon, not with each change, and only their own."""

import pytest
from asgiref.sync import sync_to_async

from operations.services import history
from operations.statuses import ChargingStatus
from operations.views import live_overview
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    OrganisationFactory,
    SiteFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.watching import lose_connection, make, page_of, report

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_this_loop")]


async def test_the_overview_follows_what_it_counts() -> None:
    connector = await make(ConnectorFactory)
    async with page_of(await make(UserFactory), "overview") as page:
        await page.sees("overview-needs", "Nothing needs anybody")
        await sync_to_async(report)(connector, ChargingStatus.FAULTED)
        await page.sees("overview-needs", "Faulted")
        await page.sees("overview-figures", 'data-tone="red"')
        await page.sees("overview-shares", "charging_status=Faulted")


async def test_the_lines_follow_the_minutes() -> None:
    await make(StationFactory)
    async with page_of(await make(UserFactory), "history") as page:
        await page.sees("overview-history", "Nothing was counted yet.")
        await sync_to_async(history.take_minute)()
        await page.sees("overview-history", "[1]")


async def test_the_map_and_its_list_follow_their_sites() -> None:
    site = await make(SiteFactory)
    station = await make(StationFactory, site=site, organisation=site.organisation)
    async with page_of(await make(UserFactory), "map", f"site:{site.pk}") as page:
        await page.sees(f"site-{site.pk}-state", "All well")
        stamp = await page.sees("map-stamp", "data-at")
        await sync_to_async(lose_connection)(station)
        await page.sees(f"site-{site.pk}-state", "Offline")
        assert page.shown["map-stamp"] != stamp


async def test_other_organisations_figures_are_not_told() -> None:
    charger = await make(ChargerFactory, charging_status=ChargingStatus.FAULTED)
    site = await make(SiteFactory, organisation=charger.station.organisation)
    user = await make(UserFactory, organisation=await make(OrganisationFactory))
    async with page_of(user, "overview", f"site:{site.pk}") as page:
        figures = await page.sees("overview-figures", "Faulted")
        assert ">1<" not in figures
        assert f"site-{site.pk}-state" not in page.shown


async def test_many_changes_are_counted_once_and_the_last_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stations = [await make(StationFactory) for _number in range(12)]
    counted: list[float] = []
    figures = live_overview.counted.bar

    def count(*args: object, **kwargs: float) -> object:
        counted.append(kwargs["not_before"])
        return figures(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(live_overview.counted, "bar", count)
    async with page_of(await make(UserFactory), "fleet") as page:
        await page.sees("fleet-connected", "<strong>12</strong>")
        for station in stations:
            await sync_to_async(lose_connection)(station)
        await page.sees("fleet-connected", "<strong>0</strong>")
    assert len(counted) < len(stations) / 2
