"""What makes each kind of job run, found lazily by name (see `azjobs.jobs.registry`)."""
