"""The gateway notes, once a minute, how many messages the minute before brought."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from ocpp_gateway.gateway import Gateway
from operations.models import FleetMinute
from operations.services.history import minute_of
from operations.services.traffic import traffic
from tests.factories import StationFactory

pytestmark = pytest.mark.django_db


def test_a_minutes_messages_are_noted_when_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    station, began = StationFactory(), minute_of(timezone.now())
    with time_machine.travel(began, tick=False) as clock:
        gateway = Gateway()
        gateway.node = "node-1"
        monkeypatch.setattr(gateway.writer, "call", lambda service, done: done(service()))
        traffic.take()
        traffic.count(station.pk)
        gateway._note_traffic()
        assert not FleetMinute.objects.exists()
        clock.shift(timedelta(seconds=61))
        gateway._note_traffic()
        gateway._note_traffic()
    noted = FleetMinute.objects.get()
    assert (noted.at, noted.source, noted.messages) == (began, "node-1", 1)
    assert noted.organisation == station.organisation
