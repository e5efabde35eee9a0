"""The usual way to write a central system: the ocpp library on websockets, one transaction a call.

It has every advantage that costs its author nothing: uvloop, validation without a hop to a thread,
the portal's own tables and database settings, no message log. It stores what must not be lost.
"""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import http
import logging
import os
from datetime import UTC, datetime
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evcharge.settings")

import django

django.setup()

import ocpp.messages
import uvloop
from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils.dateparse import parse_datetime
from ocpp.routing import on
from ocpp.v16 import ChargePoint, call_result
from ocpp.v16.datatypes import IdTagInfo
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from operations.models import Connector, MeterReading, Session, Station, Token

ocpp.messages.ASYNC_VALIDATION = False
for name in ("ocpp", "websockets"):
    logging.getLogger(name).setLevel(logging.WARNING)


class CentralSystem(ChargePoint):
    """One station's connection."""

    @on("BootNotification")
    async def on_boot(self, **boot: Any) -> call_result.BootNotification:
        await sync_to_async(record_boot)(self.id, boot)
        return call_result.BootNotification(
            current_time=datetime.now(UTC).isoformat(), interval=300, status="Accepted"
        )

    @on("Heartbeat")
    async def on_heartbeat(self) -> call_result.Heartbeat:
        return call_result.Heartbeat(current_time=datetime.now(UTC).isoformat())

    @on("StatusNotification")
    async def on_status(
        self, connector_id: int, error_code: str, status: str, **_rest: Any
    ) -> call_result.StatusNotification:
        await sync_to_async(record_status)(self.id, connector_id, error_code, status)
        return call_result.StatusNotification()

    @on("MeterValues")
    async def on_meters(
        self,
        connector_id: int,
        meter_value: list[dict[str, Any]],
        transaction_id: int | None = None,
    ) -> call_result.MeterValues:
        await sync_to_async(record_meters)(self.id, connector_id, meter_value, transaction_id)
        return call_result.MeterValues()

    @on("Authorize")
    async def on_authorize(self, id_tag: str) -> call_result.Authorize:
        return call_result.Authorize(id_tag_info=await sync_to_async(judge)(id_tag))

    @on("StartTransaction")
    async def on_start(
        self, connector_id: int, id_tag: str, meter_start: int, timestamp: str, **_rest: Any
    ) -> call_result.StartTransaction:
        key = await sync_to_async(record_start)(
            self.id, connector_id, id_tag, meter_start, timestamp
        )
        return call_result.StartTransaction(
            transaction_id=key, id_tag_info=IdTagInfo(status="Accepted")
        )

    @on("StopTransaction")
    async def on_stop(
        self, transaction_id: int, meter_stop: int, timestamp: str, **_rest: Any
    ) -> call_result.StopTransaction:
        await sync_to_async(record_stop)(self.id, transaction_id, meter_stop, timestamp)
        return call_result.StopTransaction(id_tag_info=IdTagInfo(status="Accepted"))


@transaction.atomic
def record_boot(identity: str, boot: dict[str, Any]) -> None:
    station = Station.objects.get(identity=identity)
    station.vendor = boot["charge_point_vendor"]
    station.model = boot["charge_point_model"]
    station.booted_at = datetime.now(UTC)
    station.save()


@transaction.atomic
def record_status(identity: str, number: int, error_code: str, status: str) -> None:
    if number == 0:
        station = Station.objects.get(identity=identity)
        station.main_status = status
        station.save()
        return
    connector = Connector.objects.get(station__identity=identity, number=number)
    connector.charging_status = status
    connector.error_code = error_code
    connector.status_at = datetime.now(UTC)
    connector.save()


@transaction.atomic
def record_meters(
    identity: str, number: int, values: list[dict[str, Any]], transaction_id: int | None
) -> None:
    station = Station.objects.get(identity=identity)
    for value in values:
        MeterReading.objects.create(
            station=station,
            session_id=transaction_id,
            connector_number=number,
            at=parse_datetime(value["timestamp"]),
            samples=value["sampled_value"],
        )
    if transaction_id is not None:
        session = Session.objects.get(pk=transaction_id)
        session.meter_last_wh = float(values[-1]["sampled_value"][0]["value"])
        session.save()


@transaction.atomic
def judge(id_tag: str) -> IdTagInfo:
    known = Token.objects.filter(identifier__iexact=id_tag).exists()
    return IdTagInfo(status="Accepted" if known else "Invalid")


@transaction.atomic
def record_start(identity: str, number: int, token: str, meter_wh: int, at: str) -> int:
    connector = Connector.objects.get(station__identity=identity, number=number)
    session = Session.objects.create(
        station_id=connector.station_id,
        connector=connector,
        charger_id=connector.charger_id,
        token=token,
        started_at=parse_datetime(at),
        meter_start_wh=meter_wh,
    )
    return int(session.pk)


@transaction.atomic
def record_stop(identity: str, transaction_id: int, meter_wh: int, at: str) -> None:
    session = Session.objects.get(pk=transaction_id, station__identity=identity)
    session.status = "ended"
    session.ended_at = parse_datetime(at)
    session.meter_last_wh = meter_wh
    session.save()


async def converse(connection: ServerConnection) -> None:
    assert connection.request is not None
    station = CentralSystem(connection.request.path.rpartition("/")[2], connection)
    await station.start()


def answer_health(connection: ServerConnection, request: Request) -> Response | None:
    if request.path == "/healthz":
        return connection.respond(http.HTTPStatus.OK, "")
    return None


async def main(port: int) -> None:
    async with serve(
        converse,
        "127.0.0.1",
        port,
        subprotocols=["ocpp1.6"],  # type: ignore[list-item]
        process_request=answer_health,
        compression=None,
    ) as server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    uvloop.run(main(parser.parse_args().port))
