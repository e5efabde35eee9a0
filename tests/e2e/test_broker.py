"""A worker whose Redis goes away while a task runs lives on."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from kombu import Connection, Consumer, Exchange, Message, Queue

from evcharge.broker import Transport
from tests.cluster import Redis

TASKS = Queue("celery")
GOSSIP = Queue("gossip", Exchange("events", "fanout"), auto_delete=True)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Redis]:
    broker = Redis(tmp_path)
    broker.start()
    yield broker
    broker.stop()


def test_a_connection_is_taken_apart_though_a_task_runs_and_redis_is_gone(broker: Redis) -> None:
    """As the worker does it. With kombu's own transport it died of an AttributeError."""
    running: list[Message] = []
    connection = Connection(broker.url, transport=Transport)
    tasks = Consumer(connection.default_channel, [TASKS], on_message=running.append)
    with connection.Producer() as producer:
        producer.publish({}, routing_key="celery", declare=[TASKS])
    tasks.consume()
    Consumer(connection.channel(), [GOSSIP]).consume()
    while not running:
        connection.drain_events(timeout=5)
    # It has asked for the next one, and waits.
    with suppress(TimeoutError):
        while True:
            connection.drain_events(timeout=0.2)
    broker.kill()
    connection.collect(socket_timeout=1)
    connection.close()
    assert not connection.connected
    # The task ends meanwhile.
    with pytest.raises(connection.connection_errors):
        running[0].ack()
