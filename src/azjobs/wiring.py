"""Tells the job system, by name, what the layers above it add; nothing is imported before it is needed."""

from __future__ import annotations

from azjobs.jobs import registry


def wire() -> None:
    """Register the runner of operations, the context hook and the decoder of models."""
    registry.register_runner("operation", "azjobs.operations.poller:OperationRunner")
    registry.register_context_hook("azjobs.accounts.jobs:HOOK")
    registry.register_model_decoder("azjobs.operations.results:decode")
