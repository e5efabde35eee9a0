"""What browsers are told while they look: what changed, to whom it concerns, not more often."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError
from django.utils import timezone

from operations import consumers
from operations.models import Charger, CommandRun, User
from operations.services.live import publishing, switchboard
from operations.services.transitions import move
from operations.statuses import ChargingStatus, Role, RunStatus
from operations.views import live
from tests.factories import (
    ChargerFactory,
    ConnectorFactory,
    OrganisationFactory,
    RunFactory,
    StationFactory,
    UserFactory,
)
from tests.pages.watching import Page, lose_connection, make, page_of, report

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("on_this_loop")]


async def test_a_page_is_told_the_state_at_once() -> None:
    connector = await make(ConnectorFactory, charger__charging_status=ChargingStatus.CHARGING)
    async with page_of(await make(UserFactory), f"charger:{connector.charger_id}") as page:
        await page.sees(f"charger-{connector.charger_id}-charging-status", "Charging")


async def test_a_reported_status_reaches_the_row() -> None:
    connector = await make(ConnectorFactory)
    row = f"charger-{connector.charger_id}"
    async with page_of(await make(UserFactory), f"charger:{connector.charger_id}") as page:
        await page.sees(f"{row}-charging-status", "Available")
        await sync_to_async(report)(connector, ChargingStatus.UNAVAILABLE)
        cell = await page.sees(f"{row}-charging-status", "Unavailable")
        assert cell.startswith("<td ")
        await page.sees(f"{row}-operational-status", "Inoperative")


async def test_the_patch_is_the_pages_own_cell(client: Any) -> None:
    connector = await make(ConnectorFactory)
    user = await make(UserFactory)
    await sync_to_async(client.force_login)(user)
    text = (await sync_to_async(client.get)("/operations/chargers/")).text
    async with page_of(user, f"charger:{connector.charger_id}") as page:
        await page.sees(f"charger-{connector.charger_id}-actions", "/ask/")
    for html in page.shown.values():
        assert html in text


async def test_expanded_connectors_change_cell_by_cell() -> None:
    connector = await make(ConnectorFactory)
    async with page_of(await make(UserFactory), f"connectors:{connector.charger_id}") as page:
        await page.sees(f"connector-{connector.pk}-charging-status", "Available")
        await sync_to_async(report)(connector, ChargingStatus.FAULTED)
        await page.sees(f"connector-{connector.pk}-charging-status", "Faulted")


async def test_a_connector_spoken_of_for_the_first_time_appears() -> None:
    connector = await make(ConnectorFactory)
    async with page_of(await make(UserFactory), f"connectors:{connector.charger_id}") as page:
        await page.sees(f"charger-{connector.charger_id}-connectors", "Connector 1")
        await sync_to_async(report)(connector, ChargingStatus.AVAILABLE, number=2)
        await page.sees(f"charger-{connector.charger_id}-connectors", "Connector 2")


async def test_buttons_follow_the_stations_connection() -> None:
    connector = await make(ConnectorFactory, charger__station__name="Quay 1")
    charger, station = connector.charger, connector.station
    keys = (f"charger:{charger.pk}", f"connectors:{charger.pk}", f"station:{station.pk}")
    async with page_of(await make(UserFactory), *keys) as page:
        await page.sees(f"charger-{charger.pk}-actions", "/ask/")
        await page.sees(f"station-{station.pk}-connection", "Connected")
        await sync_to_async(lose_connection)(station)
        await page.sees(f"charger-{charger.pk}-actions", "Quay 1 is not connected since")
        await page.sees(f"connector-{connector.pk}-actions", "Quay 1 is not connected since")
        await page.sees(f"station-{station.pk}-actions", "Quay 1 is not connected since")
        await page.sees(f"station-{station.pk}-connection", "Offline")


@pytest.mark.parametrize(
    ("role", "text"),
    [(Role.VIEWER, "your role is viewer"), (Role.OPERATOR, "/ask/"), (Role.ADMIN, "/ask/")],
)
async def test_buttons_are_the_users_own(role: Role, text: str) -> None:
    charger = await make(ChargerFactory)
    async with page_of(await make(UserFactory, role=role), f"charger:{charger.pk}") as page:
        await page.sees(f"charger-{charger.pk}-actions", text)


async def test_an_open_request_shows_on_the_row_until_it_is_over() -> None:
    charger = await make(ChargerFactory)
    run = await make(
        RunFactory,
        station=charger.station,
        charger=charger,
        command="change-availability",
        status=RunStatus.SENT,
        params={"availability": "off"},
    )

    def finish() -> None:
        with publishing() as changes:
            move(run, RunStatus.DONE, "Seen.", at=timezone.now(), changes=changes)

    keys = (f"charger:{charger.pk}", f"run:{run.pk}", f"station:{charger.station_id}")
    async with page_of(await make(UserFactory), *keys) as page:
        await page.sees(f"charger-{charger.pk}-request-state", "Sent")
        await page.sees(f"run-{run.pk}-status", "Sent")
        await sync_to_async(finish)()
        await page.sees(f"charger-{charger.pk}-request-state", "&ndash;")
        await page.sees(f"run-{run.pk}-status", "Done")
        await page.sees(f"station-{charger.station_id}-last-request", "Done")


async def test_the_fleets_counter_follows_connections() -> None:
    station = await make(StationFactory)
    async with page_of(await make(UserFactory), "fleet") as page:
        await page.sees("fleet-connected", "<strong>1</strong>")
        await sync_to_async(lose_connection)(station)
        await page.sees("fleet-connected", "<strong>0</strong>")


async def test_other_organisations_rows_are_not_told() -> None:
    theirs = await make(ConnectorFactory)
    user = await make(UserFactory, organisation=await make(OrganisationFactory))
    run = await make(RunFactory, station=theirs.station)
    keys = (
        f"charger:{theirs.charger_id}",
        f"connectors:{theirs.charger_id}",
        f"station:{theirs.station_id}",
        f"run:{run.pk}",
    )
    async with page_of(user, *keys) as page:
        await sync_to_async(report)(theirs, ChargingStatus.FAULTED)
        await page.hears_nothing()


async def test_two_organisations_hear_of_their_own_only() -> None:
    first, second = await make(ConnectorFactory), await make(ConnectorFactory)
    keys = [f"charger:{connector.charger_id}" for connector in (first, second)]
    ours = await make(UserFactory, organisation=first.station.organisation)
    theirs = await make(UserFactory, organisation=second.station.organisation)
    async with page_of(ours, *keys) as one, page_of(theirs, *keys) as other:
        await one.sees(f"charger-{first.charger_id}-charging-status", "Available")
        await other.sees(f"charger-{second.charger_id}-charging-status", "Available")
        await sync_to_async(report)(first, ChargingStatus.FAULTED)
        await one.sees(f"charger-{first.charger_id}-charging-status", "Faulted")
        await other.hears_nothing()
    assert not any(str(first.charger_id) in key.split("-")[1] for key in other.shown)


async def test_times_are_in_the_pages_zone() -> None:
    tokyo = await make(OrganisationFactory, time_zone="Asia/Tokyo")
    station = await make(StationFactory, organisation=tokyo)
    charger = await make(ChargerFactory, station=station, status_at="2026-01-01T20:00:00+00:00")
    local, network = await make(UserFactory, organisation=tokyo), await make(UserFactory)
    cell = f"charger-{charger.pk}-status-at"
    async with page_of(local, f"charger:{charger.pk}") as one:
        await one.sees(cell, "2026-01-02 05:00:00")
        async with page_of(network, f"charger:{charger.pk}") as other:
            await other.sees(cell, "2026-01-01 20:00:00")


async def test_what_is_not_watched_any_more_is_not_told() -> None:
    connector = await make(ConnectorFactory)
    async with page_of(await make(UserFactory), f"charger:{connector.charger_id}") as page:
        await page.sees(f"charger-{connector.charger_id}-charging-status", "Available")
        await page.watches()
        await sync_to_async(report)(connector, ChargingStatus.FAULTED)
        await page.hears_nothing()


async def test_watching_more_tells_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = await make(ChargerFactory), await make(ChargerFactory)
    monkeypatch.setattr(consumers, "LONGEST_FETCH_S", 0)
    async with page_of(await make(UserFactory), f"charger:{first.pk}") as page:
        await page.sees(f"charger-{first.pk}-charging-status", "Available")
        page.shown.clear()
        await page.watches(f"charger:{first.pk}", f"charger:{second.pk}")
        await page.sees(f"charger-{second.pk}-charging-status", "Available")
        assert f"charger-{first.pk}-charging-status" not in page.shown


async def test_what_changed_while_a_page_was_fetched_is_told_again() -> None:
    connector, other = await make(ConnectorFactory), await make(ChargerFactory)
    cell = f"charger-{connector.charger_id}-charging-status"
    async with page_of(await make(UserFactory), f"charger:{connector.charger_id}") as page:
        await page.sees(cell, "Available")
        await sync_to_async(report)(connector, ChargingStatus.FAULTED)
        await page.sees(cell, "Faulted")
        page.shown.clear()  # an older state of the list arrives, with one row more
        await page.watches(f"charger:{connector.charger_id}", f"charger:{other.pk}")
        await page.sees(cell, "Faulted")


async def test_what_stays_the_same_is_not_sent_again() -> None:
    connector = await make(ConnectorFactory)
    async with page_of(await make(UserFactory), f"charger:{connector.charger_id}") as page:
        await page.sees(f"charger-{connector.charger_id}-charging-status", "Available")
        switchboard.changed({f"charger:{connector.charger_id}"})
        await page.hears_nothing()


async def test_many_changes_make_few_pushes() -> None:
    connector = await make(ConnectorFactory)
    async with page_of(await make(UserFactory), f"charger:{connector.charger_id}") as page:
        await page.sees(f"charger-{connector.charger_id}-charging-status", "Available")
        page.pushes = 0
        for _time in range(10):
            await sync_to_async(report)(connector, ChargingStatus.FAULTED)
            await sync_to_async(report)(connector, ChargingStatus.CHARGING)
        await page.sees(f"charger-{connector.charger_id}-charging-status", "Charging")
        assert page.pushes <= 8


async def test_many_pages_cost_no_more_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    connector = await make(ConnectorFactory)
    rendered: list[int] = []
    monkeypatch.setattr(consumers, "render", _counting(rendered))
    async with (
        page_of(await make(UserFactory), f"charger:{connector.charger_id}") as one,
        page_of(await make(UserFactory), f"charger:{connector.charger_id}") as other,
    ):
        for page in (one, other):
            await page.sees(f"charger-{connector.charger_id}-charging-status", "Available")
        rendered.clear()
        await sync_to_async(report)(connector, ChargingStatus.FAULTED)
        for page in (one, other):
            await page.sees(f"charger-{connector.charger_id}-charging-status", "Faulted")
    assert rendered == [1]


def _counting(rendered: list[int]) -> Callable[..., Any]:
    render = consumers.render

    async def count(wanted: Any, *, is_fresh: bool) -> Any:
        rendered.append(len(wanted))
        return await render(wanted, is_fresh=is_fresh)

    return count


async def test_strangers_are_sent_to_the_sign_in_page() -> None:
    page = Page(AnonymousUser())
    assert (await page.connect())[0]
    assert await page.is_closed_with() == consumers.SIGNED_OUT


async def test_a_disabled_user_hears_no_more_after_the_next_look() -> None:
    charger, user = await make(ChargerFactory), await make(UserFactory)
    async with page_of(user, f"charger:{charger.pk}") as page:
        await page.sees(f"charger-{charger.pk}-charging-status", "Available")
        await User.objects.filter(pk=user.pk).aupdate(is_active=False)
        await page.watches(f"charger:{charger.pk}")
        assert await page.is_closed_with() == consumers.SIGNED_OUT


async def test_who_signed_out_hears_no_more_after_the_next_look() -> None:
    charger, session = await make(ChargerFactory), SessionStore()
    await session.acreate()
    async with page_of(await make(UserFactory), f"charger:{charger.pk}", session=session) as page:
        await page.sees(f"charger-{charger.pk}-charging-status", "Available")
        await SessionStore(session.session_key).adelete()
        await page.watches(f"charger:{charger.pk}")
        assert await page.is_closed_with() == consumers.SIGNED_OUT


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", '"watch"', "{}", '{"watch": 1}', '{"watch": {"a": 1}}', "[" * 5000],
)
async def test_what_is_not_understood_closes_politely(text: str) -> None:
    page = Page(await make(UserFactory))
    await page.connect()
    await page.send_input({"type": "websocket.receive", "text": text})
    assert await page.is_closed_with() == consumers.NOT_UNDERSTOOD


async def test_bytes_and_giants_close_politely() -> None:
    for message, code in (
        ({"bytes": b"\x00"}, consumers.NOT_UNDERSTOOD),
        ({"text": "x" * 100_000}, consumers.TOO_BIG),
    ):
        page = Page(await make(UserFactory))
        await page.connect()
        await page.send_input({"type": "websocket.receive", **message})
        assert await page.is_closed_with() == code


async def test_unknown_keys_are_passed_over() -> None:
    charger = await make(ChargerFactory)
    page = Page(await make(UserFactory))
    await page.connect()
    strange: list[object] = [
        1,
        None,
        "charger",
        "charger:",
        "charger:x",
        "charger:-1",
        "user:1",
        "charger:1 OR 1",
        "charger:999999999999999999",
        "charger:" + "9" * 40,
        f"charger:{charger.pk}",
    ]
    await page.send_to(text_data=json.dumps({"watch": strange}))
    await page.sees(f"charger-{charger.pk}-charging-status", "Available")
    await page.disconnect()


def test_a_page_may_watch_five_hundred_things() -> None:
    station = StationFactory()
    fresh = [ChargerFactory.build(station=station, number=n, name="x") for n in range(1, 521)]
    keys = [f"charger:{charger.pk}" for charger in Charger.objects.bulk_create(fresh)]
    admission = live.admit(UserFactory().pk, None, keys)
    assert admission is not None
    assert admission.keys == set(keys[: live.MOST_KEYS])


async def test_pages_connect_again_when_the_hub_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_wanted: object) -> None:
        raise DatabaseError("gone")

    charger, user = await make(ChargerFactory), await make(UserFactory)
    with monkeypatch.context() as patched:
        patched.setattr(consumers, "render", fail)
        async with page_of(user, f"charger:{charger.pk}") as page:
            assert await page.is_closed_with() == consumers.TRY_AGAIN
    assert "live pushes failed" in caplog.text
    async with page_of(user, f"charger:{charger.pk}") as page:
        await page.sees(f"charger-{charger.pk}-charging-status", "Available")


async def test_closed_rows_are_forgotten() -> None:
    run = await make(RunFactory)
    async with page_of(await make(UserFactory), f"run:{run.pk}") as page:
        await page.sees(f"run-{run.pk}-status", "Queued")
        await CommandRun.objects.filter(pk=run.pk).adelete()
        switchboard.changed({f"run:{run.pk}"})
        await page.hears_nothing()
