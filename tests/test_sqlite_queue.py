"""Threads that write into SQLite take turns."""

import threading
from functools import partial

import pytest
from django.db import OperationalError, connection, connections, transaction

from evcharge.databases.sqlite3 import base
from evcharge.databases.sqlite3.queue import Queue
from operations.models import Organisation
from tests import services


def test_who_came_first_goes_first() -> None:
    queue, order = Queue(), []
    assert queue.enter(1)

    def write(name: str) -> None:
        queue.enter(10)
        order.append(name)
        queue.leave()

    threads = []
    for name in ("a", "b", "c"):
        threads.append(threading.Thread(target=write, args=(name,)))
        threads[-1].start()
        services.wait_until(lambda: len(queue._waiting) == len(threads), what="its place")
    queue.leave()
    for thread in threads:
        thread.join(10)
    assert order == ["a", "b", "c"]
    assert queue.enter(0)


def test_who_gives_up_leaves_the_queue() -> None:
    queue = Queue()
    assert queue.enter(0)
    assert not queue.enter(0.01)
    queue.leave()
    assert queue.enter(0)


needs_sqlite = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="PostgreSQL has many writers at a time."
)


@needs_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_transaction_takes_its_turn_and_gives_it_back_however_it_ends() -> None:
    for ends in ("commit", "rollback", "closes"):
        with transaction.atomic():
            assert base._queue._is_taken
            Organisation.objects.create(name=ends, code=ends)
            if ends == "rollback":
                transaction.set_rollback(True)
        if ends == "closes":
            connection.close()
        assert not base._queue._is_taken, ends


def has_grown(before: int) -> bool:
    return len(base._queue._waiting) > before


@needs_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_statement_without_a_transaction_takes_its_turn_too() -> None:
    """Polling, it would lose to a writer that begins again as soon as it has ended."""
    harbour = Organisation.objects.create(name="Harbour", code="harbour")
    order = []

    def rename() -> None:
        Organisation.objects.filter(pk=harbour.pk).update(name="Quay")
        order.append("statement")
        connections.close_all()

    def write_again() -> None:
        with transaction.atomic():
            order.append("transaction")
        connections.close_all()

    threads = [threading.Thread(target=work) for work in (rename, write_again)]
    with transaction.atomic():
        harbour.save()
        for thread in threads:
            before = len(base._queue._waiting)
            thread.start()
            services.wait_until(partial(has_grown, before), what="its place")
        Organisation.objects.filter(pk=harbour.pk).update(code="in-turn")
    for thread in threads:
        thread.join(10)
    assert order == ["statement", "transaction"]
    assert not base._queue._is_taken
    harbour.refresh_from_db()
    assert (harbour.name, harbour.code) == ("Quay", "in-turn")


@needs_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_statement_that_fails_keeps_no_turn() -> None:
    with connection.cursor() as cursor, pytest.raises(OperationalError):
        cursor.execute("INSERT INTO nowhere VALUES (1)")
    assert not base._queue._is_taken


@needs_sqlite
@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_cannot_begin_keeps_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    connection.ensure_connection()
    with monkeypatch.context() as patch:
        patch.setattr(connections["default"], "transaction_mode", "NONSENSE")
        with pytest.raises(OperationalError), transaction.atomic():
            pass
    assert not base._queue._is_taken
