"""Checks of what stands between here and Azure: proxies and certificates."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies

from azjobs.cli.doctor.findings import Finding, fail, ok

_CA_VARIABLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def check() -> Iterator[Finding]:
    """Check the proxy variables and the certificates that are trusted."""
    yield _proxies()
    yield _certificates()


def _proxies() -> Finding:
    subject = "Proxy"
    found = {scheme: address for scheme, address in getproxies().items() if scheme in ("https", "all")}
    if not found:
        return ok(subject, "None is set: Azure is asked directly.")
    for scheme, address in found.items():
        try:
            parts = urlsplit(address if "://" in address else f"http://{address}")
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            usable = False
        if not usable:
            return fail(
                subject,
                f"{scheme.upper()}_PROXY is {_without_password(address)!r}, which is no address of a proxy.",
                f"Set it as in {scheme.upper()}_PROXY=http://proxy.example.com:8080, or unset it.",
            )
    exceptions = getproxies().get("no")
    text = ", ".join(_without_password(address) for address in dict.fromkeys(found.values()))
    return ok(subject, f"{text}{f' (but for {exceptions})' if exceptions else ''}.")


def _certificates() -> Finding:
    subject = "Certificates"
    for name in _CA_VARIABLES:
        if not (value := os.environ.get(name)):
            continue
        try:
            path = Path(value)
            ssl.create_default_context(cafile=None if path.is_dir() else value, capath=value if path.is_dir() else None)
        except (OSError, ssl.SSLError) as error:
            return fail(
                subject,
                f"{name} names {value}, which cannot be used: {getattr(error, 'strerror', None) or error}.",
                "Set it to a file with the certificates of your authorities (PEM), or unset it.",
            )
        return ok(subject, f"Those in {value} are trusted ({name}).")
    return ok(subject, "The usual authorities are trusted.")


def _without_password(address: str) -> str:
    credentials, at, rest = address.rpartition("@")
    return f"{credentials.partition('//')[0]}//***@{rest}" if at else address
