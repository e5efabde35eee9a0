"""Big tables on PostgreSQL: parts come and go, migrations run, and nobody waits for either."""

import json
import os
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from operations.services import partitions
from tests import locking


@pytest.fixture(scope="module")
def said(postgres_url: str) -> dict[str, Any]:
    """What tests/domain/big_tables.py tells of a database of its own."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS big_tables")
        connection.execute("CREATE DATABASE big_tables")
    url = urlsplit(postgres_url)._replace(path="/big_tables").geturl()
    done = subprocess.run(
        [sys.executable, "-m", "tests.domain.big_tables"],
        env={**os.environ, "TEST_DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_migrations_lock_no_writer_out_for_long(said: dict[str, Any]) -> None:
    assert any("ATTACH PARTITION" in statement for statement in said["statements"])
    assert locking.faults(said["statements"]) == []


def test_the_table_that_was_is_the_first_part_with_all_its_rows(said: dict[str, Any]) -> None:
    assert said["kept"] == said["before"]
    assert said["next"] == [said["before"][-1] + 1]


def test_the_new_table_has_every_index(said: dict[str, Any]) -> None:
    for named, found in said["indexes"].values():
        assert set(named) <= set(found)


def test_parts_are_made_ahead(said: dict[str, Any]) -> None:
    end = said["first_end"]
    assert said["made"] == partitions.AHEAD
    assert said["made_again"] == 0
    assert said["parts"] == [[0, end], [end, end + 10], [end + 10, end + 20]]


def test_a_part_is_dropped_once_all_in_it_is_old(said: dict[str, Any]) -> None:
    assert said["dropped_while_first_is_new"] == 0
    end = said["first_end"]
    # Two parts were old; the one that is written to stays, with as many ahead.
    assert said["parts_left"][0] == [end + 10, end + 20]
    assert said["rows_left"] == 1


def test_a_table_that_is_read_is_left_alone(said: dict[str, Any]) -> None:
    assert said["dropped_while_read"] == 0


def test_what_no_part_was_made_for_is_not_lost(said: dict[str, Any]) -> None:
    assert said["in_rest"] == 2
    assert said["made_after_rest"] == partitions.AHEAD
    assert said["all_found"] == said["rows_left"] + 2


def test_readings_go_in_their_order_whatever_single_clocks_say(said: dict[str, Any]) -> None:
    assert said["readings_left"] == [*[False] * 5, *[True] * 5]


def test_a_station_takes_its_messages_along(said: dict[str, Any]) -> None:
    assert said["after_their_station"] == 0


@pytest.mark.parametrize(
    "statement",
    [
        'CREATE INDEX "by_action" ON "operations_ocppmessage" ("action")',
        'CREATE UNIQUE INDEX "by_action" ON "operations_ocppmessage_first" ("action")',
        'ALTER TABLE "operations_station" ALTER COLUMN "name" TYPE varchar(200)',
        'ALTER TABLE "operations_session" ALTER COLUMN "token" SET NOT NULL',
        'ALTER TABLE "operations_session" ADD CONSTRAINT "a" CHECK ("token" > 0)',
        'ALTER TABLE "operations_session" ADD CONSTRAINT "a" UNIQUE ("token")',
        'ALTER TABLE "operations_charger" ADD COLUMN "of" bigint REFERENCES "x" ("id")',
        'ALTER TABLE "operations_charger" ADD COLUMN "key" uuid DEFAULT gen_random_uuid()',
        'UPDATE "operations_commandrun" SET "status" = 1',
    ],
)
def test_what_would_lock_writers_out_is_refused(statement: str) -> None:
    assert locking.faults([statement])


@pytest.mark.parametrize(
    "statement",
    [
        'CREATE INDEX CONCURRENTLY "by_action" ON "operations_ocppmessage" ("action")',
        'CREATE INDEX "by_name" ON "operations_organisation" ("name")',
        'ALTER TABLE "operations_station" ADD COLUMN "a" integer DEFAULT 0 NOT NULL',
        'ALTER TABLE "operations_session" ADD CONSTRAINT "a" CHECK ("token" > 0) NOT VALID',
        'ALTER TABLE "operations_session" VALIDATE CONSTRAINT "a"',
        'ALTER TABLE "operations_session" ADD CONSTRAINT "a" UNIQUE USING INDEX "b"',
        'UPDATE "operations_station" SET "name" = 1 WHERE "id" BETWEEN 1 AND 1000',
    ],
)
def test_what_takes_a_moment_is_not(statement: str) -> None:
    assert locking.faults([statement]) == []


def test_a_table_that_is_new_is_empty() -> None:
    made = 'CREATE TABLE "operations_session" ("id" bigint)'
    index = 'CREATE INDEX "a" ON "operations_session" ("id")'
    assert locking.faults([made, index]) == []
    assert len(locking.faults([index, made])) == 1
