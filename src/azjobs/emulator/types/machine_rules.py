"""Azure's rules for virtual machines: names, credentials, profiles."""

from __future__ import annotations

import re

from azjobs.emulator import images
from azjobs.emulator.call import Call
from azjobs.emulator.documents import as_integer, as_object, as_objects, as_text, check_shape
from azjobs.emulator.errors import ArmError, invalid_parameter, missing_parameter
from azjobs.emulator.images import Image
from azjobs.emulator.locations import normalize
from azjobs.emulator.request import JSON
from azjobs.emulator.sizes import NOT_OFFERED, SIZES

MACHINE_NAME = re.compile(r"[A-Za-z0-9_](?:[\w.-]{0,78}[A-Za-z0-9_])?", re.ASCII)
_FORBIDDEN_IN_COMPUTER_NAMES = re.compile(r"[\s`~!@#$%^&*()=+_\[\]{}\\|;:.'\",<>/?]")
_FORBIDDEN_USERS = frozenset(
    [
        "1",
        "123",
        "a",
        "actuser",
        "adm",
        "admin",
        "admin1",
        "admin2",
        "administrator",
        "aspnet",
        "backup",
        "console",
        "david",
        "guest",
        "john",
        "owner",
        "root",
        "server",
        "sql",
        "support",
        "support_388945a0",
        "sys",
        "test",
        "test1",
        "test2",
        "test3",
        "user",
        "user1",
        "user2",
        "user3",
        "user4",
        "user5",
    ]
)
_FORBIDDEN_PASSWORDS = frozenset(
    (
        "abc@123",
        "P@$$w0rd",
        "P@ssw0rd",
        "P@ssword123",
        "Pa$$word",
        "pass@word1",
        "Password!",
        "Password1",
        "Password22",
        "iloveyou!",
    )
)
_CLASSES = (r"[A-Z]", r"[a-z]", r"\d", r"[^A-Za-z0-9]")
_COMPLEXITY = (
    "The supplied password must be between {low}-{high} characters long and must satisfy at least 3 of password "
    "complexity requirements from the following:\r\n1) Contains an uppercase character\r\n2) Contains a lowercase "
    "character\r\n3) Contains a numeric digit\r\n4) Contains a special character\r\n5) Control characters are not "
    "allowed"
)
_WINDOWS_LENGTHS = (8, 123)
_LINUX_LENGTHS = (6, 72)


_DISK = {
    "name": str,
    "createOption": str,
    "caching": str,
    "deleteOption": str,
    "diskSizeGB": int,
    "managedDisk": {"id": str, "storageAccountType": str},
    "vhd": {"uri": str},
}
_SHAPE = {
    "hardwareProfile": {"vmSize": str},
    "storageProfile": {
        "imageReference": {"publisher": str, "offer": str, "sku": str, "version": str, "id": str},
        "osDisk": {**_DISK, "osType": str},
        "dataDisks": [{**_DISK, "lun": int}],
    },
    "osProfile": {
        "computerName": str,
        "adminUsername": str,
        "windowsConfiguration": {"patchSettings": {}},
        "linuxConfiguration": {"ssh": {"publicKeys": [{"path": str, "keyData": str}]}, "patchSettings": {}},
        "secrets": [{}],
    },
    "networkProfile": {"networkInterfaces": [{"id": str, "properties": {"deleteOption": str, "primary": bool}}]},
    "diagnosticsProfile": {"bootDiagnostics": {"enabled": bool, "storageUri": str}},
    "availabilitySet": {"id": str},
    "billingProfile": {},
    "priority": str,
}


def check_types(document: JSON) -> None:
    """Refuse a machine whose members have the wrong JSON types."""
    check_shape(document["properties"], _SHAPE, "properties")


def check_size(document: JSON) -> None:
    """Refuse a size that does not exist."""
    profile = as_object(document["properties"].get("hardwareProfile"), "hardwareProfile")
    size = as_text(profile.get("vmSize"), "hardwareProfile.vmSize")
    if size is not None and size.lower() not in SIZES:
        raise invalid_parameter(
            f"The value {size} provided for the VM size is not valid. The valid sizes in the current region are: "
            f"{','.join(known.name for known in SIZES.values())}. Find out more on the valid VM sizes in each region "
            "at https://aka.ms/azure-regionservices.",
            "vmSize",
        )


