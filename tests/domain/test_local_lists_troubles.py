"""Local lists that are refused, changed by somebody else, or cut off on the way."""

import pytest
from django.utils import timezone

from operations.models import Connection, RunTransition, Station
from operations.models.local_lists import ListState
from operations.services import sweeping
from tests.domain.asked import ask, closes, fresh, overdue
from tests.domain.listing import (
    Sending,
    confirmed,
    copy_of,
    identifiers,
    listed_station,
    one_more,
    sending,
)

pytestmark = pytest.mark.django_db


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
