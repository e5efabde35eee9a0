"""Trigger message: what goes out, what proves it, and what is said when nothing comes."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ocpp_gateway.schemas import check_request
from operations.commands import BY_SLUG, triggers
from operations.models import CommandRun, Connector, OcppMessage, RunTransition, Station
from operations.services import runs, sweeping, targets
from operations.statuses import RunStatus
from operations.versions import V16, V21, V201, VERSIONS, OcppVersion
from tests.domain.asked import answer, ask, claim, connect, fresh, look, overdue
from tests.factories import ChargerFactory, ConnectorFactory, StationFactory

pytestmark = pytest.mark.django_db
trigger = BY_SLUG["trigger-message"]
SIX = [
    "boot-notification",
    "diagnostics-status-notification",
    "firmware-status-notification",
    "heartbeat",
    "meter-values",
    "status-notification",
]


def station_of(version: OcppVersion) -> Station:
    """A station with two chargers: one with connectors 1 and 2, one with one more."""
    station: Station = StationFactory(protocol=version.name)
    first = ChargerFactory(station=station, number=1)
    second = ChargerFactory(station=station, number=2)
    ConnectorFactory(charger=first, number=1)
    ConnectorFactory(charger=first, number=2)
    ConnectorFactory(charger=second, number=3 if version is V16 else 1)
    return station


def wire(version: OcppVersion, message: str, **params: str) -> list[tuple[str, Any]]:
    """What goes out for a valid form."""
    target = targets.of_station(station_of(version))
    form = trigger.form({"message": message, **params}, target=target)
    assert form.is_valid(), form.errors
    requests = trigger.requests(version, target, form.params())
    for request in requests:
        assert check_request(version, request.action, request.payload) is None
    return [(request.action, request.payload) for request in requests]


# What goes out


@pytest.mark.parametrize(
    ("message", "requested"),
    [
        ("boot-notification", "BootNotification"),
        ("diagnostics-status-notification", "DiagnosticsStatusNotification"),
        ("firmware-status-notification", "FirmwareStatusNotification"),
        ("heartbeat", "Heartbeat"),
        ("meter-values", "MeterValues"),
        ("status-notification", "StatusNotification"),
    ],
)
def test_the_six_in_1_6_leave_the_connector_out(message: str, requested: str) -> None:
    assert wire(V16, message) == [("TriggerMessage", {"requestedMessage": requested})]


@pytest.mark.parametrize("version", [V201, V21], ids=str)
def test_the_six_in_2x(version: OcppVersion) -> None:
    def evse(charger: int, connector: int) -> dict[str, Any]:
        return {
            "requestedMessage": "StatusNotification",
            "evse": {"id": charger, "connectorId": connector},
        }

    assert wire(version, "diagnostics-status-notification") == [
        ("TriggerMessage", {"requestedMessage": "LogStatusNotification"})
    ]
    assert wire(version, "meter-values") == [
        ("TriggerMessage", {"requestedMessage": "MeterValues"})
    ]
    # F06.FR.13: connector by connector.
    assert wire(version, "status-notification") == [
        ("TriggerMessage", evse(1, 1)),
        ("TriggerMessage", evse(2, 1)),
        ("TriggerMessage", evse(1, 2)),
    ]


def test_a_connector_can_be_chosen() -> None:
    assert wire(V16, "meter-values", connector="3") == [
        ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 3})
    ]
    assert wire(V201, "meter-values", connector="2.1") == [
        ("TriggerMessage", {"requestedMessage": "MeterValues", "evse": {"id": 2}})
    ]
    assert wire(V201, "status-notification", connector="1.2") == [
        (
            "TriggerMessage",
            {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 2}},
        )
    ]
    # A heartbeat is the station's.
    assert wire(V16, "heartbeat", connector="3")[0][1] == {"requestedMessage": "Heartbeat"}


def test_the_security_extension_is_asked_where_it_is_needed_or_wanted() -> None:
    extended = "ExtendedTriggerMessage"
    assert wire(V16, "log-status-notification") == [
        (extended, {"requestedMessage": "LogStatusNotification"})
    ]
    assert wire(V16, "sign-certificate") == [
        (extended, {"requestedMessage": "SignChargePointCertificate"})
    ]
    assert wire(V16, "diagnostics-status-notification", dialect="extended") == [
        (extended, {"requestedMessage": "LogStatusNotification"})
    ]
    assert wire(V16, "status-notification", dialect="extended", connector="1") == [
        (extended, {"requestedMessage": "StatusNotification", "connectorId": 1})
    ]


@pytest.mark.parametrize("version", VERSIONS, ids=str)
def test_everything_a_version_offers_keeps_to_its_schema(version: OcppVersion) -> None:
    keys = [each.key for each in triggers.of_version(version)]
    assert keys[: len(SIX)] == SIX
    for key in keys:
        assert wire(version, key, **({"custom_trigger": "x"} if key == "custom" else {}))


def test_a_version_does_not_offer_what_it_does_not_have() -> None:
    def form(version: OcppVersion, **data: str) -> Any:
        return trigger.form(data, target=targets.of_station(station_of(version)))

    assert "message" in form(V16, message="transaction-event").errors
    assert "message" in form(V201, message="custom").errors
    assert "message" in form(V201, message="sign-v2g20-certificate").errors
    assert "custom_trigger" in form(V21, message="custom").errors
    assert {"dialect"} == set(form(V16).fields) - set(form(V201).fields)
    assert "connector" in form(V16, message="meter-values", connector="9").errors


@pytest.mark.parametrize(
    ("version", "message"),
    [(V16, "transaction-event"), (V201, "custom"), (V201, "log-status-notification")],
)
def test_a_version_has_no_words_for_another_one_s_message(
    version: OcppVersion, message: str
) -> None:
    target = targets.of_station(station_of(version))
    with pytest.raises(LookupError, match="has no trigger"):
        trigger.requests(version, target, {"message": message})


def test_the_title_names_the_message_and_a_second_boot_is_warned_of() -> None:
    target = targets.of_station(station_of(V201))
    assert trigger.title(target, {"message": "heartbeat"}).startswith("Trigger “Heartbeat” of ")
    assert trigger.title(target, {}).startswith("Trigger a message of ")
    assert trigger.warnings(target, {"message": "boot-notification"})
    assert not trigger.warnings(target, {"message": "heartbeat"})
    assert not trigger.warnings(
        targets.of_station(station_of(V16)), {"message": "boot-notification"}
    )


# What proves it


def hears(station: Station, action: str, payload: str = "{}", *, ago_s: float = 0) -> OcppMessage:
    """The station's message as the log keeps it."""
    return OcppMessage.objects.create(
        station=station,
        is_from_station=True,
        action=action,
        unique_id="1",
        call=f'[2,"1","{action}",{payload}]',
        called_at=timezone.now() - timedelta(seconds=ago_s),
    )


