"""What a request would do, in sentences, where it takes more than the form to say it."""

from collections.abc import Callable, Collection, Mapping

from operations.commands.base import Command, Params
from operations.commands.send_local_list import NEEDED
from operations.services.local_lists import forecasts

Forecast = Callable[[Collection[int], Params], list[str]]


def _of_local_list(station_pks: Collection[int], params: Params) -> list[str]:
    return forecasts.sentences(station_pks, params.get("mode") or NEEDED)


FORECASTS: Mapping[str, Forecast] = {"send-local-list": _of_local_list}


def of(command: Command, station_pks: Collection[int], params: Params) -> list[str]:
    """The sentences; none for most commands."""
    forecast = FORECASTS.get(command.slug)
    return forecast(station_pks, params) if forecast and station_pks else []
