"""Secrets of requests are encrypted at rest, masked on pages, and whole on the wire."""

from typing import Any

import pytest
from django.db import connection as database

from operations import sealing
from operations.masking import MASK
from operations.models import CommandRun, Connector
from operations.services import runs
from operations.services.runs import Options
from operations.statuses import RunStatus
from tests.domain.asked import answer, ask, claim, connect, fresh, overdue
from tests.factories import ConnectorFactory, StationFactory

SECRET = "ftp://anna:s3cret@files.example.org/"
MASKED = f"ftp://{MASK}@files.example.org/"


@pytest.fixture
def connector(db: None) -> Connector:
    connector: Connector = ConnectorFactory(number=1)
    return connector


def row_of(run: CommandRun) -> str:
    """All that stands in the table, and in those of its transitions and messages."""
    texts = []
    with database.cursor() as cursor:
        for table in ("commandrun", "runtransition", "ocppmessage", "stationevent"):
            cursor.execute(f"SELECT * FROM operations_{table}")  # noqa: S608
            texts.append(str(cursor.fetchall()))
    return "".join(texts)


def request(run: CommandRun, connector: Connector) -> dict[str, Any]:
    claimed = claim(run, connect(connector.station))
    return claimed.calls[0].payload


def test_what_holds_no_secret_is_not_sealed() -> None:
    assert sealing.seal_params({"mode": "now"}) == ({"mode": "now"}, "")
    assert sealing.unseal_params({"mode": "now"}, "") == {"mode": "now"}


def test_what_is_sealed_can_be_unsealed_and_not_read() -> None:
    asked = {"location": SECRET, "retries": 3, "key": "AuthorizationKey", "value": "s3cret"}
    shown, sealed = sealing.seal_params(asked)
    assert shown == asked | {"location": MASKED, "value": MASK}
    assert "s3cret" not in sealed
    assert sealing.unseal_params(shown, sealed) == asked
    assert sealing.seal(asked) != sealed  # the same twice does not show


def test_an_older_key_still_opens_and_a_lost_one_says_so(settings: Any) -> None:
    settings.EVCHARGE_SECRET_KEYS = ["old" * 20]
    _shown, sealed = sealing.seal_params({"location": SECRET})
    settings.EVCHARGE_SECRET_KEYS = ["new" * 20, "old" * 20]
    assert sealing.unseal(sealed) == {"location": SECRET}
    settings.EVCHARGE_SECRET_KEYS = ["new" * 20]
    with pytest.raises(sealing.UnsealableError):
        sealing.unseal(sealed)


def test_without_keys_the_secret_key_serves(settings: Any) -> None:
    settings.EVCHARGE_SECRET_KEYS = []
    assert sealing.unseal(sealing.seal({"a": SECRET})) == {"a": SECRET}


def test_a_secret_is_at_rest_only_sealed_and_on_the_wire_whole(connector: Connector) -> None:
    run = ask(connector.station, "custom-message", action="DataTransfer", payload={"at": SECRET})
    assert (fresh(run).params["payload"], bool(fresh(run).sealed)) == ({"at": MASKED}, True)
    assert "s3cret" not in row_of(run)
    assert request(run, connector) == {"at": SECRET}
    assert fresh(run).sealed == ""  # never sent again, so never needed again
    assert "s3cret" not in row_of(run)


def test_what_can_be_sent_again_keeps_its_secret_until_it_ends(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    from operations.commands import BY_SLUG
    from operations.services import sweeping

    monkeypatch.setattr(type(BY_SLUG["custom-message"]), "resend", True)
    run = ask(
        connector.station,
        "custom-message",
        options=Options(max_attempts=2),
        action="DataTransfer",
        payload={"at": SECRET},
    )
    request(run, connector)
    overdue(run)
    sweeping.sweep()
    assert fresh(run).status == RunStatus.QUEUED
    assert request(run, connector) == {"at": SECRET}
    answer(run, "Accepted")
    assert (fresh(run).status, fresh(run).sealed) == (RunStatus.DONE, "")


def test_a_run_that_ends_at_once_seals_nothing(db: None) -> None:
    offline = StationFactory(connected=False)
    run = ask(offline, "custom-message", action="DataTransfer", payload={"at": SECRET})
    assert (run.status, run.sealed) == (RunStatus.NOT_CONNECTED, "")
    assert "s3cret" not in row_of(run)


def test_a_run_whose_key_is_gone_fails_in_words(connector: Connector, settings: Any) -> None:
    run = ask(connector.station, "custom-message", action="DataTransfer", payload={"at": SECRET})
    settings.EVCHARGE_SECRET_KEYS = ["another" * 10]
    socket = connect(connector.station)
    assert runs.claim(run_pk=run.pk, connection_pk=socket.pk) is None
    assert fresh(run).status == RunStatus.FAILED
    assert "keys have changed" in fresh(run).summary
