"""The regions that the emulator has."""

from __future__ import annotations

LOCATIONS: dict[str, str] = {
    "eastus": "East US",
    "eastus2": "East US 2",
    "westus": "West US",
    "westus2": "West US 2",
    "westus3": "West US 3",
    "centralus": "Central US",
    "northcentralus": "North Central US",
    "southcentralus": "South Central US",
    "westcentralus": "West Central US",
    "canadacentral": "Canada Central",
    "canadaeast": "Canada East",
    "brazilsouth": "Brazil South",
    "northeurope": "North Europe",
    "westeurope": "West Europe",
    "uksouth": "UK South",
    "ukwest": "UK West",
    "francecentral": "France Central",
    "germanywestcentral": "Germany West Central",
    "swedencentral": "Sweden Central",
    "norwayeast": "Norway East",
    "switzerlandnorth": "Switzerland North",
    "italynorth": "Italy North",
    "polandcentral": "Poland Central",
    "spaincentral": "Spain Central",
    "uaenorth": "UAE North",
    "southafricanorth": "South Africa North",
    "centralindia": "Central India",
    "southindia": "South India",
    "eastasia": "East Asia",
    "southeastasia": "Southeast Asia",
    "japaneast": "Japan East",
    "japanwest": "Japan West",
    "koreacentral": "Korea Central",
    "australiaeast": "Australia East",
    "australiasoutheast": "Australia Southeast",
}
"""Display names by name."""

ZONES = frozenset(
    {
        "eastus",
        "eastus2",
        "westus2",
        "westus3",
        "centralus",
        "southcentralus",
        "canadacentral",
        "brazilsouth",
        "northeurope",
        "westeurope",
        "uksouth",
        "francecentral",
        "germanywestcentral",
        "swedencentral",
        "norwayeast",
        "switzerlandnorth",
        "italynorth",
        "polandcentral",
        "spaincentral",
        "uaenorth",
        "southafricanorth",
        "centralindia",
        "eastasia",
        "southeastasia",
        "japaneast",
        "koreacentral",
        "australiaeast",
    }
)
"""The regions that have availability zones 1, 2 and 3."""


def normalize(location: str) -> str:
    """A region's name from either of its spellings.

    Example:
        >>> normalize("East US")
        'eastus'
    """
    return location.replace(" ", "").lower()
