"""Pages of sessions, told while they charge."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from operations.events import MetersRead, Reading, SessionStarted, SessionStopped, Told
from operations.models import Session
from operations.services import sessions
from operations.services.live import publishing
from tests.factories import OrganisationFactory, SessionFactory, UserFactory
from tests.pages.charging import power, register
from tests.pages.watching import make, page_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_this_loop")]


# Live.


def record(what: Any, session_station: int, event: Any) -> None:
    with publishing() as changes:
        what([Told(session_station, event, timezone.now())], changes)


def metered(session: Session, energy_wh: float, watts: float) -> MetersRead:
    samples = (register(energy_wh), power(watts))
    reading = Reading(timezone.now(), samples, energy_wh=energy_wh, power_w=watts)
    return MetersRead(1, None, session.transaction_id, (reading,))


async def test_a_session_is_followed_while_it_charges() -> None:
    session = await make(SessionFactory, meter_start_wh=1000.0, meter_last_wh=1000.0)
    row = f"session-{session.pk}"
    keys = [f"{kind}:{session.pk}" for kind in ("session", "meters", "trail")]
    async with page_of(await make(UserFactory), *keys) as page:
        await page.sees(f"{row}-status", "Running")
        await page.sees(f"{row}-charts", "No meter value came yet")
        await page.sees(f"{row}-trail", "No message")
        event = metered(session, 13_400, 11_000)
        await sync_to_async(record)(sessions.record_meters, session.station_id, event)
        await page.sees(f"{row}-energy", "12.4 kWh")
        await page.sees(f"{row}-power", "11.0 kW")
        await page.sees(f"{row}-truth", "Running: 12.4 kWh so far, 11.0 kW now.")
        await page.sees(f"{row}-charts", "polyline")
        await page.sees(f"{row}-values", "11.000 kW")
        stop = SessionStopped(session.transaction_id, timezone.now(), 14_000, "Local")
        await sync_to_async(record)(sessions.record_stops, session.station_id, stop)
        await page.sees(f"{row}-status", "Ended")
        await page.sees(f"{row}-facts", "Local")


async def test_a_session_ended_by_a_newer_one_is_told() -> None:
    session = await make(SessionFactory, started_at=timezone.now() - timedelta(hours=1))
    async with page_of(await make(UserFactory), f"session:{session.pk}") as page:
        await page.sees(f"session-{session.pk}-status", "Running")
        start = SessionStarted(session.connector.number, "OTHER", timezone.now(), 5000)
        await sync_to_async(record)(sessions.record_starts, session.station_id, start)
        await page.sees(f"session-{session.pk}-status", "Ended")


async def test_other_organisations_sessions_are_not_told() -> None:
    session = await make(SessionFactory)
    user = await make(UserFactory, organisation=await make(OrganisationFactory))
    keys = [f"{kind}:{session.pk}" for kind in ("session", "meters", "trail")]
    async with page_of(user, *keys) as page:
        event = metered(session, 13_400, 11_000)
        await sync_to_async(record)(sessions.record_meters, session.station_id, event)
        await page.hears_nothing()
