"""How a station answers calls: what its version says, bent by its quirks."""

import asyncio
from typing import TYPE_CHECKING

from ocpp_gateway.simulator.behaviours import garble
from ocpp_gateway.simulator.frames import Answer, CallRefusedError, HeardCall, Payload
from ocpp_gateway.simulator.language import Answers
from ocpp_gateway.simulator.wire import Wire

if TYPE_CHECKING:
    from ocpp_gateway.simulator.station import SimulatedStation


class Replies:
    """Answers one station's calls."""

    def __init__(self, station: "SimulatedStation", answers: Answers) -> None:
        self._station = station
        self._answers = answers

    async def reply(self, wire: Wire, call: HeardCall) -> None:
        """Answer one call, or leave it, as the station's quirks have it."""
        quirks = self._station.quirks
        if quirks.drops_on_call:
            wire.abort()
            return
        if quirks.silent_to_boot_trigger and (
            call.payload.get("requestedMessage") == "BootNotification"
        ):
            return
        try:
            answer = self._answer_to(call)
        except CallRefusedError as refusal:
            await asyncio.sleep(quirks.answer_delay_s)
            await wire.refuse(call, refusal.code, refusal.description)
            self._station.tally.answered += 1
            return
        is_reset = call.action == "Reset"
        if answer.effect and quirks.effect_first and not is_reset:
            await answer.effect()
        if quirks.answers_reset or not is_reset:
            await self._send_answer(wire, call, answer.payload)
        if answer.effect and (is_reset or not quirks.effect_first):
            await answer.effect()

    async def _send_answer(self, wire: Wire, call: HeardCall, payload: Payload) -> None:
        if self._station.quirks.answer_delay_s:
            await asyncio.sleep(self._station.quirks.answer_delay_s)
        for _ in range(2 if self._station.quirks.answers_twice else 1):
            await wire.answer(call, garble(self._station.quirks, payload))
        self._station.tally.answered += 1

    def _answer_to(self, call: HeardCall) -> Answer:
        answers, quirks = self._answers, self._station.quirks
        if quirks.error_code:
            raise CallRefusedError(quirks.error_code, "as told to")
        is_stuck = quirks.stuck_until_reboot and self._station.settings.awaits_reboot
        refuses = quirks.rejects or (is_stuck and call.action != "Reset")
        if refuses and call.action in answers.refusals:
            return Answer(answers.refusals[call.action])
        handler = answers.handlers.get(call.action)
        if handler is None:
            raise CallRefusedError(
                "NotSupported" if answers.knows(call.action) else "NotImplemented"
            )
        try:
            answer = handler(call.payload)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CallRefusedError(answers.malformed, repr(error)[:250]) from error
        return Answer(answer.payload) if quirks.ignores else answer
