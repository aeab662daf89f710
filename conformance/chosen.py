"""What Azure chose or had at hand, and a recording shows: linked templates, instance numbers, the marketplace."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from azjobs.emulator.images import IMAGES
from azjobs.emulator.types.compute_catalogue import EXTENSIONS
from conformance.recordings import Exchange, Recording

_DEPLOYMENT = re.compile(r"/microsoft\.resources/deployments/[^/]+(/validate|/whatif)?$")
_DEPLOYMENT_PART = re.compile(r"/(validate|whatif)$")


def is_carried(publisher: str) -> bool:
    """Whether the emulator has images or extensions of a publisher."""
    known = {image.publisher.lower() for image in IMAGES} | EXTENSIONS.keys()
    return publisher.lower() in known


_VERSION = re.compile(r"(?<=api-version=)[\w-]+")


class ServedVersions:
    """The api-versions that answered: some recordings had the ones in their requests rewritten after the fact.

    An operation's poll URL carries the api-version of the request that started it, as the service understood it.

    Args:
        recording: What was recorded.
    """

    def __init__(self, recording: Recording) -> None:
        self._served: dict[tuple[str, str], str] = {}
        for exchange in recording.exchanges:
            asked = _VERSION.search(exchange.url)
            served = _VERSION.search(exchange.headers.get("azure-asyncoperation", ""))
            namespace = _namespace(exchange.url)
            if exchange.method != "GET" and asked and served and namespace and asked.group() > served.group():
                self._served[namespace, asked.group()] = served.group()

    def url(self, recorded: str) -> str:
        """A URL with the api-version that answered."""
        asked = _VERSION.search(recorded)
        served = self._served.get((_namespace(recorded), asked.group())) if asked else None
        return recorded if served is None else _VERSION.sub(served, recorded)


def _namespace(url: str) -> str:
    """The type that a URL is about, as far as its provider and first segment say."""
    path = urlsplit(url).path.lower()
    return "/".join(path.rpartition("/providers/")[2].split("/")[:2]) if "/providers/" in path else ""


class LinkedContent:
    """What the links of deployments led to, as far as the recording shows it.

    A deployment that was exported shows its template, and one that was read shows its parameters.

    Args:
        recording: What was recorded.
    """

    def __init__(self, recording: Recording) -> None:
        self._content: dict[str, Any] = {}
        for exchange in recording.exchanges:
            for deployment, properties in _linked(exchange):
                self._find(recording, deployment, properties)
        self._started: set[str] = set()
        self._unknown = {
            _DEPLOYMENT_PART.sub("", exchange.path.lower().rstrip("/"))
            for exchange in recording.exchanges
            if self._is_unknown(exchange)
        }

    def _find(self, recording: Recording, deployment: str, properties: dict[str, Any]) -> None:
        template = _uri(properties.get("templateLink"))
        parameters = _uri(properties.get("parametersLink"))
        for exchange in recording.exchanges:
            path, document = exchange.path.lower().rstrip("/"), exchange.document
            if exchange.status >= 300 or not isinstance(document, dict):
                continue
            if template and path == f"{deployment}/exporttemplate":
                self._content.setdefault(template, document.get("template"))
            if parameters and path == deployment and exchange.method == "GET":
                found = (document.get("properties") or {}).get("parameters")
                if isinstance(found, dict):
                    values = {name: {"value": _value(given)} for name, given in found.items()}
                    self._content.setdefault(parameters, {"parameters": values})

    def read(self, uri: str) -> dict[str, Any] | None:
        """What a link leads to; None when the recording does not show it."""
        return self._content.get(uri)

    def is_about_missing(self, exchange: Exchange) -> bool:
        """Whether an exchange is about a deployment that the recording shows too little of."""
        return any(_is_below(exchange.path, deployment) for deployment in self._unknown)

    def _is_unknown(self, exchange: Exchange) -> bool:
        """Whether an exchange starts a deployment with a template that was not recorded, or finds an older one."""
        path = exchange.path.lower().rstrip("/")
        if _DEPLOYMENT.search(path) is None or path in self._started:
            return False
        if exchange.method == "PUT":
            self._started.add(path)
        found = exchange.method in ("GET", "HEAD") and exchange.status < 300
        return found or any(
            (uri := _uri(properties.get("templateLink"))) and "$schema" not in (self._content.get(uri) or {})
            for _, properties in _linked(exchange)
        )


def _is_below(path: str, deployment: str) -> bool:
    plain = path.lower().rstrip("/").replace("/providers/microsoft.resources/deployments/", "/deployments/")
    return (plain + "/").startswith(deployment.replace("/providers/microsoft.resources/", "/") + "/")


def _value(given: Any) -> Any:
    if not isinstance(given, dict) or "value" in given:
        return given.get("value") if isinstance(given, dict) else None
    return "Recorded-0-Elided"  # Azure shows no secret


def _linked(exchange: Exchange) -> list[tuple[str, dict[str, Any]]]:
    """The deployment that an exchange sends, when it names links."""
    path = exchange.path.lower().rstrip("/")
    if "/microsoft.resources/deployments/" not in path or "Link" not in exchange.request_body:
        return []
    try:
        properties = json.loads(exchange.request_body).get("properties") or {}
    except (ValueError, AttributeError):
        return []
    deployment = re.sub(r"/(validate|whatif)$", "", path)
    return [(deployment, properties)] if isinstance(properties, dict) else []


def _uri(link: Any) -> str:
    return str(link.get("uri", "")) if isinstance(link, dict) else ""


_INSTANCE = re.compile(r"(/virtualMachineScaleSets/([^/?]+)/virtualMachines/)(\d+)", re.IGNORECASE)
_ABSENT = 900


class InstanceNumbers:
    """The instances of scale sets: Azure makes more than it was asked for, and keeps some of them, whichever.

    Args:
        recording: What was recorded; shows which instances there were.
    """

    def __init__(self, recording: Recording) -> None:
        present: dict[str, set[int]] = {}
        for exchange in recording.exchanges:
            found = _INSTANCE.search(urlsplit(exchange.url).path)
            if found is not None and exchange.status < 300:
                present.setdefault(found.group(2).lower(), set()).add(int(found.group(3)))
        self._ours = {
            name: {number: place for place, number in enumerate(sorted(numbers))} for name, numbers in present.items()
        }

    def url(self, recorded: str) -> str:
        """A URL with the emulator's numbers."""
        return _INSTANCE.sub(lambda found: found.group(1) + self._number(found.group(2), found.group(3)), recorded)

    def body(self, exchange: Exchange, text: str) -> str:
        """The body of an action with the emulator's numbers."""
        found = re.search(r"/virtualMachineScaleSets/([^/?]+)/", exchange.path, re.IGNORECASE)
        if found is None or '"instanceIds"' not in text:
            return text
        name = found.group(1)
        return re.sub(r'"(\d+)"', lambda number: f'"{self._number(name, number.group(1))}"', text)

    def _number(self, scale_set: str, number: str) -> str:
        known = self._ours.get(scale_set.lower())
        if known is None:
            return number
        return str(known.get(int(number), _ABSENT + int(number)))
