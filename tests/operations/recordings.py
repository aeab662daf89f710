"""Exchanges recorded from the real Azure, as scripts for the local one. They are not part of the project."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "recordings"
REAL = "https://management.azure.com"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and Azure's answer."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def plain(self) -> str:
        return urlsplit(self.path).path

    @property
    def api_version(self) -> str:
        return parse_qs(urlsplit(self.path).query)["api-version"][0]


@dataclass(frozen=True, slots=True)
class RecordedOperation:
    """A long-running operation: its first exchange, and every GET that belongs to it, in order."""

    first: Exchange
    looks: tuple[Exchange, ...]

    @property
    def name(self) -> str:
        parts = [part for part in self.first.plain.split("/") if part]
        kind = parts[-2] if len(parts) % 2 == 0 else f"{parts[-3]}.{parts[-1]}"
        return f"{self.first.method} {kind}"


def recordings() -> list[Path]:
    return sorted(FOLDER.glob("*.json"))


def exchanges(recording: Path) -> list[Exchange]:
    entries = json.loads(recording.read_text())["Entries"]
    found = [(parsedate_to_datetime(_header(entry, "Date") or ""), _exchange(entry)) for entry in entries]
    return [exchange for _, exchange in sorted(found, key=lambda pair: pair[0])]


def operations(recording: Path) -> Iterator[RecordedOperation]:
    """Yield the operations of a recording that Azure accepted and did not finish with its first answer."""
    said = exchanges(recording)
    for index, first in enumerate(said):
        if first.method == "GET" or not 200 <= first.status < 300:
            continue
        urls = {urlsplit(first.headers[name]) for name in ("azure-asyncoperation", "location") if name in first.headers}
        if not urls:
            continue
        wanted = {f"{url.path}?{url.query}" for url in urls} | {first.path}
        looks = []
        for exchange in said[index + 1 :]:
            if exchange.method == "GET" and exchange.path in wanted:
                looks.append(exchange)
                if "location" in exchange.headers:
                    moved = urlsplit(urljoin(REAL, exchange.headers["location"]))
                    wanted.add(f"{moved.path}?{moved.query}")
            elif exchange.path == first.path and exchange.method != "GET":
                break
        yield RecordedOperation(first, tuple(looks))


def _exchange(entry: Mapping[str, Any]) -> Exchange:
    headers = {name.lower(): _first(value) for name, value in entry["ResponseHeaders"].items()}
    for name in ("content-length", "transfer-encoding", "content-encoding", "connection", "date"):
        headers.pop(name, None)
    return Exchange(
        entry["RequestMethod"], entry["RequestUri"], int(entry["StatusCode"]), headers, entry["ResponseBody"]
    )


def _header(entry: Mapping[str, Any], name: str) -> str | None:
    value = entry["ResponseHeaders"].get(name)
    return None if value is None else _first(value)


def _first(value: Any) -> str:
    return str(value[0] if isinstance(value, list) else value)
