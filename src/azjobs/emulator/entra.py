"""Microsoft Entra ID and ARM's metadata: what clients need before their first request to ARM."""

from __future__ import annotations

import hmac
import uuid
from datetime import UTC, datetime

from azjobs.emulator import tokens, wellknown
from azjobs.emulator.request import JSON, Request, Response

_TENANT_NAMES = frozenset({wellknown.TENANT_ID, wellknown.TENANT_DOMAIN, "common", "organizations"})
_CURRENT_METADATA = "2022-09-01"
_FIRST_METADATA_WITH_CLOUDS = "2019-05-01"


class _EntraError(Exception):
    """An error as Entra answers it."""

    def __init__(self, status: int, error: str, number: int, message: str) -> None:
        super().__init__(message)
        self.status, self.error, self.number, self.message = status, error, number, message


def answer(request: Request, now: float) -> Response | None:
    """The answer to a request to Entra or for metadata; None when it is a request to ARM.

    Args:
        request: The request.
        now: Real time, seconds since 1970: Entra's lifetimes are not sped up.
    """
    segments = [segment for segment in request.path.split("/") if segment]
    words = [segment.lower() for segment in segments]
    if words == ["metadata", "endpoints"]:
        return Response.of(200, _endpoints(request))
    if not 3 <= len(segments) <= 4 or words[0] in ("subscriptions", "providers"):
        return None
    tail = "/".join(words[1:])
    try:
        if tail in ("v2.0/.well-known/openid-configuration", ".well-known/openid-configuration"):
            return Response.of(200, _openid_configuration(request, _tenant(segments[0])))
        if tail == "discovery/instance":
            return Response.of(200, _instance_discovery(request))
        if tail in ("oauth2/v2.0/token", "oauth2/token"):
            _tenant(segments[0])
            if request.method != "POST":
                raise _EntraError(
                    400, "invalid_request", 900561, "The endpoint only accepts POST requests. Received a GET request."
                )
            return Response.of(200, _token(request, now))
        if tail in ("discovery/v2.0/keys", "discovery/keys"):
            return Response.of(200, {"keys": []})
    except _EntraError as error:
        return Response.of(error.status, _error_body(error, now))
    return None


def _tenant(name: str) -> str:
    if name.lower() not in _TENANT_NAMES:
        raise _EntraError(
            400,
            "invalid_tenant",
            90002,
            f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are signing into the "
            "correct cloud. Check with your subscription administrator, this may happen if there are no active "
            "subscriptions for the tenant.",
        )
    return wellknown.TENANT_ID


def _token(request: Request, now: float) -> JSON:
    """The answer to a token request with client credentials.

    Raises:
        _EntraError: It is none, or its credentials are wrong.
    """
    form = request.form()
    grant = form.get("grant_type")
    if not grant:
        raise _EntraError(
            400,
            "invalid_request",
            900144,
            "The request body must contain the following parameter: 'grant_type'.",
        )
    if grant != "client_credentials":
        raise _EntraError(
            400,
            "unsupported_grant_type",
            70003,
            f"The app requested an unsupported grant type '{grant}'. The emulator signs in with client credentials: "
            "use ClientSecretCredential, or az login --service-principal.",
        )
    _check_client(form)
    return {
        "token_type": "Bearer",
        "expires_in": tokens.LIFETIME_SECONDS,
        "ext_expires_in": tokens.LIFETIME_SECONDS,
        "access_token": tokens.issue(_audience(form), f"{request.base_url}/{wellknown.TENANT_ID}/", now),
    }


def _check_client(form: dict[str, str]) -> None:
    client, secret = form.get("client_id", ""), form.get("client_secret")
    if client.lower() != wellknown.CLIENT_ID:
        raise _EntraError(
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{client}' was not found in the directory '{wellknown.TENANT_NAME}'. This "
            "can happen if the application has not been installed by the administrator of the tenant or consented to "
            "by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
        )
    if not secret:
        raise _EntraError(
            401,
            "invalid_client",
            7000216,
            "'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
        )
    if hmac.compare_digest(secret.encode(), wellknown.EXPIRED_CLIENT_SECRET.encode()):
        raise _EntraError(
            401,
            "invalid_client",
            7000222,
            f"The provided client secret keys for app '{wellknown.CLIENT_ID}' are expired. Visit the Azure portal to "
            "create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials "
            "for added security: https://aka.ms/certCreds.",
        )
    if not hmac.compare_digest(secret.encode(), wellknown.CLIENT_SECRET.encode()):
        raise _EntraError(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{wellknown.CLIENT_ID}'.",
        )


