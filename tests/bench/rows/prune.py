"""Old messages go while somebody writes new ones."""

from tests.bench.bench import Bench, Rows
from tests.bench.ground import run_apart
from tests.bench.table import Row, target


def measure(bench: Bench) -> Rows:
    ground, wanted = bench.ground, bench.scale.pruned
    url = ground.copy()
    said = run_apart("tests.bench.probes.prune", "--rows", str(wanted), env=ground.env(url))
    ground.discard(url)
    if said["left"]:
        raise ValueError(f"{said['left']} messages were left: {said}")
    yield Row(
        what=bench.named(
            f"a writer's longest wait while {wanted:,} messages are pruned; no pruning"
        ),
        ours=said["busy_ms"],
        reference=said["quiet_ms"],
        unit="ms",
        target=target("prune-wait"),
        size=bench.scale.pruned,
        note=f"p99 {said['p99_ms']:.1f} ms; {said['per_s']:,.0f} pruned/s",
    )
