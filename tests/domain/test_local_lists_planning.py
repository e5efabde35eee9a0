"""From two contents of a list to messages: nothing is lost, and no limit is broken."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operations import schemas
from operations.commands import BY_SLUG, local_lists
from operations.commands.base import Target
from operations.commands.local_lists import Entry
from operations.models import Station
from operations.services.local_lists import planning
from operations.services.local_lists.planning import Changes, Limits
from operations.statuses import RunStatus
from operations.versions import V16, V21, V201, VERSIONS, OcppVersion

ENTRIES = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=3),
    st.tuples(st.sampled_from(["Accepted", "Blocked"]), st.sampled_from(["", "G1"]), st.booleans()),
    max_size=30,
).map(
    lambda found: [
        Entry(
            identifier=key.upper() if is_upper else key,
            kind="ISO14443",
            status=status,
            expires_at="",
            group=group,
        )
        for key, (status, group, is_upper) in sorted(found.items())
    ]
)


def held(entries: list[Entry]) -> dict[str, tuple[str, str]]:
    """A station's list as it judges by it: letters' case does not matter to it."""
    return {entry.identifier.lower(): (entry.status, entry.group) for entry in entries}


def apply(changes: Changes, before: list[Entry], limits: Limits) -> dict[str, tuple[str, str]]:
    """What a station holds when it has taken every message."""
    has, start = held(before), 0
    for end in changes.ends(limits):
        for entry in changes.items[start:end]:
            if entry.status:
                has[entry.identifier.lower()] = (entry.status, entry.group)
            else:
                del has[entry.identifier.lower()]
        start = end
    return has


@given(before=ENTRIES, after=ENTRIES, most=st.integers(1, 7))
@settings(max_examples=200, deadline=None)
def test_changes_make_the_one_of_the_other(
    before: list[Entry], after: list[Entry], most: int
) -> None:
    changes = planning.changes("1.6", before, after)
    assert apply(changes, before, Limits(most)) == held(after)
    assert apply(planning.whole("1.6", after), [], Limits(most)) == held(after)
    assert (changes.size == 0) == (before == after)


@given(after=ENTRIES, most=st.none() | st.integers(1, 9), room=st.integers(300, 900))
@settings(max_examples=200, deadline=None)
def test_no_message_breaks_a_limit(after: list[Entry], most: int | None, room: int) -> None:
    changes, start = planning.whole("2.0.1", after), 0
    for end in changes.ends(Limits(most, room)):
        assert most is None or end - start <= most
        request = local_lists.send(V201, 1, "Full", changes.items[start:end])
        frame = json.dumps([2, "x" * 36, request.action, request.payload])
        assert len(frame.replace(" ", "")) <= room
        start = end
    assert start == len(after)


def test_an_entry_longer_than_a_message_goes_alone() -> None:
    entries = [Entry(f"{number:036}", "Central", "Accepted", "", "") for number in range(3)]
    assert planning.whole("2.0.1", entries).ends(Limits(None, 10)) == [1, 2, 3]


def test_what_is_taken_off_goes_first() -> None:
    before = [
        Entry("A", "ISO14443", "Accepted", "", ""),
        Entry("B", "ISO14443", "Accepted", "", ""),
    ]
    after = [Entry("B", "ISO14443", "Blocked", "", ""), Entry("C", "ISO14443", "Accepted", "", "")]
    items = planning.changes("1.6", before, after).items
    assert [(entry.identifier, entry.status) for entry in items] == [
        ("A", ""),
        ("B", "Blocked"),
        ("C", "Accepted"),
    ]


@pytest.mark.parametrize(
    ("entry", "carried_by"),
    [
        (Entry("A" * 20, "ISO14443", "Accepted", "", ""), {"1.6", "2.0.1", "2.1"}),
        (Entry("A" * 21, "ISO14443", "Accepted", "", ""), {"2.0.1", "2.1"}),
        (Entry("A" * 37, "ISO14443", "Accepted", "", ""), {"2.1"}),
        (Entry("A" * 256, "ISO14443", "Accepted", "", ""), set()),
        (Entry("A", "VIN", "Accepted", "", ""), {"1.6", "2.1"}),
    ],
)
def test_what_each_version_can_carry(entry: Entry, carried_by: set[str]) -> None:
    versions = {version.name for version in VERSIONS}
    assert {name for name in versions if planning.carried(name, [entry])} == carried_by
    assert {name for name in versions if planning.skipped(name, [entry])} == versions - carried_by


@pytest.mark.parametrize("version", [V16, V201, V21], ids=str)
@pytest.mark.parametrize(
    "entries",
    [
        [],
        [Entry("A", "eMAID", "Accepted", "2030-01-01T00:00:00Z", "GROUP")],
        [Entry("A", "ISO14443", "", "", ""), Entry("B", "ISO14443", "Blocked", "", "G" * 200)],
    ],
)
def test_every_message_fits_the_official_schema(version: OcppVersion, entries: Any) -> None:
    for update in ("Full", "Differential"):
        request = local_lists.send(version, 3, update, entries)
        assert schemas.faults(version, request.action, request.payload) == []


def test_expiry_and_group_are_said_in_each_versions_words() -> None:
    entry = Entry("A", "eMAID", "Accepted", "2030-01-01T00:00:00Z", "GROUP")
    assert local_lists.word("1.6", entry) == {
        "idTag": "A",
        "idTagInfo": {
            "status": "Accepted",
            "expiryDate": "2030-01-01T00:00:00Z",
            "parentIdTag": "GROUP",
        },
    }
    assert local_lists.word("2.0.1", entry) == {
        "idToken": {"idToken": "A", "type": "eMAID"},
        "idTokenInfo": {
            "status": "Accepted",
            "cacheExpiryDateTime": "2030-01-01T00:00:00Z",
            "groupIdToken": {"idToken": "GROUP", "type": "Central"},
        },
    }


def test_the_command_has_nothing_more_to_ask_without_a_piece() -> None:
    command = BY_SLUG["send-local-list"]
    target = Target(station=Station(name="Quay", protocol="1.6"))
    assert command.further(V16, target, {"mode": "full"}, []) is None
    assert command.conclusion({}, []) is None
    assert command.outcome("GetConfiguration", {}).status == RunStatus.DONE
    assert command.outcome("SendLocalList", {"status": "Failed"}).status == RunStatus.FAILED
    titles = {command.title(target, {"mode": mode}) for mode in ("full", "differential", "needed")}
    assert len(titles) == 3
