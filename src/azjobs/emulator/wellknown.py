"""Who the emulator knows: one tenant, two subscriptions, one application.

These values are public by design, as the account key of the storage emulator Azurite is: they open nothing but an
emulator on the loopback interface of the machine that runs it.
"""

from __future__ import annotations

TENANT_ID = "3f5c7b1e-9d24-4c8a-8e61-2b7d0a94c5f3"
TENANT_NAME = "Emulator"
TENANT_DOMAIN = "emulator.onmicrosoft.com"

SUBSCRIPTION_ID = "b1a6c2d4-58e3-4f7b-9c0d-6e2f81a3d975"
SUBSCRIPTION_NAME = "Emulator"
SECOND_SUBSCRIPTION_ID = "e7d90f35-1c4b-4a82-b6f8-39c5e1d0727a"
SECOND_SUBSCRIPTION_NAME = "Emulator Test"
SUBSCRIPTIONS = {SUBSCRIPTION_ID: SUBSCRIPTION_NAME, SECOND_SUBSCRIPTION_ID: SECOND_SUBSCRIPTION_NAME}

CLIENT_ID = "6a2e94c7-0b5d-4d1f-a3e8-f75b1c90d248"
CLIENT_NAME = "azjobs-emulator"
CLIENT_OBJECT_ID = "0d8b3f61-7e2a-4956-b4c1-95a7e6f2d803"
CLIENT_SECRET = "emulator~public-secret~not-for-azure"
"""The secret of `CLIENT_ID`. Documented as public: it works nowhere else."""
EXPIRED_CLIENT_SECRET = "emulator~expired-secret~not-for-azure"
"""A secret of `CLIENT_ID` that has expired: signing in with it answers AADSTS7000222."""

CONTROL_PREFIX = "/_emulator"
"""Where the control endpoints are, outside of ARM's paths."""
CONTROL_SECRET_HEADER = "x-azjobs-emulator-secret"
"""The header in which a shutdown carries `CLIENT_SECRET`."""
