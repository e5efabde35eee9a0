"""What one socket leaves behind: its lines of the message log, and the faults it showed."""

from datetime import datetime

from django.utils import timezone

from ocpp_gateway.codec import encode_call
from ocpp_gateway.faults import FaultLog
from ocpp_gateway.findings import Finding, Violation
from ocpp_gateway.frames import Call, Garbled
from ocpp_gateway.happenings import Asked
from ocpp_gateway.writer import Writer
from operations.services.connections import Opened
from operations.services.messages import Exchange
from operations.services.told import Fault

LOGGED_CHARACTERS = 20_000  # of a frame; more is cut


class Journal:
    """Writes in the name of one connection."""

    def __init__(self, opened: Opened, writer: Writer, faults: FaultLog) -> None:
        self._station_pk = opened.station_pk
        self._connection_pk = opened.connection_pk
        self._writer = writer
        self._faults = faults

    def mended(self, action: str, findings: tuple[Finding, ...]) -> None:
        """Faults that were understood all the same."""
        for finding in findings:
            fault = Fault(self._station_pk, finding.kind, action, finding.path)
            self._faults.add(fault, finding.detail)

    def refused(self, action: str, why: Violation | Garbled) -> None:
        """A fault that was not."""
        path = why.path if isinstance(why, Violation) else ""
        detail = why.text if isinstance(why, Violation) else why.detail
        self._faults.add(Fault(self._station_pk, why.code, action, path), detail)

    def heard(
        self, raw: str | bytes, call: Call | None = None, answer: str = "", error_code: str = ""
    ) -> None:
        """A frame of the station's that nothing is recorded of beside this line."""
        exchange = self.exchange(raw, call, answer, timezone.now())
        exchange.error_code = error_code
        self._writer.log(exchange)

    def stray(self, raw: str | bytes, unique_id: str, error_code: str = "") -> None:
        """A frame that answers nothing we know of."""
        exchange = self.exchange(raw, None, "", timezone.now())
        exchange.unique_id, exchange.error_code = unique_id, error_code
        self._writer.log(exchange)

    def exchange(
        self,
        raw: str | bytes,
        call: Call | None,
        answer: str,
        called_at: datetime,
        answered_at: datetime | None = None,
    ) -> Exchange:
        """The line of a frame of the station's, to be written with what it tells.

        Answered now, unless said otherwise.
        """
        return Exchange(
            station_id=self._station_pk,
            connection_id=self._connection_pk,
            is_from_station=True,
            action=call.action if call else "",
            unique_id=call.unique_id if call else "",
            call=shortened(raw),
            called_at=called_at,
            answer=answer,
            answered_at=(answered_at or timezone.now()) if answer else None,
        )

    def asked(self, asked: Asked, answer: str) -> None:
        """A call of ours that no run stands for; runs log theirs before they are sent."""
        now = timezone.now()
        self._writer.log(
            Exchange(
                station_id=self._station_pk,
                connection_id=self._connection_pk,
                is_from_station=False,
                action=asked.action,
                unique_id=asked.unique_id,
                call=encode_call(asked.unique_id, asked.action, asked.payload),
                called_at=now,
                answer=answer,
                answered_at=now if answer else None,
            )
        )


def shortened(raw: str | bytes) -> str:
    """A frame as text, no longer than the log keeps."""
    text = raw if isinstance(raw, str) else raw.decode(errors="replace")
    return text if len(text) <= LOGGED_CHARACTERS else text[:LOGGED_CHARACTERS] + "…"
