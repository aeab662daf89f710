"""How operations of the other providers behave."""

from __future__ import annotations

from azjobs.emulator.behaviour import Behaviour, Concurrency, PollUrl

TABLE: dict[str, Behaviour] = {
    "microsoft.storage/storageaccounts/create": Behaviour(
        status=202,
        state="Creating",
        headers="L",
        poll_url=PollUrl.STORAGE,
        retry_after=17,
        result=True,
        seconds=17,
        hidden=True,
    ),
    "microsoft.storage/storageaccounts/update": Behaviour(status=200),
    "microsoft.resources/resourcegroups/delete": Behaviour(
        status=202,
        state="Deleting",
        headers="L",
        poll_url=PollUrl.SUBSCRIPTION,
        retry_after=15,
        poll_retry_after=15,
        seconds=20,
        concurrency=Concurrency.ALLOW,
    ),
    "microsoft.resources/resourcegroups/moveresources": Behaviour(
        status=202,
        headers="L",
        poll_url=PollUrl.SUBSCRIPTION,
        retry_after=15,
        poll_retry_after=15,
        final_status=204,
        seconds=230,
        concurrency=Concurrency.ALLOW,
    ),
    "microsoft.resources/resourcegroups/validatemoveresources": Behaviour(
        status=202,
        headers="L",
        poll_url=PollUrl.SUBSCRIPTION,
        retry_after=15,
        poll_retry_after=15,
        final_status=204,
        seconds=93,
        concurrency=Concurrency.ALLOW,
    ),
    "microsoft.resources/deployments/create": Behaviour(
        state="Accepted", headers="A", poll_url=PollUrl.DEPLOYMENT, concurrency=Concurrency.ALLOW
    ),
    "microsoft.resources/deployments/whatif": Behaviour(
        status=202,
        headers="L",
        poll_url=PollUrl.SUBSCRIPTION,
        retry_after=15,
        poll_retry_after=15,
        result=True,
        seconds=15,
        concurrency=Concurrency.ALLOW,
    ),
    "microsoft.resources/deployments/delete": Behaviour(
        status=202,
        state="Deleting",
        headers="L",
        poll_url=PollUrl.SUBSCRIPTION,
        retry_after=15,
        poll_retry_after=15,
        final_status=204,
        seconds=16,
    ),
    "microsoft.resources/deploymentscripts/create": Behaviour(
        state="Creating", headers="A", poll_url=PollUrl.DEPLOYMENT_SCRIPT, seconds=60
    ),
    "microsoft.solutions/applications/create": Behaviour(
        state="Accepted", headers="AL", poll_url=PollUrl.SOLUTIONS, concurrency=Concurrency.ALLOW, seconds=60
    ),
    "microsoft.solutions/applications/update": Behaviour(
        status=200,
        state="Accepted",
        headers="AL",
        poll_url=PollUrl.SOLUTIONS,
        concurrency=Concurrency.ALLOW,
        seconds=60,
    ),
    "microsoft.solutions/applications/patch": Behaviour(
        status=202, state="Updating", headers="L", poll_url=PollUrl.SOLUTIONS, concurrency=Concurrency.ALLOW, seconds=15
    ),
    "microsoft.solutions/applications/delete": Behaviour(
        status=202, state="Deleting", headers="L", poll_url=PollUrl.SOLUTIONS, concurrency=Concurrency.ALLOW, seconds=60
    ),
    "microsoft.keyvault/vaults/create": Behaviour(status=200),
}
