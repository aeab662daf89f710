"""Proxies and certificates as azure-core finds them, for requests that we send ourselves."""

from __future__ import annotations

import os
import ssl
from functools import lru_cache
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from azjobs.errors import InvalidArgument

_CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_DEFAULT_PORTS = {"https": 443, "http": 80}


def ca_path(ca_file: str | None) -> str:
    """Return the file or folder of the certificates to trust: the environment's own, else what the variables name."""
    if ca_file:
        return ca_file
    for name in _CA_VARIABLES:
        if value := os.environ.get(name):
            return value
    import certifi

    return certifi.where()


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Return the TLS context that trusts what `ca_path` names; built once per path.

    Raises:
        InvalidArgument: the file cannot be read.
    """
    return _tls_context(ca_path(ca_file))


@lru_cache(maxsize=32)
def _tls_context(path: str) -> ssl.SSLContext:
    try:
        if os.path.isdir(path):
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        raise InvalidArgument(
            f"The certificates in {path} cannot be used ({getattr(error, 'strerror', None) or error}): "
            f"make the file readable, or name another one in {_CA_VARIABLES[0]}."
        ) from error


def proxy_for(url: str) -> str | None:
    """Return the proxy for a URL as HTTPS_PROXY, ALL_PROXY and NO_PROXY say, or None."""
    parts = urlsplit(url)
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def origin(url: str) -> tuple[str, str, int | None]:
    """Return scheme, host and port of a URL, so that two can be compared.

    Example:
        >>> origin("https://Management.Azure.com/x") == origin("https://management.azure.com:443")
        True
    """
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or _DEFAULT_PORTS.get(scheme)


def same_origin(url: str, host: str) -> bool:
    """Whether a URL is on this host: same scheme, name and port, and no user name before it."""
    try:
        return origin(url) == origin(host) and "@" not in urlsplit(url).netloc
    except ValueError:  # a port that is not a number
        return False
