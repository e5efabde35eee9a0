"""OCPP 2.1: what is new in it, both ways; its new certification cases are not public by steps."""

import pytest

from operations import ocpp_actions, schemas
from operations.models import Session
from operations.versions import V21, V201
from tests.conformance.kit import Asked, connected, exchanges, working
from tests.e2e import samples
from tests.fake_station import FakeStation
from tests.portal import Portal

NEW_FROM_US = sorted({*ocpp_actions.to_stations(V21)} - {*ocpp_actions.to_stations(V201)})


@pytest.mark.parametrize("action", NEW_FROM_US)
async def test_what_is_new_can_be_asked_and_the_answer_is_kept(portal: Portal, action: str) -> None:
    payload = samples.sample(samples.request_schema(V21, action), 0)
    answer = samples.sample(samples.answer_schema(V21, action), 0)
    assert schemas.faults(V21, action, payload) == []
    async with working(portal, V21) as station:
        await exchanges(station, Asked(action, payload, answer))


async def test_the_subprotocol_is_chosen_among_the_offered(portal: Portal) -> None:
    async with connected(portal, V21) as station:
        assert station.socket.subprotocol == "ocpp2.1"
    several = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]
    async with FakeStation(portal.stations_url, "CP-1", subprotocols=several) as station:
        assert station.socket.subprotocol == "ocpp2.1"


async def test_a_session_resumes_after_a_reset(portal: Portal) -> None:
    async with working(portal, V21) as station:
        session = await station.starts_session(1)
        await station.drops()
        await station.connects()
        await station.boots(reason="RemoteReset")
        answer = await station.meters(session, 1500.0, triggerReason="TxResumed")
        assert answer == {}
    assert (await Session.objects.aget()).is_running
