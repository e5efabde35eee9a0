"""Notifications: kept before they are sent, signed, tried again, and never into our own network."""

import hashlib
import hmac
import itertools
import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.models import Alert, AlertDelivery, AlertRule, AuditEntry
from operations.models.alerts import DeliveryStatus
from operations.models.audit import Deed
from operations.services import alerts, delivering, posting, pruning
from operations.services.posting import PostingError
from tests import services
from tests.factories import AlertDeliveryFactory, AlertFactory, AlertRuleFactory, StationFactory

SECRET = "a-secret-of-more-than-16"


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it is told; answers as it was asked to."""

    heard: list[tuple[dict[str, str], bytes]]
    status: int

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).heard.append((dict(self.headers), body))
        self.send_response(type(self).status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: Any) -> None:
        """Quietly."""


@pytest.fixture
def receiver(settings: Settings) -> Iterator[tuple[str, type[Receiver]]]:
    settings.EVCHARGE_WEBHOOK_PRIVATE = True
    kind = type("Kept", (Receiver,), {"heard": [], "status": 200})
    server = HTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook?x=1", kind
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)


def hooked(url: str, **fields: Any) -> AlertRule:
    rule = AlertRule(name="Offline", kind="offline", threshold=10, webhook_url=url, **fields)
    return alerts.save_rule(rule=rule, secret=SECRET)


def offline(**fields: Any) -> Any:
    since = timezone.now() - timedelta(minutes=30)
    return StationFactory(connected_at=None, disconnected_at=since, **fields)


@pytest.mark.django_db
def test_a_webhook_is_signed_and_says_what_opened(receiver: tuple[str, type[Receiver]]) -> None:
    url, kind = receiver
    rule = hooked(url)
    station = offline(name="Quay <1>", identity="QUAY-1")
    alerts.look(rule, now=timezone.now())
    (delivery,) = delivering.take(now=timezone.now())
    delivering.deliver(delivery)
    headers, body = kind.heard[0]
    said = json.loads(body)
    assert (said["event"], said["total"], said["rule"]["kind"]) == ("opened", 1, "offline")
    assert said["alerts"][0]["station"] == {"identity": "QUAY-1", "name": station.name}
    signed = headers["X-EVCharge-Timestamp"].encode() + b"." + body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert headers["X-EVCharge-Signature"] == f"v1={expected}"
    assert headers["X-EVCharge-Delivery"] == str(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.SENT, 1)
    assert Alert.objects.get().deliveries.get() == delivery


@pytest.mark.django_db
def test_an_email_lists_the_stations_once(settings: Settings) -> None:
    settings.EVCHARGE_SENDS_MAIL = True
    settings.EVCHARGE_PUBLIC_URL = "https://portal.example.org"
    rule = AlertRuleFactory(name="Offline", emails="ops@example.org, night@example.org")
    offline(name="Quay\n1")
    offline(name="Quay 2")
    alerts.look(rule, now=timezone.now())
    for delivery in delivering.take(now=timezone.now()):
        delivering.deliver(delivery)
    assert [message.to for message in mail.outbox] == [["ops@example.org"], ["night@example.org"]]
    assert mail.outbox[0].subject == "Offline: 2 stations"
    assert "- Quay 1: Offline for more than 10 minutes." in mail.outbox[0].body
    assert "https://portal.example.org/operations/alerts/" in mail.outbox[0].body


@pytest.mark.django_db
def test_many_at_once_are_one_message_that_does_not_list_them_all(settings: Settings) -> None:
    rule = AlertRuleFactory(emails="ops@example.org")
    for _number in range(60):
        offline()
    alerts.look(rule, now=timezone.now())
    delivery = AlertDelivery.objects.get()
    assert delivery.body.count("\n- ") == 50
    assert "… and 10 more." in delivery.body
    assert delivery.alerts.count() == 60


@pytest.mark.django_db
def test_what_closes_is_told_too() -> None:
    rule = AlertRuleFactory(emails="ops@example.org", calm_minutes=0)
    AlertFactory(rule=rule, station=StationFactory(name="Quay 1"))
    alerts.look(rule, now=timezone.now())
    delivery = AlertDelivery.objects.get()
    assert (delivery.event, delivery.subject) == ("closed", f"Over: {rule.name}: Quay 1")


@pytest.mark.django_db
def test_it_is_tried_again_later_and_given_up_at_last(
    receiver: tuple[str, type[Receiver]],
) -> None:
    url, kind = receiver
    kind.status = 503
    delivery = AlertDeliveryFactory(rule=hooked(url), address=url)
    pauses = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        while delivering.take(now=timezone.now()):
            delivery.refresh_from_db()
            delivering.deliver(delivery)
            if delivery.next_attempt_at is not None:
                pauses.append((delivery.next_attempt_at - timezone.now()).total_seconds())
                assert not delivering.take(now=timezone.now())
                clock.move_to(delivery.next_attempt_at)
    assert len(kind.heard) == delivering.MOST_ATTEMPTS
    assert 20 < pauses[0] < 40
    assert all(later > 1.5 * earlier for earlier, later in itertools.pairwise(pauses))
    assert delivery.status == DeliveryStatus.DEAD
    assert delivery.last_error == "The receiver answered 503."


@pytest.mark.django_db
def test_what_was_given_up_can_be_sent_again(receiver: tuple[str, type[Receiver]]) -> None:
    url, kind = receiver
    dead = AlertDeliveryFactory(
        rule=hooked(url), address=url, status=DeliveryStatus.DEAD, attempts=7, next_attempt_at=None
    )
    assert delivering.send_again(deliveries=AlertDelivery.objects.all()) == 1
    assert delivering.send_again(deliveries=AlertDelivery.objects.all()) == 0
    (delivery,) = delivering.take(now=timezone.now())
    delivering.deliver(delivery)
    dead.refresh_from_db()
    assert (dead.status, dead.attempts, len(kind.heard)) == (DeliveryStatus.SENT, 1, 1)
    entry = AuditEntry.objects.get(deed=Deed.SENT_AGAIN)
    assert "/hook" not in entry.target_name


@pytest.mark.django_db
def test_what_a_dead_process_took_along_is_taken_up_by_another() -> None:
    AlertDeliveryFactory()
    now = timezone.now()
    assert len(delivering.take(now=now)) == 1
    assert delivering.take(now=now + timedelta(seconds=30)) == []
    assert len(delivering.take(now=now + delivering.LEASE)) == 1


@pytest.mark.django_db
def test_a_redirect_is_not_followed(receiver: tuple[str, type[Receiver]]) -> None:
    url, kind = receiver
    kind.status = 302
    with pytest.raises(PostingError, match="302"):
        posting.post(url, body=b"{}", headers={})
    assert len(kind.heard) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8000/",
        "https://10.0.0.5/x",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a00:1]/",
        "http://[fe80::1%25lo]/",
        "http://0/",
        "http://2130706433/",
    ],
)
def test_nothing_is_posted_into_our_own_network(url: str) -> None:
    with pytest.raises(PostingError):
        posting.post(url, body=b"{}", headers={})


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("2002:a00:1::", False),
        ("2001:0:1::", False),
        ("fc00::1", False),
    ],
)
def test_what_is_out_there_for_everybody(address: str, *, is_public: bool) -> None:
    assert posting.is_public(address) == is_public


@pytest.mark.parametrize(
    "url",
    ["ftp://example.org/", "javascript:alert(1)", "https://", "http://user:pw@example.org/",
     "http://example.org:99999/", "http://example.org/a b", "http://exa\rmple.org/", ""],
)  # fmt: skip
def test_what_is_no_address_to_post_to(url: str) -> None:
    with pytest.raises(PostingError):
        posting.check(url)


def test_a_receiver_that_trickles_is_hung_up_on(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EVCHARGE_WEBHOOK_PRIVATE = True
    monkeypatch.setattr(posting, "LONGEST_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ended = threading.Event()

        def trickle() -> None:
            peer, _address = server.accept()
            with peer:
                while not ended.wait(0.05):
                    try:
                        peer.send(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        with pytest.raises(PostingError):
            posting.post(f"http://127.0.0.1:{port}/", body=b"{}", headers={})
        ended.set()
        thread.join(timeout=5)


@pytest.mark.django_db
def test_a_secret_whose_key_is_gone_is_said(receiver: tuple[str, type[Receiver]]) -> None:
    url, kind = receiver
    rule = hooked(url)
    rule.webhook_secret = "not-sealed-by-us"
    rule.save()
    delivery = AlertDeliveryFactory(rule=rule, address=url, attempts=1)
    delivering.deliver(delivery)
    assert "signing secret" in delivery.last_error
    assert kind.heard == []


@pytest.mark.django_db
def test_without_mail_settings_nothing_pretends_to_be_sent() -> None:
    delivery = AlertDeliveryFactory(channel="email", address="ops@example.org", attempts=1)
    delivering.deliver(delivery)
    assert delivery.status == DeliveryStatus.WAITING
    assert "EMAIL_URL" in delivery.last_error
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
def test_the_worker_does_not_wait_for_receivers(receiver: tuple[str, type[Receiver]]) -> None:
    url, kind = receiver
    rule = hooked(url)
    assert alerts.try_out(rule=rule) == 1
    assert delivering.deliver_due() == 1
    services.wait_until(
        lambda: AlertDelivery.objects.filter(status=DeliveryStatus.SENT).exists(), what="delivery"
    )
    assert json.loads(kind.heard[0][1])["event"] == "test"
    services.wait_until(lambda: delivering.threads.free() == 4, what="the thread's end")


@pytest.mark.django_db
def test_old_notifications_are_forgotten_but_not_those_that_wait(settings: Settings) -> None:
    long_ago = timezone.now() - timedelta(days=settings.EVCHARGE_DELIVERIES_DAYS + 1)
    AlertDeliveryFactory(status=DeliveryStatus.SENT, created_at=long_ago)
    waiting = AlertDeliveryFactory(created_at=long_ago)
    recent = AlertDeliveryFactory(status=DeliveryStatus.SENT)
    pruning.prune()
    assert set(AlertDelivery.objects.all()) == {waiting, recent}
