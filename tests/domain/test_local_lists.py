"""Local lists: sent in pieces, confirmed piece by piece, and told as they are."""

from datetime import timedelta

import pytest
from django.utils import timezone

from operations.models import LocalList
from operations.models.local_lists import ListState
from operations.services.local_lists import revisions, syncing
from operations.services.local_lists.hearing import take_report
from operations.versions import V21, V201, OcppVersion
from tests.domain.asked import ask, history
from tests.domain.listing import (
    Sending,
    changed,
    confirmed,
    copy_of,
    identifiers,
    listed_station,
    one_more,
    sending,
)
from tests.factories import OrganisationFactory, TokenFactory

pytestmark = pytest.mark.django_db


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
