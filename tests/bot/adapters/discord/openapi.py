"""Discord's OpenAPI, for checking every body that leaves the bot."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

ADDRESS = "urn:discord"


class DiscordApi:
    """Finds the schema of a request's body and holds the body against it, and against limits that it leaves out."""

    def __init__(self, spec: dict[str, Any]) -> None:
        resource = Resource.from_contents(spec, default_specification=DRAFT202012)
        self._registry: Registry[Any] = Registry().with_resource(ADDRESS, resource)
        self._routes = [
            (
                method.upper(),
                re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)),
                f"{ADDRESS}#/paths/{_escape(path)}/{method}",
            )
            for path, item in sorted(spec["paths"].items(), key=lambda entry: entry[0].count("{"))
            for method, operation in item.items()
            if isinstance(operation, dict) and "application/json" in operation.get("requestBody", {}).get("content", {})
        ]

    def check(self, method: str, path: str, body: Any) -> None:
        """Raises `jsonschema.ValidationError`, or `AssertionError` for a route or a size that Discord does not take."""
        target = next((at for verb, route, at in self._routes if verb == method and route.fullmatch(path)), None)
        assert target is not None, f"Discord documents no {method} {path} with a body"
        reference = {"$ref": f"{target}/requestBody/content/application~1json/schema"}
        jsonschema.Draft202012Validator(reference, registry=self._registry).validate(_as_sent(body))
        check_sizes(body.get("data", body) if isinstance(body, dict) else {})


def check_sizes(message: Mapping[str, Any]) -> None:
    """What the schema does not add up: 4,000 characters and 40 components a message."""
    held = list(_walk(message.get("components", ())))
    assert len(held) <= 40
    assert sum(len(each.get("content", "")) for each in held) <= 4_000
    assert len(message.get("content") or "") <= 2_000
    ids = [each["custom_id"] for each in held if "custom_id" in each]
    assert len(ids) == len(set(ids))
    assert all(0 < len(each) <= 100 for each in ids)


def _walk(components: Any) -> Any:
    for component in components:
        yield component
        yield from _walk(component.get("components", ()))
        if "component" in component:
            yield from _walk([component["component"]])


def _as_sent(body: Any) -> Any:
    """discord.py writes some ids as numbers, which Discord takes and its schema does not."""
    if isinstance(body, dict):
        return {key: _value(key, value) for key, value in body.items()}
    return [_as_sent(each) for each in body] if isinstance(body, list) else body


def _value(key: str, value: Any) -> Any:
    if key == "attachments":
        return [{**each, "id": str(each["id"])} for each in value]
    return str(value) if key == "recipient_id" else _as_sent(value)


def _escape(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1")
