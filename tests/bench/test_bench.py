"""The benchmark's own arithmetic and framing: what its figures rest on."""

import json

from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from tests.bench import flame, frames, table, targets
from tests.bench.scripts import quantile
from tests.bench.table import Row


def test_frames_are_what_another_library_reads() -> None:
    server = ServerProtocol(state=OPEN)
    sent = [frames.heartbeat(1), frames.meters(2)]
    for text in sent:
        server.receive_data(frames.masked(text))
    received = [event for event in server.events_received() if isinstance(event, Frame)]
    assert [frame.opcode for frame in received] == [Opcode.TEXT, Opcode.TEXT]
    assert [bytes(frame.data) for frame in received] == sent


def test_neighbours_in_a_pool_differ_in_id_and_status() -> None:
    first, second = (json.loads(frames.status(number)) for number in (0, 1))
    assert first[1] != second[1]
    assert first[3]["status"] != second[3]["status"]


def test_meter_values_hold_ten_samples() -> None:
    payload = json.loads(frames.meters(1, transaction_id=7))[3]
    assert len(payload["meterValue"][0]["sampledValue"]) == 10
    assert payload["transactionId"] == 7


def test_a_target_on_the_ratio_looks_at_the_ratio() -> None:
    row = Row(what="x", ours=3.0, reference=4.0, unit="/s", target=targets.at_least(0.75))
    assert row.ratio == 0.75
    assert row.met is True
    assert Row(what="x", ours=2.9, reference=4.0, unit="/s", target=row.target).met is False


def test_a_target_on_the_amount_looks_at_ours() -> None:
    limit = targets.no_more_than(40, "ms")
    assert Row(what="x", ours=41, reference=1.0, unit="ms", target=limit).met is False
    assert Row(what="x", ours=40, reference=1.0, unit="ms", target=limit).met is True


def test_a_row_without_target_is_neither_met_nor_missed() -> None:
    assert Row(what="x", ours=1, unit="/s").met is None
    assert table.as_text([Row(what="x", ours=1, unit="/s")]).splitlines()[1].startswith("x")


def test_a_quantile_is_one_of_the_values() -> None:
    values = [float(number) for number in range(1, 101)]
    assert quantile(values, 0.5) == 51
    assert quantile(values, 0.99) == 100


def test_a_flame_graph_shows_shares() -> None:
    root = flame.read(["loop;hear 3", "loop;answer 1"])
    assert root.samples == 4
    drawn = flame.draw(root, "status <now>")
    assert "hear (75.0%)" in drawn
    assert "status &lt;now&gt;" in drawn


def test_what_holds_for_few_says_nothing_of_many_but_a_miss_is_a_miss() -> None:
    target = targets.no_more_than(200, "ms", size=1_000_000)
    assert str(target) == "≤ 200 ms at 1,000,000"
    assert Row(what="x", ours=10, unit="ms", target=target, size=100_000).met is None
    assert Row(what="x", ours=201, unit="ms", target=target, size=100_000).met is False
    assert Row(what="x", ours=10, unit="ms", target=target, size=1_000_000).met is True
