"""The list of all groups of rows, in the order they are measured."""

from tests.bench.bench import Group
from tests.bench.rows import (
    authorization,
    batches,
    clicks,
    codec,
    crowd,
    firmware,
    garbage,
    local_lists,
    pages,
    prune,
    start,
    throughput,
    tokens,
)

GROUPS = (
    Group("codec link dialect", codec.measure, needs_database=False),
    Group("garbage fuzz", garbage.measure, needs_database=False),
    Group("throughput heartbeat status meters session generator storage", throughput.measure),
    Group("click", clicks.measure),
    Group("crowd memory reconnect cost", crowd.measure),
    Group("batch sweep many", batches.measure),
    Group("firmware download upload rollout nginx", firmware.measure),
    Group("local lists", local_lists.measure),
    Group("page list", pages.measure),
    Group("authorization fleet settings caches", authorization.measure),
    Group("token authorise import", tokens.measure),
    Group("prune", prune.measure),
    Group("start", start.measure),
)
