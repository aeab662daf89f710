"""Responses of azure-core that lie in memory.

They have the surface of `azure.core.rest`, and that of the older responses, which older azure-mgmt packages use.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from azure.core.exceptions import HttpResponseError
from azure.core.rest import AsyncHttpResponse, HttpResponse
from azure.core.utils import case_insensitive_dict
from typing_extensions import override

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True, kw_only=True, slots=True)
class Received:
    """What came back: status, reason phrase, headers and body."""

    status: int
    reason: str
    headers: Mapping[str, str]
    body: bytes


class _InMemory:
    """What both kinds of response have. No attribute refers to the emulator: continuation tokens pickle a response."""

    def __init__(self, request: Any, received: Received) -> None:
        self._request = request
        self._received = received
        self._headers: MutableMapping[str, str] = case_insensitive_dict(received.headers)
        self._encoding: str | None = None
        self.block_size = 4096
        self.internal_response = received

    @property
    def request(self) -> Any:
        """The request that this answers."""
        return self._request

    @property
    def url(self) -> str:
        """Where the request went."""
        return str(self._request.url)

    @property
    def status_code(self) -> int:
        """The status code."""
        return self._received.status

    @property
    def reason(self) -> str:
        """The reason phrase."""
        return self._received.reason

    @property
    def headers(self) -> MutableMapping[str, str]:
        """The headers, whose names have no case."""
        return self._headers

    @property
    def content_type(self) -> str | None:
        """The media type."""
        return self._headers.get("Content-Type")

    @property
    def is_closed(self) -> bool:
        """True: nothing is held open."""
        return True

    @property
    def is_stream_consumed(self) -> bool:
        """True: the whole body is here."""
        return True

    @property
    def encoding(self) -> str | None:
        """The body's encoding, when somebody has set one."""
        return self._encoding

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        self._encoding = value

    @property
    def content(self) -> bytes:
        """The body."""
        return self._received.body

    def body(self) -> bytes:
        """The body, as older packages ask for it."""
        return self._received.body

    def text(self, encoding: str | None = None) -> str:
        """The body as text."""
        return self._received.body.decode(encoding or self._encoding or "utf-8-sig")

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.text())

    def _chunks(self) -> Iterator[bytes]:
        for start in range(0, len(self.content), self.block_size):
            yield self.content[start : start + self.block_size]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.status_code} {self.reason}>"


class EmulatorResponse(_InMemory, HttpResponse):
    """A response for clients that are not asyncio's."""

    @override
    def raise_for_status(self) -> None:
        """Raise the error that the status stands for; nothing when it is none."""
        if self.status_code >= 400:
            raise HttpResponseError(response=self)

    @override
    def read(self) -> bytes:
        """The body."""
        return self.content

    @override
    def iter_raw(self, **kwargs: Any) -> Iterator[bytes]:
        """The body in pieces."""
        return self._chunks()

    @override
    def iter_bytes(self, **kwargs: Any) -> Iterator[bytes]:
        """The body in pieces."""
        return self._chunks()

    def stream_download(self, pipeline: object = None, **kwargs: Any) -> Iterator[bytes]:
        """The body in pieces, as older packages ask for it."""
        return self._chunks()

    @override
    def close(self) -> None:
        """Nothing is to be closed."""

    def __enter__(self) -> EmulatorResponse:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()


class AsyncEmulatorResponse(_InMemory, AsyncHttpResponse):
    """A response for asyncio's clients."""

    @override
    def raise_for_status(self) -> None:
        """Raise the error that the status stands for; nothing when it is none."""
        if self.status_code >= 400:
            raise HttpResponseError(response=self)

    @override
    async def read(self) -> bytes:
        """The body."""
        return self.content

    async def load_body(self) -> None:
        """Nothing is to be loaded; older packages ask for it."""

    @override
    async def iter_raw(self, **kwargs: Any) -> AsyncIterator[bytes]:
        """The body in pieces."""
        for chunk in self._chunks():
            yield chunk

    @override
    async def iter_bytes(self, **kwargs: Any) -> AsyncIterator[bytes]:
        """The body in pieces."""
        for chunk in self._chunks():
            yield chunk

    def stream_download(self, pipeline: object = None, **kwargs: Any) -> AsyncIterator[bytes]:
        """The body in pieces, as older packages ask for it."""
        return self.iter_bytes()

    @override
    async def close(self) -> None:
        """Nothing is to be closed."""

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()
