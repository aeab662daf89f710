"""One HTTP session for all of a loop's requests: bounded connections, one TLS context per authority, own proxies."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import aiohttp
from yarl import URL

from azjobs.errors import RequestRefused, ServiceUnreachable
from azjobs.operations.answers import Answer
from azjobs.operations.network import proxy_for, same_origin, tls_context

if TYPE_CHECKING:
    from azjobs.accounts.context import Context

_logger = logging.getLogger("azjobs.http")  # requests and answers without bodies and headers that are secret

CONNECT_SECONDS = 30.0
READ_SECONDS = 60.0
CONNECTIONS_PER_HOST = 32
HEADER_BYTES = 65536  # poll URLs carry signatures of several kilobytes
TOKEN_SECONDS = 60.0  # for so long a token is used without asking the account again, which renews it in time
_REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
)


class Unanswered(ServiceUnreachable):
    """No answer came; `sent` says whether Azure may have got the request all the same."""

    code = "ServiceUnreachable"

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class ForeignAddress(RequestRefused):
    """A request would have carried a token to a host that is not the context's own; it was not sent."""

    code = "ForeignAddress"

    def __init__(self, message: str) -> None:
        super().__init__(message, status=0, error_code="ForeignAddress")


class Tokens(Protocol):
    """Where tokens come from; both calls may block (the module `azjobs.accounts.tokens`)."""

    def bearer(self, context: Context) -> str:
        """Return a valid token."""

    def forget(self, context: Context, token: str) -> None:
        """Forget a token that was refused."""


@dataclass(slots=True)
class _Token:
    text: str
    until: float


