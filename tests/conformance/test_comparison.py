"""Two bodies are compared by key paths, by types, and by values of closed lists."""

from __future__ import annotations

from pathlib import Path

import pytest
from conformance.bodies import compare
from conformance.figures import Figures, Ratio
from conformance.schemas import FOLDER, Schemas
from conformance.translation import Translation

from azjobs.emulator import wellknown
from conformance import floor


def test_missing_and_surplus_keys_are_counted_by_path() -> None:
    found = compare({"a": {"b": 1}, "c": [{"d": 1}, {"e": 2}]}, {"a": {}, "c": [{"d": 1}], "f": {"g": 1}})
    assert found.present == 3
    assert dict(found.missing) == {"a.b": 1, "c[].e": 1}
    assert dict(found.surplus) == {"f": 1, "f.g": 1}
    assert found.total == 5


def test_a_value_of_another_type_and_another_value_of_a_closed_list_are_wrong() -> None:
    recorded = {"size": 1, "name": "a", "properties": {"provisioningState": "Updating", "on": True}}
    ours = {"size": "1", "name": "b", "properties": {"provisioningState": "Succeeded", "on": 1}}
    found = compare(recorded, ours)
    assert found.values == 4
    assert set(found.wrong) == {
        "size: number is string",
        "properties.provisioningState: Updating is Succeeded",
        "properties.on: boolean is number",
    }


def test_items_are_compared_by_their_names_whatever_their_order() -> None:
    recorded = [{"name": "a", "level": "Info"}, {"name": "b", "level": "Error"}]
    assert not compare({"x": recorded}, {"x": recorded[::-1]}).wrong
    assert compare({"x": recorded}, {"x": [{"name": "b", "level": "Info"}]}).wrong


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the schemas are not beside the checkout")
def test_the_schemas_complain_of_unknown_missing_and_wrong_properties() -> None:
    schemas = Schemas()
    body = {"id": "/x", "name": "p", "properties": {"idleTimeoutInMinutes": "4", "ipTags": [{"ipTagType": 1}]}}
    assert schemas.complaints("Microsoft.Network/publicIPAddresses", {**body, "oddity": 1}) == [
        "properties.idleTimeoutInMinutes must be an integer",
        "properties.ipTags[].ipTagType must be a string",
        "oddity is unknown",
    ]
    assert "location is missing" in schemas.complaints("Microsoft.Compute/virtualMachines", {"id": "/x", "name": "v"})
    test = schemas.enum_test("microsoft.network/publicipaddresses")
    assert test is not None
    assert test("properties.publicIPAllocationMethod")
    assert not test("properties.ipAddress")


def test_subscriptions_poll_urls_etags_and_generated_ids_are_translated() -> None:
    translation = Translation()
    recorded = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/N.M/disks/vm_OsDisk_1_ab"
    ours = translation.text(recorded).replace("_ab", "_cd")
    assert wellknown.SUBSCRIPTION_ID in ours
    translation.learn({"properties": {"id": recorded}, "etag": "1"}, {"properties": {"id": ours}, "etag": "2"})
    assert translation.text(f"{recorded}/x?a=1") == f"{ours}/x?a=1"
    assert translation.text(f"{recorded}e") == translation.text(recorded.replace("_ab", "_abe"))
    assert translation.etag("1") == "2"
    translation.learn_link("https://management.azure.com/s/op/1?api-version=1&t=9&s=x", "https://here/op/2")
    assert translation.url("https://MANAGEMENT.azure.com/S/op/1/?t=5&api-version=1") == "https://here/op/2"


def test_a_figure_below_the_floor_is_named_and_one_above_is_not(tmp_path: Path) -> None:
    figures = Figures(status=Ratio(good=990, all=1000))
    floor.write(tmp_path / "floor.json", figures)
    kept = floor.read(tmp_path / "floor.json")
    assert floor.dropped(kept, figures) == []
    worse = Figures(status=Ratio(good=989, all=1000))
    assert floor.dropped(kept, worse) == ["status has dropped to 98.90 %; the floor is 99.00 %."]
    with pytest.raises(floor.FloorUnreadable, match="write one with --write-floor"):
        floor.read(tmp_path / "none.json")
