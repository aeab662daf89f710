"""How operations of the platform services behave that have no types of their own: clusters, databases, web apps."""

from __future__ import annotations

from dataclasses import replace

from azjobs.emulator.behaviour import Behaviour, PollUrl


def _cluster(resource_type: str, seconds: float) -> dict[str, Behaviour]:
    """Microsoft.ContainerService: a body that shows its state, and Azure-AsyncOperation."""
    write = Behaviour(headers="A", poll_url=PollUrl.CONTAINER_SERVICE, timestamps=True, seconds=seconds)
    return {
        f"{resource_type}/create": replace(write, state="Creating"),
        f"{resource_type}/update": replace(write, status=200, state="Updating", seconds=seconds / 3),
        f"{resource_type}/patch": replace(write, status=200, state="Updating", seconds=seconds / 6),
        f"{resource_type}/delete": replace(write, status=202, state="Deleting", headers="AL", final_status=204),
    }


def _database_account(resource_type: str, seconds: float) -> dict[str, Behaviour]:
    """Microsoft.DocumentDB: 200 even for what is new, and both headers."""
    write = Behaviour(status=200, headers="AL", poll_url=PollUrl.COSMOS, result=True, seconds=seconds)
    return {
        f"{resource_type}/create": replace(write, state="Creating"),
        f"{resource_type}/update": replace(write, state="Updating", seconds=seconds / 3),
        f"{resource_type}/patch": replace(write, state="Updating", seconds=seconds / 6),
        f"{resource_type}/delete": replace(write, status=202, state="Deleting", final_status=204),
    }


def _sql(resource_type: str, seconds: float) -> dict[str, Behaviour]:
    """Microsoft.Sql: 202 without the resource, which does not show before it is made."""
    write = Behaviour(
        status=202,
        state="Updating",
        headers="AL",
        poll_url=PollUrl.SQL,
        retry_after=1,
        result=True,
        timestamps=True,
        seconds=seconds / 3,
    )
    return {
        f"{resource_type}/create": replace(write, state="Creating", hidden=True, seconds=seconds),
        f"{resource_type}/update": write,
        f"{resource_type}/patch": write,
        f"{resource_type}/delete": replace(write, state="Deleting", final_status=204),
    }


TABLE: dict[str, Behaviour] = {
    **_cluster("microsoft.containerservice/managedclusters", 240),
    **_cluster("microsoft.containerservice/managedclusters/agentpools", 120),
    **_database_account("microsoft.documentdb/databaseaccounts", 150),
    **_sql("microsoft.sql/servers", 60),
    **_sql("microsoft.sql/servers/databases", 45),
    "microsoft.web/serverfarms/create": Behaviour(status=200),
    "microsoft.web/sites/create": Behaviour(status=200),
    "microsoft.web/sites/slots/create": Behaviour(status=200),
}
