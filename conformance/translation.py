"""What stands in a recording, and what stands for it in the emulator: subscriptions, poll URLs, ids, etags."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from azjobs.emulator import wellknown

_SUBSCRIPTION = re.compile(r"((?:(?<!\w)|%2F)subscriptions(?:/|%2F))([^/?&%\"']+)", re.IGNORECASE)
_SIGNATURE = frozenset({"t", "c", "s", "h"})
"""Parameters that sign a poll URL: they differ from answer to answer."""


class Translation:
    """The words of one recording in the emulator's."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, str] = {}
        self._links: dict[str, str] = {}
        self._ids: dict[str, str] = {}
        self._etags: dict[str, str] = {}

    def url(self, recorded: str) -> str:
        """The URL to ask the emulator at."""
        linked = self._links.get(link_key(recorded))
        return linked or self.text(recorded)

    def is_link(self, recorded: str) -> bool:
        """Whether the URL is one that an earlier answer gave."""
        return link_key(recorded) in self._links

    def text(self, recorded: str) -> str:
        """A text with the emulator's subscription and ids."""
        found = _SUBSCRIPTION.sub(self._subscribe, recorded)
        for key, ours in self._ids.items():
            if key in found.lower():
                literal = ours.replace("\\", r"\\")
                found = re.sub(re.escape(key) + r"(?![\w.-])", literal, found, flags=re.IGNORECASE)
        return found

    def etag(self, recorded: str) -> str:
        """The emulator's etag for one that a recorded request carries."""
        return self._etags.get(recorded, recorded)

    def _subscribe(self, match: re.Match[str]) -> str:
        recorded = match.group(2).lower()
        if recorded not in wellknown.SUBSCRIPTIONS:
            known = list(wellknown.SUBSCRIPTIONS)
            place = min(len(self._subscriptions), len(known) - 1)
            self._subscriptions.setdefault(recorded, known[place])
        return match.group(1) + self._subscriptions.get(recorded, recorded)

    def learn_link(self, recorded: str, ours: str) -> None:
        """Note that the emulator's answer has one URL where the recorded one has another."""
        self._links[link_key(recorded)] = ours

    def learn_id(self, recorded: str, ours: str) -> None:
        """Note that the emulator has one id where the recording has another."""
        self._ids[self.text(recorded).lower()] = ours

    def learn(self, recorded: Any, ours: Any) -> None:
        """Note the ids, etags and links in which two documents of the same shape differ."""
        if isinstance(recorded, dict) and isinstance(ours, dict):
            for name, value in recorded.items():
                if name in ours:
                    self._learn_member(name, value, ours[name])
        elif isinstance(recorded, list) and isinstance(ours, list):
            for one, other in paired(recorded, ours):
                self.learn(one, other)

    def _learn_member(self, name: str, recorded: Any, ours: Any) -> None:
        if not isinstance(recorded, str) or not isinstance(ours, str):
            self.learn(recorded, ours)
        elif name.lower() == "etag":
            self._etags[recorded] = ours
        elif name == "operationId" and recorded != ours:
            self._ids[recorded.lower()] = ours
        elif name == "nextLink":
            self.learn_link(recorded, ours)
        elif recorded.lower().startswith("/subscriptions/") and ours.lower().startswith("/subscriptions/"):
            key = self.text(recorded).lower()
            if key != ours.lower() and _type_of(key) == _type_of(ours.lower()):
                self._ids[key] = ours


def link_key(url: str) -> str:
    """What identifies a poll URL or a nextLink, however its host, its casing and its signature are written."""
    parts = urlsplit(url)
    query = sorted((name.lower(), value) for name, value in parse_qsl(parts.query) if name not in _SIGNATURE)
    return unquote(parts.path).lower().rstrip("/") + "?" + "&".join(f"{name}={value}" for name, value in query)


def paired(recorded: list[Any], ours: list[Any]) -> list[tuple[Any, Any]]:
    """The items of two lists that are the same thing: by name when both have names, by place otherwise."""
    by_name = {name: item for item in ours if (name := _name(item))}
    if by_name and all(_name(item) for item in recorded):
        pairs = [(item, by_name[name]) for item in recorded if (name := _name(item)) in by_name]
        if pairs or len(recorded) != len(ours):
            return pairs
    return list(zip(recorded, ours, strict=False))


def _name(item: Any) -> str:
    if not isinstance(item, dict):
        return ""
    name = item.get("name") or item.get("id") or item.get("code")
    if isinstance(name, dict):  # a usage: {"value", "localizedValue"}
        name = name.get("value")
    return str(name).lower() if name else ""


def _type_of(resource_id: str) -> tuple[str, ...]:
    segments = resource_id.strip("/").split("/")
    return tuple(segments[0::2])
