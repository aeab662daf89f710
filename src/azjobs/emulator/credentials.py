"""Credentials of the azure-core kind that open every emulator, without asking it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from azjobs.emulator import tokens, wellknown

if TYPE_CHECKING:
    from types import TracebackType

    from azure.core.credentials import AccessToken, AccessTokenInfo, TokenRequestOptions

_ISSUER = f"https://sts.windows.net/{wellknown.TENANT_ID}/"


class EmulatorCredential:
    """The emulator's application, signed in: for clients that are not asyncio's.

    Example:
        >>> EmulatorCredential().get_token("https://management.azure.com/.default").token.count(".")
        2
    """

    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **kwargs: Any,
    ) -> AccessToken:
        """An access token for the scopes."""
        from azure.core.credentials import AccessToken

        return AccessToken(*_token(scopes))

    def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        """An access token for the scopes, with what is known about it."""
        from azure.core.credentials import AccessTokenInfo

        return AccessTokenInfo(*_token(scopes))

    def close(self) -> None:
        """Nothing is to be closed."""

    def __enter__(self) -> EmulatorCredential:
        return self

    def __exit__(self, *args: object) -> None:
        self.close()


class AsyncEmulatorCredential:
    """The emulator's application, signed in: for asyncio's clients."""

    async def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        enable_cae: bool = False,
        **kwargs: Any,
    ) -> AccessToken:
        """An access token for the scopes."""
        from azure.core.credentials import AccessToken

        return AccessToken(*_token(scopes))

    async def get_token_info(self, *scopes: str, options: TokenRequestOptions | None = None) -> AccessTokenInfo:
        """An access token for the scopes, with what is known about it."""
        from azure.core.credentials import AccessTokenInfo

        return AccessTokenInfo(*_token(scopes))

    async def close(self) -> None:
        """Nothing is to be closed."""

    async def __aenter__(self) -> AsyncEmulatorCredential:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self.close()


def _token(scopes: tuple[str, ...]) -> tuple[str, int]:
    now = time.time()
    audience = scopes[0].removesuffix("/.default") if scopes else "https://management.azure.com"
    return tokens.issue(audience, _ISSUER, now), int(now + tokens.LIFETIME_SECONDS)
