"""A whole long-running operation as one step of a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from azjobs.commands.operating import operate
from azjobs.errors import RequestRefused
from azjobs.operations import submit

if TYPE_CHECKING:
    from tests.commands.conftest import Cloud

NETWORK = "2025-05-01"


def test_an_operation_that_azure_ends_as_failed_is_an_error_with_azures_code(cloud: Cloud) -> None:
    group = f"/subscriptions/{cloud.context.subscription}/resourceGroups/shop"
    cloud.put(group, "2025-04-01", {"location": "eastus"})
    cloud.fail_next("Microsoft.Network/virtualNetworks/create", "hub", "AnotherOperationInProgress", "Busy.")
    body = {"location": "eastus", "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}}
    with pytest.raises(RequestRefused, match="AnotherOperationInProgress: Busy") as caught:
        cloud.put(f"{group}/providers/Microsoft.Network/virtualNetworks/hub", NETWORK, body)
    assert caught.value.error_code == "AnotherOperationInProgress"


def test_what_is_not_there_may_be_deleted(cloud: Cloud) -> None:
    path = f"/subscriptions/{cloud.context.subscription}/resourceGroups/nowhere"
    with pytest.raises(RequestRefused):
        submit.fetch(cloud.context, lambda arm: operate(arm, "DELETE", path, api_version="2025-04-01"))
    assert (
        submit.fetch(cloud.context, lambda arm: operate(arm, "DELETE", path, api_version="2025-04-01", missing_ok=True))
        is None
    )
