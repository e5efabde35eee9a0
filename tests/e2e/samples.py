"""Payloads made from the official schemas, so that every message of a version can be said."""

import json
from collections.abc import Callable
from functools import cache
from importlib import resources
from typing import Any

from jsonschema_rs import Draft4Validator

from operations.versions import V16, OcppVersion

Schema = dict[str, Any]

# How many items a list is given that may hold any number.
LIST_LENGTH = 2
LARGEST = 2**31 - 1
TIMES = ("2026-11-23T10:00:00Z", "2026-11-23T10:00:00.123+02:00", "1970-01-01T00:00:00Z")


def request_schema(version: OcppVersion, action: str) -> Schema:
    return _schema(version.slug, action if version is V16 else f"{action}Request")


def answer_schema(version: OcppVersion, action: str) -> Schema:
    return _schema(version.slug, f"{action}Response")


def answer_is_valid(version: OcppVersion, action: str, payload: object) -> bool:
    schema = answer_schema(version, action)
    return Draft4Validator(schema, validate_formats=True).is_valid(payload)


def actions(version: OcppVersion) -> set[str]:
    """All actions that have a request and an answer."""
    folder = resources.files("ocpp") / version.slug / "schemas"
    names = {entry.name.removesuffix(".json") for entry in folder.iterdir()}
    answered = {name.removesuffix("Response") for name in names if name.endswith("Response")}
    return answered & {name.removesuffix("Request") for name in names}


def sample(schema: Schema, turn: int) -> Any:
    """A valid payload: with each turn other values; in odd turns all that is allowed."""
    return _Sampler(schema, turn).value(schema, "")


@cache
def _schema(slug: str, name: str) -> Schema:
    text = (resources.files("ocpp") / slug / "schemas" / f"{name}.json").read_text("utf-8-sig")
    schema: Schema = json.loads(text)
    return schema


class _Sampler:
    def __init__(self, root: Schema, turn: int) -> None:
        self._definitions = root.get("definitions", {})
        self._turn = turn
        self._is_full = turn % 2 == 1

    def value(self, schema: Schema, name: str) -> Any:
        if "$ref" in schema:
            schema = self._definitions[schema["$ref"].rpartition("/")[2]]
        if "enum" in schema:
            return schema["enum"][self._turn % len(schema["enum"])]
        kinds: dict[str, Callable[[Schema, str], Any]] = {
            "object": self._object,
            "array": self._list,
            "string": self._text,
            "integer": self._integer,
            "number": self._number,
            "boolean": lambda _schema, _name: self._is_full,
        }
        return kinds.get(schema.get("type", ""), self._anything)(schema, name)

    def _object(self, schema: Schema, _name: str) -> dict[str, Any]:
        properties = schema.get("properties", {})
        named = properties if self._is_full else schema.get("required", [])
        return {name: self.value(properties[name], name) for name in named}

    def _list(self, schema: Schema, _name: str) -> list[Any]:
        least, most = schema.get("minItems", 1), schema.get("maxItems", LIST_LENGTH)
        length = max(least, min(most, LIST_LENGTH)) if self._is_full else max(least, 1)
        return [self.value(schema["items"], "") for _ in range(length)]

    def _text(self, schema: Schema, _name: str) -> str:
        if schema.get("format") == "date-time":
            return TIMES[self._turn % len(TIMES)]
        if schema.get("format") == "uri":
            return "https://example.org/file"
        longest = schema.get("maxLength", 30)
        return "ä" * longest if self._is_full else "1"

    def _integer(self, schema: Schema, name: str) -> int:
        if name in {"id", "evseId", "connectorId"}:
            return 1 + self._turn % 2
        least, most = schema.get("minimum", 0), schema.get("maximum", LARGEST)
        return int(most if self._is_full else least)

    def _number(self, schema: Schema, _name: str) -> float:
        return float(min(0.1 * self._turn, schema.get("maximum", LARGEST)))

    def _anything(self, _schema: Schema, _name: str) -> Any:
        return {"anything": [1, None, "text"]}
