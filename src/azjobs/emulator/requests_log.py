"""How often each request was made: for tests that count."""

from __future__ import annotations

from collections import Counter

from azjobs.emulator.request import JSON, Request

_LIMIT = 10_000


class RequestsLog:
    """Requests by method and path, without queries and bodies."""

    def __init__(self) -> None:
        self.total = 0
        self._counts: Counter[tuple[str, str]] = Counter()

    def note(self, request: Request) -> None:
        """Count one request."""
        if request.path.startswith("/_emulator"):
            return
        self.total += 1
        key = (request.method, request.path)
        if key in self._counts or len(self._counts) < _LIMIT:
            self._counts[key] += 1

    def to_json(self) -> JSON:
        """The counts, the most frequent first."""
        return {
            "total": self.total,
            "requests": [
                {"method": method, "path": path, "count": count} for (method, path), count in self._counts.most_common()
            ],
        }
