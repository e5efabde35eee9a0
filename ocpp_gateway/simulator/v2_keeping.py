"""What an OCPP 2.x station keeps besides: messages on its display, customers."""

from typing import TYPE_CHECKING

from ocpp_gateway.simulator.frames import Answer, Message, Payload

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation

ACCEPTED: Payload = {"status": "Accepted"}
UNKNOWN: Payload = {"status": "Unknown"}


class DisplayMessages:
    """Messages by their numbers (2.0.1 O)."""

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station
        self._shown: dict[int, Payload] = {}

    def set(self, request: Payload) -> Answer:
        """O01: the same number replaces."""
        self._shown[int(request["message"]["id"])] = request["message"]
        return Answer(ACCEPTED)

    def clear(self, request: Payload) -> Answer:
        """O05."""
        return Answer(ACCEPTED if self._shown.pop(int(request["id"]), None) else UNKNOWN)

    def report(self, request: Payload) -> Answer:
        """O03, O04."""
        numbers = request.get("id")
        found = [
            message
            for number, message in self._shown.items()
            if (numbers is None or number in numbers)
            and request.get("priority") in (None, message["priority"])
            and request.get("state") in (None, message.get("state"))
        ]
        if not found:
            return Answer(UNKNOWN)

        async def tell() -> None:
            payload = {"requestId": request["requestId"], "messageInfo": found}
            await self._station.say(Message("NotifyDisplayMessages", payload))

        return Answer(ACCEPTED, tell)


class Customers:
    """What the station knows of people: nothing but their running sessions (N09, N10, E14)."""

    def __init__(self, station: "SimulatedStation") -> None:
        self._station = station

    def tell(self, request: Payload) -> Answer:
        """N09: one part, in words."""
        token = request.get("idToken", {}).get("idToken", "")
        running = [
            connector
            for connector in self._station.hardware.running()
            if connector.session and connector.session.token == token
        ]

        async def tell() -> None:
            payload = {
                "requestId": request["requestId"],
                "data": f"{len(running)} running sessions",
                "seqNo": 0,
                "generatedAt": self._station.stamp(),
            }
            await self._station.say(Message("NotifyCustomerInformation", payload))

        return Answer(ACCEPTED, tell)

    def transaction_status(self, request: Payload) -> Answer:
        """E14: whatever was to be sent has been sent."""
        waiting = {"messagesInQueue": False}
        if "transactionId" not in request:
            return Answer(waiting)
        sessions = (connector.session for connector in self._station.hardware.running())
        runs = any(
            session is not None and session.transaction == request["transactionId"]
            for session in sessions
        )
        return Answer({**waiting, "ongoingIndicator": runs})