def check_offer(document: JSON, machine_id: str, subscription: str) -> None:
    """Refuse a size that the region does not offer to the subscription."""
    size = str((document["properties"].get("hardwareProfile") or {}).get("vmSize", ""))
    location = normalize(str(document.get("location", "")))
    if size.lower() not in NOT_OFFERED.get(location, ()):
        return
    zones = ",".join(str(zone) for zone in document.get("zones") or ())
    raise ArmError(
        409,
        "SkuNotAvailable",
        f"The requested size for resource '{machine_id}' is currently not available in location '{location}' zones "
        f"'{zones}' for subscription '{subscription}'. Please try another size or deploy to a different location or "
        "zones. See https://aka.ms/azureskunotavailable for details.",
    )


def image_of(document: JSON) -> Image | None:
    """The platform image that a machine is made from; None when it is made from a disk or an image of its own.

    Raises:
        ArmError: It names an image that does not exist.
    """
    storage = as_object(document["properties"].get("storageProfile"), "storageProfile")
    reference = as_object(storage.get("imageReference"), "imageReference")
    names = [as_text(reference.get(member), f"imageReference.{member}") for member in ("publisher", "offer", "sku")]
    if not reference or as_text(reference.get("id"), "imageReference.id"):
        return None
    publisher, offer, sku = names
    if not (publisher and offer and sku):
        if any(reference.get(name) for name in ("communityGalleryImageId", "sharedGalleryImageId")):
            return None
        raise missing_parameter("imageReference.publisher")
    version = as_text(reference.get("version"), "imageReference.version") or "latest"
    image = images.find(publisher, offer, sku)
    if image is None or image.resolve(version) is None:
        raise ArmError(
            404,
            "PlatformImageNotFound",
            f"The platform image '{publisher}:{offer}:{sku}:{version}' is not available. Verify that all fields in "
            "the storage profile are correct. For more details about storage profile information, please refer to "
            "https://aka.ms/storageprofile",
            target="imageReference",
        )
    return image


def check_storage(document: JSON) -> None:
    """Refuse a storage profile without what it needs."""
    storage = as_object(document["properties"].get("storageProfile"), "storageProfile")
    if not storage:
        raise missing_parameter("storageProfile")
    disk = as_object(storage.get("osDisk"), "osDisk")
    if not disk and not storage.get("imageReference"):
        raise missing_parameter("storageProfile.osDisk")
    option = as_text(disk.get("createOption"), "osDisk.createOption")
    if disk and option is None:
        raise missing_parameter("osDisk.createOption")
    if option is not None and option.lower() == "fromimage" and not storage.get("imageReference"):
        raise missing_parameter("storageProfile.imageReference")
    if option is not None and option.lower() == "attach" and not disk.get("managedDisk") and not disk.get("vhd"):
        raise missing_parameter("osDisk.managedDisk")
    seen: set[int] = set()
    for data in as_objects(storage.get("dataDisks"), "dataDisks"):
        lun = as_integer(data.get("lun"), "dataDisk.lun")
        if lun is None:
            raise missing_parameter("dataDisk.lun")
        if lun in seen:
            raise invalid_parameter(
                f"Multiple data disks have the same 'lun' value '{lun}'; it must be unique.", "dataDisk.lun"
            )
        seen.add(lun)
        if as_text(data.get("createOption"), "dataDisk.createOption") is None:
            raise missing_parameter("dataDisk.createOption")


def is_windows(document: JSON, image: Image | None) -> bool:
    """Whether the machine runs Windows."""
    properties = document["properties"]
    disk = as_object((properties.get("storageProfile") or {}).get("osDisk"), "osDisk")
    if disk.get("osType"):
        return str(disk["osType"]).lower() == "windows"
    if image is not None:
        return image.windows
    return "windowsConfiguration" in as_object(properties.get("osProfile"), "osProfile")


