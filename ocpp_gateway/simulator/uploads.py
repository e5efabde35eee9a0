"""Brings a file to any URL: HTTP PUT or POST, FTP, SFTP."""

import ftplib
import http.client
import io
import secrets
import threading
from functools import partial

from ocpp_gateway.simulator import places
from ocpp_gateway.simulator.downloads import authorization, ftp_session, http_connection
from ocpp_gateway.simulator.errands import AbandonedError, in_thread
from ocpp_gateway.simulator.places import CHUNK_BYTES, Place, TransferError

FAILED = "UploadFailure"
DENIED = "PermissionDenied"
UNSUPPORTED = "NotSupportedOperation"
# What an HTTP server's refusal means in OCPP's words (2.0.1 UploadLogStatusEnumType).
HTTP_REASONS = {400: "BadMessage", 401: DENIED, 403: DENIED, 405: UNSUPPORTED, 501: UNSUPPORTED}


async def bring(url: str, name: str, data: bytes, *, style: str = "put") -> None:
    """Upload `data` as the file `name` in the folder `url`. Raises TransferError.

    `style` is how HTTP servers get it: put, post, or form (multipart/form-data to the URL itself).
    """
    is_form = style == "form" and url.lower().startswith("http")
    place = places.read(url if is_form else places.inside(url, name))
    if place.scheme == "sftp":
        from ocpp_gateway.simulator import sftp

        await sftp.put(place, data, failed=FAILED)
    elif place.scheme in ("http", "https"):
        await in_thread(partial(_bring_by_http, place, name, data, style))
    else:
        await in_thread(partial(_bring_by_ftp, place, data))


def _bring_by_http(
    place: Place, name: str, data: bytes, style: str, _abandoned: threading.Event
) -> None:
    headers = authorization(place) | {"Content-Type": "application/octet-stream"}
    if style == "form":
        data, headers["Content-Type"] = _form(name, data)
    connection = http_connection(place)
    try:
        connection.request("PUT" if style == "put" else "POST", place.path, data, headers)
        response = connection.getresponse()
        response.read()
    except (OSError, http.client.HTTPException) as error:
        raise TransferError(FAILED, str(error)) from error
    finally:
        connection.close()
    if response.status // 100 != 2:
        reason = HTTP_REASONS.get(response.status, FAILED)
        raise TransferError(reason, f"{response.status} {response.reason}")


def _form(name: str, data: bytes) -> tuple[bytes, str]:
    """A multipart/form-data body with one file, and its content type."""
    boundary = secrets.token_hex(16)
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return body, f"multipart/form-data; boundary={boundary}"


def _bring_by_ftp(place: Place, data: bytes, abandoned: threading.Event) -> None:
    def heed(_chunk: bytes) -> None:
        if abandoned.is_set():
            raise AbandonedError

    try:
        with ftp_session(place) as ftp:
            ftp.storbinary(f"STOR {place.file}", io.BytesIO(data), CHUNK_BYTES, heed)
    except ftplib.error_perm as error:
        # 530 is a failed login; 550 and 553 refuse the name or the writing of it.
        reason = UNSUPPORTED if str(error).startswith("50") else DENIED
        raise TransferError(reason, str(error)) from error
    except (OSError, EOFError, ftplib.Error) as error:
        raise TransferError(FAILED, str(error)) from error
