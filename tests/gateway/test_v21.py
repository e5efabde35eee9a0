"""OCPP 2.1: what it adds to 2.0.1."""

from ocpp_gateway.dialects import DIALECTS
from operations import events
from operations.versions import V21, V201
from tests.gateway.phrases import answer_to, event_of

HASH = {
    "hashAlgorithm": "SHA256",
    "issuerNameHash": "aa",
    "issuerKeyHash": "bb",
    "serialNumber": "1",
}


def test_whatever_2_0_1_says_2_1_says_alike() -> None:
    old, new = DIALECTS[V201.name].handlers, DIALECTS[V21.name].handlers
    assert old.items() <= new.items()


def test_a_vat_number_is_echoed_and_refused() -> None:
    payload = {"vatNumber": "SI12345678"}
    event = event_of(V21, "VatNumberValidation", payload)
    assert event == events.MessageHeard("VatNumberValidation", payload)
    assert answer_to(V21, "VatNumberValidation", payload=payload) == {
        "vatNumber": "SI12345678",
        "status": "Rejected",
    }


def test_each_certificate_asked_about_is_answered_as_unknown() -> None:
    asked = {"source": "OCSP", "urls": ["http://ca.example/ocsp"], "certificateHashData": HASH}
    payload = {"certificateStatusRequests": [asked, asked]}
    event = event_of(V21, "GetCertificateChainStatus", payload)
    assert event == events.MessageHeard("GetCertificateChainStatus", payload)
    statuses = answer_to(V21, "GetCertificateChainStatus", payload=payload)["certificateStatus"]
    assert [(each["status"], each["certificateHashData"]) for each in statuses] == [
        ("Unknown", HASH),
        ("Unknown", HASH),
    ]


def test_a_stream_of_events_may_not_be_opened() -> None:
    assert answer_to(V21, "OpenPeriodicEventStream") == {"status": "Rejected"}
