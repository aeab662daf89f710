"""The Azures there are: where each has its Resource Manager and its Entra."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from azjobs.errors import InvalidArgument

_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """One Azure, as `Get-AzEnvironment` lists them.

    Attributes:
        name: `AzureCloud`, `AzureUSGovernment`, `AzureChinaCloud`, `Emulator` or a name of your own.
        resource_manager: the URL of Azure Resource Manager, without a trailing slash.
        authority: the URL of Microsoft Entra ID, without a trailing slash.
        audience: whom a token for Resource Manager is made out to.
        ca_file: a PEM file with the authority that signed both servers' certificates; None: the usual ones.
        instance_discovery: whether Entra's public list of authorities knows this one.

    Raises:
        InvalidArgument: an address is not an https URL.

    Example:
        >>> AZURE_CLOUD.scopes
        ['https://management.azure.com/.default']
    """

    name: str
    resource_manager: str
    authority: str
    audience: str
    ca_file: str | None = None
    instance_discovery: bool = True

    def __post_init__(self) -> None:
        for field in ("resource_manager", "authority", "audience"):
            address = str(getattr(self, field))
            parts = urlsplit(address)
            if parts.scheme != "https" or not parts.hostname:
                raise InvalidArgument(
                    f"The environment {self.name!r} has {address!r} as its {field.replace('_', ' ')}: "
                    "give an address that begins with https://."
                )
            object.__setattr__(self, field, address.rstrip("/"))

    @property
    def scopes(self) -> list[str]:
        """The scopes of a token for Resource Manager."""
        return [f"{self.audience}/.default"]

    @property
    def loopback(self) -> bool:
        """Whether Resource Manager is on this machine: no proxy stands between."""
        return urlsplit(self.resource_manager).hostname in _LOOPBACK_HOSTS

    def to_json(self) -> dict[str, Any]:
        """Return the environment as JSON-able data."""
        return {
            "name": self.name,
            "resourceManager": self.resource_manager,
            "authority": self.authority,
            "audience": self.audience,
            "caFile": self.ca_file,
            "instanceDiscovery": self.instance_discovery,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Environment:
        """Return the environment that `to_json` wrote."""
        return cls(
            name=data["name"],
            resource_manager=data["resourceManager"],
            authority=data["authority"],
            audience=data["audience"],
            ca_file=data.get("caFile"),
            instance_discovery=bool(data.get("instanceDiscovery", True)),
        )


AZURE_CLOUD = Environment(
    name="AzureCloud",
    resource_manager="https://management.azure.com",
    authority="https://login.microsoftonline.com",
    audience="https://management.azure.com",
)
AZURE_US_GOVERNMENT = Environment(
    name="AzureUSGovernment",
    resource_manager="https://management.usgovcloudapi.net",
    authority="https://login.microsoftonline.us",
    audience="https://management.usgovcloudapi.net",
)
AZURE_CHINA_CLOUD = Environment(
    name="AzureChinaCloud",
    resource_manager="https://management.chinacloudapi.cn",
    authority="https://login.chinacloudapi.cn",
    audience="https://management.chinacloudapi.cn",
)

EMULATOR = "Emulator"
"""The name of the environment that azjobs brings along."""

_PUBLIC = (AZURE_CLOUD, AZURE_US_GOVERNMENT, AZURE_CHINA_CLOUD)


def find(name: str) -> Environment:
    """Return the environment of this name, in any letter case.

    Args:
        name: as `Get-AzEnvironment` prints it, or `Emulator`.

    Raises:
        InvalidArgument: there is none of this name.
        EmulatorUnavailable: the emulator is asked for and does not run.

    Example:
        >>> find("azurecloud").resource_manager
        'https://management.azure.com'
    """
    if is_emulator(name):
        from azjobs.accounts import emulated

        return emulated.environment(emulated.running())
    for environment in _PUBLIC:
        if environment.name.casefold() == name.casefold():
            return environment
    known = ", ".join([*(environment.name for environment in _PUBLIC), EMULATOR])
    raise InvalidArgument(f"There is no environment {name!r}: choose one of {known}.")


def is_emulator(name: str) -> bool:
    """Whether this is the name of the environment that azjobs brings along."""
    return name.casefold() == EMULATOR.casefold()
