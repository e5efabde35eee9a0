"""Local lists: sent in pieces, confirmed piece by piece, and told as they are."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from operations.models import (
    CommandBatch,
    Connection,
    ListRevision,
    LocalList,
    RunTransition,
    Station,
)
from operations.models.local_lists import ListState
from operations.services import sweeping
from operations.services.local_lists import assigning, revisions, syncing, tending
from operations.services.local_lists.hearing import take_report
from operations.versions import V16, V21, V201, OcppVersion
from tests.domain.asked import ask, closes, fresh, history, overdue
from tests.domain.listing import Sending, changed, copy_of, listed_station, tokens
from tests.factories import OrganisationFactory, SiteFactory, StationFactory, TokenFactory

pytestmark = pytest.mark.django_db


def sending(
    station: Station,
    mode: str = "full",
    version: OcppVersion = V16,
    *,
    held: int = 0,
    **looks: Any,
) -> Sending:
    """A run that sends the list, up to its first piece."""
    begun = Sending(ask(station, "send-local-list", mode=mode), version)
    begun.is_looked_at(held, **looks)
    return begun


def identifiers(payload: dict[str, Any]) -> list[str]:
    return [entry["idTag"] for entry in payload["localAuthorizationList"]]


def test_a_list_of_25_with_a_limit_of_10_goes_as_full_10_differential_10_and_5() -> None:
    station, _local_list = listed_station(25)
    talk = sending(station, SendLocalListMaxLength="10", LocalAuthListMaxLength="100")
    sent = [talk.says(), talk.says(), talk.says()]
    assert [
        (each["updateType"], each["listVersion"], len(each["localAuthorizationList"]))
        for each in sent
    ] == [("Full", 1, 10), ("Differential", 2, 10), ("Differential", 3, 5)]
    assert len({tag for each in sent for tag in identifiers(each)}) == 25
    assert talk.summary() == (
        "done",
        "The station confirmed version 3: 25 identifiers, by 3 messages.",
    )
    copy = copy_of(station)
    assert (copy.state, copy.version, copy.applied) == (ListState.IN_STEP, 3, None)
    assert history(talk.run) == ["queued", "sent", "sent", "sent", "sent", "done"]


def test_the_next_piece_waits_for_the_answer_to_the_one_before() -> None:
    station, _local_list = listed_station(3)
    talk = sending(station, SendLocalListMaxLength="2")
    assert talk.payload["listVersion"] == 1
    waiting = talk.run.messages.filter(answered_at=None)
    assert waiting.count() == 1
    talk.says()
    assert waiting.count() == 1


def test_what_a_station_holds_is_what_it_accepted_so_far() -> None:
    station, _local_list = listed_station(25)
    talk = sending(station, SendLocalListMaxLength="10")
    assert copy_of(station).state == ListState.NEVER
    talk.says()
    copy = copy_of(station)
    assert (copy.state, copy.version, copy.applied) == (ListState.PARTLY, 1, 10)


def test_versions_rise_above_what_the_station_holds_and_never_are_zero() -> None:
    station, local_list = listed_station(2)
    talk = sending(station)
    assert talk.says()["listVersion"] == 1
    TokenFactory(identifier="NEW", organisation=local_list.organisation)
    changed(local_list)
    again = Sending(ask(station, "send-local-list", mode="full"))
    again.answers({"listVersion": 41})
    again.answers({"configurationKey": []})
    assert again.says()["listVersion"] == 42


def test_a_differential_brings_what_changed_and_takes_off_what_is_gone() -> None:
    station, local_list = listed_station(4)
    talk = sending(station)
    talk.says()
    first, second, _third, _fourth = local_list.organisation.tokens.order_by("identifier")
    first.delete()
    second.group = "FLEET"
    second.save()
    TokenFactory(identifier="ZNEW", organisation=local_list.organisation)
    changed(local_list)
    assert copy_of(station).state == ListState.BEHIND
    talk = sending(station, "differential", held=1)
    sent = talk.says()
    assert (sent["updateType"], sent["listVersion"]) == ("Differential", 2)
    assert sent["localAuthorizationList"] == [
        {"idTag": "TAG0001"},
        {"idTag": "TAG0002", "idTagInfo": {"status": "Accepted", "parentIdTag": "FLEET"}},
        {"idTag": "ZNEW", "idTagInfo": {"status": "Accepted"}},
    ]
    assert copy_of(station).state == ListState.IN_STEP


# When it does not go well


def confirmed(count: int = 3, version: OcppVersion = V16) -> tuple[Station, LocalList]:
    """A station that holds its list, version 1."""
    station, local_list = listed_station(count, version)
    talk = sending(station, version=version)
    talk.says()
    assert copy_of(station).state == ListState.IN_STEP
    return station, local_list


def one_more(local_list: LocalList, identifier: str = "ZNEW") -> None:
    TokenFactory(identifier=identifier, organisation=local_list.organisation)
    changed(local_list)


@pytest.mark.parametrize("said", ["VersionMismatch", "Failed"])
def test_a_differential_that_is_not_taken_turns_into_one_full(said: str) -> None:
    station, local_list = confirmed()
    one_more(local_list)
    talk = sending(station, "differential", held=1)
    assert talk.says(said)["updateType"] == "Differential"
    full = talk.says()
    assert (full["updateType"], full["listVersion"]) == ("Full", 3)
    assert identifiers(full) == ["TAG0001", "TAG0002", "TAG0003", "ZNEW"]
    assert talk.summary()[0] == "done"
    causes = RunTransition.objects.filter(run=talk.run).values_list("cause", flat=True)
    assert any(f"answered {said}. Sending the whole list instead." in cause for cause in causes)


def test_the_whole_list_is_tried_once_only() -> None:
    station, local_list = confirmed(25)
    one_more(local_list)
    talk = sending(station, "differential", held=1, SendLocalListMaxLength="10")
    talk.says("VersionMismatch")
    assert talk.says()["updateType"] == "Full"
    talk.says("Failed")
    assert talk.is_over
    assert talk.summary() == (
        "failed",
        "The station answered Failed. The list is partly applied: version 3, 10 of 26.",
    )
    assert copy_of(station).state == ListState.PARTLY


def test_a_full_that_is_refused_leaves_what_was_there() -> None:
    station, _local_list = confirmed()
    talk = sending(station, held=1, SendLocalListMaxLength="1")
    talk.says("Failed")
    assert talk.summary()[1] == (
        "The station answered Failed. What the station held before is unchanged."
    )
    assert copy_of(station).version == 1


def test_where_no_limit_is_told_fewer_are_tried_after_failed() -> None:
    station, _local_list = listed_station(9)
    talk = sending(station)
    sizes = [len(talk.says("Failed")["localAuthorizationList"]) for _try in range(2)]
    assert sizes == [9, 4]
    while not talk.is_over:
        sizes.append(len(talk.says()["localAuthorizationList"]))
    assert sizes == [9, 4, 2, 2, 2, 2, 1]
    assert talk.summary()[0] == "done"
    # What it has taken is known from now on.
    again = sending(station, held=talk_version(station))
    assert len(again.payload["localAuthorizationList"]) == 2


def test_a_station_that_takes_fewer_than_it_says_gets_fewer() -> None:
    station, _local_list = listed_station(9)
    talk = sending(station, SendLocalListMaxLength="8")
    sizes = [len(talk.says("Failed")["localAuthorizationList"]) for _try in range(2)]
    while not talk.is_over:
        sizes.append(len(talk.says()["localAuthorizationList"]))
    assert sizes == [8, 4, 2, 2, 2, 2, 1]
    assert talk.summary()[0] == "done"
    causes = [step.cause for step in RunTransition.objects.filter(run=talk.run)]
    lied = "It says it takes 8 at once, but not so many: trying with 4."
    assert any(lied in cause for cause in causes)
    # That is remembered, until it says something else.
    again = sending(station, held=talk_version(station), SendLocalListMaxLength="8")
    assert len(again.payload["localAuthorizationList"]) == 2
    while not again.is_over:
        again.says()
    better = sending(station, held=talk_version(station), SendLocalListMaxLength="9")
    assert len(better.payload["localAuthorizationList"]) == 9


def talk_version(station: Station) -> int:
    return copy_of(station).version or 0


def test_a_list_longer_than_the_station_takes_is_refused_before_it_is_sent() -> None:
    station, _local_list = listed_station(4)
    talk = sending(station, LocalAuthListMaxLength="3")
    assert talk.is_over
    assert talk.summary() == (
        "refused",
        "The list has 4 identifiers, the station takes 3. Nothing was sent.",
    )
    assert copy_of(station).state == ListState.TOO_MANY


def test_somebody_elses_change_shows_and_forbids_a_differential() -> None:
    station, local_list = confirmed()
    one_more(local_list)
    talk = sending(station, "differential", held=7)
    assert talk.summary() == (
        "refused",
        "The station holds version 7, not 1: somebody else changed it. Send the list in full.",
    )
    assert copy_of(station).state == ListState.CHANGED
    talk = sending(station, "needed", held=7)
    sent = talk.says()
    assert (sent["updateType"], sent["listVersion"]) == ("Full", 8)
    assert copy_of(station).state == ListState.IN_STEP


def test_a_list_sent_by_hand_is_a_change_by_someone_else() -> None:
    station, _local_list = confirmed()
    by_hand = Sending(
        ask(
            station,
            "custom-message",
            action="SendLocalList",
            payload={"listVersion": 1, "updateType": "Full", "localAuthorizationList": []},
        )
    )
    by_hand.says()
    assert copy_of(station).state == ListState.CHANGED


def test_one_sending_to_a_station_at_a_time() -> None:
    station, _local_list = listed_station(3)
    first = sending(station, SendLocalListMaxLength="1")
    second = Sending(ask(station, "send-local-list", mode="full"), connection=first.connection)
    second.is_looked_at()
    assert second.summary() == (
        "refused",
        f"Request {first.run.pk} is sending a list to this station.",
    )
    first.says()
    assert first.asked.action == "SendLocalList"


def test_a_message_without_an_answer_leaves_doubt_until_the_version_is_read() -> None:
    station, local_list = confirmed()
    one_more(local_list)
    talk = sending(station, "differential", held=1)
    overdue(talk.run)
    sweeping.expire_due(now=timezone.now())
    status, sentence = talk.summary()
    assert status == "timed-out"
    assert "Whether the last message was applied is not known." in sentence
    assert copy_of(station).state == ListState.BEHIND
    look = Sending(ask(station, "get-local-list-version"))
    look.answers({"listVersion": 2})
    look.answers({"configurationKey": []})
    # It was: the version says so.
    assert copy_of(station).state == ListState.IN_STEP
    assert look.summary()[1].startswith("Version 2, as sent on")


def test_a_late_answer_counts_but_nothing_more_is_sent() -> None:
    station, _local_list = listed_station(3)
    talk = sending(station, SendLocalListMaxLength="2")
    overdue(talk.run)
    sweeping.expire_due(now=timezone.now())
    talk.says()
    assert talk.is_over
    copy = copy_of(station)
    assert (copy.state, copy.applied, copy.version) == (ListState.PARTLY, 2, 1)
    assert "partly applied: version 1, 2 of 3" in fresh(talk.run).summary


def test_a_connection_lost_in_the_middle_is_told_as_it_is() -> None:
    station, _local_list = listed_station(3)
    talk = sending(station, SendLocalListMaxLength="2")
    talk.says()
    drop(talk.connection)
    status, sentence = talk.summary()
    assert status == "connection-lost"
    assert "The list is partly applied: version 1, 2 of 3." in sentence
    assert copy_of(station).is_in_doubt


def drop(connection: Connection) -> None:
    closes(connection, code=1006)


# What stations say of themselves


@pytest.mark.parametrize(
    ("keys", "state", "ends"),
    [
        ({}, ListState.UNSUPPORTED, "unsupported"),
        ({"LocalAuthListEnabled": "false"}, ListState.DISABLED, "refused"),
    ],
)
def test_minus_one_is_not_supported_or_disabled(
    keys: dict[str, str], state: ListState, ends: str
) -> None:
    station, _local_list = listed_station()
    talk = sending(station, held=-1, **keys)
    assert talk.is_over
    assert talk.summary()[0] == ends
    assert copy_of(station).state == state


def test_a_station_without_the_profile_is_not_sent_anything() -> None:
    station, _local_list = listed_station()
    talk = Sending(ask(station, "send-local-list", mode="full"))
    talk.answers(error="NotImplemented", description="")
    talk.answers({"configurationKey": [], "unknownKey": ["LocalAuthListEnabled"]})
    assert talk.summary()[0] == "unsupported"
    assert copy_of(station).state == ListState.UNSUPPORTED


def test_a_station_that_advertises_lists_and_takes_none() -> None:
    station, _local_list = listed_station()
    talk = sending(station)
    talk.says("NotSupported")
    assert talk.summary()[0] == "unsupported"
    assert copy_of(station).state == ListState.UNSUPPORTED


def test_a_station_without_a_list_is_not_sent_one() -> None:
    station, local_list = listed_station()
    local_list.delete()
    talk = sending(station)
    assert talk.summary() == ("refused", "No list is assigned to the station.")


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        (0, "The local list is empty."),
        (-1, "The local list is not supported, or disabled."),
        (5, "Version 5; the portal never sent one."),
    ],
)
def test_the_version_in_words(version: int, sentence: str) -> None:
    station, _local_list = listed_station()
    talk = Sending(ask(station, "get-local-list-version"))
    talk.answers({"listVersion": version})
    talk.answers(error="GenericError", description="")
    assert talk.summary() == ("done", sentence)


def test_a_version_that_differs_names_both() -> None:
    station, _local_list = confirmed()
    talk = Sending(ask(station, "get-local-list-version"))
    talk.answers({"listVersion": 9})
    talk.answers({"configurationKey": []})
    assert talk.summary()[1].startswith("Version 9 differs from version 1 sent on")
    assert copy_of(station).state == ListState.CHANGED


# OCPP 2.x


@pytest.mark.parametrize("version", [V201, V21], ids=str)
def test_2_x_is_asked_in_its_own_words(version: OcppVersion) -> None:
    station, local_list = listed_station(2, version)
    talk = sending(station, version=version, ItemsPerMessage="1", Enabled="true")
    assert talk.payload == {
        "versionNumber": 1,
        "updateType": "Full",
        "localAuthorizationList": [
            {
                "idToken": {"idToken": "TAG0001", "type": "ISO14443"},
                "idTokenInfo": {"status": "Accepted"},
            }
        ],
    }
    talk.says()
    assert talk.says()["versionNumber"] == 2
    local_list.organisation.tokens.all().delete()
    changed(local_list)
    talk = sending(station, "full", version, held=2)
    # An empty list is left out (D01.FR.04).
    assert talk.says() == {"versionNumber": 3, "updateType": "Full"}
    assert copy_of(station).state == ListState.IN_STEP


def test_bytes_per_message_limit_a_message_too() -> None:
    station, _local_list = listed_station(10, V201)
    talk = sending(station, version=V201, ItemsPerMessage="100", BytesPerMessage="500")
    sizes = []
    while not talk.is_over:
        assert len(talk.asked.call) <= 500
        sizes.append(len(talk.says()["localAuthorizationList"]))
    assert sum(sizes) == 10
    assert len(sizes) > 1


def test_how_many_entries_there_may_be_comes_with_a_report() -> None:
    station, _local_list = listed_station(4, V201)
    component = {"name": "LocalAuthListCtrlr"}
    take_report(
        station_pk=station.pk,
        data=[
            {
                "component": component,
                "variable": {"name": "Entries"},
                "variableAttribute": [{"value": "0"}],
                "variableCharacteristics": {"maxLimit": 3.0},
            },
            {
                "component": component,
                "variable": {"name": "ItemsPerMessageSendLocalList"},
                "variableAttribute": [{"value": "2"}],
            },
        ],
    )
    copy = copy_of(station)
    assert (copy.most_entries, copy.most_per_message) == (3, 2)
    assert sending(station, version=V201).summary()[0] == "refused"


# What can't be carried


def test_identifiers_1_6_can_not_carry_are_skipped_and_counted() -> None:
    station, local_list = listed_station(2)
    one_more(local_list, "A" * 21)
    talk = sending(station)
    assert identifiers(talk.says()) == ["TAG0001", "TAG0002"]
    assert talk.summary()[1].endswith("2 identifiers, by 1 message. 1 can't be said in OCPP 1.6.")
    assert copy_of(station).state == ListState.IN_STEP


# Which tokens


def test_blocked_and_expired_tokens_are_left_out_unless_wanted() -> None:
    station, local_list = listed_station(1)
    organisation = local_list.organisation
    past = timezone.now() - timedelta(days=1)
    TokenFactory(identifier="BLOCKED", organisation=organisation, status="Blocked")
    TokenFactory(identifier="EXPIRED", organisation=organisation, expires_at=past)
    TokenFactory(identifier="MEMBER", organisation=organisation, group="BLOCKED")
    changed(local_list)
    assert identifiers(sending(station).says()) == ["TAG0001"]
    local_list.holds_refused = True
    local_list.save()
    changed(local_list)
    sent = sending(station, held=1).says()["localAuthorizationList"]
    assert {each["idTag"]: each["idTagInfo"]["status"] for each in sent} == {
        "BLOCKED": "Blocked",
        "EXPIRED": "Expired",
        "MEMBER": "Blocked",
        "TAG0001": "Accepted",
    }


def test_a_token_that_expires_leaves_the_list_by_itself() -> None:
    station, local_list = listed_station(1)
    soon = timezone.now() + timedelta(hours=1)
    TokenFactory(identifier="GUEST", organisation=local_list.organisation, expires_at=soon)
    changed(local_list)
    sending(station).says()
    LocalList.objects.update(next_expiry_at=timezone.now())
    organisation = local_list.organisation
    organisation.tokens.filter(identifier="GUEST").update(expires_at=timezone.now())
    syncing.keep_up(now=timezone.now())
    assert copy_of(station).state == ListState.BEHIND


@pytest.mark.parametrize(
    ("of_list", "expected"),
    [
        ({"source": "all"}, ["EVERYWHERE", "FLEET", "OURS", "TAG0001"]),
        ({"source": "group", "group": "fleet"}, ["FLEET", "OURS"]),
    ],
)
def test_a_list_takes_the_tokens_it_says(of_list: dict[str, str], expected: list[str]) -> None:
    _station, local_list = listed_station(1, **of_list)
    organisation = local_list.organisation
    TokenFactory(identifier="OURS", organisation=organisation, group="FLEET")
    TokenFactory(identifier="FLEET", organisation=organisation)
    TokenFactory(identifier="EVERYWHERE", organisation=None)
    TokenFactory(identifier="THEIRS", organisation=OrganisationFactory())
    changed(local_list)
    assert local_list.revision is not None
    held = [entry.identifier for entry in revisions.entries_of(local_list.revision.digest)]
    assert held == expected


# By itself


def test_a_list_that_syncs_is_sent_when_tokens_change_and_when_a_station_comes_back() -> None:
    station, local_list = listed_station(2, syncs=True)
    runs_of = station.runs.filter(command="send-local-list")
    syncing.keep_up(now=timezone.now())
    assert runs_of.count() == 1
    syncing.keep_up(now=timezone.now())
    assert runs_of.count() == 1, "one sending at a time, and no second one at once"
    talk = Sending(runs_of.get())
    talk.is_looked_at()
    talk.says()
    station.connected_at = None
    station.save()
    tokens(1, local_list.organisation, first=9)
    changed(local_list)
    syncing.keep_up(now=timezone.now())
    assert runs_of.count() == 1
    station.connected_at = timezone.now()
    station.save()
    syncing.keep_up(now=timezone.now())
    assert runs_of.count() == 2


def test_a_list_does_not_send_itself_unless_wanted() -> None:
    station, _local_list = listed_station(2)
    syncing.keep_up(now=timezone.now() + timedelta(hours=2))
    assert not station.runs.exists()


def test_many_stations_are_synced_as_one_batch() -> None:
    station, local_list = listed_station(2, syncs=True)
    others = [StationFactory(organisation=station.organisation).pk for _each in range(2)]
    assigning.assign(local_list=local_list, station_pks=others)
    syncing.keep_up(now=timezone.now())
    batch = CommandBatch.objects.get()
    assert (batch.command, batch.size) == ("send-local-list", 3)


def test_stations_take_over_the_list_of_their_site() -> None:
    station, local_list = listed_station(1)
    site = SiteFactory(organisation=station.organisation)
    follower = StationFactory(organisation=station.organisation, site=site)
    other = LocalList.objects.create(organisation=station.organisation, name="Of the site")
    assigning.save(local_list=other, sites=[site], tokens=[])
    assert copy_of(follower).local_list == other
    Station.objects.filter(pk=station.pk).update(site=site)
    tending.tend()
    assert copy_of(station).local_list == local_list, "its own list stays"
    assigning.assign(local_list=None, station_pks=[station.pk])
    assert copy_of(station).local_list == other
    Station.objects.filter(pk=follower.pk).update(site=None)
    tending.tend()
    assert copy_of(follower).state == ListState.UNASSIGNED


def test_what_no_list_holds_any_more_is_forgotten() -> None:
    station, local_list = confirmed()
    one_more(local_list)
    one_more(local_list, "ZZNEW")
    assert ListRevision.objects.count() == 3
    assert revisions.prune() == 0, "a late answer may be about one of them"
    ListRevision.objects.update(created_at=timezone.now() - revisions.KEPT)
    tending.tend()
    # What the station holds, and what it is to hold.
    assert ListRevision.objects.count() == 2
    assert sending(station, "differential", held=1).says()["updateType"] == "Differential"


def test_tokens_of_a_busy_hour_make_one_revision() -> None:
    _station, local_list = listed_station(1)
    tokens(3, local_list.organisation, first=5)
    revisions.tokens_changed()
    syncing.keep_up(now=timezone.now())
    assert ListRevision.objects.count() == 1, "not before it is quiet"
    syncing.keep_up(now=timezone.now() + syncing.QUIET)
    assert ListRevision.objects.count() == 2
    local_list.refresh_from_db()
    assert local_list.revision is not None
    assert local_list.revision.size == 4