def asked(version: OcppVersion, message: str, **params: str) -> CommandRun:
    """A trigger that the station has accepted, each call of it."""
    station = station_of(version)
    socket = connect(station, version)
    run = ask(station, "trigger-message", message=message, **params)
    for number in range(len(claim(run, socket).calls)):
        answer(run, "Accepted", call=number)
    return fresh(run)


def test_the_message_that_comes_is_the_proof_and_is_linked() -> None:
    run = asked(V16, "heartbeat")
    assert run.status == RunStatus.ACCEPTED
    assert look(run) == [run.pk]
    message = hears(run.station, "Heartbeat")
    assert look(run) == []
    assert fresh(run).status == RunStatus.DONE
    assert fresh(run).summary.startswith("Heartbeat came ")
    message.refresh_from_db()
    assert message.run == run


def test_what_came_before_it_was_asked_for_proves_nothing() -> None:
    station = station_of(V16)
    hears(station, "Heartbeat", ago_s=5)
    socket = connect(station)
    run = ask(station, "trigger-message", message="heartbeat")
    claim(run, socket)
    answer(run, "Accepted")
    hears(station, "MeterValues")
    hears(StationFactory(), "Heartbeat")
    assert look(run) == [run.pk]
    assert fresh(run).status == RunStatus.ACCEPTED


@pytest.mark.parametrize(
    ("version", "message", "connector", "wrong", "right"),
    [
        (V16, "meter-values", "2", '{"connectorId":1}', '{"connectorId":2}'),
        (V16, "status-notification", "2", '{"connectorId":0}', '{"connectorId":"2"}'),
        (V201, "meter-values", "2.1", '{"evseId":1}', '{"evseId":2}'),
        (V201, "transaction-event", "2.1", '{"evse":{"id":1}}', '{"evse":{"id":2}}'),
        (
            V201,
            "status-notification",
            "1.2",
            '{"evseId":1,"connectorId":1}',
            '{"evseId":1,"connectorId":2}',
        ),
    ],
)
def test_only_the_chosen_connector_s_message_counts(
    version: OcppVersion, message: str, connector: str, wrong: str, right: str
) -> None:
    run = asked(version, message, connector=connector)
    action = triggers.BY_KEY[message].arrives[0]
    hears(run.station, action, wrong)
    assert look(run) == [run.pk]
    hears(run.station, action, right)
    assert look(run) == []
    assert fresh(run).status == RunStatus.DONE


