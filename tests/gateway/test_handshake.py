"""Who may open a socket: from the HTTP request to a claim, and from the claim to a station."""

import base64
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from ocpp_gateway import handshake
from ocpp_gateway.handshake import Arrival, Claim, Refused
from operations.models import Connection, Station
from operations.services import stations
from operations.services.connections import Opened
from operations.statuses import OperationalStatus, Registration
from operations.versions import V16, V21, V201
from tests.factories import StationFactory


def scope(
    path: bytes, *, offers: list[str] | None = None, authorization: bytes | None = None
) -> dict[str, Any]:
    headers = [(b"host", b"portal")]
    if authorization is not None:
        headers.append((b"Authorization", authorization))
    return {
        "raw_path": path,
        "headers": headers,
        "subprotocols": ["ocpp1.6"] if offers is None else offers,
    }


def basic(credentials: bytes) -> bytes:
    return b"Basic " + base64.b64encode(credentials)


def claim(path: bytes, **how: Any) -> Claim:
    claimed = handshake.read(scope(path, **how))
    assert isinstance(claimed, Claim), claimed
    return claimed


@pytest.mark.parametrize(
    ("path", "identity"),
    [
        (b"/ocpp/CP-1", "CP-1"),
        (b"/ocpp/CP-1/", "CP-1"),
        (b"/ocpp/CP-1?token=x", "CP-1"),
        (b"/ocpp/CP%201", "CP 1"),
        (b"/ocpp/a%2Fb", "a/b"),
        (b"/ocpp/%C4%8Crpalka", "Črpalka"),
        (b"/ocpp/cp%3A1", "cp:1"),
        (b"/ocpp/" + b"x" * 48, "x" * 48),
    ],
)
def test_the_identity_is_the_paths_last_part(path: bytes, identity: str) -> None:
    assert claim(path).identity == identity


@pytest.mark.parametrize(
    "path",
    [
        b"/ocpp/",
        b"/ocpp/a/b",
        b"/ocpp//",
        b"/ocpp/%FF",
        b"/ocpp/a%00",
        b"/ocpp/%20a",
        b"/other/CP-1",
        b"/ocpp/" + b"x" * 49,
    ],
)
def test_a_path_without_a_proper_identity_is_not_found(path: bytes) -> None:
    refused = handshake.read(scope(path))
    assert isinstance(refused, Refused)
    assert refused.status == 404


def test_a_server_that_gives_no_raw_path_serves_too() -> None:
    assert handshake.is_station_path({"path": "/ocpp/CP-1"})
    assert not handshake.is_station_path({"path": "/operations/"})
    claimed = handshake.read({"path": "/ocpp/CP-1", "subprotocols": ["ocpp1.6"]})
    assert claimed == Claim("CP-1", V16, None, "ocpp1.6")


@pytest.mark.parametrize(
    ("offers", "version"),
    [
        (["ocpp1.6"], V16),
        (["ocpp1.6", "ocpp2.0.1"], V201),
        (["ocpp1.6", " ocpp2.1 ", "ocpp2.0.1"], V21),
        (["vendor", "ocpp1.6"], V16),
    ],
)
def test_the_newest_version_offered_is_spoken(offers: list[str], version: object) -> None:
    assert claim(b"/ocpp/CP-1", offers=offers).version is version


def test_a_station_that_offers_nothing_may_be_taken_for_1_6(settings: Settings) -> None:
    # Some send no Sec-WebSocket-Protocol; answering one would end their handshake.
    settings.EVCHARGE_ASSUME_OCPP16 = True
    assert claim(b"/ocpp/CP-1", offers=[]) == Claim("CP-1", V16, None, None)
    assert isinstance(handshake.read(scope(b"/ocpp/CP-1", offers=["ocpp2.0"])), Refused)


@pytest.mark.parametrize("offers", [[], ["ocpp2.0"], ["OCPP1.6"]])
def test_who_offers_no_version_we_speak_is_told_which_we_do(offers: list[str]) -> None:
    refused = handshake.read(scope(b"/ocpp/CP-1", offers=offers))
    assert isinstance(refused, Refused)
    assert refused.status == 400
    assert "ocpp2.1, ocpp2.0.1, ocpp1.6" in refused.reason


