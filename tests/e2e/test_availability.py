"""Turning connectors on and off over real sockets, for each OCPP version."""

from asgiref.sync import sync_to_async

from operations.models import Charger, Connector, Station, Token
from operations.statuses import ChargingStatus, OperationalStatus
from operations.versions import V16, OcppVersion
from tests.e2e.asking import VERSIONS, asks, becomes, history, ready, status_of
from tests.fake_station import TOKEN
from tests.portal import Portal


@VERSIONS
async def test_turning_a_connector_off_is_done_when_it_reports_unavailable(
    portal: Portal, version: OcppVersion
) -> None:
    station = await ready(portal, version)
    run = await asks("CP-1", "change-availability", connector=1, availability="off")

    call = await station.expects("ChangeAvailability")
    if version is V16:
        # The charger's only connector is asked by its number, not as connector 0.
        assert call.payload == {"connectorId": 1, "type": "Inoperative"}
    else:
        assert call.payload == {
            "operationalStatus": "Inoperative",
            "evse": {"id": 1, "connectorId": 1},
        }
    await station.answers(call, status="Accepted")
    await becomes(run, "accepted")
    await station.reports_status(1, "Unavailable")
    await becomes(run, "done")

    assert await history(run) == ["queued", "sent", "accepted", "done"]
    connector = await Connector.objects.aget()
    assert connector.charging_status == ChargingStatus.UNAVAILABLE
    assert connector.operational_status == OperationalStatus.INOPERATIVE
    await station.drops()


async def test_turning_off_a_whole_1_6_station_asks_connector_0_once(portal: Portal) -> None:
    station = await ready(portal, V16)
    await station.reports_status(2, "Available")
    run = await asks("CP-1", "change-availability", charger=1, availability="off")
    call = await station.expects("ChangeAvailability")
    assert call.payload == {"connectorId": 0, "type": "Inoperative"}
    await station.answers(call, status="Accepted")
    await station.reports_status(1, "Unavailable")
    assert await status_of(run) in {"sent", "accepted"}
    await station.reports_status(2, "Unavailable")
    await becomes(run, "done")
    await station.drops()


async def test_a_charger_split_from_a_1_6_station_asks_each_of_its_connectors(
    portal: Portal,
) -> None:
    station = await ready(portal, V16)
    await station.reports_status(2, "Available")
    await station.reports_status(3, "Available")
    await sync_to_async(_split_off_connectors)(2, 3)
    run = await asks("CP-1", "change-availability", charger=2, availability="off")
    for number in (2, 3):
        call = await station.expects("ChangeAvailability")
        assert call.payload == {"connectorId": number, "type": "Inoperative"}
        await station.answers(call, status="Accepted")
        await station.reports_status(number, "Unavailable")
    await becomes(run, "done")
    assert len(run.answers) == 2
    await station.drops()


def _split_off_connectors(*numbers: int) -> None:
    station = Station.objects.get()
    charger = Charger.objects.create(station=station, number=2, name="Right half")
    station.connectors.filter(number__in=numbers).update(charger=charger)


@VERSIONS
async def test_a_status_that_comes_before_the_answer_counts(
    portal: Portal, version: OcppVersion
) -> None:
    station = await ready(portal, version)
    run = await asks("CP-1", "change-availability", connector=1, availability="off")
    call = await station.expects("ChangeAvailability")
    await station.reports_status(1, "Unavailable")
    await station.answers(call, status="Accepted")
    await becomes(run, "done")
    await station.drops()


async def test_turned_on_with_a_plug_in_the_class_counts_not_the_word(portal: Portal) -> None:
    station = await ready(portal, V16)
    await station.reports_status(1, "Unavailable")
    run = await asks("CP-1", "change-availability", connector=1, availability="on")
    await station.answers(await station.expects("ChangeAvailability"), status="Accepted")
    await station.reports_status(1, "Preparing")
    await becomes(run, "done")
    await station.drops()


async def test_what_already_is_so_is_done_when_accepted(portal: Portal) -> None:
    station = await ready(portal, V16)
    run = await asks("CP-1", "change-availability", connector=1, availability="on")
    await station.answers(await station.expects("ChangeAvailability"), status="Accepted")
    await becomes(run, "done")
    await station.drops()


async def test_the_opposite_is_not_done_by_what_was_true_before(portal: Portal) -> None:
    station = await ready(portal, V16)
    off = await asks("CP-1", "change-availability", connector=1, availability="off")
    await station.answers(await station.expects("ChangeAvailability"), status="Accepted")
    await becomes(off, "accepted")
    on = await asks("CP-1", "change-availability", connector=1, availability="on")
    await station.answers(await station.expects("ChangeAvailability"), status="Accepted")
    await becomes(off, "superseded")
    assert await status_of(on) == "accepted"
    await station.reports_status(1, "Unavailable")
    await station.reports_status(1, "Available")
    await becomes(on, "done")
    await station.drops()


@VERSIONS
async def test_a_change_scheduled_behind_a_session_is_done_after_it(
    portal: Portal, version: OcppVersion
) -> None:
    station = await ready(portal, version)
    await Token.objects.acreate(identifier=TOKEN)
    session = await station.starts_session(1)
    run = await asks("CP-1", "change-availability", connector=1, availability="off")
    await station.answers(await station.expects("ChangeAvailability"), status="Scheduled")
    await becomes(run, "scheduled")
    await station.stops_session(session)
    await station.reports_status(1, "Unavailable")
    await becomes(run, "done")
    assert await history(run) == ["queued", "sent", "scheduled", "done"]
    await station.drops()


async def test_a_scheduled_change_is_cancelled_by_asking_for_the_opposite(portal: Portal) -> None:
    from operations.services import runs

    station = await ready(portal, V16)
    run = await asks("CP-1", "change-availability", connector=1, availability="off")
    await station.answers(await station.expects("ChangeAvailability"), status="Scheduled")
    await becomes(run, "scheduled")
    await sync_to_async(runs.cancel)(run=run, user=None)
    call = await station.expects("ChangeAvailability")
    assert call.payload["type"] == "Operative"
    await station.answers(call, status="Accepted")
    await becomes(run, "superseded")
    await station.drops()
