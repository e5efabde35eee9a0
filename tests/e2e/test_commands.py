"""Sessions, reservations, profiles and reports asked for over real sockets, in each version."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from operations.models import CommandRun, Session, StationReport, Token
from operations.versions import V16, V21, V201, OcppVersion
from tests.e2e.asking import asks, becomes, eventually, status_of
from tests.factories import StationFactory
from tests.fake_station import TOKEN, FakeStation, now
from tests.portal import Portal

EVERY_VERSION = pytest.mark.parametrize("version", [V16, V201, V21], ids=str)
V2 = pytest.mark.parametrize("version", [V201, V21], ids=str)


@asynccontextmanager
async def ready(portal: Portal, version: OcppVersion) -> AsyncIterator[FakeStation]:
    """A station that has booted, with one connector that is free; and a token that may charge."""
    await sync_to_async(StationFactory)(identity="CP-1", connected=False)
    await Token.objects.acreate(identifier=TOKEN)
    async with FakeStation(portal.stations_url, "CP-1", version=version) as station:
        await station.boots()
        await station.reports_status(1, "Available")
        yield station
        await station.closes()


# Sessions


@EVERY_VERSION
async def test_a_session_is_started_when_the_station_tells_it(
    portal: Portal, version: OcppVersion
) -> None:
    async with ready(portal, version) as station:
        run = await asks("CP-1", "start-session", connector=1, token=TOKEN, token_type="ISO14443")
        if version is V16:
            call = await station.expects("RemoteStartTransaction")
            assert call.payload == {"idTag": TOKEN, "connectorId": 1}
        else:
            call = await station.expects("RequestStartTransaction")
            assert call.payload == {
                "idToken": {"idToken": TOKEN, "type": "ISO14443"},
                "remoteStartId": run.pk,
                "evseId": 1,
            }
        await station.answers(call, status="Accepted")
        await becomes(run, "accepted")
        if version is V16:
            await station.starts_session(1)
        else:
            info = {"transactionId": "T-1", "remoteStartId": run.pk}
            await station.starts_session(1, transactionInfo=info)
        await becomes(run, "done")
        assert f"{await Session.objects.aget()} started" in run.summary


async def test_a_session_told_before_the_answer_counts(portal: Portal) -> None:
    async with ready(portal, V16) as station:
        run = await asks("CP-1", "start-session", connector=1, token=TOKEN)
        call = await station.expects("RemoteStartTransaction")
        await station.starts_session(1)
        await station.answers(call, status="Accepted")
        await becomes(run, "done")


async def test_a_session_that_ran_before_is_not_the_one_that_was_asked_for(
    portal: Portal,
) -> None:
    async with ready(portal, V16) as station:
        await station.starts_session(1)
        run = await asks("CP-1", "start-session", connector=1, token=TOKEN)
        await station.answers(await station.expects("RemoteStartTransaction"), status="Accepted")
        await becomes(run, "accepted")
        # Somebody else plugs in elsewhere: still not it.
        await station.starts_session(2, token="SOMEBODY")
        assert await status_of(run) == "accepted"


@V2
async def test_a_session_started_by_another_request_is_not_ours(
    portal: Portal, version: OcppVersion
) -> None:
    async with ready(portal, version) as station:
        run = await asks("CP-1", "start-session", connector=1, token=TOKEN)
        await station.answers(await station.expects("RequestStartTransaction"), status="Accepted")
        await becomes(run, "accepted")
        other = {"transactionId": "T-1", "remoteStartId": run.pk + 1}
        await station.starts_session(1, transactionInfo=other)
        assert await status_of(run) == "accepted"
        ours = {"transactionId": "T-2", "remoteStartId": run.pk}
        await station.starts_session(1, transaction="T-2", transactionInfo=ours)
        await becomes(run, "done")


@EVERY_VERSION
async def test_a_session_is_stopped_when_the_station_tells_its_end(
    portal: Portal, version: OcppVersion
) -> None:
    async with ready(portal, version) as station:
        session = await station.starts_session(1)
        row = await Session.objects.aget()
        run = await asks(
            "CP-1",
            "stop-session",
            connector=1,
            session=str(row.pk),
            transaction_id=row.transaction_id,
        )
        action = "RemoteStopTransaction" if version is V16 else "RequestStopTransaction"
        call = await station.expects(action)
        assert call.payload == {"transactionId": session}
        await station.answers(call, status="Accepted")
        await becomes(run, "accepted")
        await station.stops_session(session, reason="Remote")
        await becomes(run, "done")
        assert run.summary == f"Session {row} ended: Remote."


# Reservations


@EVERY_VERSION
async def test_a_connector_is_reserved_and_freed_when_it_says_so(
    portal: Portal, version: OcppVersion
) -> None:
    async with ready(portal, version) as station:
        until = "2100-03-01T12:00:00Z"
        run = await asks("CP-1", "reserve", connector=1, token=TOKEN, until=until)
        call = await station.expects("ReserveNow")
        number = call.payload["reservationId" if version is V16 else "id"]
        assert number == run.pk
        await station.answers(call, status="Accepted")
        await becomes(run, "accepted")
        await station.reports_status(1, "Reserved")
        await becomes(run, "done")

        cancelled = await asks("CP-1", "cancel-reservation", connector=1, reservation=run.pk)
        call = await station.expects("CancelReservation")
        assert call.payload == {"reservationId": run.pk}
        await station.answers(call, status="Accepted")
        await becomes(cancelled, "accepted")
        await station.reports_status(1, "Available")
        await becomes(cancelled, "done")


# Charging profiles


@EVERY_VERSION
async def test_a_profile_goes_out_as_each_version_says_it(
    portal: Portal, version: OcppVersion
) -> None:
    async with ready(portal, version) as station:
        period = {"startPeriod": 0, "limit": 16.1, "numberPhases": 3}
        run = await asks(
            "CP-1",
            "set-charging-profile",
            connector=1,
            purpose="TxDefaultProfile",
            kind="Daily",
            unit="A",
            periods=[period],
            starts="2026-03-01T00:00:00Z",
            stack_level=2,
        )
        call = await station.expects("SetChargingProfile")
        schedule: dict[str, Any] = {
            "chargingRateUnit": "A",
            "startSchedule": "2026-03-01T00:00:00Z",
            "chargingSchedulePeriod": [period],
        }
        shared = {
            "stackLevel": 2,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Recurring",
            "recurrencyKind": "Daily",
        }
        if version is V16:
            profile = {"chargingProfileId": run.pk, **shared, "chargingSchedule": schedule}
            assert call.payload == {"connectorId": 1, "csChargingProfiles": profile}
        else:
            profile = {"id": run.pk, **shared, "chargingSchedule": [{"id": 1, **schedule}]}
            assert call.payload == {"evseId": 1, "chargingProfile": profile}
        await station.answers(call, status="Accepted")
        await becomes(run, "done")


@V2
async def test_the_profiles_of_a_station_are_a_report(portal: Portal, version: OcppVersion) -> None:
    async with ready(portal, version) as station:
        run = await asks("CP-1", "get-charging-profiles")
        call = await station.expects("GetChargingProfiles")
        assert call.payload == {"requestId": run.pk, "chargingProfile": {}}
        await station.answers(call, status="Accepted")
        await becomes(run, "accepted")
        profile = {
            "id": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": [
                {
                    "id": 1,
                    "chargingRateUnit": "A",
                    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16}],
                }
            ],
        }
        part = {
            "requestId": run.pk,
            "chargingLimitSource": "CSO",
            "evseId": 1,
            "chargingProfile": [profile],
        }
        # These parts have no numbers: each is the next one.
        await station.calls("ReportChargingProfiles", {**part, "tbc": True})
        assert await status_of(run) == "accepted"
        await station.calls("ReportChargingProfiles", {**part, "evseId": 2})
        await becomes(run, "done")
        assert run.summary == "The report is complete: 2 parts."
        report = await StationReport.objects.aget(request_id=run.pk)
        assert [part["evseId"] for part in report.parts.values()] == [1, 2]


# Reports


@V2
async def test_a_report_is_done_with_its_last_part_in_whatever_order(
    portal: Portal, version: OcppVersion
) -> None:
    async with ready(portal, version) as station:
        run = await asks("CP-1", "get-base-report", base="SummaryInventory")
        call = await station.expects("GetBaseReport")
        assert call.payload == {"requestId": run.pk, "reportBase": "SummaryInventory"}
        # Some are quicker with the report than with the answer.
        part = {"requestId": run.pk, "generatedAt": now()}
        await station.calls("NotifyReport", {**part, "seqNo": 1, "tbc": False})
        await station.answers(call, status="Accepted")
        await becomes(run, "accepted")
        await station.calls("NotifyReport", {**part, "seqNo": 0, "tbc": True})
        await becomes(run, "done")


async def test_two_reports_are_waited_for_at_once(portal: Portal) -> None:
    async with ready(portal, V201) as station:
        first = await asks("CP-1", "get-monitoring")
        await station.answers(await station.expects("GetMonitoringReport"), status="Accepted")
        second = await asks("CP-1", "get-monitoring")
        await station.answers(await station.expects("GetMonitoringReport"), status="Accepted")
        await becomes(second, "accepted")
        assert await status_of(first) == "accepted"
        for run in (second, first):
            part = {"requestId": run.pk, "seqNo": 0, "generatedAt": now()}
            await station.calls("NotifyMonitoringReport", part)
            await becomes(run, "done")


async def test_nothing_to_report_is_done_at_once(portal: Portal) -> None:
    async with ready(portal, V201) as station:
        run = await asks("CP-1", "get-report", criteria=["Problem"])
        await station.answers(await station.expects("GetReport"), status="EmptyResultSet")
        await becomes(run, "done")
        assert run.summary == "The station has nothing to report."


async def publishing(station: FakeStation) -> CommandRun:
    run = await asks(
        "CP-1", "publish-firmware", location="https://files.example.org/f.bin", checksum="0" * 32
    )
    await station.answers(await station.expects("PublishFirmware"), status="Accepted")
    await becomes(run, "accepted")
    return run


async def test_firmware_is_published_when_the_station_says_so(portal: Portal) -> None:
    async with ready(portal, V201) as station:
        run = await publishing(station)
        action = "PublishFirmwareStatusNotification"
        await station.calls(action, {"status": "Idle", "requestId": run.pk})
        assert await status_of(run) == "accepted"
        await station.calls(action, {"status": "Published", "requestId": run.pk + 1})
        assert await status_of(run) == "accepted"
        await station.calls(action, {"status": "Downloading", "requestId": run.pk})
        await becomes(run, "in-progress")
        # Another message of no interest.
        await station.calls("ClearedChargingLimit", {"chargingLimitSource": "EMS"})
        address = {"location": ["https://10.0.0.1/f.bin"]}
        await station.calls(action, {"status": "Published", "requestId": run.pk, **address})
        await becomes(run, "done")
        assert run.summary == "The station has published the firmware."


async def test_firmware_that_is_not_published_says_why(portal: Portal) -> None:
    async with ready(portal, V201) as station:
        run = await publishing(station)
        told = {"status": "InvalidChecksum", "requestId": run.pk}
        await station.calls("PublishFirmwareStatusNotification", told)
        await becomes(run, "failed")
        assert run.summary == "The firmware's checksum is wrong."


async def test_a_refusal_says_why(portal: Portal) -> None:
    async with ready(portal, V16) as station:
        run = await asks("CP-1", "reserve", connector=1, token=TOKEN, until="2100-03-01T12:00:00Z")
        await station.answers(await station.expects("ReserveNow"), status="Occupied")
        await becomes(run, "refused")
        assert run.summary == "The station refused: the connector is occupied."
        await eventually(lambda: not Session.objects.exists())
