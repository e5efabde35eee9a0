"""What authorization tests say to a simulated station, in the words of its version."""

from typing import Any

from ocpp_gateway.simulator.settings import Rule
from ocpp_gateway.simulator.v2_variables import RULES as NAMES_V2
from ocpp_gateway.simulator.v16_keys import RULES as NAMES_V16
from operations.versions import V16, OcppVersion
from tests.gateway.simulated import ID
from tests.gateway.toy_central_system import ToyCentralSystem

ACCEPTED = {"status": "Accepted"}


def variable(component: str, name: str, **more: Any) -> dict[str, Any]:
    """A variable as 2.x addresses it."""
    return {"component": {"name": component}, "variable": {"name": name}, **more}


async def switches(
    system: ToyCentralSystem, version: OcppVersion, **values: bool | str
) -> list[str]:
    """Write settings, named as in Rule; what was answered."""
    statuses = []
    for word, value in values.items():
        text = value if isinstance(value, str) else str(value).lower()
        component, name = (NAMES_V16 if version is V16 else NAMES_V2)[Rule[word.upper()]]
        if version is V16:
            request = {"key": name, "value": text}
            statuses.append((await system.ask(ID, "ChangeConfiguration", request))["status"])
            continue
        data = [variable(component, name, attributeValue=text)]
        written = await system.ask(ID, "SetVariables", {"setVariableData": data})
        statuses.append(written["setVariableResult"][0]["attributeStatus"])
    return statuses


def entry(version: OcppVersion, token: str, info: dict[str, Any] | None) -> dict[str, Any]:
    """An entry of a local list; without information it deletes."""
    if version is V16:
        return {"idTag": token} | ({"idTagInfo": info} if info else {})
    named = {"idToken": {"idToken": token, "type": "ISO14443"}}
    return named | ({"idTokenInfo": info} if info else {})


def update(
    version: OcppVersion, kind: str, number: int, **entries: dict[str, Any] | None
) -> dict[str, Any]:
    """A SendLocalList request; no entries are left out, as 2.x wants."""
    listed = [entry(version, token, info) for token, info in entries.items()]
    named = {"listVersion" if version is V16 else "versionNumber": number, "updateType": kind}
    return named | ({"localAuthorizationList": listed} if listed else {})


async def sends(
    system: ToyCentralSystem,
    version: OcppVersion,
    kind: str,
    number: int,
    **entries: dict[str, Any] | None,
) -> str:
    """Send a list; the answer's status."""
    answer = await system.ask(ID, "SendLocalList", update(version, kind, number, **entries))
    status: str = answer["status"]
    return status


async def held_version(system: ToyCentralSystem, version: OcppVersion) -> int:
    """The version the station says it holds."""
    answer = await system.ask(ID, "GetLocalListVersion", {})
    number: int = answer["listVersion" if version is V16 else "versionNumber"]
    return number


def says_of_tokens(system: ToyCentralSystem, status: str) -> None:
    """What the central system answers about every token from now on."""
    info = {"status": status}
    system.answers["Authorize"] = {"idTagInfo": info, "idTokenInfo": info}
    system.answers["StartTransaction"] = {"transactionId": 77, "idTagInfo": info}
    system.answers["TransactionEvent"] = {"idTokenInfo": info}
