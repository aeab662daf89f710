"""The DNS label that a VM gets when none is given: `myvmmyvm` of `myvmmyvm.eastus.cloudapp.azure.com`."""

from __future__ import annotations

import re

LONGEST = 63
_SUFFIX_DIGITS = 6


def default_label(name: str, resource_group: str) -> str:
    """Return name and group as one label that Azure takes: 3 to 63 of a-z, 0-9 and hyphen, beginning with a letter.

    Example:
        >>> default_label("MyVm", "MyVm")
        'myvmmyvm'
        >>> default_label("7.of_9", "Größe")
        'vm-7of9gre'
    """
    label = re.sub(r"[^a-z0-9-]", "", (name + resource_group).lower()).strip("-")
    if not label or not label[0].isalpha():
        label = f"vm-{label}"
    return label[:LONGEST].strip("-").ljust(3, "0")


def with_suffix(label: str, suffix: str) -> str:
    """Return the label with six hexadecimal digits, for when the label itself is taken; never longer than 63.

    Example:
        >>> with_suffix("myvmmyvm", "3fa2b1")
        'myvmmyvm-3fa2b1'
    """
    return f"{label[: LONGEST - _SUFFIX_DIGITS - 1].rstrip('-')}-{suffix}"