def check_profile(call: Call, document: JSON, password: str | None, *, windows: bool) -> None:
    """Refuse an OS profile that breaks Azure's rules for names and credentials.

    Args:
        call: The write.
        document: The machine, without secrets.
        password: The admin password that came with it.
        windows: Whether it runs Windows.
    """
    if "osProfile" not in document["properties"]:
        raise missing_parameter("osProfile")
    profile = as_object(document["properties"]["osProfile"], "osProfile")
    _check_computer_name(as_text(profile.get("computerName"), "computerName") or call.path.name, windows=windows)
    user = as_text(profile.get("adminUsername"), "adminUsername")
    if not user:
        raise missing_parameter("adminUsername")
    _check_user(user, windows=windows)
    keys = _check_linux(profile)
    if windows and keys is not None:
        raise invalid_parameter(
            "Linux configuration cannot be given to a virtual machine that runs Windows.", "linuxConfiguration"
        )
    if password is not None:
        _check_password(password, windows=windows)
    elif windows or not keys:
        raise invalid_parameter("Required parameter 'adminPassword' is missing (null).", "adminPassword")


def _check_computer_name(name: str, *, windows: bool) -> None:
    longest = 15 if windows else 64
    if windows and (len(name) > longest or name.isdigit() or _FORBIDDEN_IN_COMPUTER_NAMES.search(name)):
        raise invalid_parameter(
            "Windows computer name cannot be more than 15 characters long, be entirely numeric, or contain the "
            "following characters: ` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : . ' \" , < > / ?.",
            "computerName",
        )
    if len(name) > longest or name.endswith(("-", ".")):
        raise invalid_parameter(
            "Linux host name cannot exceed 64 characters in length or contain the following characters: "
            "` ~ ! @ # $ % ^ & * ( ) = + _ [ ] { } \\ | ; : ' \" , < > / ?.",
            "computerName",
        )


def _check_user(user: str, *, windows: bool) -> None:
    if user.lower() in _FORBIDDEN_USERS:
        raise invalid_parameter(
            "The Admin Username specified is not allowed. For more information about disallowed usernames, see "
            "https://aka.ms/vmosprofile",
            "adminUsername",
        )
    if len(user) > (20 if windows else 64) or user.endswith(".") or re.search(r"[\\/\"\[\]:|<>+=;,?*@&\s]", user):
        raise invalid_parameter(
            f"The Admin Username specified is not allowed: it has at most {20 if windows else 64} characters, none of "
            '\\/"[]:|<>+=;,?*@& and does not end with a period.',
            "adminUsername",
        )


def _check_linux(profile: JSON) -> bool | None:
    """Whether a Linux configuration gives SSH keys; None when there is no Linux configuration."""
    configuration = profile.get("linuxConfiguration")
    if configuration is None:
        return None
    linux = as_object(configuration, "linuxConfiguration")
    ssh = as_object(linux.get("ssh"), "linuxConfiguration.ssh")
    keys = as_objects(ssh.get("publicKeys"), "linuxConfiguration.ssh.publicKeys")
    for key in keys:
        data = as_text(key.get("keyData"), "keyData")
        if not data or not re.match(r"(ssh-|ecdsa-|sk-)\S+ \S+", data.strip()):
            raise invalid_parameter(
                "The value of parameter linuxConfiguration.ssh.publicKeys.keyData is invalid.",
                "linuxConfiguration.ssh.publicKeys.keyData",
            )
    if linux.get("disablePasswordAuthentication") is True and not keys:
        raise invalid_parameter(
            "Authentication using either SSH or by user name and password must be enabled in Linux profile.",
            "linuxConfiguration",
        )
    return bool(keys)


def _check_password(password: str, *, windows: bool) -> None:
    low, high = _WINDOWS_LENGTHS if windows else _LINUX_LENGTHS
    classes = sum(bool(re.search(pattern, password)) for pattern in _CLASSES)
    if not low <= len(password) <= high or classes < 3 or re.search(r"[\x00-\x1f\x7f]", password):
        raise invalid_parameter(_COMPLEXITY.format(low=low, high=high), "adminPassword")
    if password in _FORBIDDEN_PASSWORDS:
        raise invalid_parameter(
            "The specified password is not allowed. Please choose a different password.", "adminPassword"
        )
