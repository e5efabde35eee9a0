"""What Prometheus scrapes: this process's counts, and what the database knows of all of them."""

import secrets
import time
from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Metric,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily

from operations.models import CommandRun, Station
from operations.statuses import OPEN_STATUSES


class DatabaseFigures:
    """Asked with each scrape; every node says the same, so look at one of them."""

    def collect(self) -> Iterator[Metric]:
        """The figures; none while the database is away, but that it is."""
        answers = GaugeMetricFamily("evcharge_database_up", "Whether the database answers.")
        began = time.perf_counter()
        try:
            figures = [_stations(), _runs(), _overdue()]
        except DatabaseError:
            connection.close()
            answers.add_metric([], 0)
            yield answers
            return
        answers.add_metric([], 1)
        yield answers
        yield from figures
        took = GaugeMetricFamily(
            "evcharge_database_seconds", "How long the database took for these figures."
        )
        took.add_metric([], time.perf_counter() - began)
        yield took


def _stations() -> Metric:
    figure = GaugeMetricFamily(
        "evcharge_stations", "Stations by whether they are connected.", labels=["state"]
    )
    tally = Station.objects.tally()
    figure.add_metric(["connected"], tally["connected"])
    figure.add_metric(["offline"], tally["total"] - tally["connected"])
    return figure


def _runs() -> Metric:
    figure = GaugeMetricFamily(
        "evcharge_open_runs", "Requests that are not ended.", labels=["status"]
    )
    counted = CommandRun.objects.open().tally()
    for status in sorted(OPEN_STATUSES):
        figure.add_metric([status], counted.get(status, 0))
    return figure


def _overdue() -> Metric:
    figure = GaugeMetricFamily(
        "evcharge_sweeper_lag_seconds", "For how long the longest overdue request has been due."
    )
    now = timezone.now()
    due_at = CommandRun.objects.open().first_deadline()
    late_s = (now - due_at).total_seconds() if due_at is not None else 0
    figure.add_metric([], max(0, late_s))
    return figure


of_database = CollectorRegistry()
of_database.register(DatabaseFigures())


@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """Whoever has the token of the settings may read them; without a token there is no page."""
    wanted = settings.EVCHARGE_METRICS_TOKEN
    if not wanted:
        return HttpResponse("Figures need EVCHARGE_METRICS_TOKEN to be set.\n", status=404)
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not secrets.compare_digest(given.encode(), wanted.encode()):
        return HttpResponse("Send Authorization: Bearer and the token.\n", status=401)
    text = generate_latest(REGISTRY) + generate_latest(of_database)
    return HttpResponse(text, content_type=CONTENT_TYPE_LATEST)
