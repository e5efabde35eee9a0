"""/metrics: who may read it, and that it counts what happened."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from prometheus_client import REGISTRY

from operations.services import messages
from operations.services.messages import Exchange
from tests.factories import RunFactory, StationFactory

ROOT = Path(__file__).parents[1]
TOKEN = "a-token-that-nobody-guesses"


def lines(client: Client) -> dict[str, float]:
    response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    text = response.content.decode()
    pairs = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


@pytest.fixture
def token(settings: Any) -> None:
    settings.EVCHARGE_METRICS_TOKEN = TOKEN


@pytest.mark.django_db
def test_without_a_token_in_the_settings_there_is_no_such_page(client: Client) -> None:
    assert client.get("/metrics").status_code == 404


@pytest.mark.django_db
@pytest.mark.usefixtures("token")
@pytest.mark.parametrize(
    "sent", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN[:3]}]
)
def test_who_does_not_have_the_token_reads_nothing(client: Client, sent: dict[str, str]) -> None:
    response = client.get("/metrics", headers=sent)
    assert response.status_code == 401
    assert b"evcharge_" not in response.content


@pytest.mark.django_db
@pytest.mark.usefixtures("token")
def test_it_tells_of_stations_and_open_runs(client: Client) -> None:
    StationFactory(connected_at=timezone.now())
    StationFactory(connected_at=None)
    RunFactory(status="sent", deadline_at=timezone.now() - timedelta(seconds=30))
    figures = lines(client)
    assert figures["evcharge_database_up"] == 1
    assert figures['evcharge_stations{state="connected"}'] >= 1
    assert figures['evcharge_stations{state="offline"}'] >= 1
    assert figures['evcharge_open_runs{status="sent"}'] == 1
    assert figures['evcharge_open_runs{status="queued"}'] == 0
    assert 29 < figures["evcharge_sweeper_lag_seconds"] < 60


@pytest.mark.django_db
@pytest.mark.usefixtures("token")
def test_a_database_that_is_away_is_a_figure_too(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise DatabaseError("gone")

    monkeypatch.setattr("evcharge.figures._runs", fail)
    figures = lines(client)
    assert figures["evcharge_database_up"] == 0
    assert not [name for name in figures if name.startswith("evcharge_open_runs")]


@pytest.mark.django_db
def test_messages_are_counted_by_known_actions_only() -> None:
    station = StationFactory()

    def counted(action: str) -> float:
        labels = {"by": "station", "action": action, "outcome": "answered"}
        return REGISTRY.get_sample_value("evcharge_messages_total", labels) or 0

    before = counted("Heartbeat"), counted("other"), counted("MadeUp")
    now = timezone.now()
    for action in ("Heartbeat", "MadeUp"):
        messages.log(
            [Exchange(station.pk, None, True, action, "1", "[]", now, "[]", answered_at=now)]
        )
    assert (counted("Heartbeat"), counted("other"), counted("MadeUp")) == (
        before[0] + 1,
        before[1] + 1,
        0,
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("token")
def test_the_dashboard_asks_only_for_figures_there_are(client: Client) -> None:
    board = json.loads((ROOT / "deploy" / "grafana" / "evcharge.json").read_text())
    asked = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"evcharge_\w+", target["expr"])
    }
    text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    families = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
    assert asked
    assert {name.removesuffix("_bucket") for name in asked} <= families