def test_every_connector_asked_by_itself_must_tell() -> None:
    run = asked(V201, "status-notification")
    hears(run.station, "StatusNotification", '{"evseId":1,"connectorId":1}')
    hears(run.station, "StatusNotification", '{"evseId":1,"connectorId":2}')
    assert look(run) == [run.pk]
    hears(run.station, "StatusNotification", '{"evseId":2,"connectorId":1}')
    assert look(run) == []
    assert OcppMessage.objects.filter(run=run, is_from_station=True).count() == 3


def test_meter_values_of_any_connector_count_where_none_was_chosen() -> None:
    run = asked(V201, "meter-values")
    hears(run.station, "MeterValues", '{"evseId":2}')
    assert look(run) == []


def test_a_connector_that_is_gone_leaves_nothing_to_ask() -> None:
    station = station_of(V201)
    socket = connect(station, V201)
    run = ask(station, "trigger-message", message="status-notification", connector="2.1")
    Connector.objects.filter(charger__number=2).delete()
    assert runs.claim(run_pk=run.pk, connection_pk=socket.pk) is None
    assert fresh(run).status == RunStatus.UNSUPPORTED


def test_a_status_may_come_as_an_event_and_other_events_are_none() -> None:
    def event(variable: str) -> str:
        component = '{"name":"Connector","evse":{"id":2,"connectorId":1}}'
        return f'{{"eventData":[{{"component":{component},"variable":{{"name":"{variable}"}}}}]}}'

    run = asked(V21, "status-notification", connector="2.1")
    hears(run.station, "NotifyEvent", event("Temperature"))
    assert look(run) == [run.pk]
    hears(run.station, "NotifyEvent", event("AvailabilityState"))
    assert look(run) == []


def test_a_message_cut_short_in_the_log_counts_for_any_connector() -> None:
    run = asked(V16, "meter-values", connector="2")
    OcppMessage.objects.create(
        station=run.station,
        is_from_station=True,
        action="MeterValues",
        call='[2,"1","MeterValues",{"conn…',
        called_at=timezone.now(),
    )
    assert look(run) == []


def test_a_custom_trigger_is_done_when_it_is_accepted() -> None:
    run = asked(V21, "custom", custom_trigger="PrintReceipt")
    assert (run.status, run.summary) == (
        RunStatus.DONE,
        "The station accepted; what it sends is its vendor's to say.",
    )


def test_nothing_received_is_said_so_and_stays_so() -> None:
    run = asked(V16, "boot-notification")
    overdue(run)
    sweeping.sweep()
    assert fresh(run).status == RunStatus.NOT_CONFIRMED
    assert fresh(run).summary == "Accepted, but nothing received: no BootNotification came."
    hears(run.station, "BootNotification")
    assert look(run) == []
    assert fresh(run).status == RunStatus.NOT_CONFIRMED


def test_an_answer_that_never_came_is_made_good_by_the_message() -> None:
    station = station_of(V16)
    socket = connect(station)
    run = ask(station, "trigger-message", message="heartbeat")
    claim(run, socket)
    message = hears(station, "Heartbeat")
    overdue(run)
    sweeping.sweep()
    assert fresh(run).status == RunStatus.DONE
    message.refresh_from_db()
    assert message.run == run


def test_two_triggers_wait_beside_each_other() -> None:
    first = asked(V16, "heartbeat")
    second = ask(first.station, "trigger-message", message="meter-values")
    claim(second, connect(first.station))
    answer(second, "Accepted")
    assert fresh(first).status == RunStatus.ACCEPTED
    steps = RunTransition.objects.filter(run=first).values_list("to_status", flat=True)
    assert RunStatus.SUPERSEDED not in steps


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("Rejected", RunStatus.REFUSED), ("NotImplemented", RunStatus.UNSUPPORTED)],
)
def test_a_no_is_a_no(status: str, outcome: RunStatus) -> None:
    station = station_of(V16)
    socket = connect(station)
    run = ask(station, "trigger-message", message="heartbeat")
    claim(run, socket)
    answer(run, status)
    assert fresh(run).status == outcome


def test_a_station_s_history_is_not_read_to_find_the_message(
    django_assert_max_num_queries: Any,
) -> None:
    run = asked(V16, "heartbeat")
    OcppMessage.objects.bulk_create(
        OcppMessage(
            station=run.station,
            is_from_station=True,
            action="MeterValues",
            called_at=timezone.now(),
        )
        for _ in range(400)
    )
    hears(run.station, "Heartbeat")
    with django_assert_max_num_queries(12):
        assert look(run) == []


def test_connectors_are_named_in_the_form() -> None:
    station = station_of(V201)
    form = trigger.form(target=targets.of_station(station))
    connector = Connector.objects.select_related("charger").get(charger__number=2)
    assert ("2.1", f"Connector 1 of {connector.charger.name}") in [
        (key, str(name)) for key, name in form.fields["connector"].choices
    ]
