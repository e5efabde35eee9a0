"""Gives one run's station a place to fetch its firmware from, or to send its log to."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from operations.commands import transports
from operations.commands.base import Params
from operations.models import CommandRun, FileLink, FirmwareImage

# The paths of `ocpp_gateway/files/http.py`, by whether something is sent there.
DOWNLOADS = "/files/"
UPLOADS = "/uploads/"

# What the portal itself speaks; `commands/transports.py` says which of them run.
HTTP, FTP, FTPS, SFTP = "http", "ftp", "ftps", "sftp"

# Some stations put names unquoted into requests and shells: what no URL has to quote is left.
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]+")
MOST_NAME = 80  # OCPP 2.0.1 has 512 characters for the whole URL


class ImageGoneError(Exception):
    """The image was deleted between the asking and the sending."""


@dataclass(frozen=True, slots=True)
class Secret:
    """What opens a link. It is in no table: only who is given the URL has it."""

    username: str
    token: str


def public_url() -> str:
    """The portal's own address as stations reach it."""
    if settings.EVCHARGE_PUBLIC_URL:
        return str(settings.EVCHARGE_PUBLIC_URL)
    scheme = "https" if settings.EVCHARGE_SECURE else "http"
    host = next((name for name in settings.ALLOWED_HOSTS if name.strip("*.")), "localhost")
    return f"{scheme}://{host}"


def served_at(host: str, port: int) -> None:
    """Where this process listens: the portal's address, for as long as nobody said otherwise."""
    if settings.EVCHARGE_PUBLIC_URL or settings.EVCHARGE_SECURE:
        return
    is_any = host in {"0.0.0.0", "::", ""}  # noqa: S104  it is compared
    named = urlsplit(public_url()).hostname if is_any else host
    settings.EVCHARGE_PUBLIC_URL = f"http://{named}:{port}"


def resolve(*, run: CommandRun, params: Params) -> Params:
    """The params with a URL in `location` where an image or one of our receivers was chosen.

    `image` is an image's key; `receiver` and, with an image, `protocol` name one of
    `transports.offered()` ("https" is what "http" becomes where the portal has it). An image's
    certificate and signature come along unless others were given. Called inside the transaction
    that sends the run: the link's secret exists in the frame, and nowhere else. Raises
    ImageGoneError.
    """
    if params.get("image"):
        image = FirmwareImage.objects.filter(pk=params["image"]).first()
        if image is None:
            raise ImageGoneError
        return {
            **params,
            "location": image.url or _url_of_image(run, image, params),
            "signing_certificate": params.get("signing_certificate") or image.signing_certificate,
            "signature": params.get("signature") or image.signature,
        }
    if params.get("receiver"):
        secret = _link(run, None, expires_at=_expiry(params))
        return {**params, "location": _url(params["receiver"], UPLOADS, secret, "")}
    return params


def _url_of_image(run: CommandRun, image: FirmwareImage, params: Params) -> str:
    secret = _link(run, image, expires_at=_expiry(params))
    protocol = params.get("protocol") or transports.best_for(run.station)
    return _url(protocol, DOWNLOADS, secret, plain_name(image.file_name))


def digest(token: str) -> str:
    """What is kept of a token: 128 random bits need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def plain_name(name: str) -> str:
    """A file's name with nothing in it that a URL has to quote."""
    cleaned = _UNUSUAL.sub("-", name).strip(".-")
    return cleaned[-MOST_NAME:].lstrip(".-") or "firmware.bin"


def _link(run: CommandRun, image: FirmwareImage | None, *, expires_at: datetime) -> Secret:
    # Letters and digits only, as stations' FTP clients may not unquote what a URL quotes.
    secret = Secret(username=f"s{secrets.token_hex(5)}", token=secrets.token_hex(16))
    FileLink.objects.create(
        run=run,
        image=image,
        token_digest=digest(secret.token),
        username=secret.username,
        created_at=timezone.now(),
        expires_at=expires_at,
    )
    return secret


def _expiry(params: Params) -> datetime:
    """The link lives from when the station is to begin."""
    now = timezone.now()
    return max(now, _moment(params.get("retrieve_at")) or now) + timedelta(
        hours=settings.EVCHARGE_FILES_LINK_HOURS
    )


def _moment(value: Any) -> datetime | None:
    found = parse_datetime(value) if isinstance(value, str) else value
    if not isinstance(found, datetime):
        return None
    return found if timezone.is_aware(found) else timezone.make_aware(found)


def _url(protocol: str, path: str, secret: Secret, name: str) -> str:
    if protocol in {FTP, FTPS, SFTP}:
        port = settings.EVCHARGE_SFTP_PORT if protocol == SFTP else settings.EVCHARGE_FTP_PORT
        host = urlsplit(public_url()).hostname or "localhost"
        host = f"[{host}]" if ":" in host else host
        return f"{protocol}://{secret.username}:{secret.token}@{host}:{port}/{name}"
    return f"{public_url()}{path}{secret.token}/{name}"
