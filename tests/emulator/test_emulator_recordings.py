"""Exchanges recorded from the real Azure, replayed: the emulator answers with the same status, headers and keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from azjobs.emulator import wellknown

if TYPE_CHECKING:
    from tests.emulator.conftest import Arm

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "recordings"
NAMES = (
    "Compute.VirtualMachine.VirtualMachine__CanCreateUpdatePriorityAndPrice.json",
    "Network.NSG__CreateUpdate.json",
    "Network.NetworkInterface__CreateUpdate.json",
    "Network.PublicIPAddress__CreateUpdate.json",
    "ResourceManager.ResourceGroups__CanCRUDResourceGroup.json",
)
HEADERS = ("azure-asyncoperation", "location", "retry-after", "azure-asyncnotification")
NEWER = frozenset({"Azure-AsyncNotification"})
"""Headers that Azure has sent since the recordings were made."""
SUBSCRIPTION = re.compile(r"/subscriptions/[0-9a-f-]{36}", re.IGNORECASE)

pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="recordings of Azure are not at hand")


def exchanges(name: str) -> Iterator[dict[str, Any]]:
    """The recorded exchanges, in the order of their time."""
    entries = json.loads((RECORDINGS / name).read_text())["Entries"]
    yield from sorted(entries, key=lambda entry: parsedate_to_datetime(entry["ResponseHeaders"]["Date"][0]))


def is_poll(path: str) -> bool:
    return bool(re.search(r"/operations/|/operationresults/|/asyncoperations/|/operationresults/", path.lower()))


def key_paths(value: Any, path: str = "") -> set[str]:
    """The paths of all keys in a document, list items taken together."""
    if isinstance(value, dict):
        return {f"{path}.{name}" for name in value} | {
            found for name, member in value.items() for found in key_paths(member, f"{path}.{name}")
        }
    if isinstance(value, list):
        return {found for item in value for found in key_paths(item, f"{path}[]")}
    return set()


def body_of(entry: dict[str, Any]) -> Any:
    text = SUBSCRIPTION.sub(f"/subscriptions/{wellknown.SUBSCRIPTION_ID}", entry["RequestBody"] or "")
    return json.loads(text.replace("ELIDED", "Recorded-Passw0rd")) if text else None


def differences(arm: Arm, entry: dict[str, Any]) -> list[str]:
    """Replay one exchange; what differs from what Azure answered."""
    path = SUBSCRIPTION.sub(arm.subscription, entry["RequestUri"].removeprefix("https://management.azure.com"))
    if is_poll(path):
        return []
    # The operations of providers had ended at the next request; a group's deletion, when it was found gone.
    if "/providers/" in path or entry["StatusCode"] == 404:
        arm.settle()
    response = arm.ask(entry["RequestMethod"], path, body_of(entry))
    found = []
    if response.status != entry["StatusCode"]:
        return [f"status {response.status}, not {entry['StatusCode']}: {response.body[:200]!r}"]
    ours = {name.lower() for name in response.headers} & set(HEADERS)
    theirs = {name.lower() for name in entry["ResponseHeaders"]} & set(HEADERS)
    if theirs - ours or ours - theirs - {name.lower() for name in NEWER}:
        found.append(f"headers {sorted(ours)}, not {sorted(theirs)}")
    wanted = entry["ResponseHeaders"].get("Retry-After", [None])[0]
    if "retry-after" in theirs and response.headers.get("Retry-After") != wanted:
        found.append(f"Retry-After {response.headers.get('Retry-After')}, not {wanted}")
    if entry["ResponseBody"]:
        # Of storage accounts the emulator knows the operations, not the bodies.
        if "/Microsoft.Storage/" in path:
            return found
        missing = key_paths(json.loads(entry["ResponseBody"])) - key_paths(response.json())
        found += [f"key {key} is missing" for key in sorted(missing)]
    return found


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_session_is_answered_as_azure_answered_it(arm: Arm, name: str) -> None:
    total, said = 0, []
    for entry in exchanges(name):
        total += 1
        for difference in differences(arm, entry):
            path = entry["RequestUri"].partition("?")[0][80:]
            said.append(f"{entry['RequestMethod']} {path}: {difference}")
    assert total > 5
    assert said == []
