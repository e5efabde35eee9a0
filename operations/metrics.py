"""What the portal counts of itself, for Prometheus; every process has its own figures.

Labels come from closed lists: a station that invents actions must not invent time series.
"""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

# From an answer out of memory to one that waited for its database.
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
OTHER: Final = "other"

connections = Gauge("evcharge_connections", "Stations' sockets this process holds.")
browsers = Gauge("evcharge_browsers", "Browsers' live sockets this process holds.")
messages = Counter(
    "evcharge_messages_total",
    "Calls by who made them (station, portal), by action, and by how they were answered.",
    ("by", "action", "outcome"),
)
answer_seconds = Histogram(
    "evcharge_answer_seconds",
    "From a call to its answer; a station's is answered once its effect is committed.",
    ("by",),
    buckets=SECONDS,
)
writer_queue = Gauge("evcharge_writer_queue", "What waits for the writer of this process.")
writer_batch = Histogram(
    "evcharge_writer_batch_size",
    "How much the writer does in one transaction.",
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000),
)
writer_seconds = Histogram(
    "evcharge_writer_batch_seconds",
    "How long one transaction of the writer takes.",
    buckets=SECONDS,
)
layer_seconds = Histogram(
    "evcharge_layer_send_seconds",
    "How long the channel layer takes to accept a message.",
    buckets=SECONDS,
)
layer_failures = Counter(
    "evcharge_layer_failures_total", "Messages the channel layer did not accept."
)
