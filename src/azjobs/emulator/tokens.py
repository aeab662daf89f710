"""Access tokens: signed JWTs, with a key that everybody knows.

The signature keeps a token of the real Azure from being taken for one of ours, and lets a token live on when the
emulator is restarted. It protects nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from azjobs.emulator import wellknown
from azjobs.emulator.errors import ArmError

LIFETIME_SECONDS = 3599
_KEY = wellknown.CLIENT_SECRET.encode()


def issue(audience: str, issuer: str, now: float, lifetime: float = LIFETIME_SECONDS) -> str:
    """An access token of the well-known application.

    Args:
        audience: The resource that the token is for.
        issuer: Who issues it: the tenant's address at the emulator.
        now: Real time, seconds since 1970: Entra's lifetimes are not sped up.
        lifetime: Seconds until it expires.
    """
    claims = {
        "aud": audience,
        "iss": issuer,
        "iat": int(now),
        "nbf": int(now),
        "exp": int(now + lifetime),
        "appid": wellknown.CLIENT_ID,
        "appidacr": "1",
        "idp": issuer,
        "idtyp": "app",
        "oid": wellknown.CLIENT_OBJECT_ID,
        "sub": wellknown.CLIENT_OBJECT_ID,
        "tid": wellknown.TENANT_ID,
        "ver": "1.0",
    }
    signed = _encode({"typ": "JWT", "alg": "HS256"}) + "." + _encode(claims)
    return signed + "." + _signature(signed)


def check_authorization(header: str | None, base_url: str, now: float) -> str:
    """Refuse a request that carries no valid token, as ARM does.

    Args:
        header: The Authorization header.
        base_url: The emulator's public address, named in the challenge.
        now: Real time, seconds since 1970.

    Returns:
        Who makes the request: the object id in the token.

    Raises:
        ArmError: AuthenticationFailed, InvalidAuthenticationToken or ExpiredAuthenticationToken, with status 401.
    """
    if not header:
        raise _refusal(
            "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.", base_url
        )
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _refusal(
            "AuthenticationFailedInvalidHeader",
            "Authentication failed. The 'Authorization' header is provided in an invalid format.",
            base_url,
        )
    claims = _claims(token.strip())
    if claims is None:
        raise _refusal("InvalidAuthenticationToken", "The access token is invalid.", base_url)
    if claims.get("tid") != wellknown.TENANT_ID:
        raise _refusal(
            "InvalidAuthenticationTokenTenant",
            f"The access token is from the wrong issuer '{claims.get('iss')}'. It must match one of the tenants "
            f"'{base_url}/{wellknown.TENANT_ID}/' associated with this subscription.",
            base_url,
        )
    expiry = claims.get("exp")
    if not isinstance(expiry, int) or expiry <= now:
        raise _expired(expiry, base_url, now)
    return str(claims.get("oid", ""))


def expired(base_url: str, now: float) -> ArmError:
    """The refusal of a token that expired a quarter of a minute ago.

    Args:
        base_url: The emulator's public address, named in the challenge.
        now: Real time, seconds since 1970.
    """
    return _expired(now - 15, base_url, now)


def _expired(expiry: object, base_url: str, now: float) -> ArmError:
    return _refusal(
        "ExpiredAuthenticationToken",
        f"The access token expiry UTC time '{_american(expiry)}' is earlier than current UTC time '{_american(now)}'.",
        base_url,
    )


@lru_cache(maxsize=256)
def _claims(token: str) -> dict[str, Any] | None:
    signed, _, signature = token.rpartition(".")
    if not token.isascii() or not hmac.compare_digest(_signature(signed), signature):
        return None
    try:
        payload = signed.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, IndexError, binascii.Error):
        return None
    return claims if isinstance(claims, dict) else None


def _refusal(code: str, message: str, base_url: str) -> ArmError:
    challenge = (
        f'Bearer authorization_uri="{base_url}/{wellknown.TENANT_ID}", '
        f'error="invalid_token", error_description="{message}"'
    )
    return ArmError(401, code, message, gateway=True, headers={"WWW-Authenticate": challenge})


def _encode(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _signature(signed: str) -> str:
    digest = hmac.new(_KEY, signed.encode("utf-8", "replace"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _american(when: object) -> str:
    if not isinstance(when, int | float) or not 0 <= when < 253_402_300_800:
        return "1/1/0001 12:00:00 AM"
    moment = datetime.fromtimestamp(when, UTC)
    half = "AM" if moment.hour < 12 else "PM"
    clock = f"{moment.hour % 12 or 12}:{moment:%M:%S} {half}"
    return f"{moment.month}/{moment.day}/{moment.year} {clock}"
