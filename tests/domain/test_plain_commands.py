"""Forms that lay out messages, their fields, and answers with lists of results."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.base import Target
from operations.commands.fields import CertificateField, MomentField, NumbersField, WordsField
from operations.commands.plain import put
from operations.models import StationReport
from operations.services import targets
from operations.statuses import RunStatus
from operations.versions import V16, V21, V201, OcppVersion
from tests.command_samples import CERTIFICATE
from tests.factories import ConnectorFactory, SessionFactory, StationFactory

pytestmark = pytest.mark.django_db


def station_of(version: OcppVersion) -> Target:
    return targets.of_station(StationFactory(protocol=version.name))


def form_of(slug: str, target: Target, **data: Any) -> Any:
    return BY_SLUG[slug].form(data, target=target)


# Places in a message


def test_a_value_is_put_in_its_place() -> None:
    payload: dict[str, Any] = {}
    put(payload, "id", 3)
    put(payload, "message.message.content", "x")
    put(payload, "message.id", 4)
    put(payload, "items[].component.name", "EVSE")
    put(payload, "items[].value", 0)
    assert payload == {
        "id": 3,
        "message": {"message": {"content": "x"}, "id": 4},
        "items": [{"component": {"name": "EVSE"}, "value": 0}],
    }


def test_what_was_left_empty_is_neither_kept_nor_sent() -> None:
    target = station_of(V201)
    form = form_of("get-report", target, component="EVSE", variable="", criteria=[])
    assert form.is_valid()
    assert form.params() == {"component": "EVSE"}
    (request,) = BY_SLUG["get-report"].requests(V201, target, {**form.params(), "request_id": 5})
    assert request.payload == {
        "requestId": 5,
        "componentVariable": [{"component": {"name": "EVSE"}}],
    }


def test_what_the_version_does_not_take_is_said_before_it_is_sent() -> None:
    target = station_of(V201)
    filled = {"text": "x" * 600, "priority": "InFront", "format": "UTF8"}
    form = form_of("set-display-message", target, **filled)
    assert not form.is_valid()
    (said,) = form.non_field_errors()
    assert said.startswith("OCPP 2.0.1 does not take this: message.message.content: longer than")
    assert form_of("set-display-message", station_of(V21), **filled).is_valid()
    tariff = form_of("set-default-tariff", station_of(V21), tariff='{"tariffId": "T-1"}')
    assert "currency is missing" in " ".join(tariff.non_field_errors())


def test_choices_are_those_of_the_version() -> None:
    def kinds(target: Target) -> list[str]:
        form = BY_SLUG["install-certificate"].form(target=target)
        return [value for value, _word in form.fields["kind"].choices]  # type: ignore[attr-defined]

    assert kinds(station_of(V16))[0] == "CentralSystemRootCertificate"
    assert "OEMRootCertificate" not in kinds(station_of(V201))
    assert "OEMRootCertificate" in kinds(station_of(V21))
    # A station that never connected: the newest words.
    assert "OEMRootCertificate" in kinds(targets.of_station(StationFactory(protocol="")))


def test_a_charger_stands_in_its_own_place() -> None:
    connector = ConnectorFactory(charger__station__protocol="2.1", charger__number=2)
    command = BY_SLUG["get-tariffs"]
    charger, station = targets.of_charger(connector.charger), targets.of_station(connector.station)
    assert command.requests(V21, charger, {})[0].payload == {"evseId": 2}
    assert command.requests(V21, station, {})[0].payload == {"evseId": 0}
    command = BY_SLUG["clear-tariffs"]
    assert command.requests(V21, station, {})[0].payload == {}


# Fields


def test_a_moment_is_kept_as_the_wire_spells_it() -> None:
    field = MomentField(required=False)
    with timezone.override("Europe/Lisbon"):
        assert field.clean("2026-07-01T12:00") == "2026-07-01T11:00:00Z"
        shown = field.prepare_value("2026-07-01T11:00:00Z")
        assert shown.isoformat() == "2026-07-01T12:00:00"
    assert field.clean("2026-07-01T11:00:00Z") == "2026-07-01T11:00:00Z"
    assert field.clean("") is None
    assert field.prepare_value("99-99-99Z") == "99-99-99Z"
    assert field.prepare_value("2026-13-01T11:00:00Z") == "2026-13-01T11:00:00Z"
    with pytest.raises(ValidationError):
        field.clean("soonZ")


def test_lists_are_typed_with_commas() -> None:
    assert NumbersField().clean(" 3, 1,,3 ") == [3, 1]
    assert NumbersField(required=False).clean("") == []
    assert NumbersField().clean([1, 2]) == [1, 2]
    assert NumbersField().prepare_value([1, 2]) == "1, 2"
    assert WordsField().clean("T-1, T-2") == ["T-1", "T-2"]
    for wrong in ("1, x", "-1", "1.5", "9999999999"):
        with pytest.raises(ValidationError, match="whole numbers"):
            NumbersField().clean(wrong)
    with pytest.raises(ValidationError, match="at most 100"):
        NumbersField().clean(", ".join(str(number) for number in range(101)))


def test_a_certificate_is_read_before_it_is_sent() -> None:
    field = CertificateField()
    assert field.clean(CERTIFICATE.replace("\n", "\r\n")) == CERTIFICATE.strip()
    assert field.clean(CERTIFICATE * 2).count("BEGIN") == 2
    for wrong in ("hello", CERTIFICATE.replace("M", "!"), "-----BEGIN CERTIFICATE-----"):
        with pytest.raises(ValidationError, match="no certificate"):
            field.clean(wrong)
    long = form_of("send-certificate", station_of(V16), chain=CERTIFICATE * 30)
    assert "10,000 characters" in " ".join(long.errors["chain"])


# Answers


@pytest.mark.parametrize(
    ("slug", "key", "statuses", "becomes"),
    [
        ("set-monitoring", "setMonitoringResult", ["Accepted"], RunStatus.DONE),
        ("set-monitoring", "setMonitoringResult", ["Duplicate"], RunStatus.REFUSED),
        ("clear-monitoring", "clearMonitoringResult", ["Accepted", "Rejected"], RunStatus.REFUSED),
        ("clear-monitoring", "clearMonitoringResult", ["Accepted", "Accepted"], RunStatus.DONE),
        ("clear-tariffs", "clearTariffsResult", ["NoTariff"], RunStatus.DONE),
        ("clear-tariffs", "clearTariffsResult", [], RunStatus.FAILED),
    ],
)
def test_of_several_results_the_worst_counts(
    slug: str, key: str, statuses: list[str], becomes: RunStatus
) -> None:
    answer = {key: [{"status": status} for status in statuses]}
    assert BY_SLUG[slug].outcome("", answer).status == becomes
    assert BY_SLUG[slug].outcome("", {key: "x"}).status == RunStatus.FAILED


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"messagesInQueue": True}, "Messages wait to be sent."),
        (
            {"messagesInQueue": False, "ongoingIndicator": True},
            "The session is running. No message waits to be sent.",
        ),
        (
            {"messagesInQueue": True, "ongoingIndicator": False},
            "The session is not running. Messages wait to be sent.",
        ),
    ],
)
def test_the_status_of_a_session_is_said_in_words(answer: dict[str, Any], words: str) -> None:
    outcome = BY_SLUG["get-transaction-status"].outcome("GetTransactionStatus", answer)
    assert (outcome.status, str(outcome.sentence)) == (RunStatus.DONE, words)


def test_an_answer_with_nothing_in_it_is_the_effect() -> None:
    assert BY_SLUG["update-cost"].outcome("CostUpdated", {}).status == RunStatus.DONE


# Reports


def test_a_report_counts_when_it_is_complete_and_ours() -> None:
    target = station_of(V201)
    command = BY_SLUG["get-base-report"]
    now = timezone.now()
    report = StationReport.objects.create(
        station=target.station,
        kind="NotifyReport",
        request_id=12,
        parts={"0": []},
        started_at=now,
        updated_at=now,
    )
    assert command.confirmation(target, {"request_id": 12}, None) is None
    report.is_complete = True
    report.save()
    assert command.confirmation(target, {"request_id": 12}, None) == (
        "The report is complete: 1 part."
    )
    assert command.confirmation(target, {"request_id": 13}, None) is None
    monitors = BY_SLUG["get-monitoring"]
    assert monitors.confirmation(target, {"request_id": 12}, None) is None


# Rules of single forms


def test_customer_information_is_of_one_customer_and_for_something() -> None:
    target = station_of(V201)
    both = form_of("customer-information", target, report="on", token="04A1", customer="C-1")
    assert "token" in both.errors
    neither = form_of("customer-information", target, report="on")
    assert "token" in neither.errors
    nothing = form_of("customer-information", target, token="04A1")
    assert "report" in nothing.errors


@pytest.mark.parametrize(
    ("slug", "data", "field"),
    [
        ("adjust-event-stream", {"number": "1"}, "interval_s"),
        ("update-dynamic-schedule", {"number": "1"}, "limit"),
    ],
)
def test_at_least_one_figure_is_given(slug: str, data: dict[str, str], field: str) -> None:
    assert field in form_of(slug, station_of(V21), **data).errors


def test_a_network_profile_has_mobile_words_only_with_an_access_point() -> None:
    target, command = station_of(V201), BY_SLUG["set-network-profile"]
    filled = {
        "slot": "1",
        "url": "wss://central.example.org/ocpp",
        "version": "OCPP20",
        "interface": "Wireless0",
        "security_profile": "1",
        "timeout_s": "30",
    }
    form = form_of("set-network-profile", target, **filled, apn_user="station")
    assert form.is_valid(), form.errors
    (request,) = command.requests(V201, target, form.params())
    assert "apn" not in request.payload["connectionData"]
    form = form_of("set-network-profile", target, **filled, apn="iot", apn_password="x")
    assert form.is_valid(), form.errors
    (request,) = command.requests(V201, target, form.params())
    apn = {"apn": "iot", "apnPassword": "x", "apnAuthentication": "AUTO"}
    assert request.payload["connectionData"]["apn"] == apn
    assert form_of("set-network-profile", target, **{**filled, "url": "http://x/"}).errors["url"]
    newest = BY_SLUG["set-network-profile"].form(target=station_of(V21))
    assert {"identity", "password"} <= newest.fields.keys()


# Charging profiles


def profile_form(target: Target, **data: str) -> Any:
    filled = {"kind": "Relative", "unit": "A", "periods": "0 16", **data}
    return BY_SLUG["set-charging-profile"].form(filled, target=target)


def test_purposes_are_those_of_the_version_and_the_target() -> None:
    def purposes(target: Target) -> list[str]:
        form = BY_SLUG["set-charging-profile"].form(target=target)
        return [value for value, _word in form.fields["purpose"].choices]  # type: ignore[attr-defined]

    old = ConnectorFactory(charger__station__protocol="1.6")
    assert purposes(targets.of_station(old.station)) == [
        "ChargePointMaxProfile",
        "TxDefaultProfile",
    ]
    assert purposes(targets.of_connector(old)) == ["TxDefaultProfile", "TxProfile"]
    new = ConnectorFactory(charger__station__protocol="2.1")
    assert "PriorityCharging" in purposes(targets.of_charger(new.charger))
    never = targets.of_station(StationFactory(protocol=""))
    assert purposes(never) == ["ChargingStationMaxProfile", "TxDefaultProfile"]


@pytest.mark.parametrize("version", [V16, V201], ids=str)
def test_a_sessions_profile_names_its_session(version: OcppVersion) -> None:
    connector = ConnectorFactory(charger__station__protocol=version.name)
    form = profile_form(targets.of_charger(connector.charger), purpose="TxProfile")
    assert form.errors["purpose"] == ["No session is running there."]
    session = SessionFactory(connector=connector)
    target = targets.of_charger(connector.charger)
    form = profile_form(target, purpose="TxProfile")
    assert form.is_valid(), form.errors
    params = {**form.params(), "request_id": 12}
    (request,) = BY_SLUG["set-charging-profile"].requests(version, target, params)
    if version is V16:
        # The whole charger is connector 0, but a session has its own.
        assert request.payload["connectorId"] == connector.number
        profile = request.payload["csChargingProfiles"]
        assert profile["transactionId"] == int(session.transaction_id)
    else:
        assert request.payload["chargingProfile"]["transactionId"] == session.transaction_id
    SessionFactory(connector=connector)
    form = profile_form(targets.of_charger(connector.charger), purpose="TxProfile")
    assert form.errors["session"] == ["Choose a session."]


def test_only_schedules_bound_to_the_clock_have_a_start() -> None:
    target = station_of(V201)
    relative = profile_form(target, purpose="TxDefaultProfile", starts="2026-03-01T00:00")
    assert relative.is_valid()
    assert "starts" not in relative.params()
    daily = profile_form(target, purpose="TxDefaultProfile", kind="Daily")
    assert daily.is_valid()
    assert daily.params()["starts"].endswith("Z")


def test_a_schedule_that_is_none_is_said_first() -> None:
    form = profile_form(station_of(V201), purpose="TxDefaultProfile", periods="08:00 16")
    assert set(form.errors) == {"periods"}


def test_a_profile_is_not_over_before_it_begins() -> None:
    form = profile_form(
        station_of(V201),
        purpose="TxDefaultProfile",
        valid_from="2026-03-02T00:00",
        valid_to="2026-03-01T00:00",
    )
    assert form.errors["valid_to"] == ["This is not after its beginning."]


def test_1_6_asks_each_connector_of_half_a_station() -> None:
    connector = ConnectorFactory(charger__station__protocol="1.6", number=1)
    half = ConnectorFactory(charger__station=connector.station, charger__number=2, number=2)
    ConnectorFactory(charger=half.charger, number=3)
    target = targets.of_charger(half.charger)
    params = {"duration_s": 60, "request_id": 12}
    calls = BY_SLUG["get-composite-schedule"].requests(V16, target, params)
    assert [call.payload["connectorId"] for call in calls] == [2, 3]
    calls = BY_SLUG["clear-charging-profile"].requests(V16, target, {"number": 7})
    assert [call.payload for call in calls] == [
        {"id": 7, "connectorId": 2},
        {"id": 7, "connectorId": 3},
    ]


def test_clearing_2_x_by_number_or_by_kind() -> None:
    connector = ConnectorFactory(charger__station__protocol="2.0.1", charger__number=2)
    target = targets.of_connector(connector)
    command = BY_SLUG["clear-charging-profile"]
    (request,) = command.requests(V201, target, {"number": 7, "purpose": "TxProfile"})
    assert request.payload == {"chargingProfileId": 7}
    (request,) = command.requests(V201, target, {"stack_level": 0})
    assert request.payload == {"chargingProfileCriteria": {"evseId": 2, "stackLevel": 0}}
    (request,) = command.requests(V201, targets.of_station(connector.station), {})
    assert request.payload == {}
