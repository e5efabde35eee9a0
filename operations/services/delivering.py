"""Tells people and machines of alerts: kept in the database first, sent and sent again after."""

import hashlib
import hmac
import logging
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection as database
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from operations import sealing
from operations.models import Alert, AlertDelivery, AlertRule
from operations.models.alerts import DeliveryStatus
from operations.models.audit import Deed
from operations.services import alert_words, auditing, posting
from operations.services.live import publishing
from operations.services.posting import PostingError

logger = logging.getLogger(__name__)

Channel = AlertDelivery.Channel
Event = AlertDelivery.Event

MOST_ATTEMPTS = 7
FIRST_PAUSE_S = 30  # then three times as long each time: half a minute … two hours, six in all
LEASE = timedelta(minutes=2)  # how long a sender may take before another one tries
MOST_AT_ONCE = 20  # deliveries one thread takes along
MOST_THREADS = 4


def announce(*, rule: AlertRule, alerts: Sequence[Alert], event: str, at: datetime) -> None:
    """Have the rule's addresses told of these; call it in the transaction that changes them."""
    if not tells_anybody(rule):
        return
    letter = alert_words.letter(rule, alerts, event, at)
    kinds = [(Channel.EMAIL, address, letter.text) for address in addresses(rule)]
    if rule.webhook_url:
        kinds.append((Channel.WEBHOOK, rule.webhook_url, letter.json))
    for channel, address, body in kinds:
        delivery = AlertDelivery.objects.create(
            rule=rule,
            event=event,
            channel=channel,
            address=address,
            subject=letter.subject,
            body=body,
            next_attempt_at=at,
            created_at=at,
        )
        told = AlertDelivery.alerts.through
        told.objects.bulk_create(
            told(alertdelivery_id=delivery.pk, alert_id=alert.pk) for alert in alerts
        )


def tells_anybody(rule: AlertRule) -> bool:
    """Whether there is an address to tell."""
    return bool(rule.webhook_url or addresses(rule))


def addresses(rule: AlertRule) -> list[str]:
    """The e-mail addresses of a rule."""
    return [address for address in (part.strip() for part in rule.emails.split(",")) if address]


def send_again(*, deliveries: QuerySet[AlertDelivery]) -> int:
    """Take up again what was given up; returns how many."""
    now = timezone.now()
    with transaction.atomic():
        dead = list(deliveries.filter(status=DeliveryStatus.DEAD).select_related("rule"))
        for delivery in dead:
            name = f"{delivery.subject} → {shown_address(delivery)}"
            auditing.note(Deed.SENT_AGAIN, delivery.rule, name=name)
        AlertDelivery.objects.filter(pk__in=[delivery.pk for delivery in dead]).update(
            status=DeliveryStatus.WAITING, attempts=0, next_attempt_at=now
        )
    return len(dead)


def shown_address(delivery: AlertDelivery) -> str:
    """Where it goes; a webhook's path is often its secret."""
    if delivery.channel == Channel.EMAIL:
        return delivery.address
    return shown_url(delivery.address)


