"""What tests of a link start from: a clock that stands still, and frames."""

import json
from typing import Any

from ocpp_gateway.link import Asked, Link, new_id


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def frame(*parts: Any) -> str:
    return json.dumps(parts)


def one(link: Link, raw: str | bytes) -> Any:
    (happening,) = link.receive(raw)
    return happening


def asked(unique_id: str = "", action: str = "Reset", item: Any = 7) -> Asked:
    return Asked(unique_id or new_id(), action, {"type": "Soft"}, 30.0, item)
