"""The list of all groups of rows, in the order they are measured."""

from tests.bench.bench import Group
from tests.bench.rows import clicks, codec, crowd, garbage, pages, start, throughput

GROUPS = (
    Group("codec link dialect", codec.measure, needs_database=False),
    Group("garbage fuzz", garbage.measure, needs_database=False),
    Group("throughput heartbeat status meters session generator storage", throughput.measure),
    Group("click", clicks.measure),
    Group("crowd memory reconnect cost", crowd.measure),
    Group("page list", pages.measure),
    Group("start", start.measure),
)
