"""The seam to azure-core: a polling method that polls nothing and hands over what the first request brought."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from azure.core.polling import PollingMethod

from azjobs.operations.answers import Answer


class Capture(PollingMethod[Any]):
    """Passed as `polling=` to a `begin_*` method: no thread starts, and the first answer is kept.

    Attributes:
        answer: the first answer.
        method: the method of the request that it answers.
        url: its URL.
    """

    def __init__(self) -> None:
        self.answer: Answer | None = None
        self.method = ""
        self.url = ""

    def initialize(self, client: Any, initial_response: Any, deserialization_callback: Callable[[Any], Any]) -> None:
        """Keep what azure-core hands over."""
        del client, deserialization_callback
        response = initial_response.http_response
        self.answer = read(response)
        self.method = response.request.method
        self.url = response.request.url

    def run(self) -> None:
        """Poll nothing."""

    def status(self) -> str:
        """Say Succeeded, so that no thread is started."""
        return "Succeeded"

    def finished(self) -> bool:
        """Say so, so that no thread is started."""
        return True

    def resource(self) -> None:
        """Return nothing: the result is the job's."""
        return None


def read(response: Any) -> Answer:
    """Return an azure-core response as an answer of ours."""
    content = response.body() if hasattr(response, "body") and callable(response.body) else response.read()
    return Answer.read(response.status_code, dict(response.headers), content or b"")
