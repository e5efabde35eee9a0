"""What would go to very many stations when a very long list has changed."""

# ruff: noqa: E402  Django is set up before its models are imported.

import json
import resource
import sys
from time import perf_counter

import django

django.setup()

from django.utils import timezone

from operations.commands.local_lists import Entry
from operations.commands.send_local_list import NEEDED
from operations.models import ListRevision, LocalList, Station, StationList
from operations.services.local_lists import forecasts, revisions

BASES = 5  # different contents that stations hold
CHANGED = 500  # entries that one revision has and the next one has not


def entries(size: int, moved: int) -> list[Entry]:
    """So many identifiers; `moved` of the first are others than at the beginning."""
    return [
        Entry(f"{'N' if number < moved else 'A'}{number:012}", "ISO14443", "Accepted", "", "FLEET")
        for number in range(size)
    ]


def prepare(size: int, stations: int) -> list[int]:
    """Stations that hold different contents in different versions, with different limits."""
    bases: list[ListRevision | None] = [
        revisions.keep(entries(size, CHANGED * number)) for number in range(BASES)
    ]
    desired = revisions.keep(entries(size, CHANGED * BASES))
    local_list = LocalList.objects.create(name="Long", revision=desired)
    chosen = list(Station.objects.order_by("pk")[:stations])
    copies = []
    for number, station in enumerate(chosen):
        base = bases[number % BASES] if number % 10 else None
        protocol = ("1.6", "2.0.1")[number // BASES % 2]
        Station.objects.filter(pk=station.pk).update(protocol=protocol)
        copies.append(
            StationList(
                station=station,
                local_list=local_list,
                revision=base,
                version=7 if base else None,
                reported_version=7 if base else 0,
                protocol=protocol,
                confirmed_at=timezone.now() if base else None,
                most_per_message=(10, 100, 1_000)[number % 3],
                most_bytes=20_000 if protocol == "2.0.1" else None,
            )
        )
    StationList.objects.bulk_create(copies, batch_size=500)
    return [station.pk for station in chosen]


def main() -> None:
    size, stations = int(sys.argv[1]), int(sys.argv[2])
    pks = prepare(size, stations)
    revisions.entries_of.cache_clear()
    revisions.changes_between.cache_clear()
    began = perf_counter()
    messages = sum(plan.messages for plan in forecasts.plans(pks, NEEDED))
    seconds = perf_counter() - began
    # Linux says it in KiB: of the whole process, Django and the preparing included.
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figure = {"seconds": seconds, "mib": peak_mib, "messages": messages}
    sys.stdout.write(json.dumps(figure))


if __name__ == "__main__":
    main()
