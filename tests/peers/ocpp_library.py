"""A station made of the `ocpp` library's own ChargePoint, one class per version."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from ocpp import v16, v21, v201
from ocpp.charge_point import ChargePoint
from ocpp.routing import after, on
from ocpp.v16 import call as call_v16
from ocpp.v16 import call_result as result_v16
from ocpp.v21 import call as call_v21
from ocpp.v21 import call_result as result_v21
from ocpp.v201 import call as call_v201
from ocpp.v201 import call_result as result_v201
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from operations.versions import V16, V21, V201, OcppVersion
from tests.fake_station import TOKEN, now

LOG = "station.log"


def _fetched(url: str) -> bytes:
    with urlopen(url, timeout=20) as answer:  # noqa: S310  http: and ftp: are what is tried
        return bytes(answer.read())


def _sent(path: Path, url: str) -> bool:
    command = ["curl", "--silent", "--fail", "--upload-file", path, url]
    return subprocess.run(command, timeout=20, check=False).returncode == 0  # noqa: S603


class _Station(ChargePoint):
    """What all versions have in common: to say things, to move files, and to reboot when told."""

    messages: Any
    folder = Path()  # where it keeps what it fetched, and its log

    async def update(self, location: str, **about: Any) -> None:
        """Fetch it, and run it after a reboot."""
        await self.tell_firmware("Downloading", **about)
        image = await asyncio.to_thread(_fetched, location)
        (self.folder / "firmware").write_bytes(image)
        await self.tell_firmware("Downloaded", **about)
        await self.tell_firmware("Installing", **about)
        await self.tell_firmware("Installed", **about)

    async def bring_log(self, location: str, **about: Any) -> None:
        """Send the log, as curl does it."""
        await self.tell_log("Uploading", **about)
        sent = await asyncio.to_thread(_sent, self.folder / LOG, location)
        await self.tell_log("Uploaded" if sent else "UploadFailed", **about)

    async def tell_firmware(self, status: str, **about: Any) -> None:
        told = self.messages.FirmwareStatusNotification(status=status, **about)
        await self.call(told, suppress=False)

    async def tell_log(self, status: str, **about: Any) -> None:
        told = self.messages.LogStatusNotification(status=status, **about)
        await self.call(told, suppress=False)

    @after("ChangeAvailability")
    async def tell_that_it_is_off(self, **_said: Any) -> None:
        await self.tell_status("Unavailable")

    @after("Reset")
    async def reboot(self, **_said: Any) -> None:
        await self._connection.close()

    async def tell_status(self, status: str) -> None:
        raise NotImplementedError


class StationV16(_Station, v16.ChargePoint):
    messages = call_v16

    @on("UpdateFirmware")
    def on_update_firmware(self, **_said: Any) -> Any:
        return result_v16.UpdateFirmware()

    @after("UpdateFirmware")
    async def after_update_firmware(self, location: str, **_said: Any) -> None:
        await self.update(location)

    @on("GetDiagnostics")
    def on_get_diagnostics(self, **_said: Any) -> Any:
        return result_v16.GetDiagnostics(file_name=LOG)

    @after("GetDiagnostics")
    async def after_get_diagnostics(self, location: str, **_said: Any) -> None:
        await self.bring_log(location)

    async def tell_log(self, status: str, **_about: Any) -> None:
        told = call_v16.DiagnosticsStatusNotification(status=status)
        await self.call(told, suppress=False)

    @on("ChangeAvailability")
    def on_change_availability(self, **_said: Any) -> Any:
        return result_v16.ChangeAvailability(status="Accepted")

    @on("UnlockConnector")
    def on_unlock_connector(self, **_said: Any) -> Any:
        return result_v16.UnlockConnector(status="Unlocked")

    @on("Reset")
    def on_reset(self, **_said: Any) -> Any:
        return result_v16.Reset(status="Accepted")

    async def tell_status(self, status: str) -> None:
        told = call_v16.StatusNotification(connector_id=1, error_code="NoError", status=status)
        await self.call(told, suppress=False)

    async def boot(self) -> None:
        boot = call_v16.BootNotification(charge_point_model="Wallbox", charge_point_vendor="Maker")
        answer = await self.call(boot, suppress=False)
        assert answer.status == "Accepted"

    async def charge(self) -> None:
        answer = await self.call(call_v16.Authorize(id_tag=TOKEN), suppress=False)
        assert answer.id_tag_info["status"] == "Accepted"
        start = call_v16.StartTransaction(
            connector_id=1, id_tag=TOKEN, meter_start=0, timestamp=now()
        )
        started = await self.call(start, suppress=False)
        stop = call_v16.StopTransaction(
            transaction_id=started.transaction_id, meter_stop=1500, timestamp=now()
        )
        await self.call(stop, suppress=False)


class _StationV2(_Station):
    """What 2.0.1 and 2.1 have in common: all that is said here."""

    results: Any

    @on("UpdateFirmware")
    def on_update_firmware(self, **_said: Any) -> Any:
        return self.results.UpdateFirmware(status="Accepted")

    @after("UpdateFirmware")
    async def after_update_firmware(
        self, request_id: int, firmware: dict[str, Any], **_said: Any
    ) -> None:
        await self.update(firmware["location"], request_id=request_id)

    @on("GetLog")
    def on_get_log(self, **_said: Any) -> Any:
        return self.results.GetLog(status="Accepted", filename=LOG)

    @after("GetLog")
    async def after_get_log(self, request_id: int, log: dict[str, Any], **_said: Any) -> None:
        await self.bring_log(log["remote_location"], request_id=request_id)

    @on("ChangeAvailability")
    def on_change_availability(self, **_said: Any) -> Any:
        return self.results.ChangeAvailability(status="Accepted")

    @on("UnlockConnector")
    def on_unlock_connector(self, **_said: Any) -> Any:
        return self.results.UnlockConnector(status="Unlocked")

    @on("Reset")
    def on_reset(self, **_said: Any) -> Any:
        return self.results.Reset(status="Accepted")

    async def tell_status(self, status: str) -> None:
        told = self.messages.StatusNotification(
            timestamp=now(), connector_status=status, evse_id=1, connector_id=1
        )
        await self.call(told, suppress=False)

    async def boot(self) -> None:
        station = {"model": "Wallbox", "vendor_name": "Maker"}
        boot = self.messages.BootNotification(charging_station=station, reason="PowerUp")
        answer = await self.call(boot, suppress=False)
        assert answer.status == "Accepted"

    async def charge(self) -> None:
        token = {"id_token": TOKEN, "type": "ISO14443"}
        answer = await self.call(self.messages.Authorize(id_token=token), suppress=False)
        assert answer.id_token_info["status"] == "Accepted"
        reading = {"timestamp": now(), "sampled_value": [{"value": 0.0}]}
        for number, kind in enumerate(("Started", "Updated", "Ended")):
            reading["sampled_value"] = [{"value": 750.0 * number}]
            event = self.messages.TransactionEvent(
                event_type=kind,
                timestamp=now(),
                trigger_reason="Authorized",
                seq_no=number,
                transaction_info={"transaction_id": "peer-1"},
                evse={"id": 1, "connector_id": 1},
                id_token=token,
                meter_value=[reading],
            )
            await self.call(event, suppress=False)


class StationV201(_StationV2, v201.ChargePoint):
    messages, results = call_v201, result_v201


class StationV21(_StationV2, v21.ChargePoint):
    messages, results = call_v21, result_v21


STATIONS: dict[OcppVersion, Any] = {V16: StationV16, V201: StationV201, V21: StationV21}


async def live(url: str, identity: str, version: OcppVersion, folder: Path = Path()) -> None:
    """Boot, charge once, then do what is asked; come back after each reboot. Until cancelled."""
    has_charged = False
    while True:
        protocols = [Subprotocol(version.subprotocol)]
        async with connect(f"{url}/{identity}", subprotocols=protocols) as socket:
            station = STATIONS[version](identity, socket)
            station.folder = folder
            listening = asyncio.create_task(station.start())
            await station.boot()
            await station.tell_status("Available")
            if not has_charged:
                await station.charge()
                has_charged = True
            try:
                await listening
            except ConnectionClosed:
                continue
            finally:
                listening.cancel()
