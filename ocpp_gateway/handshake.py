"""Who may open a socket: path, subprotocol and credentials → admitted or refused, with why."""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings
from django.core.exceptions import ValidationError

from operations import versions
from operations.models import Station
from operations.models.network import IDENTITY
from operations.services import connections, stations
from operations.services.connections import Opened, Opening
from operations.versions import V16, OcppVersion

PREFIX = b"/ocpp/"


@dataclass(frozen=True, slots=True)
class Claim:
    """What a handshake claims, before anybody looked whether it is so."""

    identity: str
    version: OcppVersion
    password: bytes | None
    subprotocol: str | None  # None: the station offered none, and shall be told none


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there will be no socket; goes into the HTTP answer."""

    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A claim, and where the socket is that makes it."""

    claim: Claim
    node: str
    channel_name: str
    remote_address: str


def is_station_path(scope: Mapping[str, Any]) -> bool:
    """Whether the path is under /ocpp/."""
    return _raw_path(scope).startswith(PREFIX)


def read(scope: Mapping[str, Any]) -> Claim | Refused:
    """Take the claim from an ASGI scope, without looking anything up."""
    identity = identity_of(_raw_path(scope))
    if identity is None:
        return Refused(
            404,
            "The path must be /ocpp/ and the station's identity: "
            "1 to 48 printable characters, percent-encoded where needed.",
        )
    offered = scope.get("subprotocols") or []
    version = choose(offered)
    subprotocol = version.subprotocol if version else None
    if version is None and not offered and settings.EVCHARGE_ASSUME_OCPP16:
        version = V16  # some stations send no header at all (steve 135, lbbrhzn 442)
    if version is None:
        known = ", ".join(version.subprotocol for version in versions.VERSIONS)
        return Refused(400, f"Offer one of these in Sec-WebSocket-Protocol: {known}.")
    password = password_of(scope.get("headers") or [], identity)
    return Claim(identity, version, password, subprotocol)


def _raw_path(scope: Mapping[str, Any]) -> bytes:
    """The path as it was sent: an identity may hold an encoded slash."""
    raw: bytes = scope.get("raw_path") or str(scope.get("path", "")).encode()
    return raw.split(b"?", 1)[0]


def identity_of(raw_path: bytes) -> str | None:
    """The identity in a path; a trailing slash is tolerated (domain §9 #26)."""
    if not raw_path.startswith(PREFIX):
        return None
    segment = raw_path.removeprefix(PREFIX).removesuffix(b"/")
    if b"/" in segment:
        return None
    try:
        identity = unquote_to_bytes(segment).decode()
        IDENTITY(identity)
    except (UnicodeDecodeError, ValidationError):
        return None
    return identity


def choose(offered: Iterable[str]) -> OcppVersion | None:
    """The version we like best among those a station offers."""
    names = {name.strip() for name in offered}
    return next((v for v in versions.VERSIONS if v.subprotocol in names), None)


def password_of(headers: Iterable[tuple[bytes, bytes]], identity: str) -> bytes | None:
    """The password of HTTP Basic, as bytes; None without one under this identity.

    The identity is taken off as a prefix, since it may hold a colon, and the key any byte.
    """
    header = next((value for name, value in headers if name.lower() == b"authorization"), b"")
    scheme, _space, encoded = header.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        credentials = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error:
        return None
    prefix = identity.encode() + b":"
    return credentials.removeprefix(prefix) if credentials.startswith(prefix) else None


def let_in(arrivals: Sequence[Arrival]) -> list[Opened | Refused]:
    """Give those their stations who may have them; runs where queries may."""
    identities = {arrival.claim.identity for arrival in arrivals}
    found = Station.objects.filter(identity__in=identities)
    known = {station.identity: station for station in found}
    answers: list[Opened | Refused | None] = [None] * len(arrivals)
    openings = {}
    for place, arrival in enumerate(arrivals):
        station = _admit(arrival.claim, known)
        if isinstance(station, Refused):
            answers[place] = station
        else:
            openings[place] = Opening(
                station.pk,
                arrival.claim.version,
                arrival.node,
                arrival.channel_name,
                arrival.remote_address,
            )
    opened = connections.open_connections(list(openings.values()))
    given = dict(zip(openings, opened, strict=True))
    return [given[place] if answer is None else answer for place, answer in enumerate(answers)]


def _admit(claim: Claim, known: dict[str, Station]) -> Station | Refused:
    """Check that the station is one of ours, and its password."""
    station = known.get(claim.identity) or stations.admit_unknown(identity=claim.identity)
    if station is None:
        return Refused(404, "No station has this identity. Create it in the portal first.")
    known[claim.identity] = station
    if stations.is_closed(station):
        return Refused(404, "This station is closed in the portal.")
    if not stations.accepts_password(station=station, password=claim.password):
        return Refused(401, "The station's password is missing or wrong.")
    return station