@pytest.mark.parametrize(
    ("path", "authorization", "password"),
    [
        (b"/ocpp/CP-1", basic(b"CP-1:secret"), b"secret"),
        (b"/ocpp/CP-1", b"BASIC  " + base64.b64encode(b"CP-1:secret"), b"secret"),
        (b"/ocpp/CP-1", basic(b"CP-1:se:cr:et"), b"se:cr:et"),
        (b"/ocpp/CP-1", basic(b"CP-1:\xff\x00\xfe"), b"\xff\x00\xfe"),
        (b"/ocpp/CP-1", basic(b"CP-1:"), b""),
        (b"/ocpp/cp%3A1", basic(b"cp:1:secret"), b"secret"),
        (b"/ocpp/%C4%8C", basic("Č:secret".encode()), b"secret"),
        (b"/ocpp/CP-1", basic(b"CP-2:secret"), None),
        (b"/ocpp/CP-1", basic(b"CP-1"), None),
        (b"/ocpp/CP-1", b"Bearer CP-1:secret", None),
        (b"/ocpp/CP-1", b"Basic not base64!", None),
        (b"/ocpp/CP-1", b"Basic", None),
        (b"/ocpp/CP-1", b"", None),
        (b"/ocpp/CP-1", None, None),
    ],
)
def test_the_password_is_what_follows_the_identity(
    path: bytes, authorization: bytes | None, password: bytes | None
) -> None:
    assert claim(path, authorization=authorization).password == password


def arrival(identity: str = "CP-1", password: bytes | None = None) -> Arrival:
    return Arrival(Claim(identity, V16, password, "ocpp1.6"), "node-1", "ch", "::1")


def admitted(identity: str = "CP-1", password: bytes | None = None) -> Station | Refused:
    (opened,) = handshake.let_in([arrival(identity, password)])
    return opened if isinstance(opened, Refused) else Station.objects.get(pk=opened.station_pk)


def refusal(identity: str = "CP-1", password: bytes | None = None) -> int:
    refused = admitted(identity, password)
    assert isinstance(refused, Refused)
    return refused.status


@pytest.mark.django_db
def test_a_known_station_without_password_may_come_with_any() -> None:
    station = StationFactory(identity="CP-1")
    assert admitted() == station
    assert admitted(password=b"whatever") == station


@pytest.mark.django_db
def test_an_identitys_case_matters() -> None:
    StationFactory(identity="CP-1")
    assert refusal("cp-1") == 404


@pytest.mark.django_db
def test_a_station_with_a_password_must_bring_it() -> None:
    station = StationFactory(identity="CP-1", password_digest=stations.digest(b"\xff:secret"))
    assert admitted(password=b"\xff:secret") == station
    assert refusal(password=b"secret") == 401
    assert refusal(password=b"") == 401
    assert refusal(password=None) == 401


@pytest.mark.django_db
def test_a_closed_station_may_not_come_back() -> None:
    StationFactory(identity="CP-1", operational_status=OperationalStatus.CLOSED)
    assert refusal() == 404


@pytest.mark.django_db
def test_strangers_are_refused_unless_the_site_says_otherwise(settings: Settings) -> None:
    settings.EVCHARGE_UNKNOWN_STATIONS = "refuse"
    assert refusal("CP-9") == 404
    assert not Station.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("policy", "registration"),
    [("quarantine", Registration.PENDING), ("accept", Registration.ACCEPTED)],
)
def test_strangers_wait_for_approval_or_are_taken_in(
    settings: Settings, policy: str, registration: Registration
) -> None:
    settings.EVCHARGE_UNKNOWN_STATIONS = policy
    station = admitted("CP-9")
    assert isinstance(station, Station)
    assert (station.identity, station.registration) == ("CP-9", registration)
    assert admitted("CP-9") == station


@pytest.mark.django_db
def test_those_who_arrive_together_are_each_answered(settings: Settings) -> None:
    settings.EVCHARGE_UNKNOWN_STATIONS = "refuse"
    first, second = StationFactory(identity="CP-1"), StationFactory(identity="CP-2")
    StationFactory(identity="CP-3", password_digest=stations.digest(b"secret"))
    names = ("CP-2", "CP-9", "CP-3", "CP-1", "CP-2")
    answers = handshake.let_in([arrival(name) for name in names])
    keys = [
        each.status if isinstance(each, Refused) else (each.station_pk, each.epoch)
        for each in answers
    ]
    before = (first.epoch, second.epoch)
    assert keys == [
        (second.pk, before[1] + 1),
        404,
        401,
        (first.pk, before[0] + 1),
        (second.pk, before[1] + 2),
    ]
    open_now = Connection.objects.filter(closed_at=None).order_by("station")
    assert list(open_now.values_list("station", "epoch")) == [
        (first.pk, before[0] + 1),
        (second.pk, before[1] + 2),
    ]


@pytest.mark.django_db
def test_a_stranger_who_comes_twice_at_once_is_taken_in_once(settings: Settings) -> None:
    settings.EVCHARGE_UNKNOWN_STATIONS = "accept"
    answers = handshake.let_in([arrival("CP-9"), arrival("CP-9")])
    assert [each.epoch for each in answers if isinstance(each, Opened)] == [1, 2]
    assert Station.objects.get().identity == "CP-9"
