"""Azure's long-running operations as jobs."""
