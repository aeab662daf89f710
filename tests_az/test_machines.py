from __future__ import annotations

from typing import Any

import pytest

from tests_az.commandline import AzureCommandLine

PASSWORD = "Str0ng-enough-Passw0rd"


@pytest.fixture(scope="module")
def linux(az: AzureCommandLine, group: str) -> Any:
    """A Linux machine with a key that ``az`` has generated: what ``az vm create`` wrote."""
    return az.json(
        *("vm", "create", "--resource-group", group, "--name", "lin", "--image", "Ubuntu2404"),
        *("--admin-username", "azureuser", "--generate-ssh-keys"),
    )


def power(az: AzureCommandLine, group: str, name: str) -> str:
    return str(az.json("vm", "show", "-d", "-g", group, "-n", name, "--query", "powerState"))


def test_a_linux_machine_is_made_with_a_generated_key(az: AzureCommandLine, group: str, linux: Any) -> None:
    shown = az.json("vm", "show", "-d", "-g", group, "-n", "lin")
    configuration = shown["osProfile"]["linuxConfiguration"]
    (key,) = configuration["ssh"]["publicKeys"]

    assert (linux["powerState"], linux["resourceGroup"]) == ("VM running", group)
    assert linux["publicIpAddress"].count(".") == 3
    assert linux["privateIpAddress"] == "10.0.0.4"
    assert (shown["powerState"], shown["provisioningState"]) == ("VM running", "Succeeded")
    assert (shown["publicIps"], shown["privateIps"]) == (linux["publicIpAddress"], "10.0.0.4")
    assert configuration["disablePasswordAuthentication"] is True
    assert key["path"] == "/home/azureuser/.ssh/authorized_keys"
    assert (az.home / ".ssh" / "id_rsa.pub").read_text().startswith(key["keyData"].strip())


@pytest.mark.usefixtures("linux")
def test_what_a_machine_needs_is_listed_and_shown(az: AzureCommandLine, group: str) -> None:
    names = {
        kind: az.json("network", kind, "list", "-g", group, "--query", "[].name")
        for kind in ("vnet", "nic", "nsg", "public-ip")
    }
    network = az.json("network", "vnet", "show", "-g", group, "-n", "linVNET")
    interface = az.json("network", "nic", "show", "-g", group, "-n", "linVMNic")
    guard = az.json("network", "nsg", "show", "-g", group, "-n", "linNSG")
    address = az.json("network", "public-ip", "show", "-g", group, "-n", "linPublicIP")
    types = az.json("resource", "list", "-g", group, "--query", "[].type")

    assert all(f"lin{suffix}" in names[kind] for kind, suffix in [("vnet", "VNET"), ("nsg", "NSG"), ("nic", "VMNic")])
    assert "linPublicIP" in names["public-ip"]
    assert network["subnets"][0]["ipConfigurations"][0]["id"].startswith(interface["id"])
    assert interface["virtualMachine"]["id"].endswith("/virtualMachines/lin")
    assert [rule["destinationPortRange"] for rule in guard["securityRules"]] == ["22"]
    assert len(guard["defaultSecurityRules"]) == 6
    assert address["provisioningState"] == "Succeeded"
    assert {"Microsoft.Compute/virtualMachines", "Microsoft.Compute/disks"} <= set(types)


@pytest.mark.usefixtures("linux")
def test_a_machine_is_deallocated_started_restarted_and_resized(az: AzureCommandLine, group: str) -> None:
    machine = ("-g", group, "-n", "lin")
    az.text("vm", "deallocate", *machine)
    assert power(az, group, "lin") == "VM deallocated"
    az.text("vm", "start", *machine)
    assert power(az, group, "lin") == "VM running"
    az.text("vm", "restart", *machine)
    resized = az.json("vm", "resize", *machine, "--size", "Standard_DS2_v2")
    assert resized["hardwareProfile"]["vmSize"] == "Standard_DS2_v2"
    (listed,) = az.json("vm", "list", "-d", "-g", group, "--query", "[?name=='lin']")
    assert (listed["powerState"], listed["hardwareProfile"]["vmSize"]) == ("VM running", "Standard_DS2_v2")


def test_a_windows_machine_with_a_password_lives_and_is_deleted(az: AzureCommandLine, group: str) -> None:
    made = az.json(
        *("vm", "create", "--resource-group", group, "--name", "win", "--image", "Win2022Datacenter"),
        *("--admin-username", "azureuser", "--admin-password", PASSWORD, "--public-ip-address", ""),
    )
    shown = az.run("vm", "show", "-g", group, "-n", "win", "--output", "json")

    assert (made["powerState"], made["publicIpAddress"]) == ("VM running", "")
    assert '"windowsConfiguration"' in shown.output
    assert PASSWORD not in shown.output
    az.text("vm", "delete", "-g", group, "-n", "win", "--yes")
    assert "(ResourceNotFound)" in az.error("vm", "show", "-g", group, "-n", "win", code=3)


def test_a_disk_is_made_and_grown(az: AzureCommandLine, group: str) -> None:
    disk = ("-g", group, "-n", "data")
    made = az.json("disk", "create", *disk, "--size-gb", "8", "--sku", "Standard_LRS")
    grown = az.json("disk", "update", *disk, "--size-gb", "16")
    az.text("disk", "delete", *disk, "--yes")

    assert (made["diskSizeGB"], made["sku"]["name"], made["diskState"]) == (8, "Standard_LRS", "Unattached")
    assert grown["diskSizeGB"] == 16
    assert "data" not in az.json("disk", "list", "-g", group, "--query", "[].name")


@pytest.mark.usefixtures("linux")
def test_an_interface_in_use_is_not_deleted(az: AzureCommandLine, group: str) -> None:
    assert "(NicInUse)" in az.error("network", "nic", "delete", "-g", group, "-n", "linVMNic")


def test_a_machine_of_a_group_that_does_not_exist_is_not_found(az: AzureCommandLine) -> None:
    assert "(ResourceGroupNotFound)" in az.error("vm", "show", "-g", "nowhere", "-n", "lin", code=3)