class Http:
    """Sends requests as a context. One for each loop; made and used on it.

    Args:
        tokens: where tokens come from.
    """

    def __init__(self, tokens: Tokens) -> None:
        self._source = tokens
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._tokens: dict[Context, _Token] = {}
        self._asking: dict[Context, asyncio.Task[_Token]] = {}

    async def request(
        self,
        context: Context,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        before: Callable[[], Awaitable[None]] | None = None,
    ) -> Answer:
        """Send a request with the context's token and read the answer whole; renew the token once after a 401.

        Args:
            context: who asks; the URL must be on its own ARM host.
            method: the HTTP method.
            url: the whole URL.
            body: what is sent, as JSON.
            headers: further headers.
            before: awaited when the token is there and nothing remains but to send.

        Raises:
            ForeignAddress: the URL is on another host; nothing was sent.
            Unanswered: no answer came.
            AccountError: there is no token to be had without asking somebody.
        """
        answer = Answer(0, {})
        token = await self._token(context)
        if before is not None:
            check_address(context, url)
            await before()
        for _ in range(_REDIRECTS):
            check_address(context, url)
            answer = await self._send(
                context, method, url, body, {**(headers or {}), "Authorization": f"Bearer {token}"}
            )
            if answer.status == 401 and (fresh := await self._token(context, instead_of=token)) != token:
                token = fresh
                continue
            location = answer.header("location")
            if answer.status in _MOVED and method in {"GET", "HEAD"} and location is not None:
                url = urljoin(url, location)
                continue
            break
        return answer

    async def close(self) -> None:
        """Close the connections."""
        for task in self._asking.values():
            task.cancel()
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    async def _send(
        self, context: Context, method: str, url: str, body: bytes | None, headers: dict[str, str]
    ) -> Answer:
        headers |= {"Accept": "application/json", "x-ms-client-request-id": str(uuid4())}
        if body is not None:
            headers["Content-Type"] = "application/json"
        session = self._session(reuse=method != "POST")
        began = time.monotonic()
        _logger.debug("%s %s", method, url)
        try:
            async with session.request(
                method,
                URL(url, encoded=True),
                data=body,
                headers=headers,
                ssl=tls_context(context.environment.ca_file),
                proxy=None if context.environment.loopback else proxy_for(url),
                allow_redirects=False,
            ) as response:
                raw = await response.read()
                answer = Answer.read(response.status, _joined(response.headers.items()), raw)
                if _logger.isEnabledFor(logging.DEBUG):
                    _log(answer, url, time.monotonic() - began)
                return answer
        except _NOT_SENT as error:
            raise Unanswered(_why(url, error), sent=False) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unanswered(_why(url, error), sent=True) from error

    def _session(self, *, reuse: bool) -> aiohttp.ClientSession:
        # A POST goes over a connection of its own: on one that was kept alive, an answer that does not come leaves
        # unknown whether Azure took the request, and unlike the others a POST must not be sent again.
        session = self._sessions.get(reuse)
        if session is None:
            connector = aiohttp.TCPConnector(
                limit=0, limit_per_host=CONNECTIONS_PER_HOST, force_close=not reuse, enable_cleanup_closed=False
            )
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=READ_SECONDS)
            session = self._sessions[reuse] = aiohttp.ClientSession(
                connector=connector,
                timeout=timeout,
                headers={"User-Agent": _user_agent()},
                max_line_size=HEADER_BYTES,
                max_field_size=HEADER_BYTES,
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            # aiohttp would send a PUT or DELETE a second time unseen: then "not found" means less than it says.
            session._retry_connection = False
        return session

    async def _token(self, context: Context, *, instead_of: str | None = None) -> str:
        held = self._tokens.get(context)
        if held is not None and held.text != instead_of and held.until > time.monotonic():
            return held.text
        task = self._asking.get(context)
        if task is None:
            task = self._asking[context] = asyncio.create_task(self._ask(context, instead_of))
            task.add_done_callback(lambda done: self._asked(context, done))
        return (await asyncio.shield(task)).text

    def _asked(self, context: Context, task: asyncio.Task[_Token]) -> None:
        self._asking.pop(context, None)
        if not task.cancelled():
            task.exception()  # everyone who asked may have been cancelled meanwhile

    async def _ask(self, context: Context, refused: str | None) -> _Token:
        loop = asyncio.get_running_loop()
        text = await loop.run_in_executor(None, self._ask_source, context, refused)
        held = self._tokens[context] = _Token(text, time.monotonic() + TOKEN_SECONDS)
        return held

    def _ask_source(self, context: Context, refused: str | None) -> str:
        if refused is not None:
            self._source.forget(context, refused)
        return self._source.bearer(context)


def check_address(context: Context, url: str) -> None:
    """Refuse a URL that is not on the context's own ARM host, so that no token travels there.

    Raises:
        ForeignAddress: it is on another host.
    """
    host = context.environment.resource_manager
    if not same_origin(url, host):
        raise ForeignAddress(
            f"The address {urlsplit(url).scheme}://{urlsplit(url).netloc} is not on {host}, the Azure of this job's "
            "context: no token was sent there. If the address is right, log in to that Azure and adopt the operation."
        )


def _user_agent() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"azjobs/{version('azjobs')}"
    except PackageNotFoundError:
        return "azjobs"


def _log(answer: Answer, url: str, seconds: float) -> None:
    told = {name: answer.header(name) for name in ("x-ms-request-id", "retry-after", "retry-after-ms")}
    extra = "".join(f", {name}: {value}" for name, value in told.items() if value is not None)
    _logger.debug("%d %s in %.0f ms%s", answer.status, url, 1000 * seconds, extra)


def _joined(items: Iterable[tuple[str, str]]) -> dict[str, str]:
    joined: dict[str, str] = {}
    for key, value in items:
        name = key.lower()
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _why(url: str, error: BaseException) -> str:
    host = urlsplit(url).netloc
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return (
                f"The certificate of {host} is not trusted ({error.certificate_error}): name the authority's file in "
                "REQUESTS_CA_BUNDLE."
            )
        case aiohttp.ClientConnectorDNSError():
            return f"The name of {host} cannot be resolved: check the network and the DNS."
        case aiohttp.ClientProxyConnectionError():
            return (
                f"The proxy for {host} cannot be reached ({error.strerror or error}): check HTTPS_PROXY and NO_PROXY."
            )
        case aiohttp.ClientHttpProxyError():
            return f"The proxy for {host} answered {error.status} {error.message}: check HTTPS_PROXY and NO_PROXY."
        case aiohttp.ClientConnectorError():
            return f"{host} cannot be reached ({_text(error.os_error)})."
        case TimeoutError():
            return f"{host} did not answer in time."
        case ssl.SSLError():
            return f"The TLS connection to {host} failed ({error.reason})."
        case _:
            return f"The connection to {host} was lost before the answer came ({_text(error)})."


def _text(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
