"""Files over SFTP. Imported when the first station needs it: asyncssh takes its time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import asyncssh

from ocpp_gateway.simulator.places import CHUNK_BYTES, TIMEOUT_S, Place, TransferError

DENIED = (asyncssh.PermissionDenied, asyncssh.SFTPPermissionDenied)


@asynccontextmanager
async def _session(place: Place, failed: str) -> AsyncIterator[asyncssh.SFTPClient]:
    """Logged in; what goes wrong is a TransferError. Host keys are taken as they come."""
    try:
        async with (
            asyncssh.connect(
                place.host,
                place.port,
                username=place.user,
                password=place.password,
                known_hosts=None,
                config=None,
                client_keys=None,
                connect_timeout=TIMEOUT_S,
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            yield client
    except DENIED as error:
        raise TransferError("PermissionDenied", str(error)) from error
    except (OSError, asyncssh.Error) as error:
        raise TransferError(failed, str(error)) from error


async def chunks(place: Place, *, failed: str) -> AsyncIterator[bytes]:
    """A file's bytes. Raises TransferError, also where they are fewer than the file has."""
    async with _session(place, failed) as client, client.open(place.file, "rb") as file:
        missing = (await file.stat()).size or 0
        while chunk := cast("bytes", await file.read(CHUNK_BYTES)):
            missing -= len(chunk)
            yield chunk
        if missing > 0:
            raise TransferError(failed, f"{missing} bytes did not come")


async def put(place: Place, data: bytes, *, failed: str) -> None:
    """Write a file. Raises TransferError."""
    async with _session(place, failed) as client, client.open(place.file, "wb") as file:
        await file.write(data)
