"""The audit log: who did what, from where, before and after; never rewritten."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from operations.commands import BY_SLUG
from operations.models import AuditEntry, Station, User
from operations.models.audit import ActorKind, Deed, ImmutableError
from operations.services import auditing, closing, connections, pruning, runs, stations, targets
from operations.statuses import Role
from tests.factories import PASSWORD, OrganisationFactory, StationFactory, UserFactory

pytestmark = pytest.mark.django_db


def last() -> AuditEntry:
    entry = AuditEntry.objects.first()
    assert entry is not None
    return entry


def test_an_entry_says_who_and_from_where() -> None:
    user = UserFactory(username="lee")
    station = StationFactory(name="Quay 1")
    with auditing.acting(auditing.person(user, address="192.0.2.7")):
        stations.quarantine(station=station, why="Odd")
    entry = last()
    assert (entry.who, entry.user_id, entry.address) == ("lee", user.pk, "192.0.2.7")
    assert (entry.actor_kind, entry.deed) == (ActorKind.PERSON, Deed.QUARANTINED)
    assert (entry.target_kind, entry.target_pk, entry.target_name) == (
        "station",
        station.pk,
        "Quay 1",
    )
    assert entry.organisation_id == station.organisation_id
    assert entry.changes == {"registration": ["Accepted", "Pending"]}


def test_nobody_acts_once_the_request_is_over() -> None:
    with auditing.acting(auditing.schedule("Nightly")):
        assert auditing.actor().who == "Nightly"
    assert auditing.actor().kind == ActorKind.PORTAL


def test_an_entry_is_never_changed_nor_deleted() -> None:
    entry = auditing.note(Deed.CHANGED, name="x")
    entry.who = "somebody else"
    with pytest.raises(ImmutableError):
        entry.save()
    with pytest.raises(ImmutableError):
        entry.delete()
    with pytest.raises(ImmutableError):
        AuditEntry.objects.update(who="somebody else")
    with pytest.raises(ImmutableError):
        AuditEntry.objects.filter(pk=entry.pk).delete()
    with pytest.raises(ImmutableError):
        AuditEntry.objects.bulk_update([entry], ["who"])
    assert AuditEntry.objects.get().who == ""


def test_it_remembers_who_and_what_are_gone() -> None:
    user, station = UserFactory(username="lee"), StationFactory(organisation=None, name="Old")
    with auditing.acting(auditing.person(user)):
        stations.forget(station=station, why="Scrap")
    user.delete()
    entry = AuditEntry.objects.get(deed=Deed.DELETED)
    assert (entry.who, entry.target_name) == ("lee", "Old")
    assert entry.changes["identity"] == [station.identity, None]


def test_a_change_that_is_rolled_back_was_none() -> None:
    StationFactory(identity="CP-1")
    before = AuditEntry.objects.count()
    with pytest.raises(Exception, match="identity"):
        stations.create_station(identity="CP-1")
    assert AuditEntry.objects.count() == before


def test_secrets_are_masked() -> None:
    station = stations.create_station(identity="CP-9", password="correct-horse")
    assert last().changes["password_digest"] == [None, "•••"]
    assert station.password_digest not in str(last().changes)
    auditing.note(
        Deed.CHANGED,
        station,
        changes={
            "webhook_secret": ["one", "two"],
            "location": ["", "ftp://user:pass@host/x"],
            "params": [None, {"key": "AuthorizationKey", "value": "hush"}],
        },
        detail="see ftp://user:pass@host/x",
    )
    kept = str(last().changes) + last().detail
    assert "hush" not in kept
    assert "pass" not in kept
    assert last().changes["webhook_secret"] == ["•••", "•••"]


def test_hostile_names_are_kept_on_one_line() -> None:
    auditing.note(Deed.CHANGED, StationFactory(), name="a\nb\x00c")
    assert last().target_name == "a b�c"


def test_what_is_asked_of_a_station_is_noted() -> None:
    station = StationFactory(name="Quay 1")
    with auditing.acting(auditing.rule("Unanswered")):
        run = runs.submit(
            command=BY_SLUG["reboot"], target=targets.of_station(station), params={"mode": "now"}
        )
    entry = last()
    assert (entry.deed, entry.target_kind, entry.target_pk) == (Deed.ASKED, "commandrun", run.pk)
    assert (entry.actor_kind, entry.who) == (ActorKind.RULE, "Unanswered")
    assert entry.target_name == "Reboot Quay 1"
    assert entry.changes == {"mode": [None, "now"]}
    runs.cancel(run=run, user=None)
    assert last().deed == Deed.CANCELLED


def test_stations_and_their_parts_leave_entries() -> None:
    station = StationFactory(organisation=None, open_connection=True)
    organisation = OrganisationFactory(name="Grid")
    connections.disconnect(station=station, why="Disconnected by lee.")
    stations.approve(station=station, organisation=organisation)
    stations.renew_password(station=station)
    closing.close(parts=[station])
    entries = list(AuditEntry.objects.order_by("pk"))
    assert [entry.deed for entry in entries] == [
        Deed.DISCONNECTED,
        Deed.APPROVED,
        Deed.NEW_PASSWORD,
        Deed.CHANGED,
    ]
    assert entries[1].changes["organisation"] == [None, "Grid"]
    assert entries[3].changes == {"operational_status": ["Operative", "Closed"]}


def test_the_shell_is_named() -> None:
    call_command("create_station", "CP-77", "--no-password")
    entry = last()
    assert entry.actor_kind == ActorKind.SHELL
    assert entry.who
    assert entry.target_name == "CP-77"


def test_signing_in_out_and_failing_to(client: Client) -> None:
    user = UserFactory(username="lee")
    client.post("/sign-in/", {"username": "lee", "password": "wrong-horse"})
    client.post("/sign-in/", {"username": "lee", "password": PASSWORD})
    client.post("/sign-out/")
    entries = list(AuditEntry.objects.order_by("pk"))
    assert [(entry.deed, entry.who, entry.address) for entry in entries] == [
        (Deed.SIGN_IN_FAILED, "lee", "127.0.0.1"),
        (Deed.SIGNED_IN, "lee", "127.0.0.1"),
        (Deed.SIGNED_OUT, "lee", "127.0.0.1"),
    ]
    assert all(entry.target_pk == user.pk for entry in entries)
    assert "wrong-horse" not in str([vars(entry) for entry in entries])


def test_a_flood_of_wrong_passwords_does_not_fill_the_log(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for number in range(auditing.MOST_FAILURES + 5):
            auditing.note_failed_sign_in(name=f"guess-{number}", address="192.0.2.66")
        auditing.note_failed_sign_in(name="lee", address="192.0.2.7")
        assert AuditEntry.objects.count() == auditing.MOST_FAILURES + 1
        clock.shift(timedelta(minutes=2))
        auditing.note_failed_sign_in(name="lee", address="192.0.2.66")
    assert AuditEntry.objects.count() == auditing.MOST_FAILURES + 2


def test_only_what_is_older_than_its_time_is_forgotten(settings: Settings) -> None:
    settings.EVCHARGE_AUDIT_DAYS = 10
    with time_machine.travel(timezone.now() - timedelta(days=11)):
        auditing.note(Deed.CHANGED, name="old")
    auditing.note(Deed.CHANGED, name="new")
    assert not pruning.prune()
    assert [entry.target_name for entry in AuditEntry.objects.all()] == ["new"]


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(UserFactory(role=Role.ADMIN, username="ada"))
    return client


def test_the_admin_notes_each_field_that_changed(admin: Client) -> None:
    user = UserFactory(username="lee", role=Role.VIEWER)
    form = {
        "username": "lee",
        "role": Role.ENGINEER,
        "is_active": "on",
        "sees_all_organisations": "on",
    }
    response = admin.post(f"/admin/operations/user/{user.pk}/change/", form)
    assert response.status_code == 302
    entry = last()
    assert (entry.deed, entry.who, entry.target_name) == (Deed.CHANGED, "ada", "lee")
    assert entry.changes == {"role": ["viewer", "engineer"]}


def test_the_admin_notes_a_new_password_but_not_which(admin: Client) -> None:
    user: User = UserFactory(username="lee")
    form = {"password1": "a-new-horse-9", "password2": "a-new-horse-9", "usable_password": "true"}
    admin.post(f"/admin/operations/user/{user.pk}/password/", form)
    entry = last()
    assert (entry.deed, entry.target_name, entry.changes) == (Deed.NEW_PASSWORD, "lee", {})


def test_the_admin_notes_what_is_deleted(admin: Client) -> None:
    station: Station = StationFactory(name="Old")
    admin.post(f"/admin/operations/station/{station.pk}/delete/", {"post": "yes"})
    assert last().deed == Deed.DELETED
    others = [StationFactory().pk, StationFactory().pk]
    admin.post(
        "/admin/operations/station/",
        {"action": "delete_selected", "_selected_action": others, "post": "yes"},
    )
    assert AuditEntry.objects.filter(deed=Deed.DELETED).count() == 3
