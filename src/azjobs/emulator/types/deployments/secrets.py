"""What of a template may be written down: everything but secrets."""

from __future__ import annotations

from typing import Any

from azjobs.emulator.documents import SECRET_PROPERTIES
from azjobs.emulator.templates.parameters import TYPES
from azjobs.emulator.templates.syntax import is_expression

LOST = (
    "[fail('A secret of this template is no longer known: secrets are held in memory only and the emulator was "
    "restarted while the deployment ran. Deploy again.')]"
)
"""Stands in a saved template where a secret stood: whoever evaluates it learns why there is none."""


def without_secrets(template: Any) -> Any:
    """A template without the secrets that are written in it: defaults of secure parameters, literal passwords.

    Expressions stay: they name where a secret comes from and do not hold it.

    Example:
        >>> without_secrets({"adminUsername": "u", "adminPassword": "[parameters('p')]"})
        {'adminUsername': 'u', 'adminPassword': "[parameters('p')]"}
    """
    return _redacted(template, False)


def _redacted(value: Any, is_secret: bool) -> Any:
    if isinstance(value, dict):
        if _is_declaration(value):
            return _declaration(value)
        return {name: _redacted(item, is_secret or name.lower() in SECRET_PROPERTIES) for name, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item, is_secret) for item in value]
    if is_secret and isinstance(value, str) and not is_expression(value):
        return LOST
    return value


def _is_declaration(value: dict[str, Any]) -> bool:
    """Whether an object declares a parameter or an output, whose name may be that of a secret."""
    return isinstance(value.get("type"), str) and value["type"].lower() in TYPES


def _declaration(value: dict[str, Any]) -> dict[str, Any]:
    if not value["type"].lower().startswith("secure"):
        return {name: _redacted(item, False) for name, item in value.items()}
    return {
        name: item
        for name, item in value.items()
        if name != "defaultValue" or item == "" or (isinstance(item, str) and is_expression(item))
    }
