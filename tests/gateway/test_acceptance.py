"""Who is not accepted may boot, and say what was triggered (2.0.1 B02.FR.09, B03.FR.07)."""

import pytest

from ocpp_gateway.acceptance import Acceptance
from ocpp_gateway.dialects import DIALECTS
from operations.statuses import Registration

PENDING, REJECTED = Registration.PENDING, Registration.REJECTED


def test_an_accepted_station_may_say_anything() -> None:
    acceptance = Acceptance(Registration.ACCEPTED, is_strict=True)
    assert acceptance.lets("StatusNotification")
    assert acceptance.lets("TransactionEvent")


@pytest.mark.parametrize("registration", [PENDING, REJECTED])
def test_the_others_may_only_boot(registration: Registration) -> None:
    acceptance = Acceptance(registration, is_strict=True)
    assert acceptance.lets("BootNotification")
    assert not acceptance.lets("Heartbeat")
    acceptance.registration = Registration.ACCEPTED
    assert acceptance.lets("Heartbeat")


@pytest.mark.parametrize(
    ("action", "payload", "invited"),
    [
        ("TriggerMessage", {"requestedMessage": "Heartbeat"}, "Heartbeat"),
        ("TriggerMessage", {"requestedMessage": "StatusNotification"}, "StatusNotification"),
        (
            "TriggerMessage",
            {"requestedMessage": "SignChargingStationCertificate"},
            "SignCertificate",
        ),
        ("TriggerMessage", {"requestedMessage": "SignV2GCertificate"}, "SignCertificate"),
        ("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}, "NotifyReport"),
        ("GetReport", {"requestId": 1}, "NotifyReport"),
    ],
)
def test_what_we_asked_for_may_be_said(
    action: str, payload: dict[str, object], invited: str
) -> None:
    acceptance = Acceptance(PENDING, is_strict=True)
    assert not acceptance.lets(invited)
    acceptance.ask(action, payload)
    assert acceptance.lets(invited)
    assert not acceptance.lets("TransactionEvent")


def test_other_questions_of_ours_invite_nothing() -> None:
    acceptance = Acceptance(PENDING, is_strict=True)
    acceptance.ask("GetVariables", {"getVariableData": []})
    acceptance.ask("TriggerMessage", {})
    assert not acceptance.lets("NotifyReport")


def test_only_1_6_has_no_such_rule() -> None:
    strict = {name for name, dialect in DIALECTS.items() if dialect.is_strict}
    assert strict == {"2.0.1", "2.1"}
    assert Acceptance(PENDING, is_strict=False).lets("StatusNotification")