def _audience(form: dict[str, str]) -> str:
    scope = form.get("scope") or form.get("resource") or ""
    first = scope.split(" ")[0]
    return first.removesuffix(".default").rstrip("/") or "https://management.azure.com"


def _error_body(error: _EntraError, now: float) -> JSON:
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return {
        "error": error.error,
        "error_description": f"AADSTS{error.number}: {error.message} Trace ID: {trace} "
        f"Correlation ID: {correlation} Timestamp: {stamp}",
        "error_codes": [error.number],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={error.number}",
    }


def _openid_configuration(request: Request, tenant: str) -> JSON:
    root = f"{request.base_url}/{tenant}"
    return {
        "token_endpoint": f"{root}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "jwks_uri": f"{root}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{root}/v2.0",
        "request_uri_parameter_supported": False,
        "authorization_endpoint": f"{root}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{root}/oauth2/v2.0/devicecode",
        "end_session_endpoint": f"{root}/oauth2/v2.0/logout",
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "oid"],
        "tenant_region_scope": "NA",
        "cloud_instance_name": request.headers.get("host", ""),
    }


def _instance_discovery(request: Request) -> JSON:
    host = request.headers.get("host", "")
    return {
        "tenant_discovery_endpoint": f"{request.base_url}/{wellknown.TENANT_ID}/v2.0/.well-known/openid-configuration",
        "api-version": "1.1",
        "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
    }


def _endpoints(request: Request) -> JSON | list[JSON]:
    """What ARM says about its cloud: one cloud since 2022-09-01, a list of clouds since 2019-05-01, a part before."""
    base = request.base_url
    cloud: JSON = {
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": base,
            "audiences": [base, "https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "media": "https://rest.media.azure.net",
        "graphAudience": "https://graph.windows.net/",
        "graph": "https://graph.windows.net/",
        "name": "Emulator",
        "suffixes": {
            "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
            "acrLoginServer": "azurecr.io",
            "sqlServerHostname": "database.windows.net",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "keyVaultDns": "vault.azure.net",
            "storage": "core.windows.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net",
            "storageSyncEndpointSuffix": "afs.azure.net",
            "mhsmDns": "managedhsm.azure.net",
            "mysqlServerEndpoint": "mysql.database.azure.com",
            "postgresqlServerEndpoint": "postgres.database.azure.com",
            "mariadbServerEndpoint": "mariadb.database.azure.com",
            "synapseAnalytics": "dev.azuresynapse.net",
            "attestationEndpoint": "attest.azure.net",
        },
        "batch": "https://batch.core.windows.net/",
        "resourceManager": base,
        "vmImageAliasDoc": f"{base}/_emulator/aliases.json",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "microsoftGraphResourceId": "https://graph.microsoft.com/",
        "appInsightsResourceId": "https://api.applicationinsights.io",
        "appInsightsTelemetryChannelResourceId": "https://dc.applicationinsights.azure.com/v2/track",
        "attestationResourceId": "https://attest.azure.net",
        "synapseAnalyticsResourceId": "https://dev.azuresynapse.net",
        "logAnalyticsResourceId": "https://api.loganalytics.io",
        "ossrDbmsResourceId": "https://ossrdbms-aad.database.windows.net",
        "gallery": "https://gallery.azure.com/",
    }
    version = request.api_version or _CURRENT_METADATA
    if version >= _CURRENT_METADATA:
        return cloud
    if version >= _FIRST_METADATA_WITH_CLOUDS:
        return [cloud]
    return {
        "galleryEndpoint": cloud["gallery"],
        "graphEndpoint": cloud["graph"],
        "portalEndpoint": cloud["portal"],
        "authentication": {"loginEndpoint": f"{base}/", "audiences": cloud["authentication"]["audiences"]},
    }
