"""The bodies of the types of Microsoft.Compute that have no rules of their own."""

from __future__ import annotations

from azjobs.emulator.shapes import Made, Shape

SHAPES = (
    Shape(
        type="Microsoft.Compute/availabilitySets",
        defaults=(
            ("sku.name", "Classic"),
            ("properties.platformUpdateDomainCount", 5),
            ("properties.platformFaultDomainCount", 3),
        ),
    ),
    Shape(
        type="Microsoft.Compute/proximityPlacementGroups",
        defaults=(("properties.proximityPlacementGroupType", "Standard"),),
    ),
    Shape(
        type="Microsoft.Compute/hostGroups",
        defaults=(("properties.supportAutomaticPlacement", False),),
    ),
    Shape(
        type="Microsoft.Compute/hostGroups/hosts",
        defaults=(
            ("properties.autoReplaceOnFailure", True),
            ("properties.hostId", Made.GUID),
        ),
    ),
    Shape(
        type="Microsoft.Compute/images",
        defaults=(
            ("properties.storageProfile?.osDisk?.caching", "None"),
            ("properties.storageProfile?.osDisk?.storageAccountType", "Standard_LRS"),
            ("properties.storageProfile?.dataDisks", []),
            ("properties.storageProfile?.dataDisks[].caching", "None"),
            ("properties.storageProfile?.dataDisks[].storageAccountType", "Standard_LRS"),
        ),
    ),
    Shape(
        type="Microsoft.Compute/diskEncryptionSets",
        defaults=(("properties.encryptionType", "EncryptionAtRestWithCustomerKey"),),
    ),
    Shape(
        type="Microsoft.Compute/galleries",
        fixed=(("properties.identifier.uniqueName", Made.NAME),),
    ),
    Shape(type="Microsoft.Compute/galleries/applications"),
    Shape(type="Microsoft.Compute/galleries/applications/versions"),
    Shape(
        type="Microsoft.Compute/galleries/images",
        defaults=(("properties.hyperVGeneration", "V1"), ("properties.architecture", "x64")),
    ),
    Shape(
        type="Microsoft.Compute/galleries/images/versions",
        defaults=(
            ("properties.publishingProfile.replicaCount", 1),
            ("properties.publishingProfile.excludeFromLatest", False),
            ("properties.publishingProfile.publishedDate", Made.CREATED),
            ("properties.publishingProfile.storageAccountType", "Standard_LRS"),
        ),
    ),
)
