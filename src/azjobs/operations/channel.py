"""How a job talks to ARM: as a context, or through a caller's own SDK client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from azjobs.operations.answers import Answer
from azjobs.operations.http import ForeignAddress, Unanswered
from azjobs.operations.network import same_origin

if TYPE_CHECKING:
    from azjobs.accounts.context import Context
    from azjobs.operations.http import Http

Before = Callable[[], Awaitable[None]]


class Channel(Protocol):
    """Sends one request and reads its answer; no retries."""

    host: str

    async def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        before: Before | None = None,
    ) -> Answer:
        """Send a request to a whole URL.

        Raises:
            ForeignAddress: the URL is on another host; nothing was sent.
            Unanswered: no answer came.
            AccountError: there is no token.
        """


class ContextChannel:
    """As a context, over the loop's own session."""

    def __init__(self, http: Http, context: Context) -> None:
        self._http = http
        self.context = context
        self.host = context.environment.resource_manager

    async def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        before: Before | None = None,
    ) -> Answer:
        """Send a request to a whole URL."""
        return await self._http.request(self.context, method, url, body=body, headers=headers, before=before)


class ClientChannel:
    """Through the pipeline of a caller's own client: its credential, its proxies, its certificates."""

    def __init__(self, pipeline_client: Any, host: str) -> None:
        self._client = pipeline_client
        self.host = host

    async def send(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        before: Before | None = None,
    ) -> Answer:
        """Send a request to a whole URL, on a thread."""
        if not same_origin(url, self.host):
            raise ForeignAddress(f"The address {url.partition('?')[0]} is not on {self.host}, the client's own host.")
        if before is not None:
            await before()
        return await asyncio.get_running_loop().run_in_executor(None, self._send, method, url, body, headers)

    def _send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str] | None) -> Answer:
        from azure.core.exceptions import AzureError, ServiceRequestError
        from azure.core.rest import HttpRequest

        extra = {"Content-Type": "application/json"} if body is not None else {}
        request = HttpRequest(method, url, content=body, headers={**(headers or {}), **extra})
        try:
            response = self._client.send_request(request, retry_total=0)
            return Answer.read(response.status_code, dict(response.headers), response.read())
        except AzureError as error:
            sent = not isinstance(error, ServiceRequestError)
            raise Unanswered(f"{self.host} did not answer ({error.message}).", sent=sent) from error
