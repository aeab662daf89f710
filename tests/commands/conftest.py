"""Fixtures of the commands' tests: the official type descriptions, and a real emulator with somebody logged in."""

from __future__ import annotations

import json
import ssl
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from azjobs.accounts import Context
    from azjobs.emulator.launcher import RunningEmulator

SCHEMAS = Path(__file__).parents[3] / "shared" / "schemas"
_FILES = {
    "Microsoft.Compute": "Microsoft.Compute-2026-04-01.types.json",
    "Microsoft.Network": "Microsoft.Network-2025-05-01.types.json",
    "Microsoft.Resources": "Microsoft.Resources-2025-04-01.types.json",
}
_REQUIRED, _READ_ONLY, _CONSTANT = 1, 2, 8
Check = Callable[[Mapping[str, Any]], list[str]]


@pytest.fixture(scope="session")
def complaints() -> Check:
    """Return what tells where a template's resource breaks Azure's own type descriptions."""
    if not SCHEMAS.is_dir():
        pytest.skip(f"the type descriptions are not in {SCHEMAS}")
    return _check_resource


@cache
def _types(namespace: str) -> list[dict[str, Any]]:
    types: list[dict[str, Any]] = json.loads((SCHEMAS / _FILES[namespace]).read_text("utf-8"))
    return types


def _check_resource(resource: Mapping[str, Any]) -> list[str]:
    kind, version = resource["type"], resource["apiVersion"]
    types = _types(kind.partition("/")[0])
    wanted = f"{kind}@{version}".lower()
    found = [one for one in types if one["$type"] == "ResourceType" and one["name"].lower() == wanted]
    if not found:
        return [f"{kind}@{version} is described nowhere"]
    body = {key: value for key, value in resource.items() if key not in {"dependsOn", "type", "apiVersion"}}
    return list(_check(types, found[0]["body"], body, kind))


def _check(types: list[dict[str, Any]], reference: Mapping[str, str], value: Any, where: str) -> list[str]:
    described = types[int(reference["$ref"].removeprefix("#/"))]
    if isinstance(value, str) and value.startswith("[") and not value.startswith("[["):
        return []  # an expression
    match described["$type"]:
        case "AnyType":
            return []
        case "StringType":
            return _unless(isinstance(value, str), where, "a string", value)
        case "StringLiteralType":
            return _unless(value == described["value"], where, repr(described["value"]), value)
        case "IntegerType":
            return _unless(isinstance(value, int) and not isinstance(value, bool), where, "an integer", value)
        case "BooleanType":
            return _unless(isinstance(value, bool), where, "a boolean", value)
        case "ArrayType":
            if not isinstance(value, list):
                return _unless(False, where, "an array", value)
            return [
                complaint
                for index, item in enumerate(value)
                for complaint in _check(types, described["itemType"], item, f"{where}[{index}]")
            ]
        case "UnionType":
            fits = any(not _check(types, element, value, where) for element in described["elements"])
            return _unless(fits, where, "one of several", value)
        case "ObjectType":
            return _check_object(types, described, value, where)
    raise AssertionError(f"unknown description {described['$type']}")


def _check_object(types: list[dict[str, Any]], described: Mapping[str, Any], value: Any, where: str) -> list[str]:
    if not isinstance(value, Mapping):
        return _unless(False, where, "an object", value)
    properties = described.get("properties", {})
    found = []
    for name, one in properties.items():
        if one["flags"] & _REQUIRED and not one["flags"] & _CONSTANT and name not in value:
            found.append(f"{where}.{name} is missing")
    for name, inner in value.items():
        if name in properties:
            if properties[name]["flags"] & _READ_ONLY:
                found.append(f"{where}.{name} is read-only")
            found += _check(types, properties[name]["type"], inner, f"{where}.{name}")
        elif "additionalProperties" in described:
            found += _check(types, described["additionalProperties"], inner, f"{where}.{name}")
        else:
            found.append(f"{where}.{name} is unknown")
    return found


def _unless(fits: bool, where: str, wanted: str, value: Any) -> list[str]:
    return [] if fits else [f"{where} is {value!r}, not {wanted}"]


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """The emulator as a test sees it: who is logged in, and the controls that real Azure does not have."""

    context: Context
    running: RunningEmulator

    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Send a request to the emulator's control endpoints."""
        request = urllib.request.Request(
            f"{self.running.endpoint}/_emulator/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        trusted = ssl.create_default_context(cafile=str(self.running.ca_file))
        with urllib.request.urlopen(request, context=trusted) as answer:
            return json.load(answer)

    def fail_next(self, kind: str, name: str, code: str, message: str) -> None:
        """Make the next operation of that kind on that name fail."""
        self.control("POST", "faults", {"kind": kind, "name": name, "code": code, "message": message})

    def requests(self) -> dict[str, int]:
        """Return how often each request was made."""
        counts: dict[str, int] = self.control("GET", "requests")
        return counts

    def get(self, path: str, api_version: str) -> dict[str, Any] | None:
        """Return what Azure shows under a path, or None."""
        from azjobs.operations import submit

        return submit.fetch(self.context, lambda arm: arm.get(path, api_version=api_version, missing_ok=True))

    def put(self, path: str, api_version: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make something in Azure and wait until it is there."""
        from azjobs.commands.operating import operate
        from azjobs.operations import submit

        made: dict[str, Any] = submit.fetch(
            self.context, lambda arm: operate(arm, "PUT", path, api_version=api_version, body=body)
        )
        return made

    def names(self, group: str) -> dict[str, list[str]]:
        """Return the names of what a group holds, by type; the OS disk of a VM as `disk`."""
        from azjobs.operations import submit

        path = f"/subscriptions/{self.context.subscription}/resourceGroups/{group}/resources"
        found: dict[str, list[str]] = {}
        for item in submit.fetch(self.context, lambda arm: arm.list(path, api_version="2025-04-01")):
            found.setdefault(item["type"].rpartition("/")[2], []).append(item["name"])
        return found


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is logged in when a test begins: what another test's login left in this process is put aside."""
    from azjobs.accounts import session

    monkeypatch.setattr(session, "_state", session._State())


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """A real emulator that runs fast, for all tests of this process."""
    from azjobs.emulator import launcher

    home = tmp_path_factory.mktemp("emulator")
    try:
        yield launcher.start(home, speed=2000)
    finally:
        launcher.stop(home)


@pytest.fixture
def cloud(emulator: RunningEmulator, azjobs_home: Path) -> Cloud:
    """An empty Azure with somebody logged in."""
    import azjobs

    azjobs_home.mkdir(mode=0o700)
    (azjobs_home / "emulator").symlink_to(emulator.home)
    context = azjobs.connect(environment="Emulator")
    empty = Cloud(context=context, running=emulator)
    empty.control("POST", "reset")
    return empty
