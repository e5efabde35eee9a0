"""Tokens in very great numbers: judging one of them, and importing a file of them."""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import io
import json
import random
from collections.abc import Callable
from itertools import count
from statistics import median
from time import perf_counter

import django

django.setup()

from django.db import connection

from operations.models import Organisation, Station, Token, TokenImport, User
from operations.models.token_imports import ImportStatus
from operations.services import standings, token_imports, tokens

FEW = 1_000
ROUNDS = 2_000
NUMBERS = (
    "WITH RECURSIVE series(number) AS "
    "(SELECT %s UNION ALL SELECT number + 1 FROM series WHERE number < %s) "
    "SELECT number FROM series"
)


def fill(first: int, last: int) -> None:
    """Tokens made by the database itself, a tenth of them in a group that has a token too."""
    names = 'identifier, type, organisation_id, holder, status, "group", payment, most_sessions'
    organisation = Organisation.objects.get().pk
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Token._meta.db_table} ({names}) "  # noqa: S608
            "SELECT 'Card-' || number, 'ISO14443', %s, 'Holder ' || number, 'Accepted', "
            "CASE WHEN number %% 10 = 0 THEN 'card-' || (number - 1) ELSE '' END, 'post-paid', 1 "
            f"FROM ({NUMBERS}) AS numbers",
            [organisation, first, last],
        )
        cursor.execute("ANALYZE")


def median_us(what: Callable[[int], None], last: int) -> float:
    chance = random.Random(7)  # noqa: S311  the same tokens for each
    times = []
    for _round in range(ROUNDS):
        number = chance.randint(1, last)
        began = perf_counter()
        what(number)
        times.append(perf_counter() - began)
    return median(times) * 1e6


def judge(number: int) -> None:
    answer = tokens.judge(identifier=f"CARD-{number}", station_pk=STATION)
    assert answer.status == "Accepted"


def raw(number: int) -> None:
    """The same statement, and nothing but it."""
    with connection.cursor() as cursor:
        cursor.execute(
            standings._SQL,
            {
                "identifier": f"CARD-{number}",
                "station": STATION,
                "session": 0,
                "before": standings.NEVER,
                "since": "2020-01-01 00:00:00",
                "running": "running",
                "most": 0,
            },
        )
        cursor.fetchone()


def imported(rows: int) -> dict[str, float]:
    """A file of new tokens, from its upload to its tokens."""
    lines = (f"New-{number},Fleet,FLEET-{number % 50},2030-12-31" for number in range(rows))
    file = "\n".join(["identifier,holder,group,expires_at", *lines]).encode()
    user = User.objects.order_by("pk")[0]
    seconds = {}
    began = perf_counter()
    found = token_imports.upload(
        file=io.BytesIO(file), file_name="cards.csv", user=user, organisation=None
    )
    seconds["upload_s"], began = perf_counter() - began, perf_counter()
    turns = count()
    while token_imports.check(import_pk=found.pk):
        next(turns)
    seconds["check_s"], began = perf_counter() - began, perf_counter()
    found = TokenImport.objects.get(pk=found.pk)
    assert found.status == ImportStatus.CHECKED
    token_imports.apply(imported=found)
    seconds["apply_s"] = perf_counter() - began
    return {**seconds, "turns": next(turns) + 1}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--rows", type=int, required=True)
    arguments = parser.parse_args()
    fill(1, FEW)
    few_us = median_us(judge, FEW)
    fill(FEW + 1, arguments.tokens)
    figures = {
        "few_us": few_us,
        "us": median_us(judge, arguments.tokens),
        "raw_us": median_us(raw, arguments.tokens),
        **imported(arguments.rows),
    }
    print(json.dumps(figures))  # noqa: T201


STATION = Station.objects.order_by("pk")[0].pk

if __name__ == "__main__":
    main()
