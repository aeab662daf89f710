"""What a job is. There is no Azure in here: runners and context hooks are registered from above."""