def shown_url(url: str) -> str:
    """A webhook's address without what nobody needs to read."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"


@dataclass(frozen=True, slots=True)
class _Threads:
    """The threads of this process that deliver: the worker that sweeps must not wait for them."""

    running: set[threading.Thread]

    def start(self, deliveries: list[AlertDelivery]) -> threading.Thread:
        """Deliver these, one after the other; a daemon, so that no receiver delays our end."""
        thread = threading.Thread(target=_deliver_all, args=[deliveries], daemon=True)
        self.running.add(thread)
        thread.start()
        return thread

    def free(self) -> int:
        """How many more there may be."""
        self.running.difference_update({each for each in self.running if not each.is_alive()})
        return MOST_THREADS - len(self.running)


threads = _Threads(set())


def deliver_due() -> int:
    """Send what is due, in threads of their own; returns how many were taken up."""
    count = 0
    for _thread in range(threads.free()):
        taken = take(now=timezone.now())
        if not taken:
            break
        threads.start(taken)
        count += len(taken)
    return count


def take(*, now: datetime) -> list[AlertDelivery]:
    """Make some of what is due ours for a while; should this process die, another one goes on."""
    due = AlertDelivery.objects.filter(status=DeliveryStatus.WAITING, next_attempt_at__lte=now)
    taken = []
    for delivery in due.select_related("rule").order_by("next_attempt_at", "pk")[:MOST_AT_ONCE]:
        still_due = AlertDelivery.objects.filter(
            pk=delivery.pk,
            status=DeliveryStatus.WAITING,
            next_attempt_at=delivery.next_attempt_at,
        )
        if still_due.update(next_attempt_at=now + LEASE, attempts=F("attempts") + 1):
            delivery.attempts += 1
            taken.append(delivery)
    return taken


def _deliver_all(deliveries: list[AlertDelivery]) -> None:
    try:
        for delivery in deliveries:
            deliver(delivery)
    finally:
        database.close()


def deliver(delivery: AlertDelivery) -> None:
    """Try once, and keep what came of it."""
    try:
        _send(delivery)
    except (PostingError, SMTPException, OSError, ValueError) as error:
        _failed(delivery, str(error))
    else:
        sent = {"status": DeliveryStatus.SENT, "sent_at": timezone.now(), "last_error": ""}
        _keep(delivery, **sent, next_attempt_at=None)


def _send(delivery: AlertDelivery) -> None:
    if delivery.channel == Channel.WEBHOOK:
        _post(delivery)
        return
    if not settings.EVCHARGE_SENDS_MAIL:
        raise PostingError(_("The portal sends no e-mail: EMAIL_URL is not set."))
    headers = {"Message-ID": f"<alert-{delivery.pk}@{settings.EVCHARGE_MAIL_FROM.split('@')[-1]}>"}
    EmailMessage(
        subject=delivery.subject, body=delivery.body, to=[delivery.address], headers=headers
    ).send()


def _post(delivery: AlertDelivery) -> None:
    body, now = delivery.body.encode(), str(int(time.time()))
    posting.post(
        delivery.address,
        body=body,
        headers={
            "Content-Type": "application/json",
            "User-Agent": "EVCharge",
            # The same for every attempt: a receiver knows by it what it has seen already.
            "X-EVCharge-Delivery": str(delivery.pk),
            "X-EVCharge-Event": delivery.event,
            "X-EVCharge-Timestamp": now,
            "X-EVCharge-Signature": signature(secret_of(delivery.rule), now, body),
        },
    )


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over "timestamp.body": a receiver checks it, and that the time is near."""
    said = timestamp.encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def secret_of(rule: AlertRule) -> str:
    """What the rule's webhook is signed with. Raises PostingError when the key of it is gone."""
    if not rule.webhook_secret:
        return ""
    try:
        return str(sealing.unseal(rule.webhook_secret)["secret"])
    except sealing.UnsealableError as error:
        raise PostingError(_("The signing secret can't be read: give a new one.")) from error


def _failed(delivery: AlertDelivery, why: str) -> None:
    now = timezone.now()
    logger.warning("alert not delivered", extra={"delivery": delivery.pk, "error": why})
    fields: dict[str, Any] = {"last_error": " ".join(why.split())[:300]}
    if delivery.attempts >= MOST_ATTEMPTS:
        fields |= {"status": DeliveryStatus.DEAD, "next_attempt_at": None}
    else:
        pause = FIRST_PAUSE_S * 3 ** (delivery.attempts - 1) * random.uniform(0.8, 1.2)  # noqa: S311
        fields["next_attempt_at"] = now + timedelta(seconds=pause)
    _keep(delivery, **fields)


def _keep(delivery: AlertDelivery, **fields: Any) -> None:
    with publishing() as changes:
        AlertDelivery.objects.filter(pk=delivery.pk).update(**fields)
        changes.add("delivery", delivery.pk)
    for name, value in fields.items():
        setattr(delivery, name, value)
