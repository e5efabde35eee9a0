"""Firmware seen from beside the server: links to an image, a rollout and what its records say."""

# ruff: noqa: E402  Django is set up before its models are imported.

import argparse
import json
import os
from collections.abc import Iterator
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import django

django.setup()

from django.db.models import Count
from django.utils import timezone

from operations.commands import BY_SLUG
from operations.commands.base import TargetKind
from operations.models import CommandRun, FirmwareImage, OcppMessage, Station, User
from operations.services import batches, files, transfers
from operations.services.selections import Selection
from operations.services.terms import Terms
from operations.statuses import Role, RunStatus
from tests.bench.probes import batch as batch_probe

IMAGE_BYTES = 20_000_000
CHUNK = 1_000_000
CAP = 100


def _noise(size_bytes: int) -> Iterator[bytes]:
    for _chunk in range(size_bytes // CHUNK):
        yield os.urandom(CHUNK)


def _image(size_bytes: int) -> FirmwareImage:
    stored = files.store(_noise(size_bytes))
    return FirmwareImage.objects.create(
        vendor="Bench",
        model="Double",
        version="2.0.0",
        stored_name=stored.name,
        file_name="bench-2.0.0.bin",
        size_bytes=stored.size_bytes,
        sha256=stored.sha256,
        md5=stored.md5,
        created_at=timezone.now(),
    )


def links(number: int) -> dict[str, Any]:
    """An image, and a link to it for so many stations; the operator may add more."""
    User.objects.update(role=Role.ENGINEER)
    image = _image(IMAGE_BYTES)
    paths = []
    for station in Station.objects.order_by("pk")[:number]:
        run = CommandRun.objects.create(
            command="firmware-update",
            station=station,
            status=RunStatus.IN_PROGRESS,
            created_at=timezone.now(),
            answer_timeout_s=30,
            effect_timeout_s=3600,
        )
        resolved = transfers.resolve(run=run, params={"image": image.pk})
        paths.append(urlsplit(resolved["location"]).path)
    return {"paths": paths, "name": image.stored_name, "size_bytes": image.size_bytes}


def roll_out(stations: int) -> dict[str, Any]:
    """Give the first stations an image, at most 100 at a time."""
    image = _image(CHUNK)
    pks = list(Station.objects.order_by("pk").values_list("pk", flat=True)[:stations])
    chosen = Station.objects.filter(pk__gte=pks[0], pk__lte=pks[-1])
    began = perf_counter()
    batch = batches.submit(
        command=BY_SLUG["firmware-update"],
        selection=Selection(TargetKind.STATION, chosen),
        params={"image": image.pk, "version": image.version},
        user=User.objects.get(),
        terms=Terms(most_open=CAP),
    )
    return {"seconds": perf_counter() - began, "batch": batch.pk, "size": batch.size}


def wait(batch_pk: int) -> dict[str, Any]:
    """Until the rollout has ended; what its records say, and which stations heard of it twice."""
    seen = batch_probe.wait(batch_pk)
    said = OcppMessage.objects.filter(action="UpdateFirmware").order_by().values("station")
    often = said.annotate(count=Count("pk")).filter(count__gt=1)
    return {**seen, "asked": said.distinct().count(), "twice": often.count()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["links", "roll-out", "wait"])
    parser.add_argument("number", type=int)
    arguments = parser.parse_args()
    do = {"links": links, "roll-out": roll_out, "wait": wait}
    print(json.dumps(do[arguments.what](arguments.number)))  # noqa: T201


if __name__ == "__main__":
    main()
